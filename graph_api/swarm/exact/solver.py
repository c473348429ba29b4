"""The exact search as an `AssemblySolver`."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np

from graph_api.swarm.clock import Deadline
from graph_api.swarm.cpsat import CpSatSolver
from graph_api.swarm.exact.arrays import Integers, SolverInput, input_of
from graph_api.swarm.exact.engine import NothingFound, Searched, Team, search_teams
from graph_api.swarm.problem import AssemblyProblem, Certificate, Solution, certificate
from graph_api.swarm.roles import seated
from graph_api.swarm.solver import Answer, Feasibility, Proposal, Short, Undecided


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
            first = search_teams(given, stop, 1, find_any)
        except NothingFound:
            return Undecided(None)
        if not first.teams.found:
            return Short() if first.is_complete else Undecided(first.upper)
        proof = _proof(problem, first)
        further: tuple[Solution, ...] = ()
        if alternatives and first.is_complete:
            further = self._next_best(problem, given, first, alternatives, stop)
        return Proposal(_seated(problem, first.teams.found[0][1]), proof, further)

    def _any_team(self, problem: AssemblyProblem, seconds: float) -> Team | None:
        found = self._feasibility.any_team(problem, seconds)
        if isinstance(found, Feasibility):
            if found is Feasibility.UNKNOWN:
                raise NothingFound
            return None
        return found

    def _next_best(
        self, problem: AssemblyProblem, given: SolverInput, first: Searched, alternatives: int, stop: Integers
    ) -> tuple[Solution, ...]:
        """Return the next best teams as far as it is proved that they are."""
        best, team = first.teams.found[0]
        more = search_teams(given, stop, 1 + alternatives, lambda: team, [team])
        others = [(points, one) for points, one in more.teams.found if one != team]
        assert all(points <= best for points, _ in others), "the first team was proved"
        return tuple(_seated(problem, one) for points, one in others[:alternatives] if points >= more.upper)


def _proof(problem: AssemblyProblem, first: Searched) -> Certificate:
    lower = first.teams.found[0][0]
    return certificate(lower, max(lower, first.upper), len(problem.candidates), is_proved=first.is_complete)


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
