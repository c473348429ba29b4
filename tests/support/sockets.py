"""A real server on a real socket, and a client that speaks graphql-transport-ws with it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from graph_api.api.service import ApiService
from graph_api.web.serve import serve
from tests.api.organization import TOKEN, memory_service
from tests.support.waiting import until

PROTOCOL = Subprotocol("graphql-transport-ws")
PLAIN: dict[str, Any] = {
    "subprotocols": [PROTOCOL], "compression": None, "proxy": None, "ping_interval": None, "max_size": None
}  # fmt: skip
CHANGES = """subscription($kinds: [String!], $after: Revision) { organizationChanges(kinds: $kinds, after: $after)
    { changes { kind nodeIds actor } overflow at revision } }"""
PATIENCE_SECONDS = 30.0
"""How long is waited for what must come; nothing is measured by it."""


class Server:
    """A server in a task, and where it listens."""

    def __init__(self, service: ApiService) -> None:
        self.service = service
        self._stop = asyncio.Event()
        self._links: list[str] = []
        self._task = asyncio.create_task(serve(service, TOKEN, self._links.append, stop=self._stop))

    @property
    def port(self) -> int:
        return urlsplit(self._links[0]).port or 0

    async def listens(self) -> None:
        await until(lambda: bool(self._links) or self._task.done())

    async def stop(self) -> None:
        """Stop it and raise what went wrong in it."""
        self._stop.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._task


@asynccontextmanager
async def served(service: ApiService) -> AsyncGenerator[Server]:
    server = Server(service)
    await server.listens()
    try:
        yield server
    finally:
        await server.stop()


def in_memory(**settings: Any) -> AbstractAsyncContextManager[Server]:
    """Serve the small organization from memory."""
    return served(memory_service(port=0, **settings))


class Client:
    """One socket: what is said on it, and what is heard, within a deadline."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._ids = 0

    async def say(self, kind: str, **more: Any) -> None:
        await self.connection.send(json.dumps({"type": kind, **more}))

    async def hear(self) -> Any:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return json.loads(await self.connection.recv())

    async def close_code(self) -> int:
        """Return the code that the server ends the socket with, whatever it says before."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd is not None else 0

    async def greet(self) -> None:
        await self.say("connection_init", payload={"authorization": f"Bearer {TOKEN}"})
        assert await self.hear() == {"type": "connection_ack"}

    async def begin(self, query: str, variables: Mapping[str, Any] | None = None, **more: Any) -> str:
        """Begin an operation and return its id."""
        self._ids += 1
        await self.say("subscribe", id=f"{self._ids}", payload={"query": query, "variables": variables, **more})
        return f"{self._ids}"

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """Return the whole answer to a query or mutation, or to one that is refused."""
        operation = await self.begin(query, variables, **more)
        told = await self.hear()
        assert told["id"] == operation
        if told["type"] == "error":
            return {"errors": told["payload"]}
        assert await self.hear() == {"type": "complete", "id": operation}
        return told["payload"]

    async def follow(self, kinds: list[str] | None = None, after: str | None = None) -> str:
        """Begin to follow the organization and return the operation's id."""
        return await self.begin(CHANGES, {"kinds": kinds, "after": after})

    async def message(self) -> Any:
        """Return the next message about the organization."""
        told = await self.hear()
        assert told["type"] == "next", told
        assert "errors" not in told["payload"], told
        message = told["payload"]["data"]["organizationChanges"]
        assert told["payload"]["extensions"]["revision"] == message["revision"]
        return message

    async def until_caught_up(self) -> list[Any]:
        """Return the messages up to the one that tells that all before it was told, that one among them."""
        messages = [await self.message()]
        while messages[-1]["changes"] or messages[-1]["overflow"]:
            messages.append(await self.message())
        return messages

    async def code(self) -> str:
        """Return the code of the error that ends an operation."""
        told = await self.hear()
        while told["type"] == "next":
            told = await self.hear()
        assert told["type"] == "error", told
        return str(told["payload"][0]["extensions"]["code"])


@asynccontextmanager
async def opened(server: Server, *, name: str = "127.0.0.1", **more: Any) -> AsyncGenerator[Client]:
    """Open a socket under a host name and say nothing on it."""
    place: dict[str, Any] = {} if "sock" in more else {"host": "127.0.0.1", "port": server.port}
    async with connect(f"ws://{name}:{server.port}/graphql", **PLAIN | place | more) as connection:
        yield Client(connection)


@asynccontextmanager
async def greeted(server: Server, **more: Any) -> AsyncGenerator[Client]:
    """Open a socket and show the token."""
    async with opened(server, **more) as client:
        await client.greet()
        yield client


def operations() -> list[str]:
    """Return the names of the tasks that serve operations on sockets."""
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("operation ")]


async def nobody_follows(service: ApiService) -> None:
    """Wait until nothing is left of any subscription."""
    await until(lambda: service.announcements.subscribers == 0 and operations() == [])
