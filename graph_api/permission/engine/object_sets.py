"""The objects of one user, a set at a time: where each plan surely holds for him, and where it may.

Bitmaps do what a check does object by object: unions, intersections and exclusions as such, tuples as images of sets.
`sure` and `may` differ only by what lacks context and by plans that rest on their own denial; those are left to be
evaluated one by one.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pyroaring import AbstractBitMap, BitMap

from graph_api.permission.engine.closures import EMPTY, image
from graph_api.permission.engine.compiled import Compiled
from graph_api.permission.engine.components import Component, Way
from graph_api.permission.engine.guards import Guards
from graph_api.permission.engine.plans import Both, Plan
from graph_api.permission.engine.subjects import Subject
from graph_api.permission.engine.tables import Table
from graph_api.permission.tuples import WILDCARD, UserKind


class Extent(NamedTuple):
    """A set between two bounds; they are the same object where nothing is open."""

    sure: AbstractBitMap
    may: AbstractBitMap


NONE = Extent(EMPTY, EMPTY)


class ObjectSets:
    """The sets of one user's question."""

    def __init__(self, compiled: Compiled, subject: Subject, guards: Guards) -> None:
        self._compiled = compiled
        self._names = compiled.store.names
        self._subject = subject
        self._guards = guards
        self._sure: dict[int, BitMap] = {}
        self._may: dict[int, BitMap] = {}
        self._open = False
        kind = subject.kind
        self._users = {kind: subject.number}
        if kind.relation is None:
            self._users[UserKind(kind.type, WILDCARD)] = self._names.find(f"{kind.type}:{WILDCARD}")

    def of(self, plan: Plan) -> Extent:
        """Return the objects of a plan."""
        for component in self._compiled.components.below(plan):
            if component.plans[0].number not in self._sure:
                self._solve(component)
        return Extent(self._sure[plan.number], self._may[plan.number])

    def _solve(self, component: Component) -> None:
        self._open = False
        self._least(component, hopeful=False)
        entering = (way.source.number for way in component.entering)
        if self._open or any(self._sure[each] is not self._may[each] for each in entering):
            self._least(component, hopeful=True)
        else:
            self._may.update((number, self._sure[number]) for number in component.numbers)

    def _least(self, component: Component, *, hopeful: bool) -> None:
        """Find the least sets of a component's plans, `may` where it is hopeful, else `sure`."""
        known = self._may if hopeful else self._sure
        waiting: dict[int, AbstractBitMap] = {plan.number: self._own(plan, hopeful=hopeful) for plan in component.plans}
        known.update((number, BitMap()) for number in component.numbers)
        for way in component.entering:
            waiting[way.target.number] |= self._carried(component, way, known[way.source.number], hopeful=hopeful)
        while waiting:
            number, objects = waiting.popitem()
            new = objects - known[number]
            if not new:
                continue
            known[number] |= new
            for way in component.within.get(number, ()):
                gained = self._carried(component, way, new, hopeful=hopeful)
                waiting[way.target.number] = waiting.get(way.target.number, EMPTY) | gained

    def _own(self, plan: Plan, *, hopeful: bool) -> BitMap:
        """Return the objects of tuples that name the user or everybody, and the object whose very userset he is."""
        found, subject = BitMap(), self._subject
        if subject.relation in plan.relations and subject.kind.type == plan.type and subject.owner > 0:
            found.add(subject.owner)
        for table in self._compiled.assigned(plan):
            user = self._users.get(table.key.shape.user)
            if user is not None:
                found |= self._image(table, BitMap((user,)), hopeful=hopeful)
        return found

    def _carried(self, component: Component, way: Way, objects: AbstractBitMap, *, hopeful: bool) -> AbstractBitMap:
        """Return where objects of a way's source lead to."""
        if way.waits or not objects:
            return EMPTY
        # What is subtracted counts by its other bound.
        known, other = (self._may, self._sure) if hopeful else (self._sure, self._may)
        if way.table is not None:
            ends = objects if way.userset is None else self._names.usersets_of(way.userset, objects)
            return self._image(way.table, ends, hopeful=hopeful)
        if way.hard is None:
            return objects
        if isinstance(way.hard, Both):
            for operand in way.hard.operands:
                objects = objects & known[operand.number]
            return objects
        if way.hard.subtract.number in component.numbers:
            # It rests on its own denial: what it takes away is not known yet.
            self._open = True
            return objects if hopeful else EMPTY
        return objects - other[way.hard.subtract.number]

    def _image(self, table: Table, ends: AbstractBitMap, *, hopeful: bool) -> AbstractBitMap:
        if not table.key.guarded:
            return image(table.backward, ends)
        return BitMap(target for target in self._guarded(table, ends, hopeful=hopeful))

    def _guarded(self, table: Table, ends: AbstractBitMap, *, hopeful: bool) -> Iterable[int]:
        for end in ends:
            for target in table.backward.get(end, ()):
                value = self._guards.value(table, end, target)
                self._open |= not isinstance(value, bool)
                if value is True or (hopeful and value is not False):
                    yield target
