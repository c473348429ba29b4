"""Earliest arrival over time-respecting events, in one pass over the events in the order of time.

Wu, Cheng, Huang, Ke, Lu and Xu, "Path problems in temporal graphs", VLDB 2014, algorithm 1, with events that take no
time: those of one instant follow each other in any order, so that an instant is searched breadth first as a whole.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from graph_api.knowledge.flow.events import Event

Indices = npt.NDArray[np.int64]
MANY_EVENTS: Final = 512
"""From so many events of one instant on, arrays are faster than lists."""
_START: Final = -1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Timeline(msgspec.Struct, frozen=True):
    """Events in the order of time: each a source, a target (places in `vertices`) and an instant, µs since 1970."""

    vertices: Sequence[str]
    sources: Indices
    targets: Indices
    at: Indices


class Arrivals(msgspec.Struct, frozen=True):
    """By vertex that is reached: the event that reached it first (its place in the timeline), -1 for a start."""

    by_event: dict[int, int]
    reached: int | None
    """The first of the goals that was reached."""


def timeline(events: Sequence[Event]) -> Timeline:
    """Lay out events; those of one instant stand as they come."""
    return laid_out(events)[0]


def laid_out(events: Sequence[Event]) -> tuple[Timeline, Indices]:
    """Lay out events, and tell which of them stands at each place of the timeline."""
    places: dict[str, int] = {}
    sources = [places.setdefault(event.source, len(places)) for event in events]
    targets = [places.setdefault(event.target, len(places)) for event in events]
    at = np.array([microseconds(event.at) for event in events], np.int64)
    order = np.argsort(at, kind="stable")
    begins, ends = (np.array(column, np.int64)[order] for column in (sources, targets))
    return Timeline(list(places), begins, ends, at[order]), order


def microseconds(at: datetime) -> int:
    """Return an instant as whole microseconds since 1970, UTC."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def arrivals(
    line: Timeline, starts: Iterable[int], goals: Collection[int] = (), not_before: int | None = None
) -> Arrivals:
    """Find the earliest arrival at every vertex, or up to the first of some goals; O(events + vertices)."""
    by_event = dict.fromkeys(starts, _START)
    wanted = frozenset(goals)
    if there := wanted & by_event.keys():
        return Arrivals(by_event, min(there))
    first = 0 if not_before is None else int(np.searchsorted(line.at, not_before))
    reached = bytearray(len(line.vertices))
    for place in by_event:
        reached[place] = 1
    for events, many in _stretches(line.at, first):
        if many:
            found = dict(_of_many(line, events, reached))
            by_event |= found
            if not wanted.isdisjoint(found):
                return Arrivals(by_event, next(filter(wanted.__contains__, found)))
            continue
        for place, event in _of_few(line, events, reached):
            by_event[place] = event
            if place in wanted:
                return Arrivals(by_event, place)
    return Arrivals(by_event, None)


def _stretches(at: Indices, first: int) -> Iterator[tuple[range, bool]]:
    """Divide events from the first on into instants of many events (True) and what lies between these."""
    begins = np.ones(len(at) - first, np.bool_)
    begins[1:] = at[first + 1 :] != at[first:-1]
    starts = first + np.flatnonzero(begins)
    ends = np.append(starts[1:], len(at))
    large = ends - starts >= MANY_EVENTS
    for start, end in zip(starts[large].tolist(), ends[large].tolist(), strict=True):
        yield range(first, start), False
        yield range(start, end), True
        first = end
    yield range(first, len(at)), False


def _of_few(line: Timeline, events: range, reached: bytearray) -> Iterator[tuple[int, int]]:
    """Reach what each event leads to in its turn, those of one instant together; yield each place with its event."""
    at, sources, targets = (
        column[events.start : events.stop].tolist() for column in (line.at, line.sources, line.targets)
    )
    for event, (source, target) in enumerate(zip(sources, targets, strict=True)):
        if reached[source] and not reached[target]:
            start, end = bisect_left(at, at[event], hi=event), bisect_right(at, at[event], lo=event)
            for place, by in _instant(sources[start:end], targets[start:end], reached):
                yield place, events.start + start + by


def _instant(sources: Sequence[int], targets: Sequence[int], reached: bytearray) -> list[tuple[int, int]]:
    """Reach all that the events of one instant lead to, breadth first; return each place with its event, in order."""
    if len(sources) == 1:
        reached[targets[0]] = 1
        return [(targets[0], 0)]
    leaving: dict[int, list[int]] = {}
    for event, source in enumerate(sources):
        if not reached[targets[event]]:
            leaving.setdefault(source, []).append(event)
    waiting, found = deque(place for place in leaving if reached[place]), list[tuple[int, int]]()
    while waiting:
        for event in leaving.get(waiting.popleft(), ()):
            if not reached[target := targets[event]]:
                reached[target] = 1
                waiting.append(target)
                found.append((target, event))
    return found


def _of_many(line: Timeline, events: range, reached: bytearray) -> Iterable[tuple[int, int]]:
    """Search one instant with scipy's breadth-first order, from one vertex more that leads to all that are reached."""
    state = np.frombuffer(reached, np.uint8)
    live = events.start + np.flatnonzero(state[line.targets[events.start : events.stop]] == 0)
    if not state[line.sources[live]].any():
        return ()
    places, ends = _numbered(np.concatenate((line.sources[live], line.targets[live])), len(line.vertices))
    sources, targets, root = ends[: len(live)], ends[len(live) :], len(places)
    starts = np.flatnonzero(state[places])
    rows, columns = np.append(sources, np.full(len(starts), root)), np.append(targets, starts)
    matrix = sparse.csr_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(root + 1, root + 1))
    order, parents = _breadth_first(matrix, root)
    by = np.full(root + 1, _START)
    taken = np.flatnonzero(parents[targets] == sources)[::-1]
    by[targets[taken]] = live[taken]  # of several events of one step the first is written last
    found = order[by[order] != _START]
    state[places[found]] = 1
    return zip(places[found].tolist(), by[found].tolist(), strict=True)


def _numbered(ends: Indices, vertices: int) -> tuple[Indices, Indices]:
    """Return the different places among some, and each as its number among these; in linear time."""
    numbers, order = np.empty(vertices, np.int64), np.arange(len(ends))
    numbers[ends] = order
    places = ends[numbers[ends] == order]
    numbers[places] = np.arange(len(places))
    return places, numbers[ends]


def _breadth_first(matrix: Any, root: int) -> tuple[Indices, Indices]:
    """Return what is reached, in order, and by place the one before it (negative where there is none)."""
    search: Any = csgraph  # typed in part
    order, parents = search.breadth_first_order(matrix, root)
    return np.asarray(order, np.int64), np.asarray(parents, np.int64)


def steps_to(line: Timeline, found: Arrivals, goal: int) -> list[int]:
    """Return the events of the path to a vertex that is reached, the first one first."""
    path: list[int] = []
    by_event, source_of = found.by_event, line.sources.item
    while (event := by_event[goal]) != _START:
        path.append(event)
        goal = source_of(event)
    return path[::-1]


def reach_by_instant(line: Timeline, found: Arrivals, counted: Collection[int]) -> list[tuple[int, int]]:
    """Return how many of some vertices are reached up to each instant (µs since 1970) at which one is added."""
    instants = sorted(int(line.at[event]) for place, event in found.by_event.items() if event >= 0 and place in counted)
    return list({at: number for number, at in enumerate(instants, start=1)}.items())
