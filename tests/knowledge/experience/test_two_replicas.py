"""Drafts are made once and a swarm ends once: on two replicas at the same moment, and where the process was killed."""

import asyncio
import sys
from collections import Counter

import pytest

from graph_api.knowledge.experience.commands import DissolveSwarm
from graph_api.knowledge.experience.decisions import (
    CONFIRM_EXPERIENCE,
    DISSOLVE_SWARM,
    RECORD_EXPERIENCE,
    WAIVE_EXPERIENCE,
)
from graph_api.knowledge.experience.owed import owing
from graph_api.knowledge.model import Knowledge, KnowledgeState, RecordedBy
from graph_api.projection.commit import CommitCodec
from graph_api.projection.records import Reaction
from graph_api.projection.replica import Replica
from graph_api.projection.verify import commits_from
from graph_api.swarm.life.tasks import UPDATE_TASK
from graph_api.swarm.model import Swarm, SwarmState
from tests.knowledge.experience.world import DURING, ROLES, SWARM, confirming, recording, state_of, waiving
from tests.support.commands import PUT, Put
from tests.support.drafting_child import CLOSING, drafting_replica, noted
from tests.support.reaction_child import WAIT_SECONDS, Point
from tests.support.replicas import REGISTRY, Site
from tests.support.waiting import until

CODEC = CommitCodec(REGISTRY)
ADA, DI, EVE = ROLES


async def recorded(replica: Replica) -> Counter[str]:
    """How often, by the log, each item was made, each reaction taken away, and the swarm dissolved."""
    counted: Counter[str] = Counter()
    async for commit in commits_from(replica.database, CODEC, 1):
        for change in commit.changes:
            if isinstance(change.after, Knowledge) and change.after.state is KnowledgeState.DRAFT:
                counted[change.after.id] += 1
            elif isinstance(change.after, Swarm) and change.after.state is SwarmState.DISSOLVED:
                counted["dissolved"] += 1
            elif change.key[0] == Reaction.__name__ and change.after is None:
                counted["answered"] += 1
    return counted


def has_settled(*replicas: Replica) -> bool:
    return all(replica.graph.count(Reaction) == 0 for replica in replicas)


def authors(replica: Replica) -> list[str]:
    graph = replica.graph
    return sorted(link.target for item in graph.nodes(Knowledge) for link in graph.outgoing(RecordedBy, item.id))


@pytest.mark.parametrize("point", Point)
async def test_drafts_are_made_once_wherever_the_process_was_killed(site: Site, point: Point) -> None:
    async with site.replica(clock=lambda: DURING) as replica:
        await replica.submit(PUT, Put(records=noted()), actor="test")
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.drafting_child",
        site.address.uri, site.address.password or "", str(site.folder), point,
    )  # fmt: skip
    assert await asyncio.wait_for(child.wait(), WAIT_SECONDS) == -9
    async with drafting_replica(site) as second:
        await until(lambda: has_settled(second), seconds=60)
        assert authors(second) == sorted(ROLES)
        counted = await recorded(second)
        assert counted.pop("answered") == 1
        assert list(counted.values()) == [1, 1, 1]
        swarm = second.graph.node(Swarm, SWARM)
        assert swarm is not None
        assert len(owing(second.graph, swarm, DURING.date())) == 3


async def test_two_replicas_draft_once_and_end_the_swarm_once_whoever_meets_the_last_pair(site: Site) -> None:
    async with drafting_replica(site) as first, drafting_replica(site) as second:
        await first.submit(PUT, Put(records=noted()), actor="test")
        await first.submit(UPDATE_TASK, CLOSING, actor="test")
        await second.wait_for(first.revision)
        await until(lambda: has_settled(first, second), seconds=60)
        await second.wait_for(first.revision)
        (draft,) = (
            item.id.partition(":")[2]
            for item in second.graph.nodes(Knowledge)
            if second.graph.link(RecordedBy, item.id, ADA) is not None
        )
        dissolving = DissolveSwarm(swarm_id=SWARM)
        await asyncio.gather(
            first.submit(CONFIRM_EXPERIENCE, confirming(draft), actor=ADA),
            second.submit(RECORD_EXPERIENCE, recording(DI, "d"), actor=DI),
            first.submit(WAIVE_EXPERIENCE, waiving(EVE), actor="user:boss"),
            second.submit(DISSOLVE_SWARM, dissolving, actor="user:boss"),
            first.submit(DISSOLVE_SWARM, dissolving, actor="user:boss"),
        )
        await second.wait_for(first.revision)
        await first.wait_for(second.revision)
        for replica in (first, second):
            assert state_of(replica.graph) is SwarmState.DISSOLVED
            assert authors(replica) == [ADA, DI], "the draft of whoever was let off is gone"
        counted = await recorded(first)
        assert (counted["dissolved"], counted["answered"]) == (1, 1)
