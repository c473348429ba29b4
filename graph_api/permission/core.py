"""The core module: what a live model must hold, and how modules of integrators are put beside it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from graph_api.ops.files import project_path
from graph_api.permission.commands import ModelSource
from graph_api.permission.derivation import DerivedShape
from graph_api.permission.errors import ModelProblem, PermissionGraphError, refused_model
from graph_api.permission.implying import PARENT, Place, follows_for_good
from graph_api.permission.language.dsl import DslFile, read_file
from graph_api.permission.language.problems import Problems, problem
from graph_api.permission.language.text import nearest
from graph_api.permission.model import AuthorizationModel, ObjectType, Relation
from graph_api.permission.parsing import UNREADABLE, ParsedModel, parse_model, read
from graph_api.permission.tuples import kind_of
from graph_api.permission.validation import validate

CORE_MODULE: Final = "organization"
OWN_MODULE: Final = "model"
"""The module of relations that a text without modules adds to types of the core."""
CORE_FILE: Final = "swarmgraph/organization.fga"
_LACKING: Final = "core-module-incomplete"
_WRITES: Final = Place(PARENT, "can_write_models")
_ADMINISTRATOR: Final = Place(PARENT, "administrator")
_LEAVE_OUT: Final = "Leave the types of the core module out, then they are added; `extend type` adds relations to them."


def shipped_core() -> str:
    """Return the text of the core module that came with this version."""
    return (project_path("seed") / "permission" / "organization.fga").read_text(encoding="utf-8")


class Core:
    """The core module, and the tuples that are derived under it or there for good."""

    def __init__(self, text: str, shapes: Iterable[DerivedShape]) -> None:
        self._text = text
        self._shapes = sorted(shapes)
        self.model = parse_model(text).model

    @property
    def types(self) -> frozenset[str]:
        """The names of the core module's types."""
        return frozenset(self.model.types)

    def complete(self, source: ModelSource) -> ParsedModel:
        """Return the model of a source; where it defines no type of the core module, that is added.

        Raises PermissionGraphError with all problems: those of the source, then what a live model would lack.
        """
        problems = Problems()
        model = self._read(source, problems)
        if model is None or problems.names & UNREADABLE:
            problems.raise_any()
        assert model is not None, "nothing was told, so it could be read"
        warnings = validate(model, problems)
        problems.raise_any()
        if lacking := self.missing(model):
            raise refused_model(lacking)
        return ParsedModel(model, tuple(warnings))

    def missing(self, model: AuthorizationModel) -> list[ModelProblem]:
        """Return what a model lacks of the core: types and relations that are asked for, users that are derived."""
        lacking = [each for core_type in self.model.types.values() for each in _lacking(core_type, model)]
        unassignable = [each for shape in self._shapes for each in _unassignable(shape, model)]
        return lacking + unassignable + [*_beyond_mending(model)]

    def renewed(self, model: AuthorizationModel) -> AuthorizationModel:
        """Return a model with this core module in place of the one that it holds; raises PermissionGraphError."""
        own = {name: each for name, each in model.types.items() if each.module != CORE_MODULE}
        types = {name: _extended(each, model.types.get(name)) for name, each in self.model.types.items()}
        joined = AuthorizationModel("1.2", {**types, **own}, model.conditions)
        problems = Problems()
        validate(joined, problems)
        problems.raise_any()
        if lacking := self.missing(joined):
            raise refused_model(lacking)
        return joined

    def _read(self, source: ModelSource, problems: Problems) -> AuthorizationModel | None:
        if source.modules is not None:
            return self._read_modules(_files(source, problems), problems)
        if source.dsl is not None and _module_of(source.dsl) is not None:
            return self._read_modules({"model.fga": source.dsl}, problems)
        own = read(source.json if source.json is not None else source.dsl or "", None, problems)
        if own is None:
            return None
        if own.types.keys() & self.model.types.keys():
            return self._recognized(own)
        return AuthorizationModel("1.2", {**self.model.types, **own.types}, own.conditions)

    def _recognized(self, model: AuthorizationModel) -> AuthorizationModel:
        """Return a model with the core's types as such where it writes them as the core does: they can be renewed."""
        types = {name: self._core_type(each) for name, each in model.types.items()}
        return msgspec.structs.replace(model, types=types)

    def _core_type(self, written: ObjectType) -> ObjectType:
        core_type = self.model.types.get(written.name)
        if core_type is None or not all(
            _means_the_same(written.relations.get(name), each) for name, each in core_type.relations.items()
        ):
            return written
        relations = {
            name: each if name in core_type.relations else msgspec.structs.replace(each, module=OWN_MODULE)
            for name, each in written.relations.items()
        }
        return msgspec.structs.replace(written, module=core_type.module, relations=relations)

    def _read_modules(self, files: Mapping[str, str], problems: Problems) -> AuthorizationModel | None:
        parts = [part for found in map(_parsed, files.values()) for part in (found.types if found else ())]
        defined = {part.type.name for part in parts if not part.extends}
        if defined & self.model.types.keys():
            return read(None, files, problems)
        if any(_module_of(text) == CORE_MODULE for text in files.values()):
            message = f"The module `{CORE_MODULE}` is the core module, which is added."
            problems.tell("reserved-module", message, suggestion="Give the module another name.")
        return read(None, {CORE_FILE: self._text, **files}, problems)


