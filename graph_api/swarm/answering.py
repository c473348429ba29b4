"""One question of assembly from beginning to end, as a worker process answers it."""

from typing import TypeAlias

import msgspec

from graph_api.swarm.assembly import Shortage
from graph_api.swarm.candidates import problem_of
from graph_api.swarm.clock import Deadline
from graph_api.swarm.conflicts import ShortageFinder
from graph_api.swarm.facts import Snapshot
from graph_api.swarm.problem import AssemblyProblem, Solution
from graph_api.swarm.solver import AssemblySolver, Proposal, Short, Undecided
from graph_api.swarm.terms import Terms


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which team is best, or, where the snapshot is complete, why there is none."""

    snapshot: Snapshot
    terms: Terms
    deadline_seconds: float
    alternatives: int = 0


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a team is the best answer to a problem."""

    problem: AssemblyProblem
    answer: Solution
    deadline_seconds: float


Reply: TypeAlias = Proposal | Short | Undecided | Shortage


def reply_to(question: Question, solver: AssemblySolver) -> Reply:
    """Answer a question; Short comes back only where the snapshot is not complete."""
    deadline = Deadline(question.deadline_seconds)
    problem = problem_of(question.snapshot, question.terms)
    answer = solver.solve(problem, deadline.remaining_seconds, question.alternatives)
    if not isinstance(answer, Short) or not question.snapshot.is_complete:
        return answer
    found = ShortageFinder(solver, question.snapshot, question.terms, deadline).find()
    return Undecided(None) if found is None else found
