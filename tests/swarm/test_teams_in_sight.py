"""The assembler finds teams in what the asker may see, as if that were all."""

from typing import Any

import pytest

from graph_api.kernel.commands import InputRejected
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Link, upsert
from graph_api.ops.settings import load_settings
from graph_api.swarm.assembly import Proposed, Shortage
from graph_api.swarm.service import Assembly
from graph_api.swarm.worker import SolverPool
from tests.support.memory_replica import MemoryReplica
from tests.swarm.organization import demand, records, replica
from tests.swarm.test_service import LONG_MS, clock


def without(*hidden: str) -> Graph:
    """Return the organization as it is seen by whom some of it is hidden from."""
    graph = Graph()
    graph.apply(
        upsert(each)
        for each in records()
        if not {*hidden} & ({each.source, each.target} if isinstance(each, Link) else {each.id})
    )
    return graph


async def propose(pool: SolverPool, seen: Graph, **asked: Any) -> Any:
    given: dict[str, Any] = {"task_id": None, "demand": demand(), "alternatives": 0, "deadline_ms": LONG_MS}
    assembly = Assembly(replica(), pool, load_settings(mutation_seconds=30.0), clock)
    return (await assembly.propose(**{**given, **asked}, view=lambda: seen)).value


async def assemble(pool: SolverPool, state: MemoryReplica, seen: Graph, **asked: Any) -> Any:
    given: dict[str, Any] = {"demand": None, "person_ids": None, "actor": "person:a", "idempotency_key": None}
    assembly = Assembly(state, pool, load_settings(mutation_seconds=30.0), clock)
    return (await assembly.assemble(**{**given, **asked}, view=lambda: seen)).value


def problems(refused: Any) -> list[tuple[str, str | None]]:
    assert isinstance(refused, InputRejected), refused
    return [(problem.code, problem.suggestion) for problem in refused.problems]


async def test_nobody_is_proposed_or_counted_who_is_hidden(pool: SolverPool) -> None:
    whole, part = await propose(pool, without()), await propose(pool, without("person:di"))
    assert isinstance(whole, Proposed)
    assert isinstance(part, Proposed)
    assert [seat.person_id for seat in whole.proposal.team.seats] == ["person:ada", "person:di"]
    assert [seat.person_id for seat in part.proposal.team.seats] == ["person:ada", "person:cy"]
    assert whole.proposal.certificate.candidates == part.proposal.certificate.candidates + 1


async def test_common_work_on_hidden_tasks_counts_for_nothing(pool: SolverPool) -> None:
    whole, part = await propose(pool, without("person:di")), await propose(pool, without("person:di", "task:old"))
    assert whole.proposal.team.seats[0].points.collaboration > 0
    assert part.proposal.team.seats[0].points.collaboration == 0


async def test_why_there_is_no_team_is_told_without_those_who_are_hidden(pool: SolverPool) -> None:
    found = await propose(pool, without("person:di", "person:cy", "person:ada"))
    assert isinstance(found, Shortage)
    assert not {"person:di", "person:cy", "person:ada"} & {*found.message.split()}


@pytest.mark.parametrize("hidden", ["person:di", "person:nobody"])
async def test_who_is_hidden_is_as_unknown_as_who_is_not_there(pool: SolverPool, hidden: str) -> None:
    seen = without("person:di")
    pinned = await propose(pool, seen, demand=demand(pinned_ids=(hidden,)))
    state = replica()
    team = await assemble(pool, state, seen, task_id="task:new", person_ids=("person:ada", hidden))
    assert {code for code, _ in (*problems(pinned), *problems(team))} == {"UNKNOWN_REFERENCE"}
    assert not any(suggestion and "person:di" in suggestion for _, suggestion in (*problems(pinned), *problems(team)))
    assert state.commits == []


@pytest.mark.parametrize("hidden", ["task:new", "task:none"])
async def test_a_hidden_task_is_as_unknown_as_one_that_is_not_there(pool: SolverPool, hidden: str) -> None:
    seen, state = without("task:new", "task:old"), replica()
    for refused in (
        await propose(pool, seen, task_id=hidden, demand=None),
        await assemble(pool, state, seen, task_id=hidden),
    ):
        assert problems(refused) == [("UNKNOWN_REFERENCE", None)]
    assert state.commits == []
