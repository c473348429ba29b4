"""From a model to OpenFGA's DSL, to its modules and to its JSON.

What the DSL cannot say is refused: names with signs of their own, and what is assigned directly anywhere but at the
beginning. In a union or an intersection the part that is assigned directly is put first, which means the same.
"""

from typing import Any

import msgspec

from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.language.json_form import (
    Children,
    ConditionForm,
    ConditionMetadata,
    Difference,
    ModelForm,
    ObjectRelation,
    ParameterReference,
    RelationMetadata,
    SourceInfo,
    TuplesetRewrite,
    TypeDefinition,
    TypeMetadata,
    Userset,
    UserType,
)
from graph_api.permission.language.text import is_dsl_name
from graph_api.permission.model import (
    AuthorizationModel,
    ComputedUserset,
    ConditionDefinition,
    Exclusion,
    Intersection,
    ObjectType,
    ParameterType,
    Position,
    Relation,
    Rewrite,
    This,
    TupleToUserset,
    TypeRestriction,
    Union,
)

ALONE = "Only JSON can say it; in the DSL give that part a relation of its own."


def write_dsl(model: AuthorizationModel) -> str:
    """Write a model as one text; which module declares what is left out."""
    blocks = [f"model\n  schema {model.schema_version}\n"]
    blocks += [type_text(each, list(each.relations.values())) for each in model.types.values()]
    blocks += [condition_text(each) for each in model.conditions.values()]
    return "\n".join(blocks)


def write_modules(model: AuthorizationModel) -> dict[str, str]:
    """Write a modular model as one file a module."""
    return {f"{module}.fga": module_text(model, module) for module in modules_of(model)}


def modules_of(model: AuthorizationModel) -> list[str]:
    """Return the modules: those of types as they come, then those of extensions and conditions by name."""
    types = list(model.types.values())
    relations = [relation for each in types for relation in each.relations.values() if relation.module is not None]
    homeless = next((each.name for each in [*types, *model.conditions.values()] if each.module is None), None)
    if homeless is not None:
        raise PermissionGraphError(
            Code.VALIDATION_ERROR, f"`{homeless}` belongs to no module.", suggestion="Write the model as one text."
        )
    others = sorted(each.module or "" for each in [*relations, *model.conditions.values()])
    return list(dict.fromkeys(named(module) for module in [*(each.module or "" for each in types), *others]))


def module_text(model: AuthorizationModel, module: str) -> str:
    """Write what one module declares."""
    own = [each for each in model.types.values() if each.module == module]
    # By name: in which order types of other modules are read depends on the order of the files.
    others = sorted((each for each in model.types.values() if each.module != module), key=lambda each: each.name)
    blocks = [f"module {module}\n"]
    blocks += [type_text(each, declared(each, {module, None})) for each in own]
    blocks += [f"extend {type_text(each, declared(each, {module}))}" for each in others if declared(each, {module})]
    blocks += [condition_text(each) for each in model.conditions.values() if each.module == module]
    return "\n".join(blocks)


def declared(each: ObjectType, modules: set[str | None]) -> list[Relation]:
    """Return the relations of a type that some modules declare; None is that of the type."""
    return [relation for relation in each.relations.values() if relation.module in modules]


def named(name: str) -> str:
    """Return a name that the DSL can say."""
    if not is_dsl_name(name):
        raise PermissionGraphError(Code.VALIDATION_ERROR, f"The DSL cannot say the name `{name}`.", suggestion=ALONE)
    return name


def type_text(each: ObjectType, relations: list[Relation]) -> str:
    """Write a type with some of its relations."""
    lines = [f"type {named(each.name)}", *(["  relations"] if relations else [])]
    lines += [f"    define {named(relation.name)}: {relation_text(relation)}" for relation in relations]
    return "\n".join(lines) + "\n"


def relation_text(relation: Relation) -> str:
    """Write a rewrite; what is assigned directly stands in brackets."""
    brackets = f"[{', '.join(restriction_text(each) for each in relation.restrictions)}]"
    return rewrite_text(relation.rewrite, brackets, first=True, inner=False)


def restriction_text(each: TypeRestriction) -> str:
    """Write one kind of user."""
    for name in (each.type, each.relation, each.condition):
        if name is not None:
            named(name)
    return str(each)


