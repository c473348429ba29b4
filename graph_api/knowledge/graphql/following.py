"""A copy of the whole state that is made in slices and follows what is committed meanwhile.

A read that begins again with each commit never ends where commits come all the time; this one reads again what they
changed, and ends as soon as nothing is left to read.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Final, Generic, TypeVar

from graph_api.kernel.graph import Graph
from graph_api.knowledge.flow.reading import Part
from graph_api.projection.port import FollowedReplica
from graph_api.projection.visible import Visible
from graph_api.swarm import slices

RowT = TypeVar("RowT")
SETTLED_AT_ONCE: Final = 200
"""So few changed entities are read again at one go, so that it ends however fast commits come."""


class FollowingCopy(Generic[RowT]):
    """Rows of some parts of a replica's state; `weigh` is told of each row that comes (1) or goes (-1)."""

    def __init__(
        self, replica: FollowedReplica, parts: Sequence[Part[RowT]], weigh: Callable[[RowT, int], None]
    ) -> None:
        self._replica = replica
        self._parts = parts
        self._weigh = weigh
        self._begin()

    def _begin(self) -> None:
        self._rows: list[dict[str, RowT]] = [{} for _ in self._parts]
        self._unread: Iterator[tuple[int, str]] | None = self._ids(self._replica.graph)
        self._changed: set[str] = set()

    async def made(self) -> None:
        """Return when the rows are those of the state; nothing is waited for after the last look at it."""
        unfollow = self._replica.follow(self._note)
        try:
            pause = monotonic() + slices.SLICE_SECONDS
            while self._unread is not None or len(self._changed) > SETTLED_AT_ONCE:
                self._step(self._replica.graph)
                if monotonic() > pause:
                    await asyncio.sleep(0)
                    pause = monotonic() + slices.SLICE_SECONDS
            while self._step(self._replica.graph):
                pass
        finally:
            unfollow()

    def rows(self) -> list[RowT]:
        """Return the rows in the order of the parts, and in each by id."""
        return [found[entity] for found in self._rows for entity in sorted(found)]

    def _ids(self, graph: Graph) -> Iterator[tuple[int, str]]:
        """Yield every entity that may give a row; those of a kind are listed when their turn comes."""
        for number, part in enumerate(self._parts):
            for kind in part.kinds:
                yield from [(number, node.id) for node in graph.nodes(kind)]

    def _note(self, shown: Visible | None) -> None:
        if shown is None:
            for found in self._rows:
                for row in found.values():
                    self._weigh(row, -1)
            self._begin()
        else:
            self._changed.update(end for _, change in shown.changes for end in change.key[1:3])

    def _step(self, graph: Graph) -> bool:
        """Read one entity, or again one that was changed; return False where nothing is left."""
        if self._unread is not None:
            found = next(self._unread, None)
            if found is None:
                self._unread = None
            else:
                self._read(graph, *found)
            return True
        if not self._changed:
            return False
        entity = self._changed.pop()
        for number, part in enumerate(self._parts):
            for one in (entity, *part.also(graph, entity)):
                self._read(graph, number, one)
        return True

    def _read(self, graph: Graph, number: int, entity: str) -> None:
        before, row = self._rows[number].pop(entity, None), self._parts[number].row(graph, entity)
        if before is not None:
            self._weigh(before, -1)
        if row is not None:
            self._weigh(row, 1)
            self._rows[number][entity] = row
