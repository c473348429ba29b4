"""Why no team exists: a minimal conflict among the constraints, and every single relaxation that mends it.

The constraints are monotone: with fewer of them there are never fewer teams. So a constraint found necessary in a
shrinking infeasible set stays necessary, and whole groups can be left out at once (deletion with halving). A single
relaxation can only mend the demand where it touches a constraint of each minimal conflict, hence of the one found.
"""

from collections.abc import Sequence

from graph_api.swarm.assembly import Constraint, ConstraintKind, Repair, Shortage
from graph_api.swarm.candidates import problem_of
from graph_api.swarm.clock import Deadline
from graph_api.swarm.constraints import Relaxation, constraints_of, ladders, without
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
            for constraint in conflict:
                repairs += self._repairs(constraint)
        except _OutOfTime:
            message = f"{_sentence(conflict)} Time ran out before every repair was found."
        else:
            message = _sentence(conflict)
        return Shortage(message=message, conflict=conflict, repairs=tuple(repairs))

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

    def _repairs(self, constraint: Constraint) -> list[Repair]:
        steps = [self._mildest(ladder) for ladder in ladders(self._snapshot, self._terms, constraint)]
        found = [step for step in steps if step is not None]
        if constraint.kind is ConstraintKind.HEADCOUNT:
            found = found[:1]
        return [self._repair(constraint, step) for step in found]

    def _mildest(self, ladder: Sequence[Relaxation]) -> Relaxation | None:
        """Bisect for the first step that can be met, as every further one can be met too."""
        low, high = 0, len(ladder)
        if not high or not self._can_be_met(ladder[-1].terms):
            return None
        while low < high:
            middle = (low + high) // 2
            if self._can_be_met(ladder[middle].terms):
                high = middle
            else:
                low = middle + 1
        return ladder[low]

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
