"""Reading the flow of knowledge: copied on the event loop in slices, worked out of the copy beside it."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from graph_api.kernel.errors import QueryTooCostly
from graph_api.knowledge.flow.reading import ItemRead
from graph_api.organization.graphql.request import Request
from graph_api.swarm.graphql.slices import gathered

RowT = TypeVar("RowT")
MadeT = TypeVar("MadeT")


async def made(
    request: Request, key: object, copy: Callable[[], Iterable[RowT]], make: Callable[[list[RowT]], MadeT]
) -> MadeT:
    """Return what is made in a thread of a copy of one revision, kept while that stands for all who see what is open.

    One request at a time makes anything, so that no more than one copy is in memory: the others wait.
    """
    if (kept := request.found_list(key)) is not None:
        return kept[0]
    async with request.turn:
        if (kept := request.found_list(key)) is not None:
            return kept[0]
        copied = await gathered(request, copy)
        revision = request.replica.revision
        found = await asyncio.to_thread(make, copied)
        if request.replica.revision == revision:
            request.kept_list(key, lambda: [found])
        return found


def bounded(
    rows: Iterable[RowT], most: int, what: str, weight: Callable[[RowT], int] = lambda row: 1
) -> Iterator[RowT]:
    """Yield rows as long as their weights add up to no more than a bound; raises QueryTooCostly at the first beyond."""
    total = 0
    for row in rows:
        total += weight(row)
        if total > most:
            raise QueryTooCostly(
                f"There are more than {most} {what} of knowledge, and no more are looked through.",
                suggestion="Whoever runs the service can raise the bound.",
            )
        yield row


def uses_in(read: ItemRead) -> int:
    """Count the uses of an item: each task's, person's and citing item's once."""
    return len({link.task or link.source for link in read.uses}) + len(read.citing)


def dates_in(read: ItemRead) -> int:
    """Count the events of an item that have a date of their own."""
    written = len(read.writers) if read.item.created_at is not None else 0
    return written + sum(link.at is not None for link in (*read.uses, *read.citing))
