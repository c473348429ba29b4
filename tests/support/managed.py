"""The managed server in tests: small settings, other processes that hold it, and what is left of it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil

from graph_api.ops.settings import Settings, load_settings
from graph_api.store.address import ServerAddress
from graph_api.store.cypher import NoParams, Query
from graph_api.store.database import Database
from graph_api.store.managed.locks import wait_until
from graph_api.store.managed.places import places_of
from graph_api.store.managed.processes import ProcessId
from graph_api.store.managed.state import Phase, ServerState, read_state

WAIT_SECONDS = 90.0
NO_NETWORK = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "NO_PROXY": "", "no_proxy": ""}
"""An environment in which whatever is fetched goes to a port where nobody listens."""


class _Number(msgspec.Struct):
    number: int


def small_settings(folder: Path, **overrides: Any) -> Settings:
    """Return settings of a small managed server, also where the environment names another server."""
    settings = load_settings(
        data_dir=folder,
        heap_mebibytes=overrides.pop("heap_mebibytes", 256),
        page_cache_mebibytes=16,
        server_linger_seconds=0.0,
        **overrides,
    )
    return settings.model_copy(update={"neo4j_uri": None, "neo4j_database": "neo4j"})


def state_of(settings: Settings) -> ServerState:
    """Return what the supervisor said last."""
    state = read_state(places_of(settings.data_dir).state)
    assert state is not None
    return state


def processes_of(settings: Settings) -> tuple[int, int]:
    """Return the numbers of the supervisor and of the server, both of which must be told."""
    state = state_of(settings)
    assert state.supervisor is not None
    assert state.server is not None
    return state.supervisor.pid, state.server.pid


def is_ready(settings: Settings, *, other_than: ProcessId | None) -> bool:
    """Return whether a server is ready that is not the one before."""
    state = state_of(settings)
    return state.phase is Phase.READY and state.server != other_than


def runs(pid: int) -> bool:
    """Return whether a process runs; one that only waits to be buried does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def left_behind(folder: Path) -> list[str]:
    """Return the command lines that name a data folder: its supervisor, its server, its clients of tests."""
    lines: list[list[str]] = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    return [" ".join(line)[-200:] for line in lines if any(str(folder) in word for word in line)]


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait for a condition on another thread, seldom enough that a starting server has the processors."""
    assert await asyncio.to_thread(wait_until, condition, WAIT_SECONDS), "the condition did not hold in time"


async def write_number(database: Database, number: int) -> None:
    """Write a number that outlives the server, if the server keeps what it promised."""
    await database.write(_query(f"CREATE (:Probe {{number: {number}}}) RETURN {number} AS number", "write"), NoParams())


async def read_numbers(database: Database) -> list[int]:
    """Return all numbers written."""
    rows = await database.read(_query("MATCH (n:Probe) RETURN n.number AS number ORDER BY number", "read"), NoParams())
    return [row.number for row in rows]


def _query(text: Any, mode: Any) -> Query[NoParams, _Number]:
    return Query(name="tests/probe", mode=mode, plan="", text=text, params=NoParams, row=_Number)


class Holder:
    """Another process that holds the managed server."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.said: list[str] = []

    def address(self) -> ServerAddress:
        """Wait until the server is ready for it; `said` tells its progress."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = msgspec.json.decode(line)
            if isinstance(told, dict):
                return msgspec.convert(told, ServerAddress)
            self.said.append(told)
        raise AssertionError("the holder ended before its server was ready")

    def leave(self) -> None:
        """Let it leave, and wait for its end."""
        self._process.communicate(timeout=WAIT_SECONDS)
        assert self._process.returncode == 0

    def kill(self) -> None:
        """Kill it, and wait for its end."""
        self._process.kill()
        self._process.communicate(timeout=WAIT_SECONDS)


@contextmanager
def holder(settings: Settings, **environment: str) -> Generator[Holder]:
    """Start a process that holds the managed server of a data folder until it leaves or is killed."""
    command = [sys.executable, "-m", "tests.support.server_holder", str(settings.data_dir)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=os.environ | environment) as process:
        try:
            yield Holder(process)
        finally:
            process.kill()
