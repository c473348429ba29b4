"""The permission graph of one replica: explicit tuples from the graph, derived ones by the table, under the live model.

It is advanced by every commit at the moment the state is, so that no answer mixes two revisions. What it holds follows
from the state alone: rebuilt, it is the same.
"""

import asyncio
import logging
from collections import ChainMap, defaultdict
from collections.abc import Callable, Generator, Iterable, MutableMapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from itertools import chain
from typing import Final, TypeAlias

import msgspec

from graph_api.kernel.errors import Unavailable
from graph_api.kernel.graph import Graph, GraphView
from graph_api.kernel.records import AnyChange, Record, RecordKey, tag_of
from graph_api.permission.derivation import DerivedTable, midnight
from graph_api.permission.engine.answering import Asking
from graph_api.permission.kept_graph import KeptGraph, TupleChange
from graph_api.permission.live_model import ReadModel, live_permission, read_model, stored_model
from graph_api.permission.records import Granted, LivePermission, key_of
from graph_api.permission.tuples import RelationshipTuple, TupleKey, TupleSource
from graph_api.projection.commit import Commit
from graph_api.projection.live import LiveState
from graph_api.projection.state import State

_log: Final = logging.getLogger(__name__)
_GRANTED: Final = tag_of(Granted)
Tuples: TypeAlias = dict[TupleKey, RelationshipTuple | None]
"""What stands under each key from now on; None where nothing does."""
Suppose: TypeAlias = Callable[[GraphView, Sequence[AnyChange]], bool]
"""Takes up changes that are decided and not committed; `view` shows them. False: what they mean is known only then."""


class PermissionDelta(msgspec.Struct, frozen=True):
    """What one commit changed: tuples of both sources, and whether another model became live.

    `replaced` is what answered under the model before: it does so rightly where the tuples are as they were then.
    """

    changes: Sequence[TupleChange] = ()
    model_switched: bool = False
    replaced: Asking | None = None


Listener: TypeAlias = Callable[[State, PermissionDelta | None], None]
"""Called with what each commit changed, also where it changed nothing, and with None after everything was rebuilt."""


