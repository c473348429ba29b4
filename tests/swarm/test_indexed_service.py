import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

import numpy as np
import pytest

from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import Change
from graph_api.ops.settings import load_settings
from graph_api.organization.model import Person
from graph_api.swarm.assembly import Assembled, NotDecided, Proposed, Shortage
from graph_api.swarm.demand import demand_problems
from graph_api.swarm.exact.arrays import SolverInput, ties_of
from graph_api.swarm.exact.threads import SearchThreads, search_threads
from graph_api.swarm.index.index import open_index
from graph_api.swarm.index.searching import IndexedSearch, indexed_search
from graph_api.swarm.problem import CertificateStatus
from graph_api.swarm.service import Assembly, rules_of
from graph_api.swarm.worker import SolverPool
from tests.support.memory_replica import MemoryReplica
from tests.support.seeds import seeds
from tests.swarm.changing_worlds import ChangingWorld
from tests.swarm.conftest import WAIT_SECONDS
from tests.swarm.organization import CUSTOMS, TAX, demand, replica

SETTINGS = load_settings(mutation_seconds=60.0)
RULES = rules_of(SETTINGS)
LONG_MS = 20_000


class Counted(IndexedSearch):
    """Counts the answers that came from the index."""

    answers = 0

    async def best(self, *asked: Any, **named: Any) -> Any:
        self.answers += 1
        return await super().best(*asked, **named)


def clock_of(world: ChangingWorld) -> Callable[[], datetime]:
    return lambda: datetime.combine(world.today, time(9), UTC)


def at() -> datetime:
    return datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


async def propose(assembly: Assembly, **asked: Any) -> Any:
    given: dict[str, Any] = {"task_id": None, "demand": demand(), "alternatives": 0, "deadline_ms": LONG_MS}
    return (await assembly.propose(**{**given, **asked})).value


@pytest.mark.parametrize("seed", seeds(5, 12))
async def test_team_out_of_the_index_is_worth_what_the_best_of_the_graph_is_worth(
    seed: int, pool: SolverPool, threads: SearchThreads
) -> None:
    world, both = ChangingWorld(seed), 0
    async with open_index(world.replica, RULES, lambda: world.today) as index:
        await asyncio.wait_for(index.ready(), WAIT_SECONDS)
        slow = Assembly(world.replica, pool, SETTINGS, clock_of(world))
        quick = Assembly(world.replica, pool, SETTINGS, clock_of(world), IndexedSearch(index, threads))
        while both < 4:
            world.step()
            asked, _ = world.demand()
            if demand_problems(world.replica.graph, asked, ()):
                continue
            expected, found = await propose(slow, demand=asked), await propose(quick, demand=asked, alternatives=2)
            assert type(found) is type(expected)
            if isinstance(found, Proposed):
                both += 1
                assert found.proposal.certificate == expected.proposal.certificate
                assert found.proposal.team.objective == expected.proposal.team.objective


async def test_index_answers_who_sees_everything_and_nobody_else(pool: SolverPool, threads: SearchThreads) -> None:
    state = replica()
    async with open_index(state, RULES, lambda: at().date()) as index:
        await asyncio.wait_for(index.ready(), WAIT_SECONDS)
        counted = Counted(index, threads)
        assembly = Assembly(state, pool, SETTINGS, at, counted)
        found = await propose(assembly, task_id="task:new", demand=None)
        assert {seat.person_id: seat.roles for seat in found.proposal.team.seats} == {
            "person:ada": (TAX,),
            "person:di": (CUSTOMS,),
        }
        assert found.proposal.certificate.status is CertificateStatus.PROVED
        assert counted.answers == 1
        without_ada = state.graph.copied()
        part = MemoryReplica(*(one for one in without_ada if getattr(one, "id", None) != "person:ada")).graph

        def view() -> GraphView:
            return part

        found = await propose(assembly, task_id="task:new", demand=None, view=view)
        assert "person:ada" not in found.proposal.team.person_ids
        assert counted.answers == 1


async def test_demand_that_nobody_meets_is_explained_as_ever(pool: SolverPool, threads: SearchThreads) -> None:
    state = replica()
    async with open_index(state, RULES, lambda: at().date()) as index:
        await asyncio.wait_for(index.ready(), WAIT_SECONDS)
        assembly = Assembly(state, pool, SETTINGS, at, IndexedSearch(index, threads))
        found = await propose(assembly, demand=demand(member_in_country="FR"))
        assert isinstance(found, Shortage)
        assert found.conflict


