"""R1, R3, R5, R6: commands become commits, in one order, exactly once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.kernel.commands import InputRejected, Refused
from graph_api.kernel.errors import Conflict, Internal, QueryTooCostly, RateLimited
from graph_api.organization.model import HasSkill, Person, Skill
from graph_api.projection.commit import CommitCodec
from graph_api.projection.deciding import commit_time
from graph_api.projection.replica import Committed, Replica
from graph_api.projection.state import digest
from graph_api.projection.verify import commits_from, verify_log
from tests.support.commands import (
    DROP,
    FAULT,
    INCREMENT,
    PUT,
    REFUSE,
    Done,
    Drop,
    Increment,
    Put,
    Refuse,
)  # fmt: skip
from tests.support.replicas import REGISTRY, Site

ADA = Person(id="person:ada", name="Ada")
TAX = Skill(id="skill:tax", name="Tax")
LATEST = datetime(9999, 1, 1)  # noqa: DTZ001  # hypothesis wants a bound without a zone


async def revisions(replica: Replica) -> list[int]:
    codec = CommitCodec(REGISTRY)
    return [commit.revision async for commit in commits_from(replica.database, codec, 1)]


async def test_r1_no_update_is_lost_between_two_replicas(site: Site) -> None:
    async with site.two_replicas() as (first, second):
        counts = await asyncio.gather(
            *(
                replica.submit(INCREMENT, Increment(skill_id="skill:counter"), actor="test", timeout_seconds=60)
                for _ in range(100)
                for replica in (first, second)
            )
        )
        told = sorted(committed.outcome.count for committed in counts if isinstance(committed, Committed))
        assert told == list(range(1, 201))
        await first.wait_for(second.revision)
        assert digest(first.graph) == digest(second.graph)


async def test_r3_waiting_commands_share_a_commit(site: Site) -> None:
    async with site.replica() as replica:
        people = [Person(id=f"person:{number}", name="P") for number in range(300)]
        answers = await asyncio.gather(
            *(replica.submit(PUT, Put(records=(person,)), actor="test") for person in people)
        )
        assert all(isinstance(answer, Committed) for answer in answers)
        assert replica.graph.count(Person) == 300
        assert len(await revisions(replica)) < 20


async def test_r3_more_than_may_wait_are_refused_and_the_others_committed(site: Site) -> None:
    async with site.replica(commands_waiting_max=20) as replica:
        people = [Person(id=f"person:{number}", name="P") for number in range(35)]
        saving = (replica.submit(PUT, Put(records=(person,)), actor="test") for person in people)
        answers = await asyncio.gather(*saving, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, RateLimited)]
        assert len(refused) == 15
        assert replica.graph.count(Person) == 20


async def test_r3_a_commit_closes_at_its_cap(site: Site) -> None:
    async with site.replica(changes_a_commit_max=10) as replica:
        people = [Person(id=f"person:{number}", name="P") for number in range(35)]
        await asyncio.gather(*(replica.submit(PUT, Put(records=(person,)), actor="test") for person in people))
        sizes = [len(list(commit.changes)) async for commit in commits_from(replica.database, CommitCodec(REGISTRY), 1)]
        assert sum(sizes) == 35
        assert max(sizes) <= 10


async def test_r3_a_poisoned_command_fails_alone(site: Site) -> None:
    dangling = HasSkill(source="person:ada", target="skill:gone", level=3)
    async with site.replica() as replica:
        good, poisoned, fault, after = await asyncio.gather(
            replica.submit(PUT, Put(records=(ADA,)), actor="test"),
            replica.submit(PUT, Put(records=(dangling,)), actor="test"),
            replica.submit(FAULT, Refuse(message="broken"), actor="test"),
            replica.submit(PUT, Put(records=(TAX,)), actor="test"),
            return_exceptions=True,
        )
        assert isinstance(good, Committed)
        assert isinstance(after, Committed)
        assert isinstance(poisoned, Internal)
        assert isinstance(fault, Internal)
        assert list(replica.graph.outgoing(HasSkill, "person:ada")) == []


async def test_r3_later_commands_of_a_group_see_the_earlier_ones(site: Site) -> None:
    async with site.replica() as replica:
        answers = await asyncio.gather(
            *(replica.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test") for _ in range(20))
        )
        assert [answer.outcome.count for answer in answers if isinstance(answer, Committed)] == list(range(1, 21))


async def test_one_command_may_not_hold_too_many_changes(site: Site) -> None:
    async with site.replica(changes_a_command_max=5) as replica:
        people = tuple(Person(id=f"person:{number}", name="P") for number in range(6))
        with pytest.raises(QueryTooCostly):
            await replica.submit(PUT, Put(records=people), actor="test")
        assert replica.graph.count(Person) == 0


async def test_a_refusal_and_an_unchanged_state_make_no_commit(site: Site) -> None:
    async with site.replica() as replica:
        refused = await replica.submit(REFUSE, Refuse(), actor="test", idempotency_key="k")
        assert refused == Refused(InputRejected(message="never", problems=()))
        await replica.submit(PUT, Put(records=(ADA,)), actor="test")
        await replica.submit(PUT, Put(records=(ADA,)), actor="test")
        assert await revisions(replica) == [1]


async def test_r5_a_key_gives_the_recorded_outcome_on_every_replica_and_after_a_cold_load(site: Site) -> None:
    put = Put(records=(ADA,))
    async with site.two_replicas() as (first, second):
        once = await first.submit(PUT, put, actor="test", idempotency_key="k")
        again = await second.submit(PUT, put, actor="test", idempotency_key="k")
        other_actor = await second.submit(PUT, put, actor="other", idempotency_key="k")
        assert once == again == Committed(Done(1), once.revision if isinstance(once, Committed) else "")
        assert isinstance(other_actor, Committed)
        assert other_actor.outcome == Done(0)
        with pytest.raises(Conflict):
            await second.submit(PUT, Put(records=(TAX,)), actor="test", idempotency_key="k")
    (site.folder / "snapshots" / "replica-0" / "state.snapshot").unlink()
    (site.folder / "snapshots" / "replica-1" / "state.snapshot").unlink()
    async with site.replica() as cold:
        assert await cold.submit(PUT, put, actor="test", idempotency_key="k") == once


async def test_r5_a_key_ages_by_the_time_of_commits(site: Site) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)

    async with site.replica(clock=lambda: now, idempotency_days=7) as replica:
        await replica.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test", idempotency_key="k")
        now += timedelta(days=6)
        again = await replica.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test", idempotency_key="k")
        now += timedelta(days=2)
        anew = await replica.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test", idempotency_key="k")
        assert isinstance(again, Committed)
        assert isinstance(anew, Committed)
        assert (again.outcome.count, anew.outcome.count) == (1, 2)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC), max_value=LATEST))
def test_r6_commit_time_always_moves_on(now: datetime, previous: datetime) -> None:
    at = commit_time(now, previous)
    assert at > previous
    assert at == now or (now <= previous and at - previous == timedelta(microseconds=1))


async def test_r6_a_clock_that_runs_backwards_does_not_disorder_the_log(site: Site) -> None:
    times = iter(datetime(2026, 1, 1, tzinfo=UTC) - timedelta(hours=hour) for hour in range(100))
    async with site.replica(clock=lambda: next(times)) as replica:
        for number in range(5):
            await replica.submit(PUT, Put(records=(Skill(id="skill:x", name=str(number)),)), actor="test")
        report = await verify_log(replica.database, CommitCodec(REGISTRY))
        assert report.commits == 5


async def test_removals_reach_the_graph(site: Site) -> None:
    link = HasSkill(source=ADA.id, target=TAX.id, level=3)
    async with site.replica() as replica:
        await replica.submit(PUT, Put(records=(ADA, TAX, link)), actor="test")
        with pytest.raises(Internal):
            await replica.submit(DROP, Drop(records=(ADA,)), actor="test")
        await replica.submit(DROP, Drop(records=(link, ADA)), actor="test")
        warm = digest(replica.graph)
    (site.folder / "snapshots" / "replica-0" / "state.snapshot").unlink()
    async with site.replica() as cold:
        assert digest(cold.graph) == warm
        assert cold.graph.count(Person) == 0
