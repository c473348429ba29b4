"""A process that closes a task whose members took notes, and dies at a chosen point of what that causes."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from graph_api.kernel.records import Record
from graph_api.knowledge.experience.extracting import Extracting
from graph_api.knowledge.extraction.offline import OfflineExtractor
from graph_api.knowledge.model import Note, NoteBy, NoteOf
from graph_api.projection.reactions import Reacting
from graph_api.projection.replica import Replica
from graph_api.store.address import ServerAddress
from graph_api.swarm.life.closing import EXTRACT
from graph_api.swarm.life.tasks import UPDATE_TASK, UpdateTask
from graph_api.swarm.model import TaskResult
from tests.knowledge.experience.world import DURING, LEARNED, SWARM, team
from tests.support.reaction_child import Point, as_it_is, die_at, dying
from tests.support.replicas import Site
from tests.swarm.organization import records

CLOSING = UpdateTask(task_id="task:new", close_as=TaskResult.DELIVERED)


def noted() -> tuple[Record, ...]:
    """A swarm of three at work, each with a note."""
    notes: list[Record] = []
    for person, text in LEARNED.items():
        note = f"note:{person[7:]}"
        notes += [
            Note(id=note, text=text, created_at=DURING),
            NoteOf(source=note, target=SWARM),
            NoteBy(source=note, target=person),
        ]
    there = [one for one in records() if getattr(one, "id", None) != "task:new"]
    return (*there, *team(), *notes)


@asynccontextmanager
async def drafting_replica(site: Site, wrapped: Callable[[Reacting], Reacting] = as_it_is) -> AsyncGenerator[Replica]:
    """Open a replica that drafts by itself."""
    extracting = Extracting(OfflineExtractor(), 100, lambda: DURING)
    async with site.replica(reacting={EXTRACT: wrapped(extracting)}, clock=lambda: DURING) as replica:
        yield replica


async def main(uri: str, password: str, folder: str, point: str) -> None:
    site = Site(ServerAddress(uri, "neo4j", password or None), Path(folder))
    async with drafting_replica(site, dying if point == Point.PREPARED else as_it_is) as replica:
        if point != Point.PREPARED:
            die_at(replica, is_there=point == Point.COMMITTED)
        await replica.submit(UPDATE_TASK, CLOSING, actor="test")
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
