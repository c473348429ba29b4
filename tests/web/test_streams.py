"""Following the organization over a socket: what is told, when, and what happens to those who are slow or stay."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from graph_api.organization.model import Skill
from tests.api.organization import memory_service
from tests.support.commands import PUT, Put
from tests.support.memory_replica import MemoryReplica
from tests.support.sockets import (
    PATIENCE_SECONDS,
    Client,
    Server,
    greeted,
    in_memory,
    nobody_follows,
    operations,
    served,
)

SAVE = """mutation { savePeople(input: {people: [{id: "person:eve", name: "Eve", managerId: "person:ada",
    skills: [{skillId: "skill:tax", level: 3}]}, {id: "person:bo", name: "Bob"}]}) { ... on Saved { revision } } }"""


def memory_of(server: Server) -> MemoryReplica:
    replica = server.service.replica
    assert isinstance(replica, MemoryReplica)
    return replica


async def put(server: Server, *keys: str, name: str = "a skill") -> str:
    """Save skills in one commit and return its revision."""
    records = tuple(Skill(id=f"skill:{key}", name=name) for key in keys)
    await server.service.replica.submit(PUT, Put(records=records), actor="test")
    return server.service.replica.revision


def told(message: Any) -> list[tuple[str, list[str]]]:
    return [(change["kind"], change["nodeIds"]) for change in message["changes"]]


async def test_changes_of_a_commit_are_one_message_with_who_asked_for_them() -> None:
    async with in_memory() as server, greeted(server) as client, greeted(server) as writer:
        await client.follow()
        beginning = await client.message()
        saved = (await writer.ask(SAVE))["data"]["savePeople"]
        message = await client.message()
    assert (beginning["changes"], beginning["overflow"], message["overflow"]) == ([], False, False)
    assert message["changes"] == [
        {"kind": "person.saved", "nodeIds": ["person:eve", "person:ada", "skill:tax"], "actor": "admin:local"},
        {"kind": "person.saved", "nodeIds": ["person:bo"], "actor": "admin:local"},
    ]
    assert message["revision"] == saved["revision"] > beginning["revision"]
    assert message["at"] > beginning["at"]


async def test_only_the_kinds_that_are_asked_for_are_told() -> None:
    async with in_memory() as server, greeted(server) as client, greeted(server) as nothing, greeted(server) as writer:
        await client.follow(["person.saved", "skill.removed"])
        await nothing.follow([])
        assert (await client.message())["changes"] == (await nothing.message())["changes"] == []
        await put(server, "a", "b")
        await writer.ask(SAVE)
        assert {kind for kind, _ in told(await client.message())} == {"person.saved"}
        await nothing.say("ping")
        assert await nothing.hear() == {"type": "pong"}


async def test_silence_is_broken_by_a_message_that_moves_the_resume_point() -> None:
    async with in_memory(subscription_silence_seconds=0.02) as server, greeted(server) as client:
        await client.follow(["task.opened"])
        beginning = await client.message()
        revision = await put(server, "a")
        message = beginning
        while message["revision"] == beginning["revision"]:
            message = await client.message()
        assert (message["changes"], message["overflow"], message["revision"]) == ([], False, revision)
        assert message["at"] > beginning["at"]
        assert (await client.message())["revision"] == revision


async def test_commit_of_too_many_changes_is_told_as_an_overflow_and_the_next_one_whole() -> None:
    async with in_memory(subscription_changes_max=2) as server, greeted(server) as client:
        start = server.service.replica.revision
        await client.follow()
        await client.message()
        revisions: list[str] = []
        messages: list[Any] = []
        for names in (("a", "b"), ("c", "d", "e"), ("f",)):
            revisions.append(await put(server, *names))
            messages.append(await client.message())
        await client.follow(after=start)
        again = await client.until_caught_up()
    assert [(message["revision"], message["overflow"]) for message in messages] == list(
        zip(revisions, [False, True, False], strict=True)
    )
    assert [len(message["changes"]) for message in messages] == [2, 0, 1]
    assert again[:-1] == messages


@asynccontextmanager
async def slow(server: Server) -> AsyncGenerator[Client]:
    """Open a socket that takes in little before it is read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", server.port))
    connection.settimeout(0)
    async with greeted(server, sock=connection, max_queue=1) as client:
        yield client


