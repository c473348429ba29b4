"""The exact search as an `AssemblySolver`."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from graph_api.swarm.clock import Deadline
from graph_api.swarm.cpsat import CpSatSolver
from graph_api.swarm.exact.arrays import Integers, SolverInput, input_of
from graph_api.swarm.exact.engine import FindAny, NothingFound, Team, search_teams
from graph_api.swarm.problem import AssemblyProblem, Solution, certificate
from graph_api.swarm.roles import seated
from graph_api.swarm.solver import Answer, Feasibility, Proposal, Short, Undecided


@dataclass(frozen=True)
class Ranked:
    """The best teams, best first, with their milli-points; no other is worth more than `upper` where not proved.

    All but the first are there only as far as it is proved that no other comes between; `are_all`: that there is none.
    """

    teams: tuple[tuple[int, Team], ...]
    upper: int
    is_proved: bool
    are_all: bool = False

    def proposal(self, candidates: int, seat: Callable[[Team], Solution]) -> Proposal:
        """Return the first team with its certificate, out of so many candidates, and the others as alternatives."""
        lower = self.teams[0][0]
        proof = certificate(lower, max(lower, self.upper), candidates, is_proved=self.is_proved)
        best, *further = (seat(team) for _, team in self.teams)
        return Proposal(best, proof, tuple(further), self.are_all)


def best_teams(given: SolverInput, stop: Integers, alternatives: int, find_any: FindAny) -> Ranked:
    """Return the best team and so many next best ones; raises what `find_any` raises."""
    first = search_teams(given, stop, 1, find_any)
    teams = tuple(first.teams.found)
    if not (alternatives and teams and first.is_complete):
        return Ranked(teams, first.upper, first.is_complete)
    further, is_known = _next_best(given, teams[0], alternatives, stop)
    return Ranked((*teams, *further), first.upper, first.is_complete, is_known and len(further) < alternatives)


def _next_best(
    given: SolverInput, best: tuple[int, Team], alternatives: int, stop: Integers
) -> tuple[tuple[tuple[int, Team], ...], bool]:
    """Return the next best teams as far as it is proved that they are, and whether nothing was left open."""
    points, team = best
    more = search_teams(given, stop, 1 + alternatives, lambda: team, [team])
    others = [one for one in more.teams.found if one[1] != team]
    assert all(other <= points for other, _ in others), "the first team was proved"
    return tuple(one for one in others[:alternatives] if one[0] >= more.upper), more.is_complete


class ExactSolver:
    """An `AssemblySolver` by branch and bound; whether any team exists at all is left to CP-SAT where it is not plain.

    PROVED answers depend on the problem alone: everything is visited in the canonical order of candidates.
    """

    def __init__(self) -> None:
        self._feasibility = CpSatSolver()

    def solve(self, problem: AssemblyProblem, deadline_seconds: float, alternatives: int = 0) -> Answer:
        """Return a team of greatest points; see the port."""
        given = input_of(problem)
        if given is None:
            return Short()
        deadline = Deadline(deadline_seconds)
        with stopping(deadline.remaining_seconds) as stop:
            return self._solved(problem, given, deadline, alternatives, stop)

    def feasibility(self, problem: AssemblyProblem, deadline_seconds: float) -> Feasibility:
        """Say whether any team satisfies the problem; see the port."""
        return self._feasibility.feasibility(problem, deadline_seconds)

    def _solved(
        self, problem: AssemblyProblem, given: SolverInput, deadline: Deadline, alternatives: int, stop: Integers
    ) -> Answer:
        def find_any() -> Team | None:
            return self._any_team(problem, deadline.remaining_seconds)

        try:
            ranked = best_teams(given, stop, alternatives, find_any)
        except NothingFound:
            return Undecided(None)
        if not ranked.teams:
            return Short() if ranked.is_proved else Undecided(ranked.upper)
        return ranked.proposal(len(problem.candidates), lambda team: _seated(problem, team))

    def _any_team(self, problem: AssemblyProblem, seconds: float) -> Team | None:
        found = self._feasibility.any_team(problem, seconds)
        if isinstance(found, Feasibility):
            if found is Feasibility.UNKNOWN:
                raise NothingFound
            return None
        return found


def _seated(problem: AssemblyProblem, team: Team) -> Solution:
    found = seated(problem, team)
    assert found is not None, "a team that was found fills every slot"
    return found


@contextmanager
def stopping(seconds: float) -> Generator[Integers]:
    """Give a flag that is set after so many seconds."""
    stop = np.zeros(1, dtype=np.int64)
    timer = threading.Timer(seconds, stop.__setitem__, (0, 1))
    timer.daemon = True
    timer.start()
    try:
        yield stop
    finally:
        timer.cancel()
