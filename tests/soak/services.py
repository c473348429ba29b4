"""Several services on one database, at the beginning of a long test and at its end."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from graph_api.projection.commit import CommitCodec
from graph_api.projection.loading import cold_load
from graph_api.projection.snapshot import read_snapshot
from graph_api.projection.state import State, digest
from graph_api.store.database import Database
from graph_api.store.managed.locks import wait_until
from tests.support.replicas import REGISTRY
from tests.support.services import Service, bury, launched

CODEC = CommitCodec(REGISTRY)


async def holds(condition: Callable[[], bool], seconds: float = 180.0) -> None:
    """Wait for a condition on another thread, seldom enough that whoever is waited for has the processors."""
    assert await asyncio.to_thread(wait_until, condition, seconds), f"it did not come true within {seconds} s"


async def started(environment: Mapping[str, str]) -> Service:
    """Start a service and wait until it answers."""
    process = launched("serve", environment=environment)
    try:
        return await asyncio.to_thread(Service, process)
    except BaseException:
        process.kill()
        process.wait()
        raise


async def asked(http: httpx.AsyncClient, service: Service, query: str, **variables: Any) -> Any:
    """Ask for one field until the service is not too busy to keep up with the log."""
    (outcome,) = (await asked_for_data(http, service, query, variables)).values()
    return outcome


async def asked_for_data(http: httpx.AsyncClient, service: Service, query: str, variables: Mapping[str, Any]) -> Any:
    """Ask until the service is not too busy to keep up with the log, as any client must."""
    body = {"query": query, "variables": variables}
    while True:
        answer = (await http.post(f"{service.address}/graphql", json=body, headers=service.headers)).json()
        if "errors" not in answer:
            return answer["data"]
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAVAILABLE"}, answer["errors"]
        await holds(service.is_ready)


@asynccontextmanager
async def services(environments: Sequence[Mapping[str, str]]) -> AsyncGenerator[list[Service]]:
    """Start services at the same time; none is left at the end of the block, in which they may be replaced."""
    running: list[Service] = []
    try:
        async with asyncio.TaskGroup() as group:
            starting = [group.create_task(started(environment)) for environment in environments]
        running += [task.result() for task in starting]
        yield running
    finally:
        for service in running:
            bury(service.process)


class LastWords(msgspec.Struct, frozen=True):
    """Where a state stands, and a hash over all that it holds."""

    revision: int
    chained: str
    digest: str


async def last_words(running: Sequence[Service], folder: Path, revision: str) -> list[LastWords]:
    """Let services end once they have a revision, and read what they wrote down of their states."""
    for service in running:
        await holds(lambda service=service: service.has(revision))
    await asyncio.gather(*(asyncio.to_thread(service.end, signal.SIGTERM) for service in running))
    states = [read_snapshot(path, REGISTRY) for path in sorted((folder / "snapshots").glob("*/state.snapshot"))]
    assert len(states) == len(running), "each service writes a snapshot of its own"
    return [words_of(state) for state in states if state is not None]


async def loaded(database: Database) -> State:
    """Load the state from the graph alone."""
    return await cold_load(database, REGISTRY, CODEC)


def words_of(state: State) -> LastWords:
    return LastWords(state.revision, state.hash, digest(state.graph))
