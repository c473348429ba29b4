"""One server for several processes: it comes with the first, and goes with the last, however that one ends."""

import asyncio
from pathlib import Path

import pytest

from graph_api.ops.settings import load_settings
from graph_api.store.database import open_database
from graph_api.store.managed.client import hold_server, managed_server
from graph_api.store.managed.places import places_of
from graph_api.store.managed.state import Phase
from tests.conftest import silent
from tests.support.managed import (
    NO_NETWORK,
    eventually,
    holder,
    left_behind,
    processes_of,
    read_numbers,
    runs,
    small_settings,
    state_of,
    write_number,
)


async def test_two_processes_share_one_server_and_the_last_to_leave_ends_it(tmp_path: Path) -> None:
    settings = small_settings(tmp_path)
    with holder(settings) as first:
        address = first.address()
        pids = processes_of(settings)
        async with managed_server(settings, silent) as mine, open_database(mine, settings) as database:
            assert mine == address
            await write_number(database, 1)
            first.leave()
            assert processes_of(settings) == pids
            assert all(runs(pid) for pid in pids)
            assert await read_numbers(database) == [1]
        assert not any(runs(pid) for pid in pids)
        assert left_behind(tmp_path) == []
    assert (state_of(settings).phase, state_of(settings).server) == (Phase.STOPPED, None)
    assert "Starting Neo4j" in first.said
    assert all(words[:1].isupper() for words in first.said)


async def test_a_start_given_up_leaves_nothing_and_the_next_needs_no_network_and_ends_with_its_killed_client(
    tmp_path: Path,
) -> None:
    settings = small_settings(tmp_path)
    await give_up_while_java_starts(tmp_path)
    assert left_behind(tmp_path) == []
    with holder(settings, **NO_NETWORK) as only:
        address = only.address()
        async with open_database(address, settings) as database:
            assert await read_numbers(database) == []
        pids = processes_of(settings)
        assert all(runs(pid) for pid in pids)
        only.kill()
        await eventually(lambda: not any(runs(pid) for pid in pids))
        assert left_behind(tmp_path) == []
    assert state_of(settings).phase is Phase.STOPPED


async def give_up_while_java_starts(folder: Path) -> None:
    settings = small_settings(folder)
    starting = asyncio.create_task(enter_and_leave(folder))
    await eventually(lambda: places_of(folder).state.exists() and state_of(settings).server is not None)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting


async def enter_and_leave(folder: Path) -> None:
    async with managed_server(small_settings(folder), silent):
        raise AssertionError("it was ready before it was given up")


async def test_a_server_that_the_settings_name_is_used_and_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEO4J_URI", "neo4j://cluster.example:7687")
    monkeypatch.setenv("NEO4J_USERNAME", "ada")
    monkeypatch.setenv("NEO4J_PASSWORD", "secret")
    settings = load_settings(data_dir=tmp_path / "data")
    with hold_server(settings, silent) as held:
        assert (held.uri, held.username, held.password) == ("neo4j://cluster.example:7687", "ada", "secret")
    async with managed_server(settings, silent) as managed:
        assert managed == held
    assert not settings.data_dir.exists()
