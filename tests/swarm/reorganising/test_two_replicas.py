"""What a commit causes is recorded once: where its process was killed, and where two replicas evaluate at once."""

import asyncio
import sys
from collections import Counter
from decimal import Decimal

import pytest
from msgspec.structs import replace

from graph_api.kernel.records import Record
from graph_api.organization.model import Person
from graph_api.projection.commit import CommitCodec
from graph_api.projection.records import Reaction
from graph_api.projection.replica import Replica
from graph_api.projection.verify import commits_from
from graph_api.swarm.decisions import OPEN_TASK
from graph_api.swarm.model import Staffs, Swarm
from graph_api.swarm.reorganising.model import Reorganization, ReorganizationPolicy, ReorganizationState
from tests.support.commands import PUT, Put
from tests.support.reaction_child import WAIT_SECONDS, Point, opening, reorganizing_replica
from tests.support.replicas import REGISTRY, Site
from tests.support.waiting import until
from tests.swarm.reorganising.test_decisions import overbooked
from tests.swarm.reorganising.worlds import AT, world

CODEC = CommitCodec(REGISTRY)
TASK = opening(0).task_id
SEED = 2
"""A world of which the trigger fires, whichever two skills are asked."""


def rated(seed: int) -> tuple[Record, ...]:
    """A world in which everybody has a day rate."""
    state = world(seed)
    people = [replace(one, day_rate=Decimal(200), currency="CNY") for one in state.graph.nodes(Person)]
    return (*(one for one in state.graph.records() if not isinstance(one, Person)), *people)


async def recorded(replica: Replica) -> Counter[str]:
    """How often each reorganization was recorded, and each reaction taken away, by the log."""
    counted: Counter[str] = Counter()
    async for commit in commits_from(replica.database, CODEC, 1):
        for change in commit.changes:
            if isinstance(change.after, Reorganization):
                counted[change.after.task] += 1
            elif change.key[0] == Reaction.__name__ and change.after is None:
                counted[change.key[1]] += 1
    return counted


def has_settled(*replicas: Replica) -> bool:
    return all(replica.graph.count(Reaction) == 0 for replica in replicas)


@pytest.mark.parametrize("point", Point)
async def test_a_reaction_is_completed_once_wherever_its_process_was_killed(site: Site, point: Point) -> None:
    async with site.replica(clock=lambda: AT, mutation_seconds=60.0) as replica:
        await replica.submit(PUT, Put(records=rated(SEED)), actor="test")
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.reaction_child",
        site.address.uri, site.address.password or "", str(site.folder), point,
    )  # fmt: skip
    assert await asyncio.wait_for(child.wait(), WAIT_SECONDS) == -9
    async with site.replica(clock=lambda: AT) as idle:
        is_answered = point is Point.ANSWERED
        assert idle.graph.count(Reaction) == (0 if is_answered else 1)
        assert idle.graph.count(Reorganization) == (1 if is_answered else 0)
    async with reorganizing_replica(site, ReorganizationPolicy.APPLY) as second:
        await until(lambda: has_settled(second), seconds=60)
        (record,) = second.graph.nodes(Reorganization)
        assert (record.task, record.state) == (TASK, ReorganizationState.APPLIED)
        assert [link.source for link in second.graph.incoming(Staffs, TASK)] == [record.swarm_id]
        assert overbooked(second.graph) == []
        counted = await recorded(second)
        assert counted[TASK] == 1
        assert set(counted.values()) == {1}


@pytest.mark.parametrize("policy", [ReorganizationPolicy.APPLY, ReorganizationPolicy.PROPOSE])
async def test_tasks_evaluated_at_the_same_moment_on_two_replicas_are_each_recorded_once(
    site: Site, policy: ReorganizationPolicy
) -> None:
    """All want the same people, on both replicas at once."""
    async with reorganizing_replica(site, policy) as first, reorganizing_replica(site, policy) as second:
        await first.submit(PUT, Put(records=rated(SEED)), actor="test")
        await second.wait_for(first.revision)
        before = first.graph.count(Swarm)
        commands = [opening(number, 1_000_000 * (number + 1)) for number in range(8)]
        await asyncio.gather(
            *(
                (first, second)[number % 2].submit(OPEN_TASK, command, actor="test")
                for number, command in enumerate(commands)
            )
        )
        await until(lambda: has_settled(first, second), seconds=120)
        await second.wait_for(first.revision)
        await first.wait_for(second.revision)
        counted = await recorded(first)
        assert sum(name.startswith("reaction:") for name in counted) == len(commands), "each was answered"
        assert set(counted.values()) == {1}, "and once"
        found = list(first.graph.nodes(Reorganization))
        assert found, "or nothing was asked of it"
        for replica in (first, second):
            assert overbooked(replica.graph) == []
            assert list(replica.graph.nodes(Reorganization)) == found
        applied = [one for one in found if one.state is ReorganizationState.APPLIED]
        assert len({one.swarm_id for one in applied}) == len(applied) == first.graph.count(Swarm) - before
