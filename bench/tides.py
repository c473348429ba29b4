"""Back-test of tides on real tasks: the error of the forecast against seasonal-naive, skill by skill, losers too.

Every skill with at least two years of weeks since its first task, forecast 8 weeks ahead from every fourth week of the
last year. A task lies on the days from its opening to its closing. The method was chosen on these sets from a few; the
second table says what the others did.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from statistics import median
from typing import Final

import numpy as np

from bench.historic_teams import imported
from bench.tables import publish
from graph_api.organization.model import Requires, Skill
from graph_api.swarm.dispatch.demanded import Floats, demanded, monday, weekly
from graph_api.swarm.dispatch.tides import (
    HISTORY_WEEKS_MIN,
    SEASON_WEEKS,
    Tide,
    best_levels,
    forecast,
    origins,
    seasonal_naive,
)
from tests.support.data import shared_data

SETS: Final = {"carpentries": date(2019, 7, 1), "kubernetes": date(2026, 6, 29)}
"""Sets, and the Monday after the last week that is whole."""
WEEKS: Final = 8
Method = Callable[[Floats, int], Floats]


def series(name: str, until: date) -> dict[str, Floats]:
    """Return the weekly person-days of each skill that any task requires."""
    graph = imported(shared_data(name))
    found: dict[str, Floats] = {}
    for skill in graph.nodes(Skill):
        if any(True for _ in graph.incoming(Requires, skill.id)):
            done = demanded(graph, (), skill.id, until)
            found[skill.id] = weekly(done, monday(until))
    return found


def told(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def row(name: str, skill: str, weeks: Floats, tide: Tide) -> list[object]:
    return [
        name, skill.removeprefix("skill:"), len(weeks), f"{weeks.mean():.1f}", f"{np.mean(weeks == 0):.0%}",
        told(tide.mase), told(tide.scaled),
    ]  # fmt: skip


def smoothed(past: Floats, weeks: int) -> Floats:
    return np.full(weeks, best_levels(past)[-1])


def last_year(past: Floats, weeks: int) -> Floats:
    return seasonal_naive(past, len(past), weeks)


def average(weeks_back: int, past: Floats, weeks: int) -> Floats:
    return np.full(weeks, past[-weeks_back:].mean())


def middle(weeks_back: int, past: Floats, weeks: int) -> Floats:
    return np.full(weeks, np.median(past[-weeks_back:]))


def both(first: Method, second: Method, past: Floats, weeks: int) -> Floats:
    return (first(past, weeks) + second(past, weeks)) / 2


METHODS: Final[dict[str, Method]] = {
    "smoothing and seasonal-naive, averaged (taken)": partial(both, smoothed, last_year),
    "exponential smoothing": smoothed,
    "last week": partial(average, 1),
    "mean of 13 weeks": partial(average, 13),
    "mean of 52 weeks": partial(average, SEASON_WEEKS),
    "median of 26 weeks": partial(middle, 26),
    "median of 26 weeks and seasonal-naive, averaged": partial(both, partial(middle, 26), last_year),
    "mean of 13 weeks and seasonal-naive, averaged": partial(both, partial(average, 13), last_year),
}


def against_naive(method: Method, weeks: Floats) -> float | None:
    """Return the error of a method over that of seasonal-naive, from the origins of the back-test."""
    ours, naive = 0.0, 0.0
    for origin in origins(len(weeks)):
        past, ends = weeks[:origin], min(WEEKS, len(weeks) - origin)
        actual = weeks[origin : origin + ends]
        ours += float(np.abs(method(past, ends) - actual).sum())
        naive += float(np.abs(last_year(past, ends) - actual).sum())
    return ours / naive if naive > 0 else None


def held_out(weeks: Floats) -> float:
    """Return how many of the last weeks lie in the interval forecast from those before them, 0 to 1."""
    past, actual = weeks[:-WEEKS], weeks[-WEEKS:]
    tide = forecast(past.tobytes(), WEEKS)
    if not isinstance(tide, Tide):
        return float("nan")
    return float(np.mean((np.array(tide.low) <= actual) & (actual <= np.array(tide.high))))


def summary(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{median(known):.2f} ({sum(value < 1 for value in known)} of {len(known)} below 1)"


def main() -> None:
    every = {name: series(name, until) for name, until in SETS.items()}
    long = {name: {s: w for s, w in of.items() if len(w) >= HISTORY_WEEKS_MIN} for name, of in every.items()}
    rows: list[list[object]] = []
    notes: list[str] = []
    for name, of in long.items():
        tides = {skill: forecast(weeks.tobytes(), WEEKS) for skill, weeks in of.items()}
        shown = [(skill, tide) for skill, tide in tides.items() if isinstance(tide, Tide)]
        inside = [held_out(of[skill]) for skill, _ in shown]
        shown.sort(key=lambda each: (each[1].mase is None, each[1].mase or 0.0, each[0]))
        rows += [row(name, skill, of[skill], tide) for skill, tide in shown]
        notes.append(
            f"{name}: {len(shown)} of {len(every[name])} demanded skills have two years; median MASE "
            f"{summary([tide.mase for _, tide in shown])}, scaled in sample {summary([t.scaled for _, t in shown])}; "
            f"{np.nanmean(inside):.0%} of the last {WEEKS} weeks lie in the interval that was told before them."
        )
    columns = ("set", "skill", "weeks", "person-days a week", "weeks of none", "MASE", "scaled in sample")
    publish("tides", columns, rows, " ".join(notes) + " None: seasonal-naive made no error at all.")
    methods = [
        [method, *(summary([against_naive(ahead, weeks) for weeks in of.values()]) for of in long.values())]
        for method, ahead in METHODS.items()
    ]
    publish("tides by method", ("method", *long), methods, "Median MASE over skills.")


if __name__ == "__main__":
    main()
