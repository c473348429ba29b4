"""Forecast a weekly series of person-days, and tell how well that would have done before.

The forecast is the plain average of two: simple exponential smoothing, level_t = a y_t + (1 - a) level_(t-1), flat from
there (Gardner, Exponential smoothing: the state of the art - part II, International Journal of Forecasting 22, 2006), a
being the one of `SMOOTHINGS` with the least sum of squared one-week errors so far; and seasonal-naive, the same week 52
weeks before. Averages of simple forecasts are hard to beat (Clemen, Combining forecasts, ibid. 5, 1989).

The back-test has a rolling origin (Tashman, Out-of-sample tests of forecasting accuracy, ibid. 16, 2000): every fourth
week of the last year, each time from the weeks before it alone. The interval adds the 10 % and 90 % quantiles of its
errors, of all distances together; no week is below zero.
"""

from functools import lru_cache
from typing import Final

import msgspec
import numpy as np

from graph_api.swarm.dispatch.demanded import Floats

SEASON_WEEKS: Final = 52
HISTORY_WEEKS_MIN: Final = 2 * SEASON_WEEKS
"""One year to begin from and one to be tested on."""
TEST_WEEKS: Final = SEASON_WEEKS
TEST_STEP_WEEKS: Final = 4
TEST_ORIGIN_MIN: Final = SEASON_WEEKS
SMOOTHINGS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
SETTLING_WEEKS: Final = 8
"""The first weeks tell more of where smoothing began than of how it does."""
INTERVAL: Final = (0.1, 0.9)
KEPT_FORECASTS: Final = 1024


class Tide(msgspec.Struct, frozen=True):
    """Expected person-days a week with the ends of the 80 % interval, and the error against seasonal-naive.

    `mase` is None where seasonal-naive made no error either. `scaled` divides by the error of seasonal-naive within the
    weeks before each origin instead (Hyndman and Koehler, ibid. 22, 2006); None where there is none.
    """

    expected: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    mase: float | None
    scaled: float | None


class TooShort(msgspec.Struct, frozen=True):
    """The history is shorter than two years: nothing is forecast."""

    weeks: int


@lru_cache(maxsize=KEPT_FORECASTS)
def forecast(history: bytes, weeks: int) -> Tide | TooShort:
    """Forecast so many weeks after a history of person-days a week (float64), or say that it is too short.

    It follows from its arguments alone: what changes no task of a skill leaves its forecast as it is.
    """
    series = np.frombuffer(history)
    if len(series) < HISTORY_WEEKS_MIN:
        return TooShort(len(series))
    levels = best_levels(series)
    tested = [_tested(series, levels, origin, weeks) for origin in origins(len(series))]
    errors = np.concatenate([error for error, _, _ in tested])
    naive = np.concatenate([error for _, error, _ in tested])
    low, high = np.quantile(errors, INTERVAL)
    ahead = _ahead(series, levels[-1], len(series), weeks)
    return Tide(
        expected=_shown(ahead),
        # The expected value lies inside, also where all errors were on one side of it.
        low=_shown(ahead + min(low, 0.0)),
        high=_shown(ahead + max(high, 0.0)),
        mase=_ratio(np.abs(errors).mean(), np.abs(naive).mean()),
        scaled=_ratio(
            float(np.mean([np.abs(error).mean() for error, _, _ in tested])),
            float(np.mean([by for _, _, by in tested])),
        ),
    )


def origins(length: int) -> range:
    """Return the weeks from which the back-test forecasts: before each lies a year at least."""
    return range(max(TEST_ORIGIN_MIN + 1, length - TEST_WEEKS), length, TEST_STEP_WEEKS)


def best_levels(series: Floats) -> Floats:
    """Return the smoothed level after each week, of the smoothing that did best up to that week."""
    factors = np.array(SMOOTHINGS)
    level = np.full(len(factors), series[0])
    lost = np.zeros(len(factors))
    chosen = np.empty(len(series))
    for week, value in enumerate(series):
        if week >= SETTLING_WEEKS:
            lost += (value - level) ** 2
        level = level + factors * (value - level)
        chosen[week] = level[int(np.argmin(lost))]
    return chosen


def seasonal_naive(series: Floats, origin: int, weeks: int) -> Floats:
    """Return the same weeks of the year before an origin; the year repeats itself."""
    return series[origin - SEASON_WEEKS + np.arange(weeks) % SEASON_WEEKS]


def _ahead(series: Floats, level: float, origin: int, weeks: int) -> Floats:
    return (level + seasonal_naive(series, origin, weeks)) / 2


def _tested(series: Floats, levels: Floats, origin: int, weeks: int) -> tuple[Floats, Floats, float]:
    """Return the errors of forecast and seasonal-naive from an origin, and the scale within the weeks before it."""
    ends = min(weeks, len(series) - origin)
    actual = series[origin : origin + ends]
    ours = actual - _ahead(series, levels[origin - 1], origin, ends)
    naive = actual - seasonal_naive(series, origin, ends)
    within = np.abs(series[SEASON_WEEKS:origin] - series[: origin - SEASON_WEEKS]).mean()
    return ours, naive, float(within)


def _ratio(error: float, by: float) -> float | None:
    return float(error / by) if by > 0 else None


def _shown(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in np.maximum(values, 0.0))
