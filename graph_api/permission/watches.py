"""What is watched: whose access, by which relation, to what; and what has to be looked at for many watches at once."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from pyroaring import BitMap

from graph_api.permission.answers import Decision
from graph_api.permission.causes import CausedChange
from graph_api.permission.engine.answering import Asking
from graph_api.permission.engine.compiled import Compiled
from graph_api.permission.engine.names import Names
from graph_api.permission.engine.plans import Node
from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.records import context_text
from graph_api.permission.tuples import UserKind, object_type, user_kind

Pair: TypeAlias = tuple[int, int]
"""Numbers of an object and of a user."""
_NO_CONTEXT: Final = "{}"


class Watch(msgspec.Struct, frozen=True):
    """The access of one user, or of everybody whom tuples name, to one object or to all of a type.

    `context` is the JSON text of parameters of conditions.
    """

    relation: str
    type: str
    object: str | None = None
    user: str | None = None
    context: str = _NO_CONTEXT

    @property
    def node(self) -> Node:
        """Type and relation."""
        return self.type, self.relation


class AccessChange(msgspec.Struct, frozen=True):
    """How the access of a user, or of everybody of a type, to an object came to differ, and why."""

    user: str
    relation: str
    object: str
    before: Decision
    after: Decision
    cause: str
    cause_ids: tuple[str, ...]
    actor: str | None


def watch_of(
    asking: Asking,
    relation: str,
    *,
    object: str | None = None,
    type: str | None = None,
    user: str | None = None,
    context: Mapping[str, Any] | None = None,
) -> Watch:
    """Return what is watched; raises 2000, 2021 and 2022 where the live model knows no such thing."""
    type_name = object_type(object) if object is not None else type or ""
    asking.plan(type_name, relation, Code.TYPE_NOT_FOUND, Code.RELATION_NOT_FOUND)
    if user is not None:
        asking.subject(user)
    return Watch(relation, type_name, object, user, _text(context or {}))


def _text(context: Mapping[str, Any]) -> str:
    try:
        return context_text(context) or _NO_CONTEXT
    except (TypeError, ValueError) as fault:
        raise PermissionGraphError(Code.VALIDATION_ERROR, f"The context is no JSON: {fault}.") from fault


class Group:
    """Watches of one relation in one context: they are worked out together.

    Of those without a user: whether one is for every object, and the objects of the others. Of those with one: users
    at every object, and at single ones.
    """

    def __init__(self, node: Node, context: str, watches: Sequence[Watch], names: Names) -> None:
        self.node = node
        self.context: Mapping[str, Any] = json.loads(context)
        self.watches = watches
        self.everywhere = False
        self.objects = BitMap()
        self.roaming = BitMap()
        self.staying: dict[int, BitMap] = defaultdict(BitMap)
        self._by_type: dict[str, BitMap] = defaultdict(BitMap)
        for watch in watches:
            self._add(watch, names)
        self.owners = self.roaming | BitMap(self.staying)
        self.is_open = self.everywhere or bool(self.objects)

    def _add(self, watch: Watch, names: Names) -> None:
        place = names.intern(watch.object) if watch.object is not None else None
        if watch.user is None:
            self.everywhere |= place is None
            self.objects |= BitMap(() if place is None else (place,))
            return
        user, kind = names.intern(watch.user), user_kind(watch.user)
        if kind.relation is None:
            self._by_type[kind.type].add(user)
        if place is None:
            self.roaming.add(user)
        else:
            self.staying[user].add(place)

    def open_at(self, places: BitMap) -> BitMap:
        """Return those of some objects at which everybody is watched."""
        return places if self.everywhere else places & self.objects

    def of_types(self, types: Iterable[str]) -> BitMap:
        """Return the plain users of some types who are watched by themselves."""
        return BitMap().union(*(self._by_type[each] for each in types if each in self._by_type))

    def own(self, places: BitMap, users: BitMap) -> Iterator[tuple[int, BitMap]]:
        """Yield those of some users who are watched by themselves, each with the objects at which he is."""
        for user in users & self.owners:
            yield user, places if user in self.roaming else places & self.staying[user]


class Watched:
    """All watches under one model: what of a commit matters to any of them."""

    def __init__(self, compiled: Compiled, watches: Collection[Watch]) -> None:
        influence, names = compiled.influence, compiled.store.names
        by_group: dict[tuple[Node, str], list[Watch]] = defaultdict(list)
        for watch in watches:
            by_group[watch.node, watch.context].append(watch)
        self.groups = [Group(node, context, each, names) for (node, context), each in by_group.items()]
        self.nodes = frozenset(group.node for group in self.groups)
        self._inputs = {node: influence.inputs(influence.below((node,))) for node in self.nodes}
        self.within = influence.below(self.nodes)
        self.inputs = influence.inputs(self.within)
        usersets = {user_kind(watch.user) for watch in watches if watch.user is not None and "#" in watch.user}
        self.kinds = {UserKind(name, None) for name in compiled.model.types} | usersets
        self.types = tuple(compiled.model.types)
        self._is_open = any(group.is_open for group in self.groups)
        self._owners = BitMap().union(*(group.owners for group in self.groups))

    def leaves_out(self, user: int | None) -> bool:
        """Tell whether nobody watches what can only matter to one user."""
        return not self._is_open and user is not None and user not in self._owners

    def concerned(self, changes: Iterable[CausedChange]) -> list[Group]:
        """Return those to whom a change may matter."""
        changed = {changed_node(each) for each in changes}
        return [group for group in self.groups if not changed.isdisjoint(self._inputs[group.node])]


def changed_node(each: CausedChange) -> Node:
    """Return type and relation of a tuple that was changed."""
    return object_type(each.change.key.object), each.change.key.relation
