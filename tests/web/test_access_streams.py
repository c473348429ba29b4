"""Watching access on two replicas: a copy that follows is what a list gives, whoever was away for however long."""

import asyncio
from random import Random
from typing import Any

import pytest

from graph_api.permission.commands import ChangePermissions
from graph_api.permission.effective import Comparison
from graph_api.projection.commit import CommitCodec
from graph_api.projection.loading import cold_load
from tests.permission.world import tuples
from tests.support.permission_streams import ACCESS, TUPLES, Served, following, serving, told_briefly, watch
from tests.support.permissions import held, rebuilt
from tests.support.replicas import REGISTRY, Site
from tests.support.seeds import seeds
from tests.support.waiting import until
from tests.web.access_world import MODELS, WATCHES, Changing, Clock, Held, apply, listed, write_model

WRITERS = 3
CHANGES_A_WRITER = 25
Both = tuple[Served, Served]


class Copy:
    """A copy of what is watched, and what made it what it is."""

    def __init__(self, asked: Any, one: Served) -> None:
        self.asked = asked
        self.told: list[Any] = []
        self.list_anew(one)

    def list_anew(self, one: Served) -> None:
        self.held: Held = listed(one, self.asked)
        self.revision = one.revision

    def take(self, message: Any) -> None:
        """Take a message; what it says was before has been so."""
        assert not message["overflow"]
        for each in message["changes"]:
            before = self.held.get((each["object"], each["user"]), each["before"])
            assert each["before"] == before, (each, self.revision)
        apply(self.held, message)
        self.revision = message["revision"]
        self.told += [message] if message["changes"] else []


async def stay(one: Served, copy: Copy, ready: asyncio.Event, last: asyncio.Future[str]) -> None:
    """Follow without a break."""
    async with following(one.server, ACCESS, watch=copy.asked, after=copy.revision) as stream:
        assert await stream.caught_up() == []
        ready.set()
        while not last.done() or copy.revision < last.result():
            copy.take(await stream.message())


async def hop(both: Both, copy: Copy, random: Random, last: asyncio.Future[str]) -> int:
    """Follow for a few messages, go without a word, and resume on either replica; return how often it was too late."""
    late = 0
    while not last.done() or copy.revision < last.result():
        one = random.choice(both)
        async with following(one.server, ACCESS, watch=copy.asked, after=copy.revision) as stream:
            try:
                for _ in range(random.randint(1, 6)):
                    copy.take(await stream.message())
            except AssertionError as ended:
                if "REVISION_GONE" not in str(ended):
                    raise
                late += 1
                copy.list_anew(one)
    return late


async def write(both: Both, seed: int, clock: Clock, *, switches: int) -> str:
    """Change tuples on both replicas at once, and the model now and then; return the last revision."""
    writers = [Changing(f"writer-{number}", seed, clock) for number in range(WRITERS)]

    async def keep_writing(number: int) -> None:
        for _ in range(CHANGES_A_WRITER):
            await writers[number].change(both[number % 2])

    async def keep_switching() -> None:
        for number in range(switches):
            await write_model(both[number % 2], MODELS[(seed + number + 1) % len(MODELS)])

    await asyncio.gather(*map(keep_writing, range(WRITERS)), keep_switching())
    await until(lambda: not any(one.guarded.projection.due(clock.now) for one in both), seconds=30)
    revision = await writers[0].change(both[0])
    while any(one.guarded.projection.due(clock.now) for one in both):
        revision = await writers[0].change(both[0])
    return revision


@pytest.mark.parametrize("seed", seeds(2, 4))
async def test_copies_that_follow_are_what_lists_give_on_both_replicas(site: Site, seed: int) -> None:
    clock, switches = Clock(), (0, 3)[seed % 2]
    async with (
        serving(site, clock=clock, subscription_silence_seconds=0.1) as one,
        serving(site, clock=clock, subscription_silence_seconds=0.1) as other,
    ):
        both = (one, other)
        await write_model(one, MODELS[seed % len(MODELS)])
        await other.guarded.replica.wait_for(one.revision)
        staying = [[Copy(asked, served) for asked in WATCHES] for served in both]
        hopping = [Copy(asked, one) for asked in WATCHES]
        last: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as group:
            for served, copies in zip(both, staying, strict=True):
                ready = [asyncio.Event() for _ in copies]
                for copy, event in zip(copies, ready, strict=True):
                    group.create_task(stay(served, copy, event, last))
                await asyncio.gather(*(event.wait() for event in ready))
            hops = [
                group.create_task(hop(both, copy, Random(f"{seed} {number}"), last))
                for number, copy in enumerate(hopping)
            ]
            last.set_result(await write(both, seed, clock, switches=switches))
        for served in both:
            await served.guarded.replica.wait_for(last.result())
        assert [copy.told for copy in staying[0]] == [copy.told for copy in staying[1]]
        assert switches or not any(hop.result() for hop in hops), "only a change of the model keeps one from resuming"
        assert sum(len(message["changes"]) for copy in staying[0] for message in copy.told) > 30
        for copy in (*staying[0], *staying[1], *hopping):
            assert copy.held == listed(one, copy.asked) == listed(other, copy.asked)


