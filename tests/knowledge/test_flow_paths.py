"""Earliest arrival over time-respecting events, against a search of all paths."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from graph_api.knowledge.flow import paths
from graph_api.knowledge.flow.events import Event, FlowEvent
from graph_api.knowledge.flow.paths import (
    Timeline,
    arrivals,
    laid_out,
    microseconds,
    reach_by_instant,
    steps_to,
    timeline,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
VERTICES = "abcdef"


def event(source: str, target: str, hour: int) -> Event:
    return Event(FlowEvent.WORKED_TOGETHER, source, target, START + timedelta(hours=hour))


RAW = st.tuples(st.sampled_from(VERTICES), st.sampled_from(VERTICES), st.integers(0, 6))
EVENTS = st.lists(RAW.filter(lambda raw: raw[0] != raw[1]), min_size=1, max_size=14).map(
    lambda rows: [event(*row) for row in sorted(rows, key=lambda row: row[2])]
)


def brute_force(events: list[Event], source: str, goal: str, not_before: datetime) -> datetime | None:
    """Try every simple path: each step no earlier than the one before it."""
    best: datetime | None = None
    open_paths: list[tuple[frozenset[str], str, datetime]] = [(frozenset(source), source, not_before)]
    while open_paths:
        seen, place, at = open_paths.pop()
        for each in events:
            if each.source == place and each.target not in seen and each.at >= at:
                if each.target != goal:
                    open_paths.append((seen | {each.target}, each.target, each.at))
                elif best is None or each.at < best:
                    best = each.at
    return best


def place_of(line: Timeline, vertex: str) -> int:
    return line.vertices.index(vertex)


@contextmanager
def arrays_from(events: int) -> Generator[None]:
    """Search instants of so many events and more on arrays, as only large ones are otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "MANY_EVENTS", events)
        yield


@settings(max_examples=500, deadline=None)
@given(EVENTS, st.integers(0, 6), st.sampled_from((1, 3, paths.MANY_EVENTS)))
def test_the_earliest_arrival_is_that_of_a_search_of_all_paths(events: list[Event], hour: int, many: int) -> None:
    line, not_before = timeline(events), START + timedelta(hours=hour)
    source, goal = events[0].source, events[-1].target
    assume(source != goal)
    goals = (place_of(line, goal),)
    with arrays_from(many):
        found = arrivals(line, [place_of(line, source)], goals, microseconds(not_before))
    expected = brute_force(events, source, goal, not_before)
    assert (found.reached is None) == (expected is None)
    if found.reached is not None:
        steps = [events[step] for step in steps_to(line, found, found.reached)]
        assert steps[-1].at == expected
        assert (steps[0].source, steps[-1].target) == (source, goal)
        assert steps[0].at >= not_before
        assert all(one.target == other.source and one.at <= other.at for one, other in pairwise(steps))


@pytest.mark.parametrize("many", [1, paths.MANY_EVENTS])
def test_events_of_one_instant_follow_each_other_in_any_order(many: int) -> None:
    events = [event("c", "d", 1), event("b", "c", 1), event("a", "b", 1)]
    line = timeline(events)
    with arrays_from(many):
        found = arrivals(line, [place_of(line, "a")], [place_of(line, "d")])
    assert steps_to(line, found, place_of(line, "d")) == [2, 1, 0]


def drawn(instants: int) -> Timeline:
    """Draw enough events that some instants are searched on arrays and some on lists."""
    chance = np.random.default_rng(3)
    ends = chance.integers(0, 900, (2, 4000))
    at = np.sort(np.minimum(chance.geometric(0.2, 4000), instants))
    return Timeline([str(place) for place in range(900)], ends[0], ends[1], at)


@pytest.mark.parametrize("instants", [1, 12])
def test_instants_of_many_events_reach_what_lists_reach_by_steps_that_follow_each_other(instants: int) -> None:
    line = drawn(instants)
    found = arrivals(line, [0, 5])
    with arrays_from(len(line.at) + 1):
        listed = arrivals(line, [0, 5])
    assert first_instants(line, found) == first_instants(line, listed)
    for goal in found.by_event:
        steps = steps_to(line, found, goal)
        assert all(
            line.targets[one] == line.sources[other] and follows(line, one, other) for one, other in pairwise(steps)
        )
        assert not steps or line.sources[steps[0]] in (0, 5)


def first_instants(line: Timeline, found: paths.Arrivals) -> dict[int, int]:
    return {place: int(line.at[event]) for place, event in found.by_event.items() if event >= 0}


def follows(line: Timeline, one: int, other: int) -> bool:
    return bool(line.at[one] <= line.at[other])


def test_events_are_laid_out_in_the_order_of_time_whatever_order_they_come_in() -> None:
    events = [event("b", "c", 2), event("a", "b", 2), event("c", "d", 1)]
    line, order = laid_out(events)
    places: list[int] = order.tolist()
    assert places == [2, 0, 1]
    ends = [
        (line.vertices[source], line.vertices[target])
        for source, target in zip(line.sources, line.targets, strict=True)
    ]
    assert ends == [("c", "d"), ("b", "c"), ("a", "b")]
    assert line.at.tolist() == [microseconds(events[place].at) for place in places]


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_count_from_1970_exactly(at: datetime) -> None:
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds(at)) == at


def test_what_happened_before_is_not_passed_on() -> None:
    line = timeline([event("b", "c", 1), event("a", "b", 2)])
    assert arrivals(line, [place_of(line, "a")], [place_of(line, "c")]).reached is None


def test_a_goal_that_is_a_start_takes_no_step() -> None:
    line = timeline([event("a", "b", 1)])
    found = arrivals(line, [0, 1], [1])
    assert (found.reached, steps_to(line, found, 1)) == (1, [])


def test_reach_counts_each_vertex_once_at_its_earliest_instant() -> None:
    line = timeline([event("a", "b", 1), event("a", "c", 1), event("b", "c", 2), event("c", "d", 3)])
    reach = reach_by_instant(line, arrivals(line, [place_of(line, "a")]), range(len(line.vertices)))
    assert reach == [(int(line.at[0]), 2), (int(line.at[3]), 3)]
