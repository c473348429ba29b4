"""Variations of a question, solved where the question was: out of the index, or by a worker process."""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from msgspec.structs import replace

from graph_api.swarm.answering import Check, Question
from graph_api.swarm.assembly import Shortage
from graph_api.swarm.candidates import problem_of
from graph_api.swarm.clock import Deadline, NoTurn
from graph_api.swarm.explaining.variation import Variation, Varied, varied_terms
from graph_api.swarm.explaining.verifying import Verification
from graph_api.swarm.index.candidates import Candidates
from graph_api.swarm.index.searching import IndexedSearch
from graph_api.swarm.problem import AssemblyProblem, Solution
from graph_api.swarm.solver import Short, Undecided
from graph_api.swarm.worker import SolverPool

Reread: TypeAlias = Callable[[], Question | None]
"""Gives the question with its people read one by one; None where the state has moved on since it was answered."""


class IndexedAgain:
    """Varies candidates that were cut out of the index; where the search cannot tell whether there is any team, a
    worker process is asked, as long as the state is the same."""

    def __init__(self, pool: SolverPool, indexed: IndexedSearch, candidates: Candidates, reread: Reread) -> None:
        self._pool = pool
        self._indexed = indexed
        self._candidates = candidates
        self._reread = reread

    async def solve(self, variation: Variation, seconds: float) -> Varied:
        """Solve a variation; see `Again`."""
        deadline = Deadline(seconds)
        try:
            with self._pool.admitted():
                async with self._indexed.turn(deadline.remaining_seconds):
                    varied = self._candidates.varied(variation)
                    reply = await self._indexed.best(varied, 0, deadline.remaining_seconds)
        except NoTurn:
            return Undecided(None)
        if reply is None and (question := self._reread()) is not None:
            return await ProcessAgain(self._pool, question).solve(variation, deadline.remaining_seconds)
        return Undecided(None) if reply is None else reply

    async def verify(self, answer: Solution, seconds: float) -> Verification:
        """Check an answer on what the graph says of people, as long as the state is the same; see `Again`."""
        question = self._reread()

        def problem() -> AssemblyProblem:
            if question is None:
                return self._candidates.problem_with_ties
            return problem_of(question.snapshot, question.terms)

        return await _checked(self._pool, problem, answer, seconds)


class ProcessAgain:
    """Varies a question whose people were read one by one."""

    def __init__(self, pool: SolverPool, question: Question) -> None:
        self._pool = pool
        self._question = question

    async def solve(self, variation: Variation, seconds: float) -> Varied:
        """Solve a variation; see `Again`."""
        deadline, asked = Deadline(seconds), self._question
        terms = varied_terms(asked.terms, variation)
        if terms.seats == 0:
            return Short()
        try:
            with self._pool.admitted():
                async with self._pool.turn(deadline.remaining_seconds):
                    # Why a variation cannot be met is not asked: a snapshot that is not complete leaves it at that.
                    varied = replace(
                        asked,
                        snapshot=replace(asked.snapshot, is_complete=False),
                        terms=terms,
                        alternatives=0,
                        deadline_seconds=deadline.remaining_seconds,
                    )
                    reply = await self._pool.answer(varied)
        except NoTurn:
            return Undecided(None)
        assert not isinstance(reply, Shortage), "an incomplete snapshot is not explained"
        return reply

    async def verify(self, answer: Solution, seconds: float) -> Verification:
        """Check an answer; see `Again`."""
        asked = self._question
        return await _checked(self._pool, lambda: problem_of(asked.snapshot, asked.terms), answer, seconds)


async def _checked(
    pool: SolverPool, problem: Callable[[], AssemblyProblem], answer: Solution, seconds: float
) -> Verification:
    """Have a worker process check an answer: it ends with its caller."""
    deadline = Deadline(seconds)
    try:
        with pool.admitted():
            async with pool.turn(deadline.remaining_seconds):
                laid = await asyncio.to_thread(problem)
                return await pool.check(Check(problem=laid, answer=answer, deadline_seconds=deadline.remaining_seconds))
    except NoTurn:
        return Verification(
            candidates=0, survivors=0, ceiling=0, optimum=None, faults=(), is_late=True, seconds=seconds
        )
