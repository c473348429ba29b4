"""Exact assembly by CP-SAT on the candidates that can still matter."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from graph_api.swarm.bounds import TeamBounds
from graph_api.swarm.clock import Deadline
from graph_api.swarm.core import feasibility_core
from graph_api.swarm.cpsat_model import Limits, Run, RunState, TeamModel
from graph_api.swarm.prices import Integers, Truths
from graph_api.swarm.problem import LEVEL_MOST, POINTS_A_LEVEL, AssemblyProblem, Solution, certificate
from graph_api.swarm.roles import seated
from graph_api.swarm.solver import Answer, Feasibility, Proposal, Short, Undecided

FIRST_CANDIDATES: Final = 64
GROWTH: Final = 4
FIRST_WORK: Final = 0.5
"""Limit of a run that is not the last, in the solver's repeatable measure: about seconds."""


class CpSatSolver:
    """An `AssemblySolver` whose PROVED answers depend on the problem alone.

    Runs on a part of the candidates are cut by repeatable work; where the clock cuts a run, nothing is proved.
    """

    def solve(self, problem: AssemblyProblem, deadline_seconds: float, alternatives: int = 0) -> Answer:
        """Return a team of greatest points; see the port."""
        if not _may_be_met(problem):
            return Short()
        search = _Search(problem, Deadline(deadline_seconds))
        best = search.best(())
        if best.team is None:
            return Short() if best.is_final else Undecided(best.upper)
        proof = certificate(best.team.objective, best.upper, len(problem.candidates), is_proved=best.is_final)
        if not best.is_final:
            return Proposal(best.team, proof)
        return Proposal(best.team, proof, *search.next_best(best.team, alternatives))

    def feasibility(self, problem: AssemblyProblem, deadline_seconds: float) -> Feasibility:
        """Say whether any team satisfies the problem; see the port."""
        found = self.any_team(problem, deadline_seconds)
        return found if isinstance(found, Feasibility) else Feasibility.FEASIBLE

    def any_team(self, problem: AssemblyProblem, deadline_seconds: float) -> tuple[int, ...] | Feasibility:
        """Return any team (candidates in increasing order) that satisfies the problem, else why there is none."""
        if not _may_be_met(problem):
            return Feasibility.INFEASIBLE
        run = TeamModel(problem, feasibility_core(problem)).run_for_any(Limits(deadline_seconds))
        return tuple(sorted(run.team)) if run.team else _WITHOUT_TEAM[run.state]


_WITHOUT_TEAM: Final = {RunState.INFEASIBLE: Feasibility.INFEASIBLE, RunState.NOTHING: Feasibility.UNKNOWN}


def _may_be_met(problem: AssemblyProblem) -> bool:
    """Say whether nothing contradicts itself at first sight, so that a model can be built."""
    known = problem.positions
    return (
        bool(problem.candidates)
        and len(problem.slots) >= problem.headcount_least
        and all(person_id in known for person_id in problem.pinned_ids)
    )


@dataclass(frozen=True)
class _Best:
    """The best team found, if any; no team is worth more than `upper`; `is_final` where the search is at its end."""

    team: Solution | None
    upper: int
    is_final: bool


class _Search:
    """What several searches of one problem share: its bounds and its deadline."""

    def __init__(self, problem: AssemblyProblem, deadline: Deadline) -> None:
        self._problem = problem
        self._deadline = deadline
        self._positions = problem.positions
        # The bounds share a shortfall among k - 1 pairs, so they need one k.
        self._bounds = TeamBounds(problem) if problem.headcount == problem.headcount_least else None

    def best(self, forbidden: Sequence[Solution]) -> _Best:
        """Return the best team other than the forbidden ones."""
        teams = [tuple(self._positions[person_id] for person_id in team.person_ids) for team in forbidden]
        return _Climb(self._problem, self._bounds, teams, self._deadline).best()

    def next_best(self, first: Solution, count: int) -> tuple[tuple[Solution, ...], bool]:
        """Return the next best teams that are proved before the deadline, best first, and whether these are all."""
        found = [first]
        while len(found) <= count:
            best = self.best(found)
            if best.team is None or not best.is_final:
                return tuple(found[1:]), best.is_final
            found.append(best.team)
        return tuple(found[1:]), False


