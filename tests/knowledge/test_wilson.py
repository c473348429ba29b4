"""Wilson's interval, against scipy's."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from graph_api.knowledge.wilson import wilson

PAIRS = st.integers(1, 10**7).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


def by_scipy(successes: int, trials: int) -> tuple[float, float]:
    tested: Any = stats  # scipy's tests are typed in part
    found = tested.binomtest(successes, trials).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


@given(PAIRS)
def test_the_interval_is_that_of_scipy(pair: tuple[int, int]) -> None:
    assert wilson(*pair) == pytest.approx(by_scipy(*pair), abs=1e-12, rel=0)


@pytest.mark.parametrize("trials", range(1, 40))
def test_every_share_of_a_small_count_is_that_of_scipy_and_inside_its_interval(trials: int) -> None:
    for successes in range(trials + 1):
        low, high = wilson(successes, trials)
        assert (low, high) == pytest.approx(by_scipy(successes, trials), abs=1e-12, rel=0)
        assert 0 <= low <= successes / trials <= high <= 1


def test_without_trials_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "trials"), [(-1, 3), (4, 3), (0, -1)])
def test_what_is_no_share_is_refused(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(successes, trials)
