"""Streams without a socket: the seam, overflow, silence, faults, and what a slow subscriber costs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from graph_api.kernel.errors import BadUserInput, Internal, RevisionGone, Unavailable
from graph_api.organization.model import Skill
from graph_api.projection.replica import Replica
from graph_api.projection.revision import canonical, number_of
from graph_api.projection.stream import Feed, Message, StreamLimits, TooMany
from graph_api.projection.visible import Visible
from tests.support.commands import INCREMENT, PUT, Increment, Put
from tests.support.memory_replica import MemoryReplica
from tests.support.replicas import Site

LIMITS = StreamLimits(messages=100, items=1000, silence_seconds=30.0)


def keys(shown: Visible) -> list[str]:
    return [change.key[1] for _, change in shown.changes]


def unwanted(item: str) -> bool:
    """Leave out what `increment` changes."""
    return item != "skill:c"


async def increment(replica: Replica | MemoryReplica, times: int = 1) -> list[str]:
    """Commit so many times and return the revisions."""
    revisions: list[str] = []
    for _ in range(times):
        await replica.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test")
        revisions.append(replica.revision)
    return revisions


def following(feed: Feed[str], **asked: Any) -> "aclosing[AsyncGenerator[Message[str]]]":
    return aclosing(feed.messages(**asked))


async def take(stream: AsyncGenerator[Message[str]], count: int) -> list[Message[str]]:
    return [await anext(stream) for _ in range(count)]


async def test_messages_that_nobody_takes_are_dropped_and_the_stream_goes_on_behind_them(site: Site) -> None:
    async with site.replica() as replica:
        feed = Feed(replica, keys, LIMITS._replace(messages=3))
        async with following(feed) as stream:
            start = await anext(stream)
            kept = await increment(replica, 3)
            assert [message.revision for message in await take(stream, 3)] == kept
            dropped = await increment(replica, 7)
            assert feed.waiting == 0
            overflow = await anext(stream)
            assert overflow == Message(dropped[-1], replica.at, (), overflow=True)
            later = await increment(replica, 2)
            assert [(m.revision, m.items, m.overflow) for m in await take(stream, 2)] == [
                (revision, ("skill:c",), False) for revision in later
            ]
        async with following(feed, after=start.revision) as stream:
            replayed = [message.revision for message in await take(stream, 12)]
        assert replayed == [*kept, *dropped, *later]


async def test_commits_made_while_the_past_is_told_follow_it_without_a_gap(site: Site) -> None:
    async with site.replica() as replica:
        feed, start = Feed(replica, keys, LIMITS), replica.revision
        revisions, told = await increment(replica, 120), list[str]()
        async with following(feed, after=start) as stream:
            while (message := await anext(stream)).items:
                told.append(message.revision)
                if len(told) % 5 == 0:
                    revisions += await increment(replica)
            assert told == revisions
            assert message == Message(revisions[-1], replica.at)
            revisions += await increment(replica, 5)
            told += [message.revision for message in await take(stream, 5)]
        assert told == revisions
        assert len(told) > 150


async def test_past_is_told_no_faster_than_it_is_taken_and_nothing_waits_meanwhile(site: Site) -> None:
    async with site.replica() as replica:
        feed, start = Feed(replica, keys, LIMITS._replace(messages=1)), replica.revision
        revisions = await increment(replica, 5)
        async with following(feed, after=start) as stream:
            told = await take(stream, 1)
            revisions += await increment(replica, 20)
            assert feed.waiting == 0
            told += await take(stream, 24)
        assert [message.revision for message in told] == revisions
        assert not any(message.overflow for message in told)


async def test_silent_past_moves_the_resume_point_too(site: Site) -> None:
    async with site.replica() as replica:
        start = replica.revision
        revisions = await increment(replica, 3)
        feed = Feed(replica, keys, LIMITS._replace(silence_seconds=1e-9))
        async with following(feed, after=start, keep=unwanted) as stream:
            told = await take(stream, 5)
        assert [(message.revision, message.items) for message in told[:3]] == [(one, ()) for one in revisions]


async def test_two_who_wait_are_told_the_same_and_one_who_goes_takes_nothing_along() -> None:
    replica = MemoryReplica()
    feed = Feed(replica, keys, LIMITS)
    async with following(feed) as first:
        await anext(first)
        async with following(feed, keep=unwanted) as second:
            await anext(second)
            assert (feed.subscribers, len(replica.followers)) == (2, 1)
            await increment(replica)
            await replica.submit(PUT, Put(records=(Skill(id="skill:d", name="D"),)), actor="test")
            assert (await anext(second)).items == ("skill:d",)
        assert [message.items for message in await take(first, 2)] == [("skill:c",), ("skill:d",)]
        assert (feed.subscribers, len(replica.followers)) == (1, 1)
    assert (feed.subscribers, replica.followers) == (0, [])


async def test_fault_in_telling_of_a_commit_ends_the_streams_and_not_the_commit(site: Site) -> None:
    def broken(shown: Visible) -> list[str]:
        raise ZeroDivisionError("secret")

    async with site.replica() as replica:
        feed = Feed[str](replica, broken, LIMITS)
        async with following(feed) as stream:
            await anext(stream)
            assert len(await increment(replica, 2)) == 2
            with pytest.raises(Internal):
                await anext(stream)
        assert feed.subscribers == 0


async def test_error_that_the_derivation_raises_on_purpose_ends_the_stream_as_it_is() -> None:
    def too_old(shown: Visible) -> list[str]:
        raise RevisionGone("Not kept.")

    replica = MemoryReplica()
    start = replica.revision
    await increment(replica)
    feed = Feed[str](replica, too_old, LIMITS)
    async with following(feed, after=start) as stream:
        with pytest.raises(RevisionGone):
            await anext(stream)
    async with following(feed) as stream:
        await anext(stream)
        await increment(replica)
        with pytest.raises(RevisionGone):
            await anext(stream)
    assert feed.subscribers == 0


async def test_what_is_too_much_to_derive_is_an_overflow_at_its_revision_live_and_later(site: Site) -> None:
    def some(shown: Visible) -> list[str]:
        if number_of(shown.revision, replica.live.state.log_id) % 2:
            raise TooMany
        return keys(shown)

    async with site.replica() as replica:
        feed, start = Feed(replica, some, LIMITS), replica.revision
        async with following(feed) as live:
            await anext(live)
            revisions = await increment(replica, 4)
            told = await take(live, 4)
        async with following(feed, after=start) as later:
            assert await take(later, 4) == told
    assert [message.revision for message in told] == revisions
    assert (
        sorted((message.overflow, message.items) for message in told) == [(False, ("skill:c",))] * 2 + [(True, ())] * 2
    )


async def test_log_that_is_replaced_while_the_past_is_told_ends_the_stream() -> None:
    replica = MemoryReplica()
    start = replica.revision
    await increment(replica, 3)
    async with following(Feed(replica, keys, LIMITS), after=start) as stream:
        await anext(stream)
        replica.tell(None)
        with pytest.raises(RevisionGone):
            await anext(stream)


async def test_past_that_the_log_does_not_hold_is_gone(site: Site) -> None:
    async with site.replica() as replica:
        start = replica.revision
        await increment(replica, 3)
        replica.live.state.revision += 2
        with pytest.raises(RevisionGone):
            assert [shown async for shown in replica.past(start)]
        replica.live.state.revision -= 2
        assert len([shown async for shown in replica.past(start)]) == 3


class Busy(MemoryReplica):
    """A replica that is stale when it is first looked at, as one is whose process was busy, and fresh then."""

    stale_looks = 1

    def ensure_fresh(self) -> None:
        self.is_fresh = self.stale_looks <= 0
        self.stale_looks -= 1
        super().ensure_fresh()


async def test_r9_process_that_was_only_busy_keeps_its_streams() -> None:
    async with following(Feed(Busy(), keys, LIMITS)) as stream:
        assert (await anext(stream)).items == ()
    cut_off = Busy()
    cut_off.stale_looks = 1_000_000
    async with following(Feed(cut_off, keys, LIMITS)) as stream:
        with pytest.raises(Unavailable):
            await anext(stream)


def test_token_is_written_in_one_way_whatever_digits_it_came_with() -> None:
    assert canonical("01234567-7", "01234567-000000000009") == "01234567-000000000007"
    for wrong, fault in (("76543210-7", RevisionGone), ("01234567-", BadUserInput), ("01234567-x", BadUserInput)):
        with pytest.raises(fault):
            canonical(wrong, "01234567-000000000009")


def test_number_of_thousands_of_digits_is_no_revision() -> None:
    with pytest.raises(BadUserInput):
        number_of("01234567-" + "9" * 5000, "01234567")
