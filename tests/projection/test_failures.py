"""R4 and R9: a broken wire loses no command, doubles none, and stops guarded reads in time."""

import asyncio

import pytest

from graph_api.kernel.errors import TimedOut, Unavailable
from graph_api.organization.model import Skill
from graph_api.projection.commit import CommitCodec
from graph_api.projection.replica import Committed, Replica
from graph_api.projection.verify import commits_from
from tests.support.commands import INCREMENT, Increment
from tests.support.proxy import Cut, wire_to
from tests.support.replicas import REGISTRY, Site
from tests.support.waiting import until


def counter(replica: Replica) -> int:
    skill = replica.graph.node(Skill, "skill:c")
    return int(skill.name) if skill else 0


@pytest.mark.parametrize("cut", [Cut.COMMIT, Cut.ANSWER_TO_COMMIT])
async def test_r4_a_commit_whose_answer_is_lost_is_looked_up_and_done_once(site: Site, cut: Cut) -> None:
    async with wire_to(site.address) as (wire, address), site.replica(address=address) as replica:
        await replica.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test")
        for expected in range(2, 8):
            wire.cut = cut
            answer = await replica.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test", timeout_seconds=30)
            assert isinstance(answer, Committed)
            assert answer.outcome.count == expected
        assert wire.cuts == 6
        assert counter(replica) == 7
        revisions = [commit.revision async for commit in commits_from(replica.database, CommitCodec(REGISTRY), 1)]
        assert revisions == list(range(1, 8))


async def test_r9_a_replica_cut_off_stops_answering_and_catches_up_by_itself(site: Site) -> None:
    async with (
        site.replica() as other,
        wire_to(site.address) as (wire, address),
        site.replica(address=address, staleness_max_ms=1000) as replica,
    ):
        await until(lambda: not is_unavailable(replica))
        wire.cut_everything()
        await until(lambda: is_unavailable(replica), seconds=5)
        with pytest.raises((TimedOut, Unavailable)):
            await replica.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test", timeout_seconds=0.5)
        await other.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test")
        wire.cut = Cut.NOTHING
        await until(lambda: not is_unavailable(replica), seconds=15)
        await until(lambda: counter(replica) == counter(other), seconds=10)


def is_unavailable(replica: Replica) -> bool:
    try:
        replica.ensure_fresh()
    except Unavailable:
        return True
    return False


async def test_commands_wait_for_a_lost_database_and_then_happen_once(site: Site) -> None:
    async with (
        wire_to(site.address) as (wire, address),
        site.replica(address=address, staleness_max_ms=1000) as replica,
    ):
        wire.cut_everything()
        waiting = asyncio.create_task(
            replica.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test", timeout_seconds=30)
        )
        await until(lambda: is_unavailable(replica), seconds=5)
        wire.cut = Cut.NOTHING
        answer = await waiting
        assert isinstance(answer, Committed)
        assert answer.outcome.count == 1
        await until(lambda: counter(replica) == 1)


async def test_commit_seen_half_does_not_end_the_following(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """As a reader without a lock sees a commit that is just being removed: its properties are gone, it is not yet."""
    async with site.two_replicas() as (writer, replica):
        await writer.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test")
        await until(lambda: counter(replica) == 1)
        await writer.database.run_schema("MATCH (c:Commit {revision: 1}) SET c.kept = c.log_id REMOVE c.log_id")
        await until(lambda: "cannot be read" in caplog.text)
        await writer.database.run_schema("MATCH (c:Commit {revision: 1}) SET c.log_id = c.kept REMOVE c.kept")
        await writer.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test")
        await until(lambda: counter(replica) == 2)
