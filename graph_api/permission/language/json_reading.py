"""From OpenFGA's JSON to a model. JSON has no lines: problems name the type and the relation instead."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from graph_api.permission.errors import PermissionGraphError, refused_model
from graph_api.permission.language.assembling import VERSIONS, twice
from graph_api.permission.language.dsl import CONTAINERS, GENERIC_LEVELS_MAX, KINDS
from graph_api.permission.language.json_form import (
    ConditionForm,
    ModelForm,
    ParameterReference,
    RelationMetadata,
    SourceInfo,
    TypeDefinition,
    Userset,
    UserType,
)
from graph_api.permission.language.problems import Problems, problem
from graph_api.permission.language.text import JSON_BYTES_MAX, REWRITE_LEVELS_MAX, check_size, one_line_end
from graph_api.permission.model import (
    NOWHERE,
    AuthorizationModel,
    ComputedUserset,
    ConditionDefinition,
    ConditionParameter,
    Exclusion,
    Intersection,
    ObjectType,
    ParameterType,
    Position,
    Relation,
    Rewrite,
    SchemaVersion,
    This,
    TupleToUserset,
    TypeRestriction,
    Union,
)

PREFIX = "TYPE_NAME_"
SHAPE = "See the shape of OpenFGA's authorization model in JSON."


def decoded(text: str) -> dict[str, Any]:
    """Decode the text of a JSON object; a key that stands twice is refused, as one of them would be lost."""
    check_size(text, most=JSON_BYTES_MAX)
    try:
        value: object = json.loads(text, object_pairs_hook=without_doubles)
    except json.JSONDecodeError as error:
        position = Position(error.lineno, error.colno)
        raise refused_model([problem("invalid-syntax", f"This is no JSON: {error.msg}.", position)]) from error
    except (RecursionError, ValueError) as error:
        raise refused_model([problem("invalid-syntax", f"This JSON cannot be read: {error}.")]) from error
    assert isinstance(value, dict), "the text begins with a brace"
    return msgspec.convert(value, dict[str, Any])


def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object whose keys are unique."""
    double = next((key for key, count in Counter(key for key, _ in pairs).items() if count > 1), None)
    if double is not None:
        raise refused_model([problem("duplicated-error", f"The key `{double}` stands twice in one object.")])
    return dict(pairs)


def read_json(source: Mapping[str, Any], problems: Problems) -> AuthorizationModel:
    """Read a model; what has not the right shape is refused at once, everything else is told."""
    form = shaped(source)
    types: dict[str, ObjectType] = {}
    for definition in form.type_definitions:
        if definition.type in types:
            twice("type", definition.type, NOWHERE, problems)
        types.setdefault(definition.type, read_type(definition, problems))
    conditions = {name: read_condition(name, given, problems) for name, given in (form.conditions or {}).items()}
    return AuthorizationModel(read_version(form.schema_version, problems), types, conditions)


def shaped(source: Mapping[str, Any]) -> ModelForm:
    """Check the shape of the JSON."""
    try:
        return msgspec.convert(source, ModelForm)
    except (msgspec.ValidationError, RecursionError, UnicodeEncodeError) as error:
        text = f"The JSON has not the shape of a model: {str(error) or 'it is nested too deep'}."
        raise refused_model([problem("invalid-syntax", text, NOWHERE, SHAPE)]) from error


def read_version(version: str, problems: Problems) -> SchemaVersion:
    """Return the schema version."""
    if not version:
        problems.tell("schema-version-required", "The model has no `schema_version`.", NOWHERE, 'Add it: "1.1".')
    elif version not in VERSIONS:
        text = f"Schema {version} is not supported."
        problems.tell("schema-version-unsupported", text, NOWHERE, "Use 1.1 or 1.2.")
    return VERSIONS.get(version, "1.1")


def read_type(definition: TypeDefinition, problems: Problems) -> ObjectType:
    """Read a type with its relations."""
    metadata = definition.metadata
    known = (metadata.relations if metadata is not None else None) or {}
    relations = {
        name: read_relation(name, userset, known.get(name) or RelationMetadata(), definition.type, problems)
        for name, userset in (definition.relations or {}).items()
    }
    for name in known.keys() - relations.keys():
        text = f"The metadata of type `{definition.type}` names a relation `{name}` that is not defined."
        problems.tell("undefined-relation", text)
    if metadata is None:
        return ObjectType(definition.type, relations)
    return ObjectType(definition.type, relations, metadata.module or None, source_of(metadata.source_info))