WAITING = 5


async def fill(server: Server, client: Client) -> None:
    """Stop reading and commit until messages wait because nothing more can be sent, or the client is let go for it."""
    client.connection.transport.pause_reading()
    async with greeted(server) as other:
        for number in range(1000):
            if server.service.announcements.waiting >= WAITING or not server.service.announcements.subscribers:
                return
            await put(server, *(f"{one:0150}" for one in range(1000)), name=f"the {number}th name")
            await other.say("ping")
            assert await other.hear() == {"type": "pong"}  # the server had time to send what it could
    raise AssertionError("the socket took everything")


async def test_slow_client_is_told_of_the_overflow_and_then_everything_again() -> None:
    async with in_memory(subscription_queue_max=WAITING) as server, slow(server) as client:
        await client.follow()
        beginning = await client.message()
        await fill(server, client)
        *_, dropped = [await put(server, f"dropped-{number}") for number in range(10)]
        client.connection.transport.resume_reading()
        messages = [await client.message()]
        while not messages[-1]["overflow"]:
            messages.append(await client.message())
        later = [await put(server, f"later-{number}") for number in range(3)]
        messages += [await client.message() for _ in later]
    *before, overflow = (message["revision"] for message in messages[: -len(later)])
    assert overflow == dropped
    assert [message["revision"] for message in messages[-len(later) :]] == later
    assert [int(one[-12:]) - int(beginning["revision"][-12:]) for one in before] == [*range(1, len(before) + 1)]


async def test_slow_client_that_answers_no_ping_is_let_go() -> None:
    async with in_memory(socket_ping_seconds=2.0) as server, slow(server) as client:
        await client.follow()
        await client.message()
        assert server.service.announcements.subscribers == 1
        await fill(server, client)
        await nobody_follows(server.service)
        client.connection.transport.resume_reading()
        # Why it is let go may not reach it: what waits before that cannot be sent.
        assert await client.close_code() in {0, 1011}


async def test_stop_of_the_server_closes_every_socket_and_leaves_nothing() -> None:
    service = memory_service(port=0)
    async with served(service) as server, greeted(server) as first, greeted(server) as second:
        for client in (first, second):
            await client.follow()
            await client.message()
        await server.stop()
        assert (service.announcements.subscribers, operations()) == (0, [])
        assert [await client.close_code() for client in (first, second)] == [1012, 1012]


async def test_stop_of_the_server_does_not_wait_for_a_client_that_reads_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = memory_service(port=0)
    async with served(service) as server, slow(server) as client:
        await client.follow()
        await client.message()
        await fill(server, client)
        await server.stop()
        assert (service.announcements.subscribers, operations()) == (0, [])
        assert "graceful shutdown exceeded" not in caplog.text
        client.connection.transport.resume_reading()


async def test_log_that_is_replaced_ends_the_stream() -> None:
    async with in_memory() as server, greeted(server) as client:
        await client.follow()
        await client.message()
        memory_of(server).tell(None)
        assert await client.code() == "REVISION_GONE"
        await nobody_follows(server.service)


async def test_replica_that_loses_the_log_ends_the_stream() -> None:
    async with in_memory() as server, greeted(server) as client:
        await client.follow()
        await client.message()
        memory_of(server).is_fresh = False
        await put(server, "a")
        assert await client.code() == "UNAVAILABLE"
        await nobody_follows(server.service)


async def test_many_subscribers_are_told_the_same() -> None:
    async with in_memory() as server:
        clients = [greeted(server) for _ in range(20)]
        opened = [await one.__aenter__() for one in clients]
        for client in opened:
            await client.follow()
            await client.message()
        revisions = [await put(server, f"{number}") for number in range(10)]
        async with asyncio.timeout(PATIENCE_SECONDS):
            heard = [[(await client.message())["revision"] for _ in revisions] for client in opened]
        assert heard == [revisions] * 20
        for one in clients:
            await one.__aexit__(None, None, None)
