"""Clients of services that may be killed at any moment: they ask, again and again, until an answer comes."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any, ClassVar, Final

import httpx
import msgspec

from graph_api.kernel.records import RecordKey
from graph_api.projection.revision import number_of
from tests.support.services import NO_REUSE, Service

REQUEST_SECONDS: Final = 120
OUTAGE_SECONDS: Final = 300
FAILURES_AT_ONCE: Final = 2
RETRIED: Final = frozenset({"UNAVAILABLE", "TIMEOUT", "RATE_LIMITED", "REVISION_TIMEOUT"})
"""Codes after which a client asks the same again."""


class Acknowledged(msgspec.Struct, frozen=True):
    """A command that was answered: its key, the revision told, and every record that it must have written."""

    operation: str
    key: str
    revision: int
    records: frozenset[RecordKey]


class Clients(ABC):
    """Clients of several services. `flowing` tells them when it is worth asking after everybody has failed."""

    asks_again: ClassVar[frozenset[str]] = frozenset()
    """Outcomes after which a client asks the same again."""

    def __init__(self, services: Sequence[Service], clients: int) -> None:
        self._services = services
        self._clients = clients
        self._stopping = False
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.acknowledged: list[Acknowledged] = []
        self.retries = 0
        self.newest = ""

    @abstractmethod
    async def prepare(self) -> None:
        """Write what the clients refer to."""

    @abstractmethod
    async def step(self, http: httpx.AsyncClient, number: int, step: int) -> None:
        """Have one client write something until it is acknowledged."""

    async def run(self) -> None:
        """Write until stopped; each client's last command is answered before it ends."""
        async with patient() as http, asyncio.TaskGroup() as group:
            for number in range(self._clients):
                group.create_task(self._write(http, number))

    def stop(self) -> None:
        self._stopping = True

    async def _write(self, http: httpx.AsyncClient, number: int) -> None:
        for step in count():
            if self._stopping:
                return
            await self.step(http, number, step)

    def note(self, operation: str, key: str, told: dict[str, Any], records: Iterable[RecordKey]) -> None:
        """Keep what was acknowledged."""
        revision = told["revision"]
        self.newest = max(self.newest, revision)
        self.acknowledged.append(Acknowledged(operation, key, number_of(revision, revision), frozenset(records)))

    async def until_told(
        self, http: httpx.AsyncClient, number: int, query: str, wanted: str, **asked: Any
    ) -> dict[str, Any]:
        """Ask the one service and the other in turn, always the same, until one says that it was carried out."""
        for attempt in count():
            told = await self._ask(http, self._services[(number + attempt) % len(self._services)], query, asked)
            if told is not None and told["__typename"] == wanted:
                return told
            assert told is None or told["__typename"] in self.asks_again, (asked, told)
            self.retries += 1
            if attempt % FAILURES_AT_ONCE == FAILURES_AT_ONCE - 1:
                await asyncio.wait_for(self.flowing.wait(), OUTAGE_SECONDS)
        raise AssertionError("count() has no end")

    async def _ask(
        self, http: httpx.AsyncClient, service: Service, query: str, asked: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Return what was told, or None where the service was killed meanwhile or says to ask again."""
        body: dict[str, Any] = {"query": query, "variables": {"input": asked}}
        if self.newest:
            # What it refers to may have been written by the other service a moment ago.
            body["extensions"] = {"atLeast": self.newest}
        try:
            answer = (await http.post(f"{service.address}/graphql", json=body, headers=service.headers)).json()
        except httpx.TransportError:
            return None
        if "errors" in answer:
            assert {error["extensions"]["code"] for error in answer["errors"]} <= RETRIED, answer["errors"]
            return None
        (told,) = answer["data"].values()
        return told


def patient() -> httpx.AsyncClient:
    """Return what asks over HTTP and waits as long as a client may have to."""
    return httpx.AsyncClient(timeout=REQUEST_SECONDS, limits=NO_REUSE, trust_env=False)
