"""Evaluation of one node for one user: what is sure by bitmaps at once, everything else by recursion over the plans.

Recursion ends at a circle or too deep down with `Entangled`; the solver then takes the whole question over.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from pyroaring import FrozenBitMap

from graph_api.permission.engine.closures import Closure
from graph_api.permission.engine.compiled import Bound, Compiled
from graph_api.permission.engine.plans import Both, Hard, Plan
from graph_api.permission.engine.tables import Guard, Table
from graph_api.permission.engine.values import Unknown, Value, both, either, negated
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.tuples import UserKind

DEPTH_MAX: Final = 48


class Entangled(Exception):
    """A node depends on itself, or the recursion is too deep."""


ABSENT: Final = -1
"""The number of an object that no tuple names, while a question about it is answered."""
OTHER: Final = -2
"""The number of a userset's object that is not the one asked about, and that no tuple names."""


class Subject(msgspec.Struct, frozen=True, gc=False):
    """The user of a question: its number and kind, and, for a userset, object and relation that it stands for."""

    number: int
    kind: UserKind
    owner: int = OTHER
    relation: str | None = None


class Query:
    """One question about a user: context, instant, and what was found on the way."""

    def __init__(
        self, compiled: Compiled, subject: Subject, closure: Closure, context: Mapping[str, Any], at: datetime
    ) -> None:
        self.compiled = compiled
        self.subject = subject
        self.sure: FrozenBitMap = closure.sure
        self.unsure: FrozenBitMap = closure.unsure
        self.context = context
        self.at = at
        self._path: set[tuple[int, int]] = set()
        self._memo: dict[tuple[int, int], Value] = {}
        self._conditions: dict[str, Value] = {}

    def guard(self, table: Table, user: int, target: int) -> Value:
        """Tell whether a guarded tuple counts."""
        guard = table.guards[user, target]
        if guard.expires_at is not None and self.at >= guard.expires_at:
            return False
        if guard.condition is None:
            return True
        if not self.compiled.valid(table, user, target):
            return False
        return self._condition(guard)

    def _condition(self, guard: Guard) -> Value:
        condition = guard.condition
        assert condition is not None, "the caller has looked"
        if condition.context:
            return self._evaluated(condition.name, {**self.context, **condition.context})
        if condition.name not in self._conditions:
            self._conditions[condition.name] = self._evaluated(condition.name, self.context)
        return self._conditions[condition.name]

    def _evaluated(self, name: str, context: Mapping[str, Any]) -> Value:
        try:
            outcome = self.compiled.conditions[name].evaluate(context)
        except PermissionGraphError as error:
            return Unknown(error=error)
        return outcome if isinstance(outcome, bool) else Unknown(frozenset(outcome.names))

    def value(self, plan: Plan, target: int) -> Value:
        """Evaluate a plan for an object; raises Entangled."""
        key = (plan.number, target)
        found = self._memo.get(key)
        if found is not None:
            return found
        if key in self._path or len(self._path) >= DEPTH_MAX:
            raise Entangled
        self._path.add(key)
        try:
            value = either(self._parts(plan, target))
        finally:
            self._path.discard(key)
        # Whatever came upon a circle has raised, so that a value is the same wherever it is asked for.
        self._memo[key] = value
        return value

    def _parts(self, plan: Plan, target: int) -> Iterator[Value]:
        bound = self.compiled.bound(plan, self.subject.kind)
        yield hit(bound, target, self.subject, self.sure)
        yield from self._guarded(bound, target)
        yield from self._by_usersets(bound, target)
        for call in bound.calls:
            yield self.value(call, target)
        for edges, child in bound.parents:
            for parent in edges.get(target, ()):
                yield self.value(child, parent)
        for table, child in bound.guarded_parents:
            for parent in table.forward.get(target, ()):
                yield both((self.guard(table, parent, target), self.value(child, parent)))
        for hard in bound.hard:
            yield self.hard(hard, target)

    def hard(self, hard: Hard, target: int) -> Value:
        """Evaluate an intersection or an exclusion."""
        if isinstance(hard, Both):
            return both(self.value(operand, target) for operand in hard.operands)
        base = self.value(hard.base, target)
        return base if base is False else both((base, negated(self.value(hard.subtract, target))))

    def _guarded(self, bound: Bound, target: int) -> Iterator[Value]:
        for table in bound.guarded_direct:
            if (self.subject.number, target) in table.guards:
                yield self.guard(table, self.subject.number, target)
        for table in bound.guarded_wild:
            for user in table.forward.get(target, ()):
                yield self.guard(table, user, target)

    def _by_usersets(self, bound: Bound, target: int) -> Iterator[Value]:
        """Evaluate membership in the usersets that have the relation, leaving out those that cannot hold the user."""
        if self.unsure:
            for edges in bound.subjects:
                for number in edges.get(target, EMPTY) & self.unsure:
                    yield self.member(number)
        for table in bound.guarded_subjects:
            for number in table.forward.get(target, EMPTY) & (self.sure | self.unsure):
                guard = self.guard(table, number, target)
                yield guard if guard is False or number in self.sure else both((guard, self.member(number)))

    def member(self, number: int) -> Value:
        """Evaluate whether the user is in a userset."""
        type_name, relation, owner = self.compiled.store.names.parts(number)
        plan = self.compiled.plans.get((type_name, relation))
        return plan is not None and self.value(plan, owner)


EMPTY: Final = FrozenBitMap()


def hit(bound: Bound, target: int, subject: Subject, sure: FrozenBitMap) -> bool:
    """Tell whether one sure tuple decides: of the user, of everybody, of a userset that the user surely is in."""
    if subject.owner == target and subject.relation in bound.relations:
        return True
    number = subject.number
    for edges in bound.direct:
        users = edges.get(target)
        if users is not None and number in users:
            return True
    for edges in bound.wild:
        if target in edges:
            return True
    for edges in bound.subjects:
        usersets = edges.get(target)
        if usersets is not None and usersets.intersect(sure):
            return True
    return False


def climb(compiled: Compiled, bound: Bound, target: int, subject: Subject, sure: FrozenBitMap) -> bool:
    """Tell whether sure tuples and unions decide above an object that was looked at itself, at any depth."""
    waiting, seen = list(_above(bound, target)), set[tuple[int, int]]()
    while waiting:
        plan, place = waiting.pop()
        key = (plan.number, place)
        if key not in seen:
            seen.add(key)
            above = compiled.bound(plan, subject.kind)
            if hit(above, place, subject, sure):
                return True
            if not above.leaf:
                waiting += _above(above, place)
    return False


def _above(bound: Bound, target: int) -> Iterator[tuple[Plan, int]]:
    for call in bound.calls:
        yield call, target
    for edges, child in bound.parents:
        parents = edges.get(target)
        if parents is not None:
            for parent in parents:
                yield child, parent
