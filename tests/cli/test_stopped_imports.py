"""`swarmgraph import` as a process of its own that is stopped in the middle: the next start finds nothing half done."""

import signal
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

from graph_api.cli.outcome import ExitCode
from graph_api.store.database import Database
from graph_api.store.log import HeadRow, read_head
from tests.support.command_line import commands_on, stopped, told
from tests.support.data import shared_data
from tests.support.replicas import Site

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


async def exported(folder: Path) -> dict[str, bytes]:
    rows = await told("export", str(folder))
    return {name: (folder / name).read_bytes() for name in rows}


# The numbers are about half of the commits that the set takes.
@pytest.mark.parametrize(
    ("name", "commits"), [("carpentries", 11), pytest.param("kubernetes", 15, marks=pytest.mark.soak)]
)
async def test_killed_import_is_undone_by_the_next_start_that_lives_long_enough(
    site: Site, database: Database, tmp_path: Path, earlier: Path, name: str, commits: int
) -> None:
    await told("import", str(earlier))
    before, first = await exported(tmp_path / "before"), await head_of(database)
    importing = ("import", str(shared_data(name)))
    assert await stopped(site, signal.SIGKILL, commits, *importing) == -signal.SIGKILL
    half = await head_of(database)
    assert (len(half.open_imports), half.revision) == (1, first.revision + commits)

    undoing = ("export", str(tmp_path / "never"))
    assert await stopped(site, signal.SIGKILL, 3, *undoing) == -signal.SIGKILL
    still = await head_of(database)
    assert (still.open_imports, still.revision) == (half.open_imports, half.revision + 3)

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
    assert await stopped(site, signal.SIGINT, 4, *importing) == ExitCode.INTERRUPTED
    head = await head_of(database)
    assert (head.open_imports, head.revision > first.revision + 4) == ([], True)
    assert await exported(tmp_path / "after") == before
    assert (await told("log", "verify"))["commits"] == head.revision