def source_of(info: SourceInfo | None) -> Position:
    """Return the place that a source info tells: a file, no line."""
    return Position(file=info.file or None) if info is not None else NOWHERE


def read_relation(name: str, userset: Userset, metadata: RelationMetadata, owner: str, problems: Problems) -> Relation:
    """Read a relation with its restrictions."""
    try:
        rewrite = read_userset(userset)
    except PermissionGraphError as error:
        text = f"The relation `{name}` of type `{owner}` is wrong: {error.message}"
        problems.tell(error.problems[0].name, text, NOWHERE, error.suggestion)
        rewrite = This()
    restrictions = tuple(map(read_restriction, metadata.directly_related_user_types or ()))
    return Relation(name, rewrite, restrictions, metadata.module or None, source_of(metadata.source_info))


def read_restriction(form: UserType) -> TypeRestriction:
    """Read one kind of user."""
    return TypeRestriction(form.type, form.relation or None, form.wildcard is not None, form.condition or None)


def read_userset(form: Userset, level: int = 1) -> Rewrite:
    """Read a rewrite."""
    given = [name for name in form.__struct_fields__ if getattr(form, name) is not None]
    if level > REWRITE_LEVELS_MAX:
        text = f"it is nested more than {REWRITE_LEVELS_MAX} levels deep."
        raise refused_model([problem("nested-too-deep", text)])
    if len(given) != 1:
        text = f"a rewrite has exactly one kind, this one has {len(given)}."
        raise refused_model([problem("invalid-syntax", text, NOWHERE, SHAPE)])
    if form.difference is not None:
        base, subtract = form.difference.base, form.difference.subtract
        return Exclusion(read_userset(base, level + 1), read_userset(subtract, level + 1))
    return read_leaf(form) or read_children(form, level)


def read_leaf(form: Userset) -> Rewrite | None:
    """Read a rewrite without operands."""
    if form.this is not None:
        return This()
    if form.computed_userset is not None:
        return ComputedUserset(form.computed_userset.relation)
    pair = form.tuple_to_userset
    return TupleToUserset(pair.tupleset.relation, pair.computed_userset.relation) if pair is not None else None


def read_children(form: Userset, level: int) -> Rewrite:
    """Read a union or an intersection; one of a single operand is that operand."""
    operands = form.union or form.intersection
    assert operands is not None, "the one kind that is left"
    if not operands.child:
        raise refused_model([problem("invalid-syntax", "a union or an intersection has no operand.", NOWHERE, SHAPE)])
    children = tuple(read_userset(child, level + 1) for child in operands.child)
    if len(children) == 1:
        return children[0]
    return Union(children) if form.union is not None else Intersection(children)


def read_condition(key: str, form: ConditionForm, problems: Problems) -> ConditionDefinition:
    """Read a condition, whose name stands twice and must be the same."""
    if form.name != key:
        text = f"The condition under the key `{key}` calls itself `{form.name}`."
        problems.tell("different-nested-condition-name", text, NOWHERE, "Give both the same name.")
    parameters = {
        name: ConditionParameter(name, read_parameter(name, key, reference, problems))
        for name, reference in (form.parameters or {}).items()
    }
    metadata = form.metadata
    module, info = (metadata.module or None, metadata.source_info) if metadata is not None else (None, None)
    expression = one_line_end(form.expression).strip()
    return ConditionDefinition(key, parameters, expression, module, source_of(info))


def read_parameter(
    name: str, condition: str, reference: ParameterReference, problems: Problems, level: int = 1
) -> ParameterType:
    """Read the type of a parameter."""
    kind = reference.type_name.removeprefix(PREFIX).lower()
    generics = reference.generic_types or []
    right = reference.type_name.startswith(PREFIX) and kind in KINDS and level <= GENERIC_LEVELS_MAX
    if not right or len(generics) != (kind in CONTAINERS):
        text = f"The type of parameter `{name}` of condition `{condition}` is wrong: `{reference.type_name}`"
        hint = "Use TYPE_NAME_STRING and the like; map and list have one generic type, the others none."
        problems.tell("invalid-parameter-type", f"{text} with {len(generics)} generic types.", NOWHERE, hint)
        return ParameterType("any")
    inner = tuple(read_parameter(name, condition, generic, problems, level + 1) for generic in generics)
    return msgspec.convert({"kind": kind, "generics": inner}, ParameterType)
