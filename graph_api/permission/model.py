"""A parsed authorization model: object types, relations and their rewrites, conditions.

Everything is frozen and compares by meaning: a `Position` tells where a thing was written, and equals every other one,
so that two models written differently are equal when they mean the same. Dicts keep the order of the source; nobody
may change them.
"""

from typing import Literal, TypeAlias

import msgspec

SchemaVersion: TypeAlias = Literal["1.1", "1.2"]
ParameterKind: TypeAlias = Literal[
    "bool", "string", "int", "uint", "double", "duration", "timestamp", "map", "list", "ipaddress", "any"
]


class Position(msgspec.Struct, frozen=True, eq=False):
    """Where something was written: line and column from 1, or 0 if unknown; `file` is the name of a module's file."""

    line: int = 0
    column: int = 0
    file: str | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Position)

    def __hash__(self) -> int:
        return 0


NOWHERE = Position()


class TypeRestriction(msgspec.Struct, frozen=True):
    """One kind of user that may be assigned directly: `type`, `type#relation` or `type:*`, perhaps `with condition`."""

    type: str
    relation: str | None = None
    wildcard: bool = False
    condition: str | None = None
    position: Position = NOWHERE

    def __str__(self) -> str:
        suffix = ":*" if self.wildcard else f"#{self.relation}" if self.relation is not None else ""
        return f"{self.type}{suffix}" + (f" with {self.condition}" if self.condition is not None else "")


class This(msgspec.Struct, frozen=True, tag=True):
    """Those assigned by tuples; which kinds of them is told by the restrictions of the relation."""

    position: Position = NOWHERE


class ComputedUserset(msgspec.Struct, frozen=True, tag=True):
    """Those who have another relation to the same object."""

    relation: str
    position: Position = NOWHERE


class TupleToUserset(msgspec.Struct, frozen=True, tag=True):
    """`computed from tupleset`: those who have `computed` to an object that is assigned to `tupleset`."""

    tupleset: str
    computed: str
    position: Position = NOWHERE
    tupleset_position: Position = NOWHERE


class Union(msgspec.Struct, frozen=True, tag=True):
    """`or`: those who are in at least one child."""

    children: "tuple[Rewrite, ...]"
    position: Position = NOWHERE


class Intersection(msgspec.Struct, frozen=True, tag=True):
    """`and`: those who are in every child."""

    children: "tuple[Rewrite, ...]"
    position: Position = NOWHERE


class Exclusion(msgspec.Struct, frozen=True, tag=True):
    """`but not`: those who are in the base and not in what is subtracted."""

    base: "Rewrite"
    subtract: "Rewrite"
    position: Position = NOWHERE


Rewrite: TypeAlias = This | ComputedUserset | TupleToUserset | Union | Intersection | Exclusion


class Relation(msgspec.Struct, frozen=True):
    """A relation of an object type; `module` is set where it was declared by a module other than that of the type."""

    name: str
    rewrite: Rewrite
    restrictions: tuple[TypeRestriction, ...] = ()
    module: str | None = None
    position: Position = NOWHERE

    @property
    def line(self) -> int:
        """Return the line of its name, counted from 1."""
        return self.position.line

    @property
    def column(self) -> int:
        """Return the column of its name, counted from 1."""
        return self.position.column


class ObjectType(msgspec.Struct, frozen=True):
    """A type of objects, its relations in the order of the source, and the module that declares it."""

    name: str
    relations: dict[str, Relation] = {}
    module: str | None = None
    position: Position = NOWHERE


class ParameterType(msgspec.Struct, frozen=True):
    """The type of a condition's parameter; map and list have one generic type, that of their values."""

    kind: ParameterKind
    generics: "tuple[ParameterType, ...]" = ()

    def __str__(self) -> str:
        return f"{self.kind}<{', '.join(map(str, self.generics))}>" if self.generics else self.kind


class ConditionParameter(msgspec.Struct, frozen=True):
    """A named and typed parameter of a condition."""

    name: str
    type: ParameterType
    position: Position = NOWHERE


class ConditionDefinition(msgspec.Struct, frozen=True):
    """A condition: its parameters in the order of the source, and its expression in CEL."""

    name: str
    parameters: dict[str, ConditionParameter]
    expression: str
    module: str | None = None
    position: Position = NOWHERE
    expression_position: Position = NOWHERE


class AuthorizationModel(msgspec.Struct, frozen=True):
    """A whole model; `validation` proves that every name it uses is defined."""

    schema_version: SchemaVersion
    types: dict[str, ObjectType]
    conditions: dict[str, ConditionDefinition] = {}
