"""A server that is held while it, its supervisor and its port are harmed: it comes back where it was."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple

import psutil
import pytest

from graph_api.kernel.errors import SettingsError, Unavailable
from graph_api.ops.settings import Settings
from graph_api.store.address import ServerAddress
from graph_api.store.database import Database, open_database
from graph_api.store.managed.client import managed_server
from graph_api.store.managed.faults import ServerFailed
from graph_api.store.managed.password import read_or_make_password, settle_password
from graph_api.store.managed.places import Places, places_of
from graph_api.store.managed.server import HOST, free_port, port_is_free
from graph_api.store.managed.state import ServerState
from tests.conftest import silent
from tests.support.managed import (
    eventually,
    is_ready,
    processes_of,
    read_numbers,
    runs,
    small_settings,
    state_of,
    write_number,
)


class Held(NamedTuple):
    """A server of this process, and a connection opened before any harm."""

    settings: Settings
    address: ServerAddress
    database: Database

    @property
    def places(self) -> Places:
        return places_of(self.settings.data_dir)

    @property
    def state(self) -> ServerState:
        return state_of(self.settings)


@pytest.fixture(scope="module")
async def held(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Held]:
    settings = small_settings(tmp_path_factory.mktemp("held"), server_stop_seconds=3.0)
    async with managed_server(settings, silent) as address, open_database(address, settings) as database:
        yield Held(settings, address, database)


async def test_a_killed_server_is_started_again_with_back_off_and_lost_nothing(held: Held) -> None:
    before = held.state
    supervisor, server = processes_of(held.settings)
    await write_number(held.database, 1)
    async with killed_with_its_port_taken(held, supervisor, server):
        await eventually(lambda: held.state.restarts >= before.restarts + 3)
        await eventually(lambda: "is taken by another program" in (held.state.error or ""))
        with pytest.raises(Unavailable):
            await read_numbers(held.database)
    await eventually(lambda: is_ready(held.settings, other_than=before.server))
    assert (held.state.supervisor, held.state.bolt_port) == (before.supervisor, before.bolt_port)
    assert 1 in await read_numbers(held.database)
    log = held.places.supervisor_log.read_text()
    assert "Neo4j ended by itself with code -9. Starting it again in 0.5 s." in log
    assert log.index("again in 0.5 s.") < log.index("again in 1.0 s.") < log.index("again in 2.0 s.")


@asynccontextmanager
async def killed_with_its_port_taken(held: Held, supervisor: int, server: int) -> AsyncGenerator[None]:
    """Kill the server and take its port before the supervisor, stopped for that long, can start it again."""
    port = held.state.bolt_port
    assert port is not None
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(server, signal.SIGKILL)
        await eventually(lambda: port_is_free(port))
        other = await asyncio.start_server(lambda _, writer: writer.close(), HOST, port)
    finally:
        os.kill(supervisor, signal.SIGCONT)
    async with other:
        yield


async def test_a_killed_supervisor_is_replaced_and_the_server_it_left_behind_is_ended(held: Held) -> None:
    before = held.state
    supervisor, server = processes_of(held.settings)
    await write_number(held.database, 2)
    # Stopped, the server cannot follow its supervisor into death, which Linux else asks of it.
    os.kill(server, signal.SIGSTOP)
    os.kill(supervisor, signal.SIGKILL)
    await eventually(lambda: is_ready(held.settings, other_than=before.server))
    assert not runs(server)
    assert held.state.supervisor != before.supervisor
    assert held.state.bolt_port == before.bolt_port
    assert f"ending server {server}, left by a supervisor that was killed" in held.places.supervisor_log.read_text()
    assert 2 in await read_numbers(held.database)


async def test_the_password_is_needed_and_nobody_else_may_read_its_file(held: Held) -> None:
    assert held.places.password.stat().st_mode & 0o777 == 0o600
    assert held.places.folder.stat().st_mode & 0o777 == 0o700
    assert held.address.password == read_or_make_password(held.places.password)
    for password in ("wrong", None):
        stranger = ServerAddress(held.address.uri, held.address.username, password)
        with pytest.raises(SettingsError, match="refuses the connection"):
            async with open_database(stranger, held.settings):
                pass
    # After three failures in a row Neo4j makes everybody wait; one success begins the count anew.
    await read_numbers(held.database)
    with pytest.raises(ServerFailed, match="does not take the password") as refused:
        settle_password(held.address.uri, "wrong", held.places.password)
    assert "right password into that file" in refused.value.suggestion


async def test_the_server_listens_to_this_machine_on_its_one_port_only(held: Held) -> None:
    _, server = processes_of(held.settings)
    listening = [c.laddr for c in psutil.Process(server).net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert {address[1] for address in listening} == {held.state.bolt_port}
    assert {address[0].removeprefix("::ffff:") for address in listening} == {HOST}


async def test_a_port_in_use_is_passed_over_for_a_free_one(held: Held) -> None:
    port = held.state.bolt_port
    assert port is not None
    assert not port_is_free(port)
    other = free_port(port)
    assert other != port
    assert free_port(other) == other