async def test_booked_person_is_not_proposed_again_for_the_same_days(pool: SolverPool, threads: SearchThreads) -> None:
    state = replica()
    async with open_index(state, RULES, lambda: at().date()) as index:
        await asyncio.wait_for(index.ready(), WAIT_SECONDS)
        assembly = Assembly(state, pool, SETTINGS, at, IndexedSearch(index, threads))
        booked = await assembly.assemble(
            task_id="task:new", demand=demand(), person_ids=None, actor="user:a", idempotency_key=None
        )
        assert isinstance(booked.value, Assembled)
        found = await propose(assembly)
        assert isinstance(found, Proposed)
        assert not {"person:ada", "person:di"} & set(found.proposal.team.person_ids)


async def test_request_before_the_index_is_there_is_answered_all_the_same(pool: SolverPool) -> None:
    state = replica()
    async with search_threads(1) as cold, open_index(state, RULES, lambda: at().date()) as index:
        counted = Counted(index, cold)
        found = await propose(Assembly(state, pool, SETTINGS, at, counted))
        assert isinstance(found, Proposed)
        assert counted.answers == 0


async def test_person_who_is_gone_is_in_no_team(pool: SolverPool) -> None:
    state = replica()
    async with indexed_search(state, RULES, lambda: at().date(), 1) as indexed:
        await asyncio.wait_for(indexed.ready(), WAIT_SECONDS)
        ada = state.graph.node(Person, "person:ada")
        assert ada is not None
        state.graph.apply([Change(key=ada.key)])
        state.tell(None)
        await asyncio.wait_for(indexed.ready(), WAIT_SECONDS)
        found = await propose(Assembly(state, pool, SETTINGS, at, indexed))
        assert "person:ada" not in found.proposal.team.person_ids


async def test_search_that_nobody_waits_for_is_stopped(threads: SearchThreads) -> None:
    given = hard()
    task = asyncio.create_task(threads.best(given, 0, 600.0))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # As many further searches as there are threads are under way at once and end: none of them is held.
    async with asyncio.timeout(60.0):
        for stopped in await asyncio.gather(*(threads.best(given, 0, 0.0) for _ in range(2))):
            assert stopped is None or not stopped.teams or stopped.upper >= stopped.teams[0][0]


def hard() -> SolverInput:
    """Many people, everybody tied to everybody, whom no bound tells apart."""
    people, slots = 60, 7
    chance = np.random.default_rng(1)
    pairs = [(i, j, int(chance.integers(50, 200))) for i in range(people) for j in range(i + 1, people)]
    nobody = np.zeros(people, dtype=np.bool_)
    return SolverInput(
        penalties=np.zeros(people, dtype=np.int64),
        values=chance.integers(1, 6, size=(people, slots)) * 200,
        groups=np.arange(slots),
        open_slots=np.zeros(slots, dtype=np.bool_),
        cities=np.zeros(people, dtype=np.int64),
        in_country=nobody,
        needs_country=False,
        depth_able=np.zeros((0, people), dtype=np.bool_),
        depth_members=np.zeros(0, dtype=np.int64),
        pinned=np.zeros(0, dtype=np.int64),
        separated=np.zeros((0, 2), dtype=np.int64),
        headcount=7,
        headcount_least=7,
        minimum_cities=0,
        ties=ties_of(np.array(pairs), people),
    )


async def test_explanation_that_takes_long_holds_up_no_search(threads: SearchThreads) -> None:
    state = replica()
    async with SolverPool(processes=1, solves_max=4) as one, open_index(state, RULES, lambda: at().date()) as index:
        await asyncio.wait_for(index.ready(), WAIT_SECONDS)
        async with one.turn(1.0):
            found = await propose(Assembly(state, one, SETTINGS, at, IndexedSearch(index, threads)))
        assert isinstance(found, Proposed)


async def test_search_for_which_no_thread_becomes_free_in_time_was_not_begun(
    pool: SolverPool, threads: SearchThreads
) -> None:
    state = replica()
    async with open_index(state, RULES, lambda: at().date()) as index, threads.turn(1.0), threads.turn(1.0):
        await asyncio.wait_for(index.ready(), WAIT_SECONDS)
        found = await propose(Assembly(state, pool, SETTINGS, at, IndexedSearch(index, threads)), deadline_ms=50)
        assert isinstance(found, NotDecided)
        assert "was not begun" in found.message
