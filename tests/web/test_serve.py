"""Serving on a real socket: free port, link, stop after the requests under way."""

import asyncio
import os
import signal
import socket
from typing import Any

import httpx
import pytest

from graph_api.kernel.errors import SettingsError
from graph_api.web.serve import link_to, listen, serve
from tests.api.organization import TOKEN, memory_service
from tests.support.waiting import until

QUESTION = {"query": "{ viewer { id } }"}


class Serving:
    """A server in a task, and the link it told."""

    def __init__(self, **overrides: Any) -> None:
        self.stop = asyncio.Event()
        self.links: list[str] = []
        service = memory_service(port=0, **overrides)
        self.task = asyncio.create_task(serve(service, TOKEN, self.links.append, stop=self.stop))

    async def address(self) -> str:
        await until(lambda: bool(self.links) or self.task.done())
        return self.links[0].partition("#")[0]


async def test_server_takes_a_free_port_and_tells_the_link_with_the_token() -> None:
    serving = Serving()
    address = await serving.address()
    assert serving.links == [f"{address}#token={TOKEN}"]
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {TOKEN}"}) as http:
        answer = await http.post(f"{address}graphql", json=QUESTION)
    assert answer.json()["data"] == {"viewer": {"id": "admin:local"}}
    assert "server" not in answer.headers
    serving.stop.set()
    await asyncio.wait_for(serving.task, 10)
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient() as http:
            await http.get(address)


async def test_connection_without_a_request_is_closed_only_after_the_time_that_is_set() -> None:
    serving = Serving(keep_alive_seconds=1)
    address = httpx.URL(await serving.address())
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 200")
    await asyncio.wait_for(reader.read(), 30)
    assert reader.at_eof()
    writer.close()
    assert memory_service().settings.keep_alive_seconds == 75
    serving.stop.set()
    await asyncio.wait_for(serving.task, 10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signal_ends_the_server_and_leaves_the_process(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    serving = Serving()
    address = await serving.address()
    try:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(serving.task, 10)
    finally:
        signal.signal(number, before)
    assert serving.task.exception() is None
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient() as http:
            await http.get(address)


async def test_port_in_use_is_told_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        service = memory_service(port=taken.getsockname()[1])
        with pytest.raises(SettingsError, match=r"Nothing can be served at 127\.0\.0\.1, port"):
            await serve(service, TOKEN, lambda _: None)


def test_connections_send_small_answers_at_once() -> None:
    with listen(memory_service(port=0).settings) as listening, socket.create_connection(listening.getsockname()):
        connection, _ = listening.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_link_names_an_address_that_a_browser_can_open() -> None:
    assert link_to("0.0.0.0", 80, "t") == "http://127.0.0.1:80/#token=t"
    assert link_to("::1", 80, "t") == "http://[::1]:80/#token=t"
