"""Why no team exists: a minimal conflict among the constraints, and every single relaxation that mends it.

The constraints are monotone: with fewer of them there are never fewer teams. So a constraint found necessary in a
shrinking infeasible set stays necessary, and whole groups can be left out at once (deletion with halving). A single
relaxation can only mend the demand where it touches a constraint of each minimal conflict, hence of the one found.
Of each way to relax a constraint the mildest step that mends is named: every longest part of the days, the nearest size
below and above, the first step of any other ladder.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import islice

from graph_api.kernel.quantities import Days
from graph_api.swarm.assembly import Constraint, ConstraintKind, Repair, Shortage
from graph_api.swarm.candidates import problem_of
from graph_api.swarm.clock import Deadline
from graph_api.swarm.constraints import Relaxation, constraints_of, ladder, left_out, on_days, other_sizes, without
from graph_api.swarm.facts import Snapshot
from graph_api.swarm.solver import AssemblySolver, Feasibility, Proposal
from graph_api.swarm.terms import Terms


class _OutOfTime(Exception):
    """A question stayed open."""


class ShortageFinder:
    """Asks a solver about a demand that cannot be met, over one complete snapshot of people."""

    def __init__(self, solver: AssemblySolver, snapshot: Snapshot, terms: Terms, deadline: Deadline) -> None:
        assert snapshot.is_complete, "whoever is left out of a snapshot might take an open seat"
        self._solver = solver
        self._snapshot = snapshot
        self._terms = terms
        self._deadline = deadline

    def find(self) -> Shortage | None:
        """Return the conflict and its repairs, or None where the deadline came before the conflict was known."""
        try:
            conflict = self._conflict()
        except _OutOfTime:
            return None
        repairs: list[Repair] = []
        try:
            repairs.extend(self._repairs(conflict))  # those found before time ran out stay
        except _OutOfTime:
            message = f"{self._sentence(conflict)} Time ran out before every repair was found."
        else:
            message = self._sentence(conflict)
        return Shortage(message=message, conflict=conflict, repairs=tuple(repairs))

    def _sentence(self, conflict: Sequence[Constraint]) -> str:
        # No repair touches fixed roles, so that it has to be said what stands beside the conflict.
        fixed = " Until the first of the days those who stay keep their roles." if self._terms.fixed_roles else ""
        return f"{_sentence(conflict)}{fixed}"

    def _conflict(self) -> tuple[Constraint, ...]:
        everything = constraints_of(self._terms)
        kept = {constraint: place for place, constraint in enumerate(everything)}
        # What is tried first is left out rather than what is tried last: people and places before skills and size.
        groups = [group for group in _groups(everything) if group]
        while groups:
            group = groups.pop()
            rest = [constraint for constraint in kept if constraint not in group]
            if not self._can_be_met(without(self._terms, [one for one in everything if one not in rest])):
                kept = {constraint: kept[constraint] for constraint in rest}
            elif len(group) > 1:
                groups += [group[: len(group) // 2], group[len(group) // 2 :]]
        return tuple(sorted(kept, key=kept.__getitem__))

    def _can_be_met(self, terms: Terms) -> bool:
        problem = problem_of(self._snapshot, terms, with_ties=False)
        found = self._solver.feasibility(problem, self._deadline.remaining_seconds)
        if found is Feasibility.UNKNOWN:
            raise _OutOfTime
        return found is Feasibility.FEASIBLE

    def _repairs(self, conflict: Sequence[Constraint]) -> Iterator[Repair]:
        # Days take the most questions, so they come last: where time runs out, no other repair is lost to them.
        for constraint in sorted(conflict, key=lambda one: one.kind is ConstraintKind.DAYS):
            yield from (self._repair(constraint, step) for step in self._steps(constraint))

    def _steps(self, constraint: Constraint) -> Iterator[Relaxation]:
        """Yield the mildest relaxation that mends the demand, of every way to relax the constraint."""
        match constraint.kind:
            case ConstraintKind.DAYS:
                yield from self._fewer_days(constraint)
            case ConstraintKind.HEADCOUNT:
                for sizes in other_sizes(self._terms):
                    yield from islice((size for size in sizes if self._can_be_met(size.terms)), 1)
            case _:
                yield from self._mildest(ladder(self._snapshot, self._terms, constraint))

    def _fewer_days(self, constraint: Constraint) -> Iterator[Relaxation]:
        """Yield the longest parts of the demanded days that will do; where no day of them will, none are asked."""
        days, dropped = self._terms.days, left_out(self._terms, constraint)
        assert days is not None
        if not self._can_be_met(dropped.terms):
            return
        start = days.starts_on

        def part(first: int, last: int) -> Relaxation:
            return on_days(self._terms, Days(start + timedelta(days=first), start + timedelta(days=last)))

        none_will_do = True
        for first, last in maximal_spans(days.count, lambda first, last: self._can_be_met(part(first, last).terms)):
            none_will_do = False
            yield part(first, last)
        if none_will_do:
            yield dropped

    def _mildest(self, steps: Sequence[Relaxation]) -> Iterator[Relaxation]:
        """Bisect for the first step that can be met, as every further one can be met too."""
        if steps and self._can_be_met(steps[-1].terms):
            yield steps[bisect_left(steps, x=True, hi=len(steps) - 1, key=lambda step: self._can_be_met(step.terms))]

    def _repair(self, constraint: Constraint, step: Relaxation) -> Repair:
        problem = problem_of(self._snapshot, step.terms)
        answer = self._solver.solve(problem, self._deadline.remaining_seconds)
        if not isinstance(answer, Proposal):
            raise _OutOfTime
        return Repair(
            relaxes=constraint,
            relaxed_to=step.relaxed_to,
            objective=answer.team.objective,
            is_proved=answer.certificate.gap == 0,
        )


def maximal_spans(count: int, holds: Callable[[int, int], bool]) -> Iterator[tuple[int, int]]:
    """Yield first and last place of each span below `count` that holds and is part of no longer one that does.

    Whatever lies inside a span that holds must hold as well. So neither end ever moves back, and as each is looked for
    in growing steps, O(count) questions are asked at worst, and few where the spans are few and long.
    """
    first = after = 0
    while after < count:
        first = _first_that_reaches(first, after, holds)
        if first <= after:
            after = _first_out_of_reach(first, range(after + 1, count), holds)
            yield first, after - 1
            first += 1
        else:
            after += 1


def _first_that_reaches(first: int, last: int, holds: Callable[[int, int], bool]) -> int:
    return _first(range(first, last + 1), lambda place: holds(place, last))


def _first_out_of_reach(first: int, places: range, holds: Callable[[int, int], bool]) -> int:
    return _first(places, lambda place: not holds(first, place))


def _first(places: range, is_true: Callable[[int], bool]) -> int:
    """Return the first place from which on it is true, else the stop; one that is near takes few questions."""
    low, step = places.start, 1
    while low < places.stop:
        probe = min(low + step, places.stop) - 1
        if is_true(probe):
            return low + bisect_left(range(low, probe), x=True, key=is_true)
        low, step = probe + 1, 2 * step
    return places.stop


def _groups(everything: Sequence[Constraint]) -> list[list[Constraint]]:
    """Constraints of one kind together, the kind to be tried first at the end."""
    kinds = (
        ConstraintKind.SKILL, ConstraintKind.HEADCOUNT, ConstraintKind.LEVEL, ConstraintKind.DAYS,
        ConstraintKind.CAPACITY, ConstraintKind.TIMEZONE, ConstraintKind.CRITICAL, ConstraintKind.CITIES,
        ConstraintKind.REGION, ConstraintKind.SEPARATED, ConstraintKind.PINNED, ConstraintKind.EXCLUDED,
    )  # fmt: skip
    return [[constraint for constraint in everything if constraint.kind is kind] for kind in kinds]


def _sentence(conflict: Sequence[Constraint]) -> str:
    if not conflict:
        return "No team exists: there is nobody who could be asked."
    return "No team satisfies all of these together: " + " ".join(constraint.detail for constraint in conflict)
