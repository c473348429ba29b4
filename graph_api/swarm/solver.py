"""The port of exact assembly: what a solver is asked, and the sealed values it answers with."""

from enum import StrEnum
from typing import Protocol, TypeAlias

import msgspec

from graph_api.swarm.problem import AssemblyProblem, Certificate, Solution


class Proposal(msgspec.Struct, frozen=True):
    """The team found, what is proved of it, and the next best teams, best first.

    `are_all` where further ones were asked for and it is proved that there is no team but these.
    """

    team: Solution
    certificate: Certificate
    alternatives: tuple[Solution, ...] = ()
    are_all: bool = False


class Short(msgspec.Struct, frozen=True):
    """It is proved that no team satisfies the problem."""


class Undecided(msgspec.Struct, frozen=True):
    """The deadline came before any team was found; none is worth more than `upper_bound` milli-points."""

    upper_bound: int | None


Answer: TypeAlias = Proposal | Short | Undecided


class Feasibility(StrEnum):
    """Whether a team exists; UNKNOWN where the deadline came first."""

    FEASIBLE = "FEASIBLE"
    INFEASIBLE = "INFEASIBLE"
    UNKNOWN = "UNKNOWN"


class AssemblySolver(Protocol):
    """Exact assembly of a team.

    A solver keeps no state between questions and never changes the problem.
    """

    def solve(self, problem: AssemblyProblem, deadline_seconds: float, alternatives: int = 0) -> Answer:
        """Return a team of greatest points.

        A team returned must satisfy every constraint of the problem, and its roles must be the best it can have.
        If the certificate says PROVED, no team that satisfies the problem is worth more.
        If it says BOUNDED, the optimum lies between `lower`, which is the team's worth, and `upper`.
        If no team satisfies the problem, it must return Short; it must never return Short because time ran out.
        If the deadline comes before any team is known, it must return Undecided; its bound, where given, is valid.
        It must return within the deadline and the time of one step of its search, which is no more than a second for
        problems of the size that the limits allow.
        A PROVED team must be the same whenever the same problem is asked; there is no guarantee that two solvers
        return the same one of several best teams, and none which team a BOUNDED answer holds.
        `alternatives` asks for so many further teams, different as sets of people: each of the greatest points among
        the teams not named before it. Fewer come back where there are no more, where the first team is not PROVED, or
        where the deadline comes before the next is proved; `are_all` is true in the first of these cases alone.
        """
        ...

    def feasibility(self, problem: AssemblyProblem, deadline_seconds: float) -> Feasibility:
        """Say whether any team satisfies the problem, whatever it is worth."""
        ...
