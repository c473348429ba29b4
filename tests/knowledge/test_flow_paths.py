"""Earliest arrival over time-respecting events, against a search of all paths."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from graph_api.knowledge.flow.events import Event, FlowEvent
from graph_api.knowledge.flow.paths import Timeline, arrivals, microseconds, reach_by_instant, steps_to, timeline

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


@settings(max_examples=500, deadline=None)
@given(EVENTS, st.integers(0, 6))
def test_the_earliest_arrival_is_that_of_a_search_of_all_paths(events: list[Event], hour: int) -> None:
    line, not_before = timeline(events), START + timedelta(hours=hour)
    source, goal = events[0].source, events[-1].target
    if source == goal:
        return
    goals = (place_of(line, goal),)
    found = arrivals(line, [place_of(line, source)], goals, microseconds(not_before))
    expected = brute_force(events, source, goal, not_before)
    assert (found.reached is None) == (expected is None)
    if found.reached is not None:
        steps = [events[step] for step in steps_to(line, found, found.reached)]
        assert steps[-1].at == expected
        assert (steps[0].source, steps[-1].target) == (source, goal)
        assert steps[0].at >= not_before
        assert all(one.target == other.source and one.at <= other.at for one, other in pairwise(steps))


def test_events_of_one_instant_follow_each_other_in_any_order() -> None:
    events = [event("c", "d", 1), event("b", "c", 1), event("a", "b", 1)]
    line = timeline(events)
    found = arrivals(line, [place_of(line, "a")], [place_of(line, "d")])
    assert steps_to(line, found, place_of(line, "d")) == [2, 1, 0]


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
