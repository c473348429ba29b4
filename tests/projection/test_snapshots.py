"""R11: a snapshot is used only where the log confirms it, and a running replica notices another log."""

import asyncio
import base64
import os
import stat
from pathlib import Path

import msgspec
import pytest

from graph_api.organization.model import Person, Skill
from graph_api.projection.commit import CommitCodec
from graph_api.projection.loading import cold_load
from graph_api.projection.replica import Replica
from graph_api.projection.snapshot import read_snapshot
from graph_api.projection.state import digest
from graph_api.store.database import Database
from tests.support.backup import copy, restore
from tests.support.commands import INCREMENT, PUT, Increment, Put
from tests.support.replicas import REGISTRY, Site
from tests.support.waiting import until


def snapshot_of(site: Site) -> Path:
    return site.folder / "snapshots" / "replica-0" / "state.snapshot"


async def increment(replica: Replica, times: int) -> None:
    for _ in range(times):
        await replica.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test")


def count(replica: Replica) -> str:
    skill = replica.graph.node(Skill, "skill:c")
    return skill.name if skill else "0"


async def test_a_snapshot_gives_the_same_state_as_a_cold_load(site: Site) -> None:
    people = tuple(
        Person(id=f"person:{number}", name="Jörg 张伟", absences=("2026-01-01/2026-01-02",)) for number in range(500)
    )
    async with site.replica() as replica:
        await replica.submit(PUT, Put(records=people), actor="test")
        await increment(replica, 3)
        expected = digest(replica.graph)
        cold = await cold_load(replica.database, REGISTRY, CommitCodec(REGISTRY))
        assert digest(cold.graph) == expected
    state = read_snapshot(snapshot_of(site), REGISTRY)
    assert state is not None
    assert digest(state.graph) == expected
    async with site.replica() as again:
        assert digest(again.graph) == expected


