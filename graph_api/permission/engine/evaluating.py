"""Evaluation of one node for one user: what is sure by bitmaps at once, everything else by recursion over the plans.

Recursion ends at a circle or too deep down with `Entangled`; the solver then takes the whole question over.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pyroaring import FrozenBitMap

from graph_api.permission.engine.bindings import Bound
from graph_api.permission.engine.closures import EMPTY, Closure
from graph_api.permission.engine.compiled import Compiled
from graph_api.permission.engine.guards import Guards
from graph_api.permission.engine.plans import Both, Hard, Plan
from graph_api.permission.engine.settling import settled
from graph_api.permission.engine.subjects import Subject
from graph_api.permission.engine.values import Value, both, either, negated

DEPTH_MAX: Final = 48


class Entangled(Exception):
    """A node depends on itself, or the recursion is too deep."""


class Query:
    """One question about a user: context, instant, and what was found on the way."""

    def __init__(
        self, compiled: Compiled, subject: Subject, closure: Closure, context: Mapping[str, Any], at: datetime
    ) -> None:
        self.compiled = compiled
        self.subject = subject
        self._closure = closure
        self.sure: FrozenBitMap = closure.sure
        self.unsure: FrozenBitMap = closure.unsure
        self.guard = Guards(compiled, context, at).value
        self._path: set[tuple[int, int]] = set()
        self._memo: dict[tuple[int, int], Value] = {}

    def value(self, plan: Plan, target: int) -> Value:
        """Evaluate a plan for an object; raises Entangled."""
        key = (plan.number, target)
        found = self._memo.get(key)
        if found is not None:
            return found
        found = settled(self.compiled, plan, target, self.subject, self._closure)
        if found is None:
            return self.worked_out(plan, target)
        self._memo[key] = found
        return found

    def worked_out(self, plan: Plan, target: int) -> Value:
        """Evaluate a plan for an object, of which it is known that bitmaps do not settle it; raises Entangled."""
        key = (plan.number, target)
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
        # A sure tuple would have settled it.
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