class _Climb:
    """One search: runs on ever more candidates, who are left out for good once no better team can hold them."""

    def __init__(
        self,
        problem: AssemblyProblem,
        bounds: TeamBounds | None,
        forbidden: Sequence[tuple[int, ...]],
        deadline: Deadline,
    ) -> None:
        self._problem = problem
        self._bounds = bounds
        self._forbidden = forbidden
        self._deadline = deadline
        self._alive = _first_alive(problem)
        self._team: Solution | None = None
        self._upper = _loose_bound(problem)

    def best(self) -> _Best:
        """Return the best team."""
        for count in _sizes():
            chosen, is_last = self._choose(count)
            if not chosen:
                return self._final()
            run = self._run(chosen, Limits(self._deadline.remaining_seconds, np.inf if is_last else FIRST_WORK))
            self._take(run)
            if is_last and run.upper is not None:
                self._upper = min(self._upper, run.upper)
            if is_last and run.state in {RunState.OPTIMAL, RunState.INFEASIBLE}:
                return self._final()
            if self._team is None and not self._deadline.has_passed and self._find_any() == RunState.INFEASIBLE:
                return self._final()
            if self._deadline.has_passed:
                break
        return _Best(self._team, self._upper, is_final=False)

    def _final(self) -> _Best:
        return _Best(self._team, self._team.objective if self._team else self._upper, is_final=True)

    def _choose(self, count: int) -> tuple[list[int], bool]:
        """Leave out who can be in no better team, and choose the most promising of the others."""
        if self._bounds is None:
            return np.flatnonzero(self._alive).tolist(), True
        bounds = self._bounds.of_candidates(self._alive)
        self._upper = min(self._upper, self._known(int(bounds[self._alive].max(initial=_LEAST))))
        if self._team is not None:
            self._alive &= bounds > self._team.objective
        return self._promising(bounds, self._bounds.shortfalls, count)

    def _known(self, upper: int) -> int:
        """Raise a bound of better teams to the team that is known."""
        return max(upper, self._team.objective) if self._team else upper

    def _promising(self, bounds: Integers, shortfalls: Integers, count: int) -> tuple[list[int], bool]:
        alive = np.flatnonzero(self._alive)
        if len(alive) <= count:
            return alive.tolist(), True
        by_bound = alive[np.argsort(-bounds[alive], kind="stable")[: count // 2]]
        by_shortfall = alive[np.argsort(shortfalls[alive], kind="stable")[: count // 2]]
        positions = self._problem.positions
        pinned = [positions[person_id] for person_id in self._problem.pinned_ids]
        return sorted({*by_bound.tolist(), *by_shortfall.tolist(), *pinned}), False

    def _run(self, chosen: Sequence[int], limits: Limits) -> Run:
        model = self._model(chosen)
        return model.run(limits, above=self._team.objective if self._team else None)

    def _find_any(self) -> RunState:
        """Find any team where the promising candidates hold none; INFEASIBLE where there is none at all."""
        # The core is enough for one team, not for one more after others are forbidden.
        chosen = feasibility_core(self._problem) if not self._forbidden else np.flatnonzero(self._alive).tolist()
        run = self._model(chosen).run_for_any(Limits(self._deadline.remaining_seconds))
        self._take(run)
        return run.state

    def _model(self, chosen: Sequence[int]) -> TeamModel:
        model = TeamModel(self._problem, chosen)
        for team in self._forbidden:
            model.forbid(team)
        return model

    def _take(self, run: Run) -> None:
        if run.team:
            found = seated(self._problem, run.team)
            assert found is not None, "the model lets no team through whose slots cannot be filled"
            if self._team is None or found.objective > self._team.objective:
                self._team = found


_LEAST: Final = -(2**62)


def _sizes() -> Iterator[int]:
    count = FIRST_CANDIDATES
    while True:
        yield count
        count *= GROWTH


def _first_alive(problem: AssemblyProblem) -> Truths:
    """Everybody, or the pinned ones alone where they are the whole team."""
    pinned = frozenset(problem.pinned_ids)
    whole = len(pinned) >= problem.headcount
    return np.array([not whole or candidate.person_id in pinned for candidate in problem.candidates], dtype=np.bool_)


def _loose_bound(problem: AssemblyProblem) -> int:
    """Every slot at the highest level and the strongest ties, whoever has them."""
    skill = sum(POINTS_A_LEVEL * slot.weight * LEVEL_MOST for slot in problem.slots)
    bonuses = sorted((bonus for _, _, bonus in problem.pairs), reverse=True)
    return skill + sum(bonuses[: problem.headcount * (problem.headcount - 1) // 2])
