"""The two lists: objects of a user, users of an object; complete, sorted, a set at a time."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pyroaring import BitMap

from graph_api.permission.answers import ListedUsers
from graph_api.permission.engine.answering import Asking, own_userset
from graph_api.permission.engine.guards import Guards
from graph_api.permission.engine.names import NOBODY
from graph_api.permission.engine.object_sets import Extent, ObjectSets
from graph_api.permission.engine.plans import Plan
from graph_api.permission.engine.subjects import ABSENT, OTHER, Subject
from graph_api.permission.engine.user_sets import UserSets
from graph_api.permission.engine.values import Value
from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.tuples import (
    WILDCARD,
    UserKind,
    object_type,
    split_userset,
    unknown_relation,
    unknown_type,
)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NOT_FOUND: Final = (Code.TYPE_NOT_FOUND, Code.RELATION_NOT_FOUND)


def list_objects(
    asking: Asking, user: str, relation: str, type_name: str, context: Mapping[str, Any], at: datetime
) -> list[str]:
    """List the objects of a type to which a user has a relation, sorted."""
    plan = asking.plan(type_name, relation, *NOT_FOUND)
    subject = asking.subject(user)
    found, may = ObjectSets(asking.compiled, subject, Guards(asking.compiled, context, at)).of(plan)
    if found is not may:
        values = asking.values(plan, subject, may - found, context, at)
        found = found | BitMap(place for place, value in values.items() if listed(value))
    texts = asking.names.texts
    return sorted([*(texts[place] for place in found), *_own_object(asking, plan, subject, user)])


def _own_object(asking: Asking, plan: Plan, subject: Subject, user: str) -> Iterator[str]:
    """Yield the object of a userset where no tuple names it and the userset has the relation by itself."""
    if subject.owner == OTHER and subject.kind.type == plan.type and "#" in user:
        target, _ = split_userset(user)
        if asking.value(plan, own_userset(subject, user, target), ABSENT, {}, EPOCH) is True:
            yield target


def list_users(
    asking: Asking, target: str, relation: str, filters: Iterable[str], context: Mapping[str, Any], at: datetime
) -> ListedUsers:
    """List the users of some kinds that have a relation to an object, and whom `type:*` leaves out, sorted."""
    plan = asking.plan(object_type(target), relation, *NOT_FOUND)
    kinds = {_filter_kind(asking.compiled.model, each) for each in filters}
    if not kinds:
        raise PermissionGraphError(Code.VALIDATION_ERROR, "No kind of users is asked for.", suggestion="Give one.")
    place = asking.names.find(target)
    if place == NOBODY:
        return ListedUsers(sorted(_usersets_of_absent(asking, plan, target, kinds)), {})
    return _UsersOf(asking, plan, place, context, at).listed(kinds)


class _UsersOf:
    """Who has a relation to one object."""

    def __init__(self, asking: Asking, plan: Plan, place: int, context: Mapping[str, Any], at: datetime) -> None:
        self._asking = asking
        self._plan = plan
        self._place = place
        self._context = context
        self._at = at

    def listed(self, kinds: set[UserKind]) -> ListedUsers:
        plain = {kind for kind in kinds if kind.relation is None}
        extent = self._plain_users({kind.type for kind in plain}) if plain else Extent(BitMap(), BitMap())
        unsure = extent.may - extent.sure
        if kinds != plain:
            unsure |= self._named(kinds - plain)
        texts = self._asking.names.texts
        found = extent.sure | BitMap(number for number in unsure if listed(self._value(texts[number])))
        users = sorted(texts[number] for number in found)
        everybody = [user for user in users if user.endswith(f":{WILDCARD}")]
        others = sorted(texts[number] for number in self._named(plain) - found) if everybody else []
        return ListedUsers(users, {each: _of_type(each, others) for each in everybody})

    def _plain_users(self, types: set[str]) -> Extent:
        guards = Guards(self._asking.compiled, self._context, self._at)
        return UserSets(self._asking.compiled, guards, types, self._everybody).of(self._plan, self._place)

    def _everybody(self, type_name: str) -> BitMap:
        return self._named({UserKind(type_name, None)})

    def _named(self, kinds: set[UserKind]) -> BitMap:
        """Return the users of some kinds that are named below the object."""
        node = (self._plan.type, self._plan.name)
        return self._asking.compiled.descending(sure=False).named(node, self._place, kinds)

    def _value(self, user: str) -> Value:
        return self._asking.value(self._plan, self._asking.subject(user), self._place, self._context, self._at)


def _of_type(everybody: str, users: list[str]) -> list[str]:
    return [user for user in users if user.startswith(everybody[: -len(WILDCARD)]) and user != everybody]


def _usersets_of_absent(asking: Asking, plan: Plan, target: str, kinds: set[UserKind]) -> Iterator[str]:
    """Yield the usersets of an object that no tuple names which have a relation to it by themselves."""
    for kind in kinds:
        if kind.type == plan.type and kind.relation is not None:
            subject = Subject(NOBODY, kind, ABSENT, kind.relation)
            if asking.value(plan, subject, ABSENT, {}, EPOCH) is True:
                yield f"{target}#{kind.relation}"


def _filter_kind(model: AuthorizationModel, text: str) -> UserKind:
    type_name, _, relation = text.partition("#")
    found = model.types.get(type_name)
    if found is None:
        raise unknown_type(model, type_name)
    if "#" in text and relation not in found.relations:
        raise unknown_relation(found, relation)
    return UserKind(type_name, relation or None)


def listed(value: Value) -> bool:
    """Tell whether a list holds what has this value; raise 2000 where that depends on missing context."""
    if isinstance(value, bool):
        return value
    if value.error is not None:
        raise value.error
    names = ", ".join(sorted(value.missing))
    raise PermissionGraphError(
        Code.VALIDATION_ERROR,
        f"The list depends on context that is missing: {names}.",
        suggestion=f"Give {names} in the context.",
    )