def rewrite_text(rewrite: Rewrite, brackets: str, *, first: bool, inner: bool) -> str:
    """Write a rewrite; `inner` ones with an operator need parentheses."""
    match rewrite:
        case This():
            if not first:
                message = "What is assigned directly stands at the beginning."
                raise PermissionGraphError(Code.VALIDATION_ERROR, message, suggestion=ALONE)
            return brackets
        case ComputedUserset(relation):
            return named(relation)
        case TupleToUserset(tupleset, computed):
            return f"{named(computed)} from {named(tupleset)}"
        case Union(children):
            parts, operator = direct_first(children), " or "
        case Intersection(children):
            parts, operator = direct_first(children), " and "
        case Exclusion(base, subtract):
            parts, operator = (base, subtract), " but not "
    texts = [
        rewrite_text(part, brackets, first=first and number == 0, inner=len(parts) > 1)
        for number, part in enumerate(parts)
    ]
    return f"({operator.join(texts)})" if inner and len(parts) > 1 else operator.join(texts)


def direct_first(children: tuple[Rewrite, ...]) -> tuple[Rewrite, ...]:
    """Put the operand that holds what is assigned directly first."""
    return tuple(sorted(children, key=lambda child: not holds_direct(child)))


def holds_direct(rewrite: Rewrite) -> bool:
    """Tell whether something is assigned directly somewhere in a rewrite."""
    match rewrite:
        case This():
            return True
        case Union(children) | Intersection(children):
            return any(map(holds_direct, children))
        case Exclusion(base, subtract):
            return holds_direct(base) or holds_direct(subtract)
        case ComputedUserset() | TupleToUserset():
            return False


def condition_text(each: ConditionDefinition) -> str:
    """Write a condition, its expression on lines of its own."""
    parameters = ", ".join(f"{named(name)}: {parameter.type}" for name, parameter in each.parameters.items())
    return f"condition {named(each.name)}({parameters}) {{\n  {each.expression}\n}}\n"


def write_json(model: AuthorizationModel) -> dict[str, Any]:
    """Write a model as OpenFGA's JSON."""
    types = [type_form(each) for each in model.types.values()]
    conditions = {name: condition_form(each) for name, each in model.conditions.items()}
    return msgspec.to_builtins(ModelForm(model.schema_version, types, conditions or None))


def type_form(each: ObjectType) -> TypeDefinition:
    """Write a type."""
    relations = {name: userset(relation.rewrite) for name, relation in each.relations.items()}
    metadata = {name: relation_metadata(relation) for name, relation in each.relations.items()}
    info = source_info(each.position)
    if not metadata and each.module is None and info is None:
        return TypeDefinition(each.name, relations or None)
    return TypeDefinition(each.name, relations or None, TypeMetadata(metadata or None, each.module, info))


def relation_metadata(relation: Relation) -> RelationMetadata:
    """Write what may be assigned to a relation."""
    info = source_info(relation.position) if relation.module is not None else None
    return RelationMetadata([user_type(each) for each in relation.restrictions], relation.module, info)


def source_info(position: Position) -> SourceInfo | None:
    """Write the file, where it is known."""
    return SourceInfo(position.file) if position.file is not None else None


def user_type(each: TypeRestriction) -> UserType:
    """Write one kind of user."""
    return UserType(each.type, each.relation, {} if each.wildcard else None, each.condition)


def userset(rewrite: Rewrite) -> Userset:
    """Write a rewrite."""
    match rewrite:
        case This():
            return Userset(this={})
        case ComputedUserset(relation):
            return Userset(computed_userset=ObjectRelation(relation))
        case TupleToUserset(tupleset, computed):
            pair = TuplesetRewrite(ObjectRelation(tupleset), ObjectRelation(computed))
            return Userset(tuple_to_userset=pair)
        case Union(children):
            return Userset(union=Children([userset(child) for child in children]))
        case Intersection(children):
            return Userset(intersection=Children([userset(child) for child in children]))
        case Exclusion(base, subtract):
            return Userset(difference=Difference(userset(base), userset(subtract)))


def condition_form(each: ConditionDefinition) -> ConditionForm:
    """Write a condition."""
    parameters = {name: reference(parameter.type) for name, parameter in each.parameters.items()}
    info = source_info(each.position)
    metadata = ConditionMetadata(each.module, info) if each.module is not None or info is not None else None
    return ConditionForm(each.name, each.expression, parameters or None, metadata)


def reference(kind: ParameterType) -> ParameterReference:
    """Write the type of a parameter."""
    return ParameterReference(f"TYPE_NAME_{kind.kind.upper()}", [reference(each) for each in kind.generics] or None)
