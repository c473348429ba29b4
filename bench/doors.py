"""Services of one database, each a process of its own, and their clients: over HTTP, and on sockets."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from graph_api.store.address import ServerAddress

REQUEST_SECONDS: Final = 60
START_SECONDS: Final = 300


class Failed(Exception):
    """A request was answered by an error."""


class Door:
    """One service over HTTP, asked by the local administrator."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self.token = token
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        self.http = httpx.AsyncClient(base_url=address, timeout=REQUEST_SECONDS, trust_env=False, limits=limits)

    async def ask(self, query: str, variables: Mapping[str, Any], at_least: str | None = None) -> dict[str, Any]:
        """Return the data; raises Failed, and what HTTP raises."""
        headers = {"authorization": f"Bearer {self.token}"} | ({"revision-at-least": at_least} if at_least else {})
        answer = await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        body: dict[str, Any] = answer.json()
        if "errors" in body:
            raise Failed(body["errors"])
        return body["data"]


class Socket:
    """One socket of a service, on which one operation at a time is followed."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = count()
        self._following = ""

    async def follow(self, query: str, variables: Mapping[str, Any]) -> None:
        """Subscribe, and wait for the message that tells that everything before it was told."""
        self._following = f"{next(self._ids)}"
        payload = {"query": query, "variables": variables}
        await self._connection.send(json.dumps({"type": "subscribe", "id": self._following, "payload": payload}))
        await self.message()

    async def message(self) -> dict[str, Any]:
        """Return the next message of what is followed; raises Failed once that has ended."""
        while True:
            async with asyncio.timeout(REQUEST_SECONDS):
                told = json.loads(await self._connection.recv())
            if told.get("id") != self._following:
                continue
            if told["type"] != "next":
                raise Failed(told)
            (message,) = told["payload"]["data"].values()
            return message

    async def ended(self) -> None:
        """Wait until what is followed was ended by the service, whatever is told before."""
        try:
            while True:
                await self.message()
        except Failed:
            return


@asynccontextmanager
async def socket_of(door: Door, token: str | None = None) -> AsyncGenerator[Socket]:
    """Open a socket, as the holder of a token or as the local administrator."""
    place = door.address.replace("http", "ws", 1) + "/graphql"
    async with connect(place, subprotocols=[Subprotocol("graphql-transport-ws")], compression=None, proxy=None) as wire:
        payload = {"authorization": f"Bearer {token or door.token}"}
        await wire.send(json.dumps({"type": "connection_init", "payload": payload}))
        acknowledged = json.loads(await wire.recv())
        assert acknowledged["type"] == "connection_ack", acknowledged
        yield Socket(wire)


class Serving:
    """A `swarmgraph serve` process on the database of the benchmark."""

    def __init__(self, process: asyncio.subprocess.Process, door: Door) -> None:
        self.process = process
        self.door = door

    @property
    def memory(self) -> float:
        """MiB of the process itself."""
        return psutil.Process(self.process.pid).memory_info().rss / 2**20


@asynccontextmanager
async def serving(folder: Path, address: ServerAddress) -> AsyncGenerator[Serving]:
    """Serve until the block ends."""
    variables = os.environ | {
        "NEO4J_URI": address.uri, "NEO4J_USERNAME": address.username, "NEO4J_PASSWORD": address.password or "",
        "SWARMGRAPH_PORT": "0", "SWARMGRAPH_DATA_DIR": str(folder), "SWARMGRAPH_LOG_LEVEL": "WARNING",
        "SWARMGRAPH_MUTATION_SECONDS": str(REQUEST_SECONDS),
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "graph_api.cli", "serve", stdout=asyncio.subprocess.PIPE, env=variables
    )
    try:
        door = await _door(process)
        async with door.http:
            yield Serving(process, door)
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), REQUEST_SECONDS)


@asynccontextmanager
async def two_serving(folder: Path, address: ServerAddress) -> AsyncGenerator[tuple[Serving, Serving]]:
    """Serve by two processes, each with a folder of its own inside this one."""
    async with serving(folder / "first", address) as first, serving(folder / "second", address) as second:
        yield first, second


async def _door(process: asyncio.subprocess.Process) -> Door:
    assert process.stdout is not None
    async with asyncio.timeout(START_SECONDS):
        while line := (await process.stdout.readline()).decode():
            if "/#token=" in line:
                address, _, token = line.strip().rpartition(" ")[2].partition("/#token=")
                return Door(address, token)
    raise RuntimeError("the service printed no link")
