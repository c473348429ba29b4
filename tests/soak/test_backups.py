"""An older backup is put back as its files are: under the nose of a running replica, and before one starts."""

import os
import shutil
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from graph_api.ops.settings import Settings
from graph_api.organization.model import Skill
from graph_api.projection.replica import Replica
from graph_api.store.managed.client import managed_server
from graph_api.store.managed.places import places_of
from tests.conftest import silent
from tests.soak.services import holds
from tests.support.commands import INCREMENT, Increment
from tests.support.managed import is_ready, processes_of, runs, small_settings, state_of
from tests.support.replicas import Site


@asynccontextmanager
async def down(settings: Settings) -> AsyncGenerator[Path]:
    """Keep the database from running for the length of the block; yields the folder with all its data."""
    before = state_of(settings)
    supervisor, server = processes_of(settings)
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(server, signal.SIGKILL)
        await holds(lambda: not runs(server))
        yield places_of(settings.data_dir).home / "data"
    finally:
        os.kill(supervisor, signal.SIGCONT)
    await holds(lambda: is_ready(settings, other_than=before.server))


async def put_back(settings: Settings, backup: Path) -> None:
    async with down(settings) as data:
        shutil.rmtree(data)
        shutil.copytree(backup, data)


async def increment(replica: Replica, times: int) -> None:
    for _ in range(times):
        await replica.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test", timeout_seconds=60)


def count(replica: Replica) -> int:
    skill = replica.graph.node(Skill, "skill:c")
    return int(skill.name) if skill else 0


@pytest.mark.soak
async def test_r11_files_of_an_older_backup_are_noticed_by_a_running_replica_and_by_a_snapshot(tmp_path: Path) -> None:
    settings = small_settings(tmp_path / "managed")
    async with managed_server(settings, silent) as address:
        site = Site(address, tmp_path)
        async with site.replica() as replica:
            await increment(replica, 3)
            async with down(settings) as data:
                shutil.copytree(data, tmp_path / "backup")
            await increment(replica, 5)
            await put_back(settings, tmp_path / "backup")
            await holds(lambda: count(replica) == 3)
            await increment(replica, 3)
            assert count(replica) == 6
        await put_back(settings, tmp_path / "backup")
        async with site.replica() as again:
            assert count(again) == 3
            await increment(again, 1)
            assert count(again) == 4
