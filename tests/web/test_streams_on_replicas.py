"""Following the organization on real replicas: no gap, no double, in order, whoever writes where; imports once."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random
from typing import Any

import pytest

from graph_api.kernel.records import AnyChange, upsert
from graph_api.organization.model import HasSkill, Person, Skill
from graph_api.projection.port import FollowedReplica
from graph_api.projection.replica import Committed, Replica
from tests.api.organization import service_on
from tests.support.backup import copy, restore
from tests.support.commands import DROP, PUT, Drop, Put
from tests.support.proxy import Cut, wire_to
from tests.support.replicas import Site
from tests.support.seeds import seeds
from tests.support.sockets import Client, Server, greeted, nobody_follows, served

WRITERS = 4
COMMANDS_A_WRITER = 40
Told = dict[str, list[tuple[str, tuple[str, ...], str]]]
"""By revision: kind, ids and actor of each change, sorted."""


def serving(site: Site, replica: FollowedReplica, **settings: Any) -> AbstractAsyncContextManager[Server]:
    return served(service_on(replica, site.folder, port=0, **settings))


@asynccontextmanager
async def two_servers(site: Site, chunk: int = 2000, **settings: Any) -> AsyncGenerator[tuple[Server, Server]]:
    async with (
        site.two_replicas(import_chunk_changes=chunk) as (first, second),
        serving(site, first, **settings) as one,
        serving(site, second, **settings) as other,
    ):
        yield one, other


async def write(replica: FollowedReplica, name: str, random: Random, expected: Told) -> None:
    """Save and remove skills of one's own, under one's own name, and note what has to be told of it."""
    there: list[str] = []
    for number in range(COMMANDS_A_WRITER):
        if there and random.random() < 0.3:
            gone = there.pop(random.randrange(len(there)))
            done = await replica.submit(DROP, Drop(records=(Skill(id=gone, name=gone),)), actor=name)
            changes = [("skill.removed", (gone,), name)]
        else:
            new = [f"skill:{name}-{number}-{one}" for one in range(random.randint(1, 3))]
            there += new
            done = await replica.submit(PUT, Put(records=tuple(Skill(id=one, name=one) for one in new)), actor=name)
            changes = [("skill.saved", (one,), name) for one in new]
        assert isinstance(done, Committed)
        expected[done.revision] = sorted([*expected[done.revision], *changes])


def note(told: Told, message: Any) -> None:
    """Keep what a message tells; a revision is told once, and after those before it."""
    assert not message["overflow"]
    if message["changes"]:
        assert all(message["revision"] > earlier for earlier in told), "told twice, or late"
        told[message["revision"]] = sorted(
            (change["kind"], tuple(change["nodeIds"]), change["actor"]) for change in message["changes"]
        )


async def stay(client: Client, told: Told, done: asyncio.Future[str]) -> None:
    """Hear what is told until the last revision is."""
    revision = ""
    while not done.done() or revision < done.result():
        message = await client.message()
        revision = message["revision"]
        note(told, message)


async def hop(
    servers: tuple[Server, Server], start: str, random: Random, told: Told, done: asyncio.Future[str]
) -> None:
    """Follow for a few messages, go without a word, and resume on either replica, until the last revision is told."""
    revision = start
    while not done.done() or revision < done.result():
        async with greeted(random.choice(servers)) as client:
            await client.follow(after=revision)
            for _ in range(random.randint(1, 12)):
                message = await client.message()
                assert message["revision"] >= revision
                revision = message["revision"]
                note(told, message)


@pytest.mark.parametrize("seed", seeds(1, 3))
async def test_everything_is_told_once_and_in_order_while_many_write_on_two_replicas(site: Site, seed: int) -> None:
    expected: Told = defaultdict(list)
    heard: list[Told] = [{} for _ in range(5)]
    async with two_servers(site, subscription_silence_seconds=0.1) as servers:
        start, done = servers[0].service.replica.revision, asyncio.get_running_loop().create_future()
        async with greeted(servers[0]) as first, greeted(servers[1]) as second, asyncio.TaskGroup() as group:
            for client, told in zip((first, second), heard, strict=False):
                await client.follow()
                assert await client.until_caught_up()
                group.create_task(stay(client, told, done))
            for number in (2, 3, 4):
                group.create_task(hop(servers, start, Random(f"{seed} {number}"), heard[number], done))
            writing = [
                write(servers[number % 2].service.replica, f"writer-{number}", Random(f"{seed} w{number}"), expected)
                for number in range(WRITERS)
            ]
            await asyncio.gather(*writing)
            done.set_result(max(expected))
        for server in servers:
            await nobody_follows(server.service)
    assert heard == [expected] * 5


async def test_all_or_any_part_of_the_history_is_told_to_whoever_asks(site: Site) -> None:
    expected: Told = defaultdict(list)
    async with two_servers(site) as (writing, following), greeted(following) as client:
        start = writing.service.replica.revision
        await write(writing.service.replica, "writer", Random(7), expected)
        await following.service.replica.wait_for(max(expected))
        assert len(expected) > 30
        for after in (start, sorted(expected)[4], max(expected)):
            log, _, number = after.partition("-")
            await client.follow(after=f"{log}-{int(number)}")  # the same revision, written in another way
            told: Told = {}
            for message in (messages := await client.until_caught_up()):
                note(told, message)
            assert told == {revision: changes for revision, changes in expected.items() if revision > after}
            assert messages[-1] == nothing_more(following)


def nothing_more(server: Server) -> dict[str, Any]:
    replica = server.service.replica
    return {"changes": [], "overflow": False, "at": replica.at.isoformat(), "revision": replica.revision}


def organization(people: int) -> list[AnyChange]:
    persons = [Person(id=f"person:{number}", name="Imported") for number in range(people)]
    links = [HasSkill(source=person.id, target="skill:s", level=2) for person in persons]
    return [upsert(record) for record in (Skill(id="skill:s", name="S"), *persons, *links)]


async def test_import_is_told_once_at_its_closing_commit_live_and_from_the_log(site: Site) -> None:
    kinds = ["person.saved", "skill.saved"]
    async with (
        two_servers(site, chunk=20) as (one, other),
        greeted(one) as here,
        greeted(other) as there,
        greeted(other) as later,
    ):
        first, second = real(one), real(other)
        start = first.revision
        for client in (here, there):
            await client.follow(kinds)
            await client.until_caught_up()
        revision = await first.import_changes("import:1", organization(100), actor="importer", progress=print)
        messages = [await here.message(), await there.message()]
        await second.wait_for(revision)
        await later.follow(kinds, after=start)
        messages += (await later.until_caught_up())[:-1]
    assert int(revision[-12:]) - int(start[-12:]) > 10, "it was committed in many parts"
    assert [message["revision"] for message in messages] == [revision] * 3
    assert messages[0]["changes"] == messages[1]["changes"] == messages[2]["changes"]
    assert messages[0]["changes"] == [
        {"kind": "skill.saved", "nodeIds": ["skill:s"], "actor": "importer"},
        *(
            {"kind": "person.saved", "nodeIds": [f"person:{number}", "skill:s"], "actor": "importer"}
            for number in range(100)
        ),
    ]


def real(server: Server) -> Replica:
    replica = server.service.replica
    assert isinstance(replica, Replica)
    return replica


async def test_import_that_is_undone_is_never_told_and_one_under_its_id_is_told_alone(site: Site) -> None:
    dangling = upsert(HasSkill(source="person:1", target="skill:gone", level=2))
    only = [upsert(Skill(id="skill:x", name="X"))]
    async with (
        site.replica(import_chunk_changes=20) as replica,
        serving(site, replica) as server,
        greeted(server) as client,
    ):
        start = replica.revision
        await client.follow()
        await client.until_caught_up()
        with pytest.raises(Exception, match="does not exist"):
            await replica.import_changes("import:1", [*organization(50), dangling], actor="test", progress=print)
        undone = replica.revision
        again = await replica.import_changes("import:1", only, actor="test", progress=print)
        live = await client.message()
        await client.say("complete", id="1")
        await client.follow(after=start)
        replayed = await client.until_caught_up()
    assert undone > start
    assert live["changes"] == [{"kind": "skill.saved", "nodeIds": ["skill:x"], "actor": "test"}]
    assert live["revision"] == again
    assert replayed[:-1] == [live]


async def test_backup_that_is_put_back_ends_the_streams(site: Site) -> None:
    async with site.replica() as replica, serving(site, replica) as server, greeted(server) as client:
        await replica.submit(PUT, Put(records=(Skill(id="skill:a", name="A"),)), actor="test")
        backup = await copy(replica.database)
        await replica.submit(PUT, Put(records=(Skill(id="skill:b", name="B"),)), actor="test")
        gone = replica.revision
        await client.follow()
        await client.until_caught_up()
        await restore(replica.database, backup)
        assert await client.code() == "REVISION_GONE"
        await client.follow(after=gone)
        assert await client.code() == "REVISION_TIMEOUT", "this log has no such revision yet"
        await client.follow()
        assert (await client.message())["revision"] < gone


async def test_r9_replica_that_is_cut_off_ends_its_streams_and_the_client_resumes(site: Site) -> None:
    told: Told = {}
    async with (
        wire_to(site.address) as (wire, address),
        site.replica() as writing,
        site.replica(address=address, staleness_max_ms=500) as replica,
        serving(site, replica) as server,
        greeted(server) as client,
    ):
        await client.follow()
        start = (await client.until_caught_up())[-1]["revision"]
        wire.cut_everything()
        written = await writing.submit(PUT, Put(records=(Skill(id="skill:a", name="A"),)), actor="test")
        assert isinstance(written, Committed)
        assert await client.code() == "UNAVAILABLE"
        await nobody_follows(server.service)
        wire.cut = Cut.NOTHING
        await replica.live.wait_for(written.revision, seconds=30)
        await client.follow(after=start)
        for message in await client.until_caught_up():
            note(told, message)
    assert told == {written.revision: [("skill.saved", ("skill:a",), "test")]}