def _files(source: ModelSource, problems: Problems) -> dict[str, str]:
    files: dict[str, str] = {}
    for module in source.modules or ():
        if module.name in files:
            problems.add([problem("duplicated-error", f"Two modules have the name `{module.name}`.")])
        files[module.name] = module.dsl
    return files


def _parsed(text: str) -> DslFile | None:
    """Read a file to look at its names only; what is wrong with it is told when it is read in earnest."""
    try:
        return read_file(text, Problems())
    except PermissionGraphError:
        return None


def _module_of(text: str) -> str | None:
    found = _parsed(text)
    return found.module if found is not None else None


def _lacking(core_type: ObjectType, model: AuthorizationModel) -> Iterator[ModelProblem]:
    found = model.types.get(core_type.name)
    if found is None:
        yield problem(_LACKING, f"The type `{core_type.name}` is missing.", suggestion=_LEAVE_OUT)
        return
    for name in (name for name in core_type.relations if name not in found.relations):
        message = f"The relation `{name}` of the type `{core_type.name}` is missing."
        yield problem(_LACKING, message, found.position, nearest(name, found.relations) or _LEAVE_OUT)


def _unassignable(shape: DerivedShape, model: AuthorizationModel) -> Iterator[ModelProblem]:
    """Yield a problem where tuples are derived that a model would not count."""
    found = model.types.get(shape.object_type)
    relation = found.relations.get(shape.relation) if found is not None else None
    if relation is not None and not _allows(relation, shape.user_type):
        message = (
            f"`{shape.relation}` of the type `{shape.object_type}` must be assignable to [{shape.user_type}]: "
            "such tuples follow from the organization."
        )
        yield problem(_LACKING, message, relation.position, f"Add `{shape.user_type}` to its brackets.")


def _beyond_mending(model: AuthorizationModel) -> Iterator[ModelProblem]:
    """Yield a problem where the administrator for good could not write another model."""
    found = model.types.get(PARENT)
    relation = found.relations.get(_WRITES.relation) if found is not None else None
    if relation is not None and not follows_for_good(model, _WRITES, _ADMINISTRATOR):
        message = (
            f"`{_WRITES.relation}` of the type `{PARENT}` must follow from `{_ADMINISTRATOR.relation}`, without "
            "exception: else nobody could mend the model."
        )
        suggestion = f"Write `define {_WRITES.relation}: {_ADMINISTRATOR.relation}`, perhaps `or` others."
        yield problem(_LACKING, message, relation.position, suggestion)


def _means_the_same(written: Relation | None, core: Relation) -> bool:
    return written is not None and (written.rewrite, written.restrictions) == (core.rewrite, core.restrictions)


def _allows(relation: Relation, user_type: str) -> bool:
    kinds = (kind_of(each) for each in relation.restrictions if each.condition is None)
    return any((kind.type, kind.relation) == (user_type, None) for kind in kinds)


def _extended(core_type: ObjectType, stored: ObjectType | None) -> ObjectType:
    """Return a core type with the relations that other modules gave to the stored one."""
    others = stored.relations if stored is not None else {}
    added = {name: each for name, each in others.items() if each.module not in (None, CORE_MODULE)}
    return msgspec.structs.replace(core_type, relations={**core_type.relations, **added})
