"""Who holds a relation to an object that many others have as their parent: kept as one bitmap until it may differ.

Only plans of sure tuples and unions are asked for. A holder is a user, everybody of a type, or a userset.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from pyroaring import BitMap, FrozenBitMap

from graph_api.permission.engine.bindings import Bindings
from graph_api.permission.engine.plans import Plan
from graph_api.permission.tuples import WILDCARD

HOLDERS_KEPT_MAX: Final = 20_000_000
"""Holders and places in all that is kept since the last time all was dropped: bounds memory."""


class Held(NamedTuple):
    """Those who hold a relation, usersets and everybody of a type among them; and the types that everybody is of."""

    users: FrozenBitMap
    everybody: frozenset[str]


class Holders:
    """The holders of what was asked for."""

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = bindings
        self._kept: dict[tuple[int, int], Held] = {}
        self._through: dict[int, set[tuple[int, int]]] = defaultdict(set)
        self._count = 0

    def of(self, plan: Plan, place: int) -> Held:
        """Return the holders of a plan for an object."""
        found = self._kept.get((plan.number, place))
        return self._find(plan, place) if found is None else found

    def _find(self, plan: Plan, place: int) -> Held:
        key, users, everybody = (plan.number, place), BitMap(), set[str]()
        nodes = list(reached(self._bindings, plan, place))
        for each, target in nodes:
            for table in self._bindings.assigned(each):
                holders = table.forward.get(target)
                if holders is not None:
                    users |= holders
                    if table.key.shape.user.relation == WILDCARD:
                        everybody.add(table.key.shape.user.type)
        self._count += len(users) + len(nodes)
        if self._count > HOLDERS_KEPT_MAX:
            self.clear()
        for _, target in nodes:
            self._through[target].add(key)
        held = self._kept[key] = Held(FrozenBitMap(users), frozenset(everybody))
        return held

    def note_change(self, target: int) -> None:
        """Drop what a tuple on an object may have changed."""
        for key in self._through.pop(target, ()):
            self._kept.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._through.clear()
        self._count = 0


def reached(bindings: Bindings, plan: Plan, place: int) -> Iterator[tuple[Plan, int]]:
    """Yield the plans and objects that unions lead to from a plan for an object, it first, each once."""
    waiting, seen = [(plan, place)], {(plan.number, place)}
    while waiting:
        current, target = waiting.pop()
        yield current, target
        further = [(call, target) for call in current.calls]
        for table, child in bindings.parents(current):
            further += [(child, parent) for parent in table.forward.get(target, ())]
        for each, where in further:
            if (each.number, where) not in seen:
                seen.add((each.number, where))
                waiting.append((each, where))
