"""Replays in tests: run in this process, or in one that dies, and what the log tells of them."""

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from graph_api.exchange.replay.names import row_of
from graph_api.exchange.replay.report import ReplayReport
from graph_api.exchange.replay.running import ACTOR, ReplayOptions, replay_folder
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.records import Granted
from graph_api.permission.tuples import TupleSource
from graph_api.projection.commit import CommitCodec
from graph_api.projection.verify import commits_from
from graph_api.store.database import Database
from tests.support.histories import Happened, Row
from tests.support.permissions import Guarded
from tests.support.replicas import REGISTRY, Site

TYPES: Final = frozenset({"org", "team", "repo", "alias", "path"})
_CODEC: Final = CommitCodec(REGISTRY)
_DEADLINE_SECONDS: Final = 300


async def replay(one: Guarded, folder: Path, **options: object) -> ReplayReport:
    """Replay what is left of a folder."""

    def silent(done: int, total: int) -> None:
        pass

    asked = ReplayOptions(**options)  # pyright: ignore[reportArgumentType]  # options are named as the fields
    return await replay_folder(one.replica, one.permissions, folder, progress=silent, options=asked)


def standing(graph: PermissionGraph) -> set[Row]:
    """Return the rows of the tuples of a history that count in a graph."""
    found = (each.tuple for each in graph.read() if each.source is TupleSource.EXPLICIT and each.valid)
    return {row_of(each) for each in found if each.object.partition(":")[0] in TYPES}


def in_order(events: Iterable[Happened]) -> list[Happened]:
    """Sort by instant and tuple: what befalls several tuples at one instant has no order."""
    return sorted(events, key=lambda event: (event.at, event.row))


async def logged(database: Database) -> list[Happened]:
    """Return what the log tells of tuples of the history."""
    told: list[Happened] = []
    async for commit in commits_from(database, _CODEC, 1):
        command = None
        for entry in commit.entries:
            command = entry.command or command
            if entry.change is not None and entry.change.key[0] == "GRANTED":
                assert command is not None
                assert command.actor == ACTOR
                _, source, target, relation = entry.change.key
                user = source.removeprefix("absent:").replace("%3A", ":", 1).replace("%253A", "%3A")
                grant = Granted(source=user, target=target, relation=relation.partition("#")[0])
                assert command.occurred_at is not None
                told.append(Happened(command.occurred_at, entry.change.after is not None, row_of(grant.tuple)))
    return told


async def die_after(site: Site, folder: Path, events: int, changes_a_commit: int) -> None:
    """Replay in a process that is killed when so many events are answered; small commits make many moments for it."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.replay_child",
        site.address.uri, site.address.password or "", str(site.folder), str(folder), str(events),
        str(changes_a_commit),
    )  # fmt: skip
    assert await asyncio.wait_for(child.wait(), _DEADLINE_SECONDS) == -9
