"""Put the files of a model together: one file with a schema version, or modules that extend each other's types."""

from collections.abc import Iterable, Mapping

import msgspec

from graph_api.permission.language.dsl import DslFile, TypePart, read_file
from graph_api.permission.language.problems import Problems
from graph_api.permission.language.text import check_size, nearest
from graph_api.permission.model import AuthorizationModel, ConditionDefinition, ObjectType, Position, SchemaVersion

MODULES_MAX = 200
HEADER = "Begin with `model` and, on the next line, `schema 1.1`."
VERSIONS: dict[str, SchemaVersion] = {"1.1": "1.1", "1.2": "1.2"}


def read_single(source: str, problems: Problems) -> AuthorizationModel | None:
    """Read a model that is one text: with a schema version, or a single module."""
    found = read_file(source, problems)
    if found is None:
        return None
    if found.module is not None:
        return assemble([found], "1.2", problems)
    for part in found.types:
        if part.extends:
            message = "Only a module may extend a type."
            problems.tell("extend-outside-module", message, part.type.position, "Begin the file with `module name`.")
    return assemble([found], checked_version(found, problems), problems)


def checked_version(found: DslFile, problems: Problems) -> SchemaVersion:
    """Return the schema version of a file that is no module."""
    if found.version is None:
        problems.tell("schema-version-required", "The model does not say its schema version.", found.start, HEADER)
    elif found.version not in VERSIONS:
        message = f"Schema {found.version} is not supported."
        problems.tell("schema-version-unsupported", message, found.version_position, "Use 1.1 or 1.2.")
    return VERSIONS.get(found.version or "", "1.1")


def read_modules(modules: Mapping[str | None, str], problems: Problems) -> AuthorizationModel | None:
    """Read a model that is several files, each of them a module."""
    if len(modules) > MODULES_MAX:
        problems.tell("too-many-modules", f"A model has at most {MODULES_MAX} files; these are {len(modules)}.")
        return None
    check_size(*modules.values())
    read = [read_file(source, problems, file) for file, source in modules.items()]
    files = [found for found in read if found is not None]
    for found in files:
        if found.module is None:
            message = "A file of a model of several files is a module."
            problems.tell("module-required", message, found.start, "Begin it with `module name`.")
    return assemble(files, "1.2", problems) if len(files) == len(read) else None


def assemble(files: Iterable[DslFile], version: SchemaVersion, problems: Problems) -> AuthorizationModel:
    """Join types and conditions of all files; what is defined twice, or extends nothing, is told."""
    files = list(files)
    types: dict[str, ObjectType] = {}
    for part in (part for found in files for part in found.types if not part.extends):
        if part.type.name in types:
            twice("type", part.type.name, part.type.position, problems)
        types.setdefault(part.type.name, part.type)
    for found in files:
        extend_all(found, types, problems)
    return AuthorizationModel(version, types, joined_conditions(files, problems))


def twice(what: str, name: str, position: Position, problems: Problems) -> None:
    """Tell that a name is defined twice."""
    problems.tell("duplicated-error", f"The {what} `{name}` is defined twice.", position, "Remove or rename one.")


def extend_all(found: DslFile, types: dict[str, ObjectType], problems: Problems) -> None:
    """Add the relations that a module gives to types of others."""
    seen: set[str] = set()
    for part in (part for part in found.types if part.extends):
        name = part.type.name
        if name not in types:
            message = f"The type `{name}`, which is extended here, is not defined."
            problems.tell("undefined-type", message, part.type.position, nearest(name, types))
        elif name in seen:
            message = f"The type `{name}` is extended twice in this file."
            problems.tell("duplicated-error", message, part.type.position, "Put all relations under one `extend type`.")
        else:
            types[name] = extended(types[name], part, problems)
        seen.add(name)


def extended(base: ObjectType, part: TypePart, problems: Problems) -> ObjectType:
    """Return a type with the relations of an extension."""
    relations = dict(base.relations)
    for name, relation in part.type.relations.items():
        if name in relations:
            twice("relation", name, relation.position, problems)
        # A module that extends its own type adds to it like the type itself does.
        own = relation.module == base.module
        relations.setdefault(name, msgspec.structs.replace(relation, module=None) if own else relation)
    return msgspec.structs.replace(base, relations=relations)


def joined_conditions(files: list[DslFile], problems: Problems) -> dict[str, ConditionDefinition]:
    """Join the conditions of all files."""
    conditions: dict[str, ConditionDefinition] = {}
    for condition in (condition for found in files for condition in found.conditions):
        if condition.name in conditions:
            twice("condition", condition.name, condition.position, problems)
        conditions.setdefault(condition.name, condition)
    return conditions
