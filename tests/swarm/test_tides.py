"""Weekly demand, its forecast and the back-test, against definitions by hand and by brute force."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Record, upsert
from graph_api.organization.model import Requires, Skill, Task, TaskState
from graph_api.swarm.dispatch.demanded import HISTORY_WEEKS_MAX, Floats, Work, demanded, monday, task_days, weekly
from graph_api.swarm.dispatch.tides import HISTORY_WEEKS_MIN, Tide, TooShort, forecast, origins, seasonal_naive
from graph_api.swarm.model import Demand, SkillDemand
from tests.swarm.organization import LIVE, TAX

TODAY = date(2026, 3, 4)
MONDAY = date(2026, 3, 2)
ORDINAL = MONDAY.toordinal()
WEEKS = 8


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 8, tzinfo=UTC)


def asked_of(*records: Record, skill: str = TAX) -> list[Work]:
    graph = Graph()
    graph.apply(upsert(one) for one in (*records, Skill(id=TAX, name=TAX), Skill(id=LIVE, name=LIVE)))
    stored = [task for task in graph.nodes(Task) if task.demand]
    return list(demanded(graph, stored, skill, TODAY))


def rate(first: datetime, last: datetime, each: float) -> Work:
    return first.date().toordinal(), last.date().toordinal(), each


@pytest.mark.parametrize(
    ("task", "wanted"),
    [
        ({"opened_at": at(1, 5), "closed_at": at(1, 8), "due_at": at(1, 20)}, rate(at(1, 5), at(1, 8), 2.0)),
        ({"opened_at": at(1, 5), "due_at": at(1, 20)}, rate(at(1, 5), at(1, 20), 2.0)),
        ({"opened_at": at(1, 5)}, rate(at(1, 5), at(3, 4), 2.0)),
        ({"opened_at": at(1, 5), "state": TaskState.CLOSED}, rate(at(1, 5), at(1, 5), 2.0)),
        ({"closed_at": at(1, 8), "state": TaskState.CLOSED}, rate(at(1, 8), at(1, 8), 2.0)),
        ({"opened_at": at(1, 9), "due_at": at(1, 8)}, rate(at(1, 9), at(1, 9), 2.0)),
        ({"opened_at": at(1, 5), "closed_at": at(1, 8), "effort_days": 6.0}, rate(at(1, 5), at(1, 8), 1.0)),
    ],
)
def test_a_task_demands_seats_or_its_effort_on_each_of_its_days(task: dict[str, Any], wanted: Work) -> None:
    one = Task(id="task:a", title="A", **task)
    # Two of three seats are for tax: two thirds of 6 person-days on 4 days are 1 a day.
    links = (Requires(source="task:a", target=TAX, seats=2), Requires(source="task:a", target=LIVE))
    assert asked_of(one, *links) == [wanted]


def test_a_demand_of_its_own_says_skills_and_days() -> None:
    days = Days(date(2026, 2, 2), date(2026, 2, 3))
    asked = Demand(skills=(SkillDemand(skill_id=LIVE, seats=3),), days=days)
    task = Task(id="task:a", title="A", opened_at=at(1, 5), demand=msgspec.json.encode(asked).decode())
    required = Requires(source="task:a", target=TAX)
    assert asked_of(task, required) == []
    assert asked_of(task, required, skill=LIVE) == [rate(at(2, 2), at(2, 3), 3.0)]


def test_a_task_without_any_day_demands_nothing() -> None:
    assert task_days(Task(id="task:a", title="A"), Demand(), TODAY) is None
    assert asked_of(Task(id="task:a", title="A"), Requires(source="task:a", target=TAX)) == []


SPANS = st.lists(
    st.tuples(st.integers(-60, 20), st.integers(0, 40), st.integers(1, 4)).map(
        lambda drawn: (ORDINAL + drawn[0], ORDINAL + drawn[0] + drawn[1], float(drawn[2]))
    ),
    max_size=8,
)


@given(SPANS)
def test_a_week_adds_up_every_day_of_every_task_before_today(spans: list[Work]) -> None:
    found = weekly(spans, MONDAY)
    begun = [first for first, _, _ in spans if first < ORDINAL]
    if not begun:
        assert len(found) == 0
        return
    start = monday(date.fromordinal(min(begun)))
    wanted = [
        sum(rate for first, last, rate in spans for day in range(week, week + 7) if first <= day <= last)
        for week in range(start.toordinal(), ORDINAL, 7)
    ]
    assert found.tolist() == pytest.approx(wanted)
    assert len(found) == (MONDAY - start) // timedelta(weeks=1)


def test_a_mistaken_date_makes_no_history_of_centuries() -> None:
    mistaken, recent = (1, ORDINAL - 14, 2.0), (ORDINAL - 7, ORDINAL + 10**6, 1.0)
    found = weekly([recent, mistaken], MONDAY)
    assert len(found) == HISTORY_WEEKS_MAX
    assert found[[0, -3, -2, -1]].tolist() == [14.0, 14.0, 2.0, 7.0]
    assert weekly([(1, 9, 2.0), recent], MONDAY)[[0, -1]].tolist() == [0.0, 7.0]


def foreseen(series: Floats, weeks: int = WEEKS) -> Tide:
    tide = forecast(series.astype(np.float64).tobytes(), weeks)
    assert isinstance(tide, Tide)
    return tide


def test_less_than_two_years_are_too_short() -> None:
    assert forecast(np.ones(HISTORY_WEEKS_MIN - 1).tobytes(), WEEKS) == TooShort(HISTORY_WEEKS_MIN - 1)
    assert forecast(b"", WEEKS) == TooShort(0)
    assert len(foreseen(np.ones(HISTORY_WEEKS_MIN)).expected) == WEEKS


def test_a_level_series_goes_on_without_doubt_and_nothing_can_be_told_of_its_error() -> None:
    tide = foreseen(np.full(150, 3.0))
    assert tide.expected == tide.low == tide.high == pytest.approx((3.0,) * WEEKS)
    assert (tide.mase, tide.scaled) == (None, None)


def test_half_of_what_is_expected_is_the_year_before_and_the_season_repeats_beyond_a_year() -> None:
    year = np.arange(52.0)
    assert seasonal_naive(np.tile(year, 3), 156, 60).tolist() == [*range(52), *range(8)]
    tide = foreseen(np.tile(year, 3), 60)
    assert np.diff(tide.expected)[:51].tolist() == pytest.approx([0.5] * 51)
    assert tide.expected[52:] == tide.expected[:8]


def test_where_the_year_before_says_nothing_the_forecast_does_better_than_seasonal_naive() -> None:
    series = np.concatenate([np.zeros(104), np.full(60, 10.0)])
    found = foreseen(series).mase
    assert found is not None
    assert found < 1


def slow_mase(series: list[float], weeks: int) -> float | None:
    """The definition, one forecast at a time from a cut series, without any state kept between origins."""
    ours: list[float] = []
    naive: list[float] = []
    for origin in range(max(53, len(series) - 52), len(series), 4):
        level = _smoothed(series[:origin])
        for ahead in range(min(weeks, len(series) - origin)):
            before = series[origin - 52 + ahead % 52]
            ours.append(abs(series[origin + ahead] - (level + before) / 2))
            naive.append(abs(series[origin + ahead] - before))
    return sum(ours) / sum(naive) * len(naive) / len(ours) if sum(naive) else None


def _smoothed(past: list[float]) -> float:
    """The last level of the factor with the least squared errors; of equal ones the smallest."""
    tried: list[tuple[float, float, float]] = []
    for factor in (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9):
        level, lost = past[0], 0.0
        for week, value in enumerate(past):
            lost += (value - level) ** 2 if week >= 8 else 0.0
            level += factor * (value - level)
        tried.append((lost, factor, level))
    return min(tried)[2]


@given(st.lists(st.integers(0, 30).map(float), min_size=1, max_size=12), st.integers(104, 170), st.integers(1, 12))
def test_the_error_is_that_of_forecasts_that_knew_only_what_came_before(
    pattern: list[float], length: int, weeks: int
) -> None:
    series = [pattern[(week * week + week // 7) % len(pattern)] for week in range(length)]
    tide = foreseen(np.array(series), weeks)
    wanted = slow_mase(series, weeks)
    assert tide.mase == (None if wanted is None else pytest.approx(wanted))


@given(st.lists(st.floats(0, 100), min_size=104, max_size=130), st.integers(1, 60))
def test_the_interval_holds_what_is_expected_and_nothing_is_below_zero(series: list[float], weeks: int) -> None:
    tide = foreseen(np.array(series), weeks)
    for low, expected, high in zip(tide.low, tide.expected, tide.high, strict=True):
        assert 0 <= low <= expected <= high


@given(st.integers(104, 300))
def test_every_origin_has_a_year_before_it_and_a_week_to_be_tested_on(length: int) -> None:
    assert all(52 < origin < length for origin in origins(length))
    assert len(origins(length)) >= 12
