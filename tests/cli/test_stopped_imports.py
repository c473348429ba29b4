"""`swarmgraph import` as a process of its own that is stopped in the middle: the next start finds nothing half done."""

import asyncio
import signal
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final

import pytest

from graph_api.cli.outcome import ExitCode
from graph_api.store.database import Database
from graph_api.store.log import HeadRow, read_head
from tests.support.command_line import commands_on, started, told
from tests.support.data import shared_data
from tests.support.replicas import Site

DEADLINE_SECONDS: Final = 120.0
SMALL_CHUNKS: Final = {"SWARMGRAPH_IMPORT_CHUNK_CHANGES": "500"}
"""Many commits an import, so that there is a middle to stop in."""
PEOPLE: Final = "id,name,city\ngh:thockin,Old name,Old city\npea25ce0b65,Old name,Old city\nstays,Stays,Xi'an\n"
"""People of both sets under other names, and one of neither."""


@pytest.fixture(autouse=True)
def on_the_server(site: Site) -> Generator[None]:
    with commands_on(site):
        yield


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """Return a small folder whose people the real sets alter."""
    folder = tmp_path / "earlier"
    folder.mkdir()
    (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    return folder


async def head_of(database: Database) -> HeadRow:
    async with database.transaction(write=False) as transaction:
        head = await read_head(transaction)
    assert head is not None
    return head


async def head_where(database: Database, holds: Callable[[HeadRow], bool]) -> HeadRow:
    """Read the head again and again until something holds for it; fail where it never does."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not holds(head := await head_of(database)):
            pass
    return head


async def stop_at(
    site: Site, database: Database, holds: Callable[[HeadRow], bool], how: signal.Signals, *arguments: str
) -> int:
    """Start a command, send it a signal as soon as something holds for the head, and return how it ended."""
    process = await started(site, *arguments, **SMALL_CHUNKS)
    try:
        await head_where(database, holds)
        process.send_signal(how)
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def exported(folder: Path) -> dict[str, bytes]:
    rows = await told("export", str(folder))
    return {name: (folder / name).read_bytes() for name in rows}


def is_open_with(commits: int, since: HeadRow) -> Callable[[HeadRow], bool]:
    return lambda head: bool(head.open_imports) and head.revision >= since.revision + commits


# The numbers are about half of the commits that the set takes.
@pytest.mark.parametrize(
    ("name", "commits"), [("carpentries", 40), pytest.param("kubernetes", 60, marks=pytest.mark.soak)]
)
async def test_killed_import_is_undone_by_the_next_start_that_lives_long_enough(
    site: Site, database: Database, tmp_path: Path, earlier: Path, name: str, commits: int
) -> None:
    await told("import", str(earlier))
    before, first = await exported(tmp_path / "before"), await head_of(database)
    importing = ("import", str(shared_data(name)))
    assert await stop_at(site, database, is_open_with(commits, first), signal.SIGKILL, *importing) == -signal.SIGKILL
    half = await head_of(database)
    assert len(half.open_imports) == 1

    undoing = ("export", str(tmp_path / "never"))
    assert await stop_at(site, database, is_open_with(5, half), signal.SIGKILL, *undoing) == -signal.SIGKILL
    assert (await head_of(database)).open_imports == half.open_imports

    assert await exported(tmp_path / "after") == before
    assert (await head_of(database)).open_imports == []
    assert (await told("log", "verify"))["commits"] == (await head_of(database)).revision
    assert (await told(*importing))["loaded"]
    assert {count["created"] + count["changed"] for count in (await told(*importing))["counts"].values()} == {0}


async def test_interrupted_import_is_undone_before_the_command_ends(
    site: Site, database: Database, tmp_path: Path, earlier: Path
) -> None:
    await told("import", str(earlier))
    before, first = await exported(tmp_path / "before"), await head_of(database)
    importing = ("import", str(shared_data("carpentries")))
    assert await stop_at(site, database, is_open_with(4, first), signal.SIGINT, *importing) == ExitCode.INTERRUPTED
    assert (await head_of(database)).open_imports == []
    assert await exported(tmp_path / "after") == before
    assert (await told("log", "verify"))["commits"] == (await head_of(database)).revision
