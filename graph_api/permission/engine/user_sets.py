"""The users of objects, a set at a time: who surely has a relation, and who may.

The set of a node (a plan for an object) is the union, the intersection or the difference of the sets below it. Sets of
usersets and parents are kept, for many objects share them. Where they go in circles, bounds of the set are told.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final, TypeAlias

from pyroaring import AbstractBitMap, BitMap

from graph_api.permission.engine.closures import EMPTY
from graph_api.permission.engine.compiled import Compiled
from graph_api.permission.engine.evaluating import Entangled
from graph_api.permission.engine.guards import Guards
from graph_api.permission.engine.object_sets import NONE, Extent
from graph_api.permission.engine.plans import Both, Hard, Plan
from graph_api.permission.engine.tables import Table
from graph_api.permission.tuples import WILDCARD, UserKind

DEPTH_MAX: Final = 100
USERS_KEPT_MAX: Final = 50_000_000
"""Users in all sets kept since the last time all were dropped: bounds memory."""

Everybody: TypeAlias = Callable[[str], AbstractBitMap]
"""Returns the users of a type that everybody of the type stands for, it included."""


class _TooDeep(Exception):
    """A node is too far below the one that was asked for."""

    def __init__(self, node: tuple[Plan, int]) -> None:
        self.node = node


class UserSets:
    """The sets of one state of the tuples, for the plain users of some types (None: of all)."""

    def __init__(self, compiled: Compiled, guards: Guards, types: Collection[str] | None, everybody: Everybody) -> None:
        self._compiled = compiled
        self._parts = compiled.store.names.parts
        self._guards = guards
        self._types = types
        self._everybody = everybody
        self._kept: dict[tuple[int, int], Extent] = {}
        self._count = 0
        self._path: set[tuple[int, int]] = set()

    def of(self, plan: Plan, place: int) -> Extent:
        """Return the users of a node. What lies too deep is found first, and what goes in circles by its bounds."""
        waiting = [(plan, place)]
        while True:
            node, is_last = waiting[-1], len(waiting) == 1
            try:
                found = self._find(*node) if is_last else self._shared(*node)
            except _TooDeep as further:
                if further.node not in waiting:
                    waiting.append(further.node)
                    continue
                found = self._keep(*node, self._bounds(*node))
            except Entangled:
                found = self._keep(*node, self._bounds(*node))
            waiting.pop()
            if is_last:
                return found

    def _bounds(self, plan: Plan, place: int) -> Extent:
        """Return who is surely in a node over unions alone, and whoever is named below it."""
        node, compiled = (plan.type, plan.name), self._compiled
        types = compiled.model.types.keys() if self._types is None else self._types
        kinds = {UserKind(each, None) for each in types}
        may = self._with_everybody(compiled.descending(sure=False).named(node, place, kinds))
        if compiled.plans[node] is not plan:  # a part of the relation: others of its parts say nothing of it for sure
            return Extent(EMPTY, may)
        sure = self._with_everybody(compiled.descending(sure=True).named(node, place, kinds))
        return Extent(sure, sure if sure == may else may)

    def _with_everybody(self, users: BitMap) -> BitMap:
        types = self._compiled.model.types
        for number, type_name in self._compiled.store.names.everybody(types).items():
            if number in users:
                users |= self._everybody(type_name)
        return users

    def _find(self, plan: Plan, place: int) -> Extent:
        key = (plan.number, place)
        found = self._kept.get(key)
        if found is not None:
            return found
        if key in self._path:
            raise Entangled
        if len(self._path) >= DEPTH_MAX:
            raise _TooDeep((plan, place))
        self._path.add(key)
        try:
            return _joined(list(self._below(plan, place)))
        finally:
            self._path.discard(key)

    def _shared(self, plan: Plan, place: int) -> Extent:
        """Return the users of a userset or a parent, and keep them."""
        return self._keep(plan, place, self._find(plan, place))

    def _keep(self, plan: Plan, place: int, found: Extent) -> Extent:
        self._count += len(found.may)
        if self._count > USERS_KEPT_MAX:
            self._kept.clear()
            self._count = len(found.may)
        self._kept[plan.number, place] = found
        return found

    def _below(self, plan: Plan, place: int) -> Iterator[Extent]:
        for table in self._compiled.assigned(plan):
            users = table.forward.get(place)
            if users is not None:
                yield from self._assigned(table, users, place)
        for call in plan.calls:
            yield self._find(call, place)
        for table, child in self._compiled.parents(plan):
            for parent in table.forward.get(place, ()):
                yield self._gated(table, parent, place, self._shared(child, parent))
        for hard in plan.hard:
            yield self._hard(hard, place)

    def _assigned(self, table: Table, users: BitMap, place: int) -> Iterator[Extent]:
        kind = table.key.shape.user
        if kind.relation not in (None, WILDCARD):
            plan = self._compiled.plans[kind.type, kind.relation]
            for number in users:
                yield self._gated(table, number, place, self._shared(plan, self._parts(number)[2]))
        elif self._types is None or kind.type in self._types:
            if kind.relation == WILDCARD:
                everybody = self._everybody(kind.type)
                yield from (self._gated(table, number, place, Extent(everybody, everybody)) for number in users)
            elif table.key.guarded:
                yield from (self._gated(table, number, place, _only(number)) for number in users)
            else:
                kept = BitMap(users)  # that of the table goes on changing
                yield Extent(kept, kept)

    def _gated(self, table: Table, user: int, place: int, found: Extent) -> Extent:
        """Return a set as far as a tuple lets it through."""
        value = self._guards.value(table, user, place) if table.key.guarded else True
        if value is True:
            return found
        return NONE if value is False else Extent(EMPTY, found.may)

    def _hard(self, hard: Hard, place: int) -> Extent:
        if isinstance(hard, Both):
            found = self._find(hard.operands[0], place)
            for operand in hard.operands[1:]:
                found = _met(found, self._find(operand, place))
            return found
        base = self._find(hard.base, place)
        return _without(base, self._find(hard.subtract, place)) if base.may else base


def _only(number: int) -> Extent:
    one = BitMap((number,))
    return Extent(one, one)


def _joined(parts: list[Extent]) -> Extent:
    """Return the union; sets that are given are not altered."""
    if len(parts) < 2:
        return parts[0] if parts else NONE
    sure = _union(part.sure for part in parts)
    if all(part.sure is part.may for part in parts):
        return Extent(sure, sure)
    return Extent(sure, _union(part.may for part in parts))


def _union(parts: Iterable[AbstractBitMap]) -> BitMap:
    found = BitMap()
    for part in parts:
        found |= part
    return found


def _met(first: Extent, second: Extent) -> Extent:
    sure = first.sure & second.sure
    exact = first.sure is first.may and second.sure is second.may
    return Extent(sure, sure if exact else first.may & second.may)


def _without(base: Extent, subtract: Extent) -> Extent:
    sure = base.sure - subtract.may
    exact = base.sure is base.may and subtract.sure is subtract.may
    return Extent(sure, sure if exact else base.may - subtract.sure)
