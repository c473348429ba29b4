"""Access in the past: the permission graph as it was at an instant, folded from the log.

A change counts from the instant of its commit, or from when it occurred where a replay says so (R6). Of what counts by
then the last word of the log holds, as it does in the state: told of today, the past ends in the present. What follows
from the organization is derived by the table of today, under the model that was live then.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple, Protocol

import msgspec

from graph_api.kernel.errors import BadUserInput, TimedOut
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import AnyChange
from graph_api.permission.derivation import DerivedTable
from graph_api.permission.kept_graph import KeptGraph
from graph_api.permission.live_model import live_permission, read_model, stored_model
from graph_api.permission.records import RECORDS, Granted
from graph_api.permission.tuples import TupleSource
from graph_api.projection.visible import Visible

GRAPHS_KEPT_MAX: Final = 8
TUPLES_KEPT_MAX: Final = 500_000
"""The graphs that are kept hold no more tuples than this together, but for the last one."""
_OWN_KINDS: Final = frozenset(str(record.__struct_config__.tag) for record in RECORDS)


class LoggedReplica(Protocol):
    """What is needed of a replica: where its log ends, and what it tells."""

    @property
    def first_revision(self) -> str:
        """The token before the first commit."""
        ...

    @property
    def revision(self) -> str:
        """The token of the state."""
        ...

    def past(self, after: str) -> AsyncGenerator[Visible]:
        """Yield what each commit after a revision showed, in order."""
        ...


class Dated(NamedTuple):
    """A change and the instant from which it counts."""

    at: datetime
    change: AnyChange


class Past(msgspec.Struct):
    """The graph of an instant, and the revision up to which the log was read for it."""

    graph: KeptGraph
    revision: str


class PermissionHistory:
    """Answers about the past; one question at a time reads the log, the last few graphs are kept."""

    def __init__(self, replica: LoggedReplica, table: DerivedTable, seconds: float) -> None:
        self._replica = replica
        self._table = table
        self._seconds = seconds
        self._kept: OrderedDict[datetime, Past] = OrderedDict()
        self._reading = asyncio.Lock()

    async def graph_at(self, at: datetime) -> KeptGraph:
        """Return the permission graph as it was at an instant.

        Raises BadUserInput where no model was live then, TimedOut, RevisionGone, Unavailable.
        """
        found = self._kept.get(at)
        if found is not None and found.revision == self._replica.revision:
            self._kept.move_to_end(at)
            return found.graph
        try:
            async with asyncio.timeout(self._seconds), self._reading:
                return await self._graph_at(at)
        except TimeoutError as fault:
            raise TimedOut(
                f"The log could not be read up to {at.isoformat()} within {self._seconds:g} s.",
                suggestion="Ask again later, or raise SWARMGRAPH_HISTORY_SECONDS.",
            ) from fault

    def forget(self) -> None:
        """Keep nothing of a log that was replaced."""
        self._kept = OrderedDict()

    async def _graph_at(self, at: datetime) -> KeptGraph:
        kept = self._kept  # another one where the log is replaced meanwhile
        found = kept.pop(at, None)
        if found is None or not await self._is_current(found, at):
            found = await self._read(at)
        kept[at] = found
        _let_go(kept)
        return found.graph

    async def _read(self, at: datetime) -> Past:
        revision, view = self._replica.revision, Graph()
        async for changes in self._changes(self._replica.first_revision):
            view.apply(counting(changes, at))
        # A large graph takes a while to build, and this loop answers everybody.
        return Past(await asyncio.to_thread(graph_of, view, self._table, at), revision)

    async def _is_current(self, found: Past, at: datetime) -> bool:
        """Tell whether no newer commit tells anything of that time, and note how far that was looked at."""
        revision = self._replica.revision
        if revision != found.revision:
            async for changes in self._changes(found.revision):
                if any(True for _ in counting(changes, at)):
                    return False
            found.revision = revision
        return True

    async def _changes(self, after: str) -> AsyncGenerator[list[Dated]]:
        """Yield the changes of each commit that matter to permission, in the order of the log."""
        async for shown in self._replica.past(after):
            yield [
                Dated((command.occurred_at if command is not None else None) or shown.at, change)
                for command, change in shown.changes
                if change.key[0] in _OWN_KINDS or self._table.reads(change.key[0])
            ]
            await asyncio.sleep(0)  # many commits come at once, and this loop answers everybody


def _let_go(kept: OrderedDict[datetime, Past]) -> None:
    """Forget the graphs that were not asked for lately, where too much is kept."""
    while len(kept) > 1 and (
        len(kept) > GRAPHS_KEPT_MAX or sum(len(each.graph) for each in kept.values()) > TUPLES_KEPT_MAX
    ):
        kept.popitem(last=False)


def counting(changes: Iterable[Dated], at: datetime) -> Iterator[AnyChange]:
    """Yield the changes that count at an instant."""
    return (each.change for each in changes if each.at <= at)


def graph_of(view: Graph, table: DerivedTable, at: datetime) -> KeptGraph:
    """Return the permission graph of an instant from what counted then; raises BadUserInput before the first model."""
    pointer = live_permission(view)
    stored = stored_model(view, pointer.live) if pointer is not None else None
    if stored is None:
        raise BadUserInput(
            f"No authorization model was live at {at.isoformat()}.", suggestion="Ask for a later instant."
        )
    graph = KeptGraph(read_model(stored.source).model, clock=lambda: at)
    graph.fill((each.tuple for each in view.links(Granted)), TupleSource.EXPLICIT)
    derived = (each for key in table.keys(view) for each in table.derive(view, key, at.date()).tuples)
    graph.fill((*table.fixed, *derived), TupleSource.DERIVED)
    return graph
