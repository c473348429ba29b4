"""The protocol graphql-transport-ws on a real socket: who may speak, what may be said, how a socket ends."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from tests.api.organization import TOKEN
from tests.support.sockets import PROTOCOL, Client, Server, greeted, in_memory, nobody_follows, opened, operations
from tests.support.waiting import until

VIEWER = "{ viewer { id } }"
ADMINISTRATOR = {"data": {"viewer": {"id": "admin:local"}}}
HEADER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
async def server() -> AsyncGenerator[Server]:
    """A server with the limits as they are set."""
    async with in_memory(host_names="swarm.example") as server:
        yield server


async def init(client: Client, payload: Any = None) -> None:
    await client.say("connection_init", **({} if payload is None else {"payload": payload}))


@pytest.mark.parametrize(
    ("headers", "payload"),
    [
        ({}, {"authorization": f"Bearer {TOKEN}"}),
        ({}, {"Authorization": f"bearer {TOKEN}", "other": 1}),
        (HEADER, None),
        (HEADER, {}),
        ({"authorization": "Bearer wrong"}, {"authorization": f"Bearer {TOKEN}"}),
    ],
)
async def test_token_may_come_in_the_first_message_or_with_the_handshake(
    server: Server, headers: Any, payload: Any
) -> None:
    async with opened(server, additional_headers=headers) as client:
        await init(client, payload)
        assert await client.hear() == {"type": "connection_ack"}
        assert client.connection.subprotocol == PROTOCOL
        assert (await client.ask(VIEWER))["data"] == ADMINISTRATOR["data"]


@pytest.mark.parametrize(
    ("headers", "payload", "code"),
    [
        ({}, None, 4401),
        ({}, {"token": TOKEN}, 4401),
        ({}, {"authorization": "Bearer wrong"}, 4403),
        ({}, {"authorization": TOKEN}, 4403),
        ({}, {"authorization": ["Bearer", TOKEN]}, 4403),
        ({"authorization": "Bearer wrong"}, None, 4403),
        (HEADER, {"authorization": "Bearer wrong"}, 4403),
    ],
)
async def test_socket_without_the_token_is_closed(server: Server, headers: Any, payload: Any, code: int) -> None:
    async with opened(server, additional_headers=headers) as client:
        await init(client, payload)
        assert await client.close_code() == code
        assert TOKEN not in (client.connection.close_reason or "")


async def test_nothing_is_asked_before_the_token_is_shown(server: Server) -> None:
    async with opened(server, additional_headers=HEADER) as client:
        await client.say("ping")
        assert await client.hear() == {"type": "pong"}
        await client.begin(VIEWER)
        assert await client.close_code() == 4401


async def test_token_is_shown_once(server: Server) -> None:
    async with greeted(server) as client:
        await init(client, {"authorization": f"Bearer {TOKEN}"})
        assert await client.close_code() == 4429


async def test_socket_on_which_nothing_is_said_is_closed() -> None:
    async with in_memory(socket_init_seconds=0.05) as server, opened(server) as client:
        assert await client.close_code() == 4408


async def test_socket_on_which_the_token_was_shown_may_stay_silent() -> None:
    async with in_memory(socket_init_seconds=0.05) as server, opened(server) as silent, greeted(server) as client:
        assert await silent.close_code() == 4408
        assert (await client.ask(VIEWER))["data"] == ADMINISTRATOR["data"]


@pytest.mark.parametrize("protocols", [None, ["graphql-ws"]])
async def test_another_protocol_is_not_spoken(server: Server, protocols: Any) -> None:
    async with opened(server, subprotocols=protocols) as client:
        assert await client.close_code() == 4406


BAD_MESSAGES: dict[str, str | bytes] = {
    "nothing": "",
    "no JSON": "{",
    "no object": '["ping"]',
    "no type": "{}",
    "a type that is none": '{"type": "start"}',
    "a type that is a number": '{"type": 7}',
    "what only a server says": '{"type": "next", "id": "1", "payload": {}}',
    "no id": '{"type": "subscribe", "payload": {"query": "{ viewer { id } }"}}',
    "an id that is a number": '{"type": "subscribe", "id": 1, "payload": {"query": "{ viewer { id } }"}}',
    "no payload": '{"type": "subscribe", "id": "1"}',
    "no query": '{"type": "subscribe", "id": "1", "payload": {}}',
    "variables that are a list": '{"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "variables": []}}',
    "half a character": '{"type": "complete", "id": "\\ud800"}',
    "what is nested deeply": '{"type": "ping", "payload": {"a": ' + "[" * 50_000 + "]" * 50_000 + "}}",
    "bytes": b'{"type": "ping"}',
}


@pytest.mark.parametrize("message", BAD_MESSAGES.values(), ids=BAD_MESSAGES.keys())
async def test_what_is_no_message_closes_the_socket(server: Server, message: str | bytes) -> None:
    async with greeted(server) as client:
        await client.connection.send(message)
        assert await client.close_code() == 4400
        assert client.connection.close_reason


async def end_after(client: Client, text: str) -> int | None:
    """Say anything and then ping: return the code with which the socket ends, None where it goes on."""
    await client.connection.send(text)
    await client.say("ping", payload={"last": True})
    try:
        while (await client.hear()).get("payload") != {"last": True}:
            pass
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else 0
    return None


ANYTHING = st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2))
KINDS = st.sampled_from(["connection_init", "ping", "pong", "subscribe", "complete", "next"])
SHAPED = st.fixed_dictionaries({"type": KINDS}, optional={"id": ANYTHING, "payload": ANYTHING}).map(json.dumps)


@settings(max_examples=50)
@given(text=st.text(max_size=20) | SHAPED)
async def test_no_message_whatsoever_is_a_fault_of_ours(server: Server, text: str) -> None:
    async with greeted(server) as client:
        assert await end_after(client, text) in {None, 4400, 4429}


async def test_message_beyond_the_limit_closes_the_socket() -> None:
    async with in_memory(body_max_bytes=5000) as server, greeted(server) as client:
        fitting = await client.ask(VIEWER, {"filler": "x" * 4000})
        assert fitting["data"] == ADMINISTRATOR["data"]
        await client.begin(VIEWER, {"filler": "x" * 6000})
        assert await client.close_code() == 1009


@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({}, True),
        ({"origin": "http://localhost:3000"}, True),
        ({"origin": "https://swarm.example"}, True),
        ({"origin": "http://[::1]:8020"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "https://localhost.evil.example"}, False),
        ({"origin": "http://[::1"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
    ],
)
async def test_pages_from_elsewhere_open_no_socket(server: Server, headers: dict[str, str], is_let_in: bool) -> None:
    if is_let_in:
        async with opened(server, additional_headers=headers) as client:
            await client.greet()
    else:
        with pytest.raises(InvalidStatus) as refused:
            await opened(server, additional_headers=headers).__aenter__()
        assert refused.value.response.status_code == 403
        assert b"FORBIDDEN" in (refused.value.response.body or b"")


async def test_sockets_are_opened_under_our_own_names_only(server: Server) -> None:
    async with opened(server, name="swarm.example") as client:
        await client.greet()
    with pytest.raises(InvalidStatus) as refused:
        await opened(server, name="evil.example").__aenter__()
    assert refused.value.response.status_code == 403


async def test_ping_is_answered_with_what_it_brought(server: Server) -> None:
    async with greeted(server) as client:
        await client.say("ping", payload={"at": 7})
        assert await client.hear() == {"type": "pong", "payload": {"at": 7}}
        await client.say("pong")
        await client.say("ping")
        assert await client.hear() == {"type": "pong"}


async def test_id_in_use_closes_the_socket(server: Server) -> None:
    async with greeted(server) as client:
        await client.follow()
        await client.message()
        await client.say("subscribe", id="1", payload={"query": VIEWER})
        assert await client.close_code() == 4409
        await nobody_follows(server.service)


async def test_completed_operation_says_nothing_more_and_its_id_is_free(server: Server) -> None:
    async with greeted(server) as client:
        operation = await client.follow()
        await client.message()
        await client.say("complete", id=operation)
        await client.say("complete", id="never begun")
        await client.say("subscribe", id=operation, payload={"query": VIEWER})
        assert (await client.hear())["payload"]["data"] == ADMINISTRATOR["data"]
        assert await client.hear() == {"type": "complete", "id": operation}
        await nobody_follows(server.service)


async def test_operations_beyond_the_limit_are_refused_and_the_others_go_on() -> None:
    async with in_memory(socket_operations_max=2) as server, greeted(server) as client:
        first = await client.follow()
        await client.message()
        await client.follow()
        await client.message()
        assert (await client.ask(VIEWER))["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        await client.say("complete", id=first)
        assert (await client.ask(VIEWER))["data"] == ADMINISTRATOR["data"]


async def test_sockets_beyond_the_limit_are_refused_until_one_is_closed() -> None:
    async with in_memory(sockets_max=1) as server:
        async with greeted(server):
            with pytest.raises(InvalidStatus) as refused:
                await opened(server).__aenter__()
            assert refused.value.response.status_code == 429
            assert b"RATE_LIMITED" in (refused.value.response.body or b"")
        async with asyncio.timeout(30):
            while True:
                try:
                    async with greeted(server):
                        return
                except InvalidStatus:
                    continue


async def test_client_that_goes_leaves_nothing_behind(server: Server) -> None:
    async with greeted(server) as client:
        for _ in range(5):
            await client.follow()
            await client.message()
        assert server.service.announcements.subscribers == len(operations()) == 5
    await nobody_follows(server.service)


async def test_client_that_is_lost_leaves_nothing_behind(server: Server) -> None:
    async with greeted(server) as client:
        await client.follow()
        await client.message()
        assert server.service.announcements.subscribers == len(operations()) == 1
        client.connection.transport.abort()
        await nobody_follows(server.service)


async def test_client_that_answers_no_ping_is_let_go() -> None:
    async with in_memory(socket_ping_seconds=0.1) as server, greeted(server) as client:
        await client.follow()
        await client.message()
        client.connection.transport.pause_reading()
        assert server.service.announcements.subscribers == len(operations()) == 1
        await nobody_follows(server.service)
        client.connection.transport.resume_reading()
        assert await client.close_code() == 1011


class Counting(ClientConnection):
    """A connection that counts the server's pings."""

    pings = 0

    def process_event(self, event: Any) -> None:
        self.pings += isinstance(event, Frame) and event.opcode is Opcode.PING
        super().process_event(event)


async def test_client_that_answers_pings_stays() -> None:
    async with in_memory(socket_ping_seconds=0.05) as server, greeted(server, create_connection=Counting) as client:
        connection = client.connection
        assert isinstance(connection, Counting)
        await until(lambda: connection.pings >= 4)
        assert (await client.ask(VIEWER))["data"] == ADMINISTRATOR["data"]


async def test_access_log_tells_of_a_socket_neither_its_token_nor_what_was_asked(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="graph_api"):
        async with greeted(server) as client:
            await client.ask("{ secretField }")
        async with opened(server) as client:
            await init(client)
            assert await client.close_code() == 4401
        with pytest.raises(InvalidStatus):
            await opened(server, name="evil.example").__aenter__()
        await until(lambda: len(lines(caplog)) == 3)
    ended = [re.fullmatch(r"A socket at '/graphql' ended with (\d+) after \d+\.\d s\.", line) for line in lines(caplog)]
    assert {found[1] for found in ended if found} == {"1000", "4401", "403"}
    assert "secretField" not in caplog.text
    assert TOKEN not in caplog.text


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "graph_api.web.middleware"]