class PermissionProjection:
    """Owns the permission graph of a replica. `clock` tells what is expired where a question names no instant."""

    def __init__(self, live: LiveState, table: DerivedTable, clock: Callable[[], datetime]) -> None:
        self._live = live
        self._table = table
        self._clock = clock
        self._listeners: list[Listener] = []
        self._moved = asyncio.Event()
        self._graph: KeptGraph | None = None
        self._notice(live.state, None)
        self.close: Callable[[], None] = live.subscribe(self._notice)

    @property
    def graph(self) -> KeptGraph:
        """The permission graph as of the replica's revision; raises Unavailable where no model can be answered by."""
        if self._graph is None:
            raise Unavailable("No authorization model is live.", suggestion="Try again; the log says what is wrong.")
        return self._graph

    @property
    def pointer(self) -> LivePermission | None:
        """Which model is live, and which is to be."""
        return live_permission(self._live.state.graph)

    @property
    def moved(self) -> asyncio.Event:
        """An event that is set once something has changed; ask for it before looking, then wait for it."""
        return self._moved

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every commit until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def prepare(self, model_id: str, read: ReadModel) -> None:
        """Compile a pending model beside the live one, so that it can take over at once."""
        if self._graph is not None:
            self._graph.prepare(model_id, read.model)

    def due(self, now: datetime) -> list[RecordKey]:
        """Return the keys of explicit tuples that are expired and not removed yet."""
        while self._expiries and self._expiries[0][0] <= now:
            self._due[heappop(self._expiries)[1]] = None
        graph = self._live.state.graph
        self._due = {key: None for key in self._due if _is_expired(graph, key, now)}
        return list(self._due)

    def turn_after(self, now: datetime) -> datetime:
        """Return the next instant at which a tuple expires or a day begins."""
        tomorrow = midnight(now.date() + timedelta(days=1))
        return min(self._expiries[0][0], tomorrow) if self._expiries else tomorrow

    @contextmanager
    def supposing(self) -> Generator[Suppose]:
        """Let the graph answer as if changes were committed; they are forgotten at the end. Nothing may be awaited."""
        derived = ChainMap[RecordKey, tuple[RelationshipTuple, ...]]({}, self._derived)
        taken: list[TupleChange] = []

        def suppose(view: GraphView, changes: Sequence[AnyChange]) -> bool:
            pointer, graph = live_permission(view), self._graph
            if graph is None or pointer is None or not _asks_alike(pointer, self._pointer):
                return False
            explicit = {key_of(change.key): _tuple_of(change.after) for change in changes if change.key[0] == _GRANTED}
            for final, source in (
                (explicit, TupleSource.EXPLICIT),
                (self._supposed(view, changes, derived), TupleSource.DERIVED),
            ):
                taken.extend(graph.take(final, source))
            return True

        try:
            yield suppose
        finally:
            for change in reversed(taken):
                self.graph.take({change.key: change.before}, change.source)

    def _supposed(
        self,
        view: GraphView,
        changes: Sequence[AnyChange],
        derived: MutableMapping[RecordKey, tuple[RelationshipTuple, ...]],
    ) -> Tuples:
        """Return what would become of derived tuples; `derived` is what records derive so far."""
        gone: Tuples = {}
        come: Tuples = {}
        for key in self._table.touched(view, changes):
            gone.update((each.key, None) for each in derived.get(key, ()))
            derived[key] = self._table.derive(view, key, self._pointer.day).tuples
            come.update((each.key, each) for each in derived[key])
        return gone | come

    def _notice(self, state: State, commit: Commit | None) -> None:
        delta: PermissionDelta | None = None
        try:
            if commit is None or self._graph is None:
                self._rebuild(state)
            else:
                delta = self._advance(state, self._graph)
        except Exception:  # noqa: BLE001  # whatever it is: a graph that missed a commit may not be answered from
            _log.exception("The permission graph could not follow the log; it is rebuilt with the next commit.")
            self._graph = None
        self._moved.set()
        self._moved = asyncio.Event()
        for listener in tuple(self._listeners):
            listener(state, delta)

    def _rebuild(self, state: State) -> None:
        self._derived: dict[RecordKey, tuple[RelationshipTuple, ...]] = {}
        self._turning: dict[date, dict[RecordKey, None]] = defaultdict(dict)
        self._expiries: list[tuple[datetime, RecordKey]] = []
        self._due: dict[RecordKey, None] = {}
        self._endings: list[tuple[datetime, RecordKey]] = []
        self._at = state.at
        self._graph = None
        pointer = live_permission(state.graph)
        stored = stored_model(state.graph, pointer.live) if pointer is not None else None
        if pointer is None or stored is None:
            return
        self._pointer = pointer
        graph = KeptGraph(read_model(stored.source).model, clock=self._clock)
        graph.fill(map(self._noted, state.graph.links(Granted)), TupleSource.EXPLICIT)
        derived = (each for key in self._table.keys(state.graph) for each in self._derive(state.graph, key))
        graph.fill(chain(self._table.fixed, derived), TupleSource.DERIVED)
        self._graph = graph

    def _advance(self, state: State, graph: KeptGraph) -> PermissionDelta:
        changes, self._at = state.effective, state.at
        if not changes and not self._is_ending():
            return PermissionDelta()
        asking = graph.asking
        switched = self._follow_pointer(state.graph, graph)
        explicit = graph.take(self._explicit(changes), TupleSource.EXPLICIT)
        derived = graph.take(self._rederived(state.graph, self._touched(state.graph, changes)), TupleSource.DERIVED)
        return PermissionDelta([*explicit, *derived], switched, asking if switched else None)

    def _follow_pointer(self, view: Graph, graph: KeptGraph) -> bool:
        """Take the live model and the day of a state; tell whether the model is another one."""
        pointer, before = live_permission(view), self._pointer
        stored = stored_model(view, pointer.live) if pointer is not None else None
        if pointer is None or stored is None:
            raise Unavailable("The live authorization model is gone.")
        self._pointer = pointer
        if pointer.live != before.live:
            graph.switch_to(stored.id, read_model(stored.source).model)
        elif pointer.pending != before.pending:
            graph.drop_prepared()
        return pointer.live != before.live

    def _explicit(self, changes: Iterable[AnyChange]) -> Tuples:
        """Return what became of explicit tuples."""
        return {
            key_of(change.key): self._noted(change.after) if isinstance(change.after, Granted) else None
            for change in changes
            if change.key[0] == _GRANTED
        }

    def _noted(self, grant: Granted) -> RelationshipTuple:
        """Return the tuple of a grant, and note when it expires."""
        if grant.expires_at is not None:
            heappush(self._expiries, (grant.expires_at, grant.key))
        return grant.tuple

    def _touched(self, view: Graph, changes: Iterable[AnyChange]) -> Iterable[RecordKey]:
        """Return the keys of records to derive anew: by changes, and because their time has begun or ended."""
        keys = dict.fromkeys(self._table.touched(view, changes))
        for day in sorted(day for day in self._turning if day <= self._pointer.day):
            keys.update(self._turning.pop(day))
        while self._is_ending():
            keys[heappop(self._endings)[1]] = None
        return keys

    def _is_ending(self) -> bool:
        """Tell whether a derived tuple has ended by the time of the last commit."""
        return bool(self._endings) and self._endings[0][0] <= self._at

    def _rederived(self, view: Graph, keys: Iterable[RecordKey]) -> Tuples:
        """Derive records anew; return what became of the tuples that they derived before, or derive now."""
        gone: Tuples = {}
        come: Tuples = {}
        for key in keys:
            gone.update((each.key, None) for each in self._derived.pop(key, ()))
            come.update((each.key, each) for each in self._derive(view, key))
        return gone | come

    def _derive(self, view: Graph, key: RecordKey) -> tuple[RelationshipTuple, ...]:
        """Return what a record derives by the time of the last commit, and note when that changes."""
        found, changes_on = self._table.derive(view, key, self._pointer.day)
        if changes_on is not None:
            self._turning[changes_on][key] = None
        tuples = tuple(each for each in found if (ends := _ends_within_a_day(each)) is None or ends > self._at)
        for each in tuples:
            if (ends := _ends_within_a_day(each)) is not None:
                heappush(self._endings, (ends, key))
        if tuples:
            self._derived[key] = tuples
        return tuples


def _ends_within_a_day(each: RelationshipTuple) -> datetime | None:
    """Return when a derived tuple ends, unless it does so with a day: days have a commit of their own."""
    ends = each.expires_at
    return ends if ends is not None and ends != midnight(ends.date()) else None


def _tuple_of(record: Record | None) -> RelationshipTuple | None:
    return record.tuple if isinstance(record, Granted) else None


def _asks_alike(first: LivePermission, second: LivePermission) -> bool:
    """Tell whether questions are answered by the same model, on the same day."""
    return (first.live, first.day) == (second.live, second.day)


def _is_expired(graph: Graph, key: RecordKey, now: datetime) -> bool:
    grant = graph.record(key)
    return isinstance(grant, Granted) and grant.expires_at is not None and grant.expires_at <= now
