"""The processes that solve: free loop, limits, cancellation, deaths."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator

import msgspec
import psutil
import pytest

from graph_api.kernel.errors import Internal, RateLimited
from graph_api.swarm.answering import Question
from graph_api.swarm.facts import PersonFacts, Snapshot
from graph_api.swarm.model import Demand, SkillDemand
from graph_api.swarm.solver import Proposal, Short
from graph_api.swarm.terms import terms_of
from graph_api.swarm.worker import SolverPool
from tests.support.waiting import until
from tests.swarm.organization import demand, graph, snapshot

WAIT_SECONDS = 30.0


@pytest.fixture
async def pool() -> AsyncGenerator[SolverPool]:
    async with SolverPool(processes=1, solves_max=2) as pool:
        yield pool


def easy(asked: Demand | None = None) -> Question:
    asked = asked or demand()
    return Question(snapshot=snapshot(graph(), asked), terms=terms_of(asked), deadline_seconds=10.0)


def hard(seconds: float) -> Question:
    """A problem of many equal people with strong ties at random, which takes until the deadline."""
    asked = demand(skills=tuple(SkillDemand(skill_id=f"skill:{place}") for place in range(6)), headcount=5)
    people = tuple(
        PersonFacts(
            person_id=f"person:{place:04d}",
            levels=(3,) * 6,
            works=tuple(sorted({place * 7 % 101, place * 13 % 89, place * 29 % 97})),
        )
        for place in range(400)
    )
    recency = tuple(0.02 + (place * 37 % 50) / 100 for place in range(101))
    taken = Snapshot(skill_ids=tuple(f"skill:{place}" for place in range(6)), people=people, recency=recency)
    return Question(snapshot=taken, terms=terms_of(asked), deadline_seconds=seconds)


async def until_it_works(process_id: int, cpu_seconds: float) -> None:
    """Wait until a process has worked for so long from now on."""
    process = psutil.Process(process_id)
    wanted = process.cpu_times().user + cpu_seconds
    await until(lambda: process.cpu_times().user > wanted, seconds=WAIT_SECONDS)


async def test_a_question_is_answered_and_the_loop_stays_free(pool: SolverPool) -> None:
    (busy,) = pool.process_ids
    solving = asyncio.create_task(pool.solve(hard(3.0)))
    await until_it_works(busy, 0.05)
    assert not solving.done(), "the loop turned only after the answer: it was held up by the solving"
    reply = await solving
    assert isinstance(reply, Proposal)
    assert reply.certificate.lower <= reply.certificate.upper


async def test_no_team_among_those_who_can_take_part_is_short(pool: SolverPool) -> None:
    assert await pool.solve(easy(demand(pinned_ids=("person:eve",)))) == Short()


async def test_more_than_the_limit_are_refused_at_once(pool: SolverPool) -> None:
    waiting = [asyncio.create_task(pool.solve(one)) for one in (hard(0.5), easy())]
    await asyncio.sleep(0)
    with pytest.raises(RateLimited):
        await pool.solve(easy())
    assert all(isinstance(reply, Proposal) for reply in await asyncio.gather(*waiting))
    assert isinstance(await pool.solve(easy()), Proposal)


async def test_a_cancelled_question_frees_its_place_at_once(pool: SolverPool) -> None:
    solving = asyncio.create_task(pool.solve(hard(600.0)))
    (before,) = pool.process_ids
    await until_it_works(before, 0.3)
    solving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await solving
    assert isinstance(await pool.solve(easy()), Proposal)
    assert pool.process_ids != (before,)


async def test_a_process_that_dies_is_replaced_and_the_question_asked_again(pool: SolverPool) -> None:
    (idle,) = pool.process_ids
    os.kill(idle, signal.SIGKILL)
    assert isinstance(await pool.solve(easy()), Proposal)
    solving = asyncio.create_task(pool.solve(hard(1.0)))
    (busy,) = pool.process_ids
    assert busy != idle
    os.kill(busy, signal.SIGKILL)
    assert isinstance(await solving, Proposal)


async def test_a_question_that_fails_is_told_and_the_process_lives_on(pool: SolverPool) -> None:
    before = pool.process_ids
    broken = msgspec.structs.replace(easy(), snapshot=msgspec.structs.replace(easy().snapshot, skill_ids=()))
    with pytest.raises(Internal, match="KeyError"):
        await pool.solve(broken)
    assert isinstance(await pool.solve(easy()), Proposal)
    assert pool.process_ids == before


async def test_the_processes_end_with_the_pool() -> None:
    async with SolverPool(processes=2, solves_max=2) as pool:
        ids = pool.process_ids
        assert len(set(ids)) == 2
    assert not any(psutil.pid_exists(process_id) for process_id in ids)


_ORPHANS = """
import asyncio, sys
from graph_api.swarm.worker import SolverPool
async def main():
    async with SolverPool(processes=1, solves_max=1) as pool:
        print(*pool.process_ids, flush=True)
        await asyncio.Event().wait()
if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_the_processes_end_when_their_parent_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", _ORPHANS, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    worker = psutil.Process(int(await parent.stdout.readline()))
    parent.kill()
    await parent.wait()
    await until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, seconds=WAIT_SECONDS)