async def add(one: Served, *texts: str) -> str:
    answer = await one.guarded.permissions.change(ChangePermissions(add=tuples(*texts)), actor="test")
    return answer.revision


def overflows(messages: list[Any]) -> list[tuple[str, bool]]:
    return [(each["revision"], each["overflow"]) for each in messages]


async def test_whose_part_is_too_much_to_compare_is_told_to_list_again_and_what_comes_then(site: Site) -> None:
    many = [f"user:{number} viewer document:1" for number in range(5)]
    async with serving(site, access_comparisons_a_commit_max=8) as one:
        await write_model(one, MODELS[0])
        broad, narrow = watch("reader", type="document"), watch("reader", type="document", user="user:3")
        async with (
            following(one.server, ACCESS, watch=broad) as everybody,
            following(one.server, ACCESS, watch=narrow) as somebody,
        ):
            assert await everybody.caught_up() == await somebody.caught_up() == []
            first, second = await add(one, *many), await add(one, "user:3 viewer document:2")
            heard = [await everybody.until(second), await somebody.until(second)]
            far = await add(one, *(f"user:{number} editor document:3" for number in range(9)))
            heard += [await everybody.until(far), await somebody.until(far)]
    assert overflows(heard[0]) == [(first, True), (second, False)]
    assert [told_briefly(each) for each in heard[1]] == [
        ["user:3 document:1 DENIED ALLOWED"], ["user:3 document:2 DENIED ALLOWED"],
    ]  # fmt: skip
    assert overflows(heard[2]) == overflows(heard[3]) == [(far, True)]


async def test_who_was_away_for_too_much_has_to_list_again(site: Site) -> None:
    asked = watch("reader", type="document")
    async with serving(site, access_comparisons_a_resumption_max=8) as one:
        await write_model(one, MODELS[0])
        revisions = [await add(one, f"user:{number} viewer document:1") for number in range(6)]
        async with following(one.server, ACCESS, watch=asked, after=revisions[0]) as stream:
            assert await stream.code() == "REVISION_GONE"
        async with following(one.server, ACCESS, watch=asked, after=revisions[2]) as stream:
            assert [each["revision"] for each in await stream.caught_up()] == revisions[3:]


async def test_who_was_away_while_the_model_changed_has_to_list_again_and_not_for_what_became_of_tuples(
    site: Site,
) -> None:
    async with serving(site) as one:
        await write_model(one, MODELS[0])
        before = await add(one, "user:a viewer document:1")
        await write_model(one, MODELS[1])
        after = await add(one, "user:b viewer document:1")
        async with following(one.server, ACCESS, watch=watch("viewer", type="document"), after=before) as stream:
            assert await stream.code() == "REVISION_GONE"
        async with following(one.server, TUPLES, after=before) as stream:
            assert [each["revision"] for each in await stream.caught_up()] == [after]


async def test_a_fault_in_comparing_ends_the_streams_and_neither_the_commit_nor_the_graph(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    async with serving(site) as one:
        await write_model(one, MODELS[0])
        async with following(one.server, ACCESS, watch=watch("viewer", type="document")) as stream:
            assert await stream.caught_up() == []
            with monkeypatch.context() as patched:
                patched.setattr(Comparison, "told", fail)
                await add(one, "user:a viewer document:1")
            assert await stream.code() == "INTERNAL"
        assert held(one.guarded.graph) == held(rebuilt(one.guarded.replica.live.state))
        async with following(one.server, ACCESS, watch=watch("viewer", type="document")) as stream:
            assert await stream.caught_up() == []
            last = await add(one, "user:b viewer document:1")
            assert [told_briefly(each) for each in await stream.until(last)] == [["user:b document:1 DENIED ALLOWED"]]


async def test_a_graph_that_is_built_anew_ends_the_streams(site: Site) -> None:
    async with serving(site) as one:
        await write_model(one, MODELS[0])
        before = await add(one, "user:a viewer document:1")
        async with (
            following(one.server, ACCESS, watch=watch("viewer", type="document")) as access,
            following(one.server, TUPLES) as changes,
        ):
            assert await access.caught_up() == await changes.caught_up() == []
            await add(one, "user:b viewer document:1")
            replica = one.guarded.replica
            replica.live.replace(await cold_load(replica.database, REGISTRY, CommitCodec(REGISTRY)))
            assert [await access.code(), await changes.code()] == ["REVISION_GONE", "REVISION_GONE"]
        async with following(one.server, TUPLES, after=before) as stream:
            assert await stream.code() == "REVISION_GONE"
