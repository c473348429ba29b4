"""Reading the flow of knowledge: copied on the event loop in slices, worked out of the copy beside it."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

import msgspec

from graph_api.kernel.errors import QueryTooCostly
from graph_api.knowledge.flow.reading import ItemRead, Part
from graph_api.knowledge.graphql.following import FollowingCopy
from graph_api.swarm.graphql.request import SwarmRequest
from graph_api.swarm.slices import read_in_slices

RowT = TypeVar("RowT")
MadeT = TypeVar("MadeT")
Rows: TypeAlias = Callable[[], list[RowT]]
"""Gives the rows in their order; as that may take long, it is called beside the loop."""


class Bound(msgspec.Struct, frozen=True):
    """The most that is looked through, and what that is; `weight` tells how much of it a row brings at least."""

    most: int
    what: str
    weight: Callable[[Any], int]

    def check(self, total: int) -> None:
        """Raise QueryTooCostly beyond the bound."""
        if total > self.most:
            raise QueryTooCostly(
                f"There are more than {self.most} {self.what} of knowledge, and no more are looked through.",
                suggestion="Whoever runs the service can raise the bound.",
            )


async def made(
    request: SwarmRequest,
    key: object,
    parts: Sequence[Part[RowT]],
    make: Callable[[list[RowT]], MadeT],
    bound: Bound | None = None,
) -> MadeT:
    """Return what is made in a thread of a copy of one revision, kept while that stands for all who see what is open.

    One request at a time makes anything, so that no more than one copy is in memory: the others wait.
    """
    if (kept := request.found_list(key)) is not None:
        return kept[0]
    async with request.turn:
        if (kept := request.found_list(key)) is not None:
            return kept[0]
        rows = await copied(request, parts, bound)
        revision = request.replica.revision
        found = await asyncio.to_thread(lambda: make(rows()))
        if request.replica.revision == revision:
            request.kept_list(key, lambda: [found])
        return found


async def copied(request: SwarmRequest, parts: Sequence[Part[RowT]], bound: Bound | None = None) -> Rows[RowT]:
    """Return the rows of the revision that stands when this returns.

    The whole state is copied while it moves on; what is only seen in part is read at one revision.
    """
    if request.open_graph is request.replica.graph:
        copy = FollowingCopy(request.followed, parts, weighing(bound))
        await copy.made()
        if request.open_graph is request.replica.graph:
            return copy.rows
    read = await read_in_slices(request.replica, lambda: _read(request, parts, weighing(bound)))
    return lambda: read


def _read(request: SwarmRequest, parts: Iterable[Part[RowT]], weigh: Callable[[RowT, int], None]) -> Iterator[RowT]:
    for part in parts:
        for row in part.read(request.open_graph):
            weigh(row, 1)
            yield row


def weighing(bound: Bound | None) -> Callable[[Any, int], None]:
    """Return what adds up the weights of rows that come (1) and go (-1), and raises QueryTooCostly beyond a bound."""
    total = 0

    def weigh(row: Any, sign: int) -> None:
        nonlocal total
        if bound is not None:
            total += sign * bound.weight(row)
            bound.check(total)

    return weigh


def bounded(rows: Iterable[RowT], bound: Bound) -> Iterator[RowT]:
    """Yield rows as long as there are no more than a bound; raises QueryTooCostly at the first beyond."""
    for number, row in enumerate(rows, start=1):
        bound.check(number)
        yield row


def uses_in(row: object) -> int:
    """Count the uses of an item: each task's and person's once."""
    return len({link.task or link.source for link in row.uses}) if isinstance(row, ItemRead) else 0


def dates_in(row: object) -> int:
    """Count the events of an item that have a date of their own, citations left out."""
    if not isinstance(row, ItemRead):
        return 0
    written = len(row.writers) if row.item.created_at is not None else 0
    return written + sum(link.at is not None for link in row.uses)