def modes(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


@pytest.mark.parametrize("umask", [0o000, 0o022])
async def test_only_the_owner_may_look_into_snapshots_and_imports(site: Site, umask: int) -> None:
    before = os.umask(umask)
    try:
        async with site.replica() as replica:
            await increment(replica, 1)
    finally:
        os.umask(before)
    found = modes(site.folder)
    assert {name: found[name] for name in ("imports", "snapshots", "snapshots/replica-0")} == {
        "imports": 0o700,
        "snapshots": 0o700,
        "snapshots/replica-0": 0o700,
    }
    assert found["snapshots/replica-0/state.snapshot"] == 0o600


async def test_a_snapshot_that_an_older_version_left_open_to_others_is_closed(site: Site) -> None:
    folder = snapshot_of(site).parent
    folder.mkdir(parents=True)
    for path in (folder / "state.snapshot", folder / "state.body", folder / "state.new"):
        path.touch()
        path.chmod(0o644)
    for path in (folder, folder.parent):
        path.chmod(0o755)
    async with site.replica() as replica:
        await increment(replica, 1)
    found = modes(site.folder / "snapshots")
    assert (found["replica-0"], found["replica-0/state.snapshot"]) == (0o700, 0o600)
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    assert read_snapshot(snapshot_of(site), REGISTRY) is not None


async def test_a_snapshot_that_is_behind_is_brought_up_to_date(site: Site) -> None:
    async with site.replica() as replica:
        await increment(replica, 2)
    old = snapshot_of(site).read_bytes()
    async with site.replica() as replica:
        await increment(replica, 5)
    snapshot_of(site).write_bytes(old)
    async with site.replica() as replica:
        assert count(replica) == "7"


async def test_snapshots_are_written_as_commits_go_by(site: Site) -> None:
    async with site.replica(snapshot_commits=5) as replica:
        assert not snapshot_of(site).exists()
        await increment(replica, 12)
        await until(snapshot_of(site).exists)
        assert revision_in(snapshot_of(site)) >= 5


async def test_snapshot_that_a_replica_was_loaded_from_is_not_written_again_before_anything_changed(site: Site) -> None:
    async with site.replica() as replica:
        await increment(replica, 2)
    before = snapshot_of(site).stat().st_ino
    async with site.replica(snapshot_commits=1) as replica:
        assert count(replica) == "2"
    assert snapshot_of(site).stat().st_ino == before
    async with site.replica(snapshot_commits=1) as replica:
        await increment(replica, 1)
    assert revision_in(snapshot_of(site)) == replica.live.state.revision


def revision_in(path: Path) -> int:
    """Return the revision that a snapshot holds; 0 where there is none that can be read."""
    state = read_snapshot(path, REGISTRY)
    return state.revision if state else 0


@pytest.mark.parametrize("damage", ["flipped byte", "cut short", "empty", "other format", "other hash", "other log"])
async def test_a_damaged_or_foreign_snapshot_is_not_used(site: Site, damage: str) -> None:
    async with site.replica() as replica:
        await increment(replica, 3)
    path = snapshot_of(site)
    path.write_bytes(damaged(path.read_bytes(), damage))
    async with site.replica() as replica:
        assert count(replica) == "3"
        await increment(replica, 1)
        assert count(replica) == "4"


def damaged(content: bytes, damage: str) -> bytes:
    line, _, body = content.partition(b"\n")
    header = msgspec.json.decode(line)
    match damage:
        case "flipped byte":
            return line + b"\n" + body[:20] + bytes([body[20] ^ 1]) + body[21:]
        case "cut short":
            return content[:-10]
        case "empty":
            return b""
        case "other format":
            header["format"] = 99
        case "other hash":
            header["hash"] = "0" * 64
        case _:
            header["log_id"] = "f" * 32
    return msgspec.json.encode(header) + b"\n" + body


async def test_r11_a_restored_backup_is_noticed_by_a_running_replica(site: Site, database: Database) -> None:
    async with site.replica() as running, site.replica() as other:
        await increment(running, 3)
        backup = await copy(database)
        await increment(running, 4)
        assert count(running) == "7"
        await restore(database, backup)
        await until(lambda: count(running) == "3" and count(other) == "3")
        await increment(other, 1)
        await running.wait_for(other.revision)
        assert count(running) == "4"
        assert digest(running.graph) == digest(other.graph)


async def test_r11_a_command_that_meets_a_restored_backup_is_decided_on_the_restored_state(
    site: Site, database: Database
) -> None:
    async with site.replica(tail_ms=60_000, tail_idle_ms=60_000) as running:
        await increment(running, 2)
        backup = await copy(database)
        await increment(running, 3)
        await restore(database, backup)
        waiting = asyncio.create_task(
            running.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test", timeout_seconds=1)
        )
        with pytest.raises(Exception, match="not confirmed"):
            await waiting
        cold = await cold_load(database, REGISTRY, CommitCodec(REGISTRY))
        skill = cold.graph.node(Skill, "skill:c")
        assert skill is not None
        assert skill.name == "2"


async def test_r11_a_replica_does_not_wait_forever_for_what_a_restored_backup_never_had(
    site: Site, database: Database
) -> None:
    """Files put back take the database behind the bookmarks of those who wrote to it before."""
    async with site.replica(transaction_seconds=1.0) as running:
        await increment(running, 2)
        backup = await copy(database)
        await increment(running, 3)
        await restore(database, backup)
        bookmarks = running.database._bookmarks  # pyright: ignore[reportPrivateUsage]  # only the driver sees them else
        known = await bookmarks.get_bookmarks()  # several where reads ended between two writes
        await bookmarks.update_bookmarks(known, [far_ahead(bookmark) for bookmark in known])
        await until(lambda: count(running) == "2", seconds=30)
        await running.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test", timeout_seconds=30)
        assert count(running) == "3"


def far_ahead(bookmark: str) -> str:
    """Return the bookmark of the same database a billion transactions later: list of [id of 16 bytes, number, ...]."""
    packed = base64.b64decode(bookmark.removeprefix("FB:"))
    head, tail = packed[:19], packed[-1:]
    return "FB:" + base64.b64encode(head + b"\xca" + (2**30).to_bytes(4, "big") + tail).decode()


async def test_r11_a_restored_backup_is_noticed_by_a_snapshot(site: Site, database: Database) -> None:
    async with site.replica() as replica:
        await increment(replica, 2)
        backup = await copy(database)
        await increment(replica, 3)
    await restore(database, backup)
    async with site.replica() as replica:
        assert count(replica) == "2"
        await increment(replica, 2)
    snapshot = snapshot_of(site).read_bytes()
    await restore(database, backup)
    snapshot_of(site).write_bytes(snapshot)
    async with site.replica() as replica:
        await increment(replica, 5)
        assert count(replica) == "7"
