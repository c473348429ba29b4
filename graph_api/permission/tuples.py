"""Relationship tuples: who has which relation to what, and what a model says of them.

The names are OpenFGA's: an object is `type:id`; a user is `type:id`, `type:*` (everybody of the type) or a userset
`type:id#relation`. `TupleRules` tells whether a model allows a tuple; it depends on the tuple's shape and its context.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from graph_api.permission.conditions import CompiledCondition
from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.language.text import nearest
from graph_api.permission.model import AuthorizationModel, ObjectType, TypeRestriction

WILDCARD: Final = "*"
OBJECT_CHARACTERS_MAX: Final = 256
USER_CHARACTERS_MAX: Final = 512
NAMES_KEPT_MAX: Final = 1 << 16
_OBJECT: Final = re.compile(r"([^:#\s]+):([^:#\s]+)")
_USER: Final = re.compile(r"([^:#\s]+):([^:#\s]+)(?:#([^:#@\s]+))?")


class Condition(msgspec.Struct, frozen=True):
    """The condition of a tuple and the context that is stored with it: values by the names of parameters."""

    name: str
    context: Mapping[str, Any] = {}


class RelationshipTuple(msgspec.Struct, frozen=True, gc=False):
    """`user` has `relation` to `object`, where the condition is true and until `expires_at` (an aware instant)."""

    user: str
    relation: str
    object: str
    condition: Condition | None = None
    expires_at: datetime | None = None

    @property
    def key(self) -> "TupleKey":
        """Return what tells it from other tuples of its source."""
        return TupleKey(self.user, self.relation, self.object)


class TupleKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """User, relation and object: of one key there is at most one tuple a source."""

    user: str
    relation: str
    object: str


class TupleSource(StrEnum):
    """Where a tuple comes from: written as such, or derived from the organization. It counts if it is in either."""

    EXPLICIT = "EXPLICIT"
    DERIVED = "DERIVED"


class StoredTuple(msgspec.Struct, frozen=True):
    """A tuple of the graph; one that the live model forbids is not `valid` and does not count."""

    tuple: RelationshipTuple
    source: TupleSource
    valid: bool


class UserKind(NamedTuple):
    """The kind of a user: a plain one, everybody of a type (`relation` is `*`), or a userset (its relation)."""

    type: str
    relation: str | None

    def __str__(self) -> str:
        if self.relation is None:
            return self.type
        return f"{self.type}:*" if self.relation == WILDCARD else f"{self.type}#{self.relation}"


class Shape(NamedTuple):
    """What a model allows or forbids as one: type and relation of the object, kind of the user, condition."""

    type: str
    relation: str
    user: UserKind
    condition: str | None


@lru_cache(maxsize=NAMES_KEPT_MAX)
def object_type(name: str) -> str:
    """Return the type of an object; raise 2000 where it is no `type:id`."""
    found = _OBJECT.fullmatch(name) if len(name) <= OBJECT_CHARACTERS_MAX else None
    if found is None or found[2] == WILDCARD:
        raise PermissionGraphError(
            Code.VALIDATION_ERROR,
            f"`{name[:80]}` is no object.",
            suggestion=f"Write `type:id`: one colon, no # and no blank, at most {OBJECT_CHARACTERS_MAX} characters.",
        )
    return found[1]


@lru_cache(maxsize=NAMES_KEPT_MAX)
def user_kind(name: str) -> UserKind:
    """Return the kind of a user; raise 2000 where it is no user."""
    found = _USER.fullmatch(name) if len(name) <= USER_CHARACTERS_MAX else None
    if found is None or (found[2] == WILDCARD and found[3] is not None):
        raise PermissionGraphError(
            Code.VALIDATION_ERROR,
            f"`{name[:80]}` is no user.",
            suggestion=f"Write `type:id`, `type:*` or `type:id#relation`, in at most {USER_CHARACTERS_MAX} characters.",
        )
    return UserKind(found[1], WILDCARD if found[2] == WILDCARD else found[3])


def split_userset(name: str) -> tuple[str, str]:
    """Split `type:id#relation` into object and relation."""
    target, _, relation = name.rpartition("#")
    return target, relation


def shape_of(each: RelationshipTuple) -> Shape:
    """Return the shape of a tuple; raise 2000 where a name is malformed."""
    condition = each.condition.name if each.condition is not None else None
    return Shape(object_type(each.object), each.relation, user_kind(each.user), condition)


class TupleRules:
    """What a model says of tuples. `conditions` are those of the model, compiled."""

    def __init__(self, model: AuthorizationModel, conditions: Mapping[str, CompiledCondition]) -> None:
        self._model = model
        self._conditions = conditions
        self._allowed = frozenset(
            Shape(each.name, relation.name, kind_of(restriction), restriction.condition)
            for each in model.types.values()
            for relation in each.relations.values()
            for restriction in relation.restrictions
        )

    def allows(self, shape: Shape) -> bool:
        """Tell whether tuples of a shape may count."""
        return shape in self._allowed

    def fits(self, condition: Condition) -> bool:
        """Tell whether the stored context of a condition fits its parameters."""
        try:
            self._conditions[condition.name].check_context(condition.context)
        except (KeyError, PermissionGraphError):
            return False
        return True

    def check(self, each: RelationshipTuple) -> Shape:
        """Return the shape of a tuple that the model allows; raise 2000, 2021, 2022 or 2027 with the reason."""
        shape = shape_of(each)
        if shape not in self._allowed:
            raise self._refusal(each, shape)
        if each.condition is not None:
            self._conditions[each.condition.name].check_context(each.condition.context)
        if each.expires_at is not None and each.expires_at.tzinfo is None:
            raise PermissionGraphError(
                Code.VALIDATION_ERROR, "`expires_at` has no offset from UTC.", suggestion="Give an aware instant."
            )
        return shape

    def _refusal(self, each: RelationshipTuple, shape: Shape) -> PermissionGraphError:
        found = find_relation(self._model, shape.type, shape.relation)
        user = self._model.types.get(shape.user.type)
        if user is None:
            return unknown_type(self._model, shape.user.type)
        if shape.user.relation not in (None, WILDCARD, *user.relations):
            return unknown_relation(user, shape.user.relation or "")
        restrictions = found.relations[shape.relation].restrictions
        same = [one for one in restrictions if kind_of(one) == shape.user]
        if same:
            return _condition_refusal(shape, same)
        return PermissionGraphError(
            Code.INVALID_TUPLE,
            f"`{each.user}` cannot be assigned to `{shape.relation}` of `{each.object}`.",
            suggestion=f"The model allows {_told(map(str, restrictions)) or 'nobody to be assigned directly'}.",
        )


def kind_of(restriction: TypeRestriction) -> UserKind:
    """Return the kind of users that a restriction allows."""
    return UserKind(restriction.type, WILDCARD if restriction.wildcard else restriction.relation)


def find_relation(
    model: AuthorizationModel,
    type_name: str,
    relation: str,
    type_code: Code = Code.TYPE_NOT_FOUND,
    relation_code: Code = Code.RELATION_NOT_FOUND,
) -> ObjectType:
    """Return the type that has the relation; raise 2021 or 2022 (or the codes given) where there is none."""
    found = model.types.get(type_name)
    if found is None:
        raise unknown_type(model, type_name, type_code)
    if relation not in found.relations:
        raise unknown_relation(found, relation, relation_code)
    return found


def unknown_type(model: AuthorizationModel, type_name: str, code: Code = Code.TYPE_NOT_FOUND) -> PermissionGraphError:
    """Build the error of a type that the model lacks."""
    return PermissionGraphError(
        code, f"The model has no type `{type_name[:80]}`.", suggestion=nearest(type_name, model.types)
    )


def unknown_relation(found: ObjectType, relation: str, code: Code = Code.RELATION_NOT_FOUND) -> PermissionGraphError:
    """Build the error of a relation that a type lacks."""
    return PermissionGraphError(
        code,
        f"The type `{found.name}` has no relation `{relation[:80]}`.",
        suggestion=nearest(relation, found.relations),
    )


def _condition_refusal(shape: Shape, same: list[TypeRestriction]) -> PermissionGraphError:
    wanted = _told(f"with `{one.condition}`" if one.condition else "without a condition" for one in same)
    return PermissionGraphError(
        Code.VALIDATION_ERROR,
        f"`{shape.user}` cannot be assigned to `{shape.relation}` of `{shape.type}` "
        f"{f'with the condition `{shape.condition}`' if shape.condition else 'without a condition'}.",
        suggestion=f"The model allows it {wanted}.",
    )


def _told(parts: Iterable[str]) -> str:
    return ", ".join(parts)
