"""Knowledge at risk against the enumeration of all who may leave, and the drawn against the enumerated."""

from collections.abc import Sequence
from itertools import combinations
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_api.knowledge.flow.risk import Losses, at_risk, losses, single_holder, truck_factor

PEOPLE = "abcde"
HELD = st.dictionaries(st.text("xyz", min_size=1, max_size=3), st.frozensets(st.sampled_from(PEOPLE)), max_size=8)


def enumerated(held: dict[str, frozenset[str]], leaving: Sequence[str], probability: float) -> dict[int, float]:
    """Weigh every set of leavers."""
    found: dict[int, float] = {}
    for many in range(len(leaving) + 1):
        for left in map(frozenset[str], combinations(leaving, many)):
            lost = sum(bool(people) and people <= left for people in held.values())
            found[lost] = found.get(lost, 0) + probability**many * (1 - probability) ** (len(leaving) - many)
    return found


def shortfall(weights: dict[int, float], quantile: float) -> float:
    """Average the worst cases whose weights add up to 1 - quantile, the last of them in part."""
    left, total = 1 - quantile, 0.0
    for lost in sorted(weights, reverse=True):
        taken = min(left, weights[lost])
        left, total = left - taken, total + taken * lost
    return total / (1 - quantile)


def quantile_of(weights: dict[int, float], quantile: float) -> int:
    return next(
        lost for lost in sorted(weights) if sum(each for at, each in weights.items() if at <= lost) >= quantile - 1e-9
    )


@settings(deadline=None)
@given(HELD, st.sampled_from(["abc", "abcde", "e"]), st.floats(0.05, 0.95), st.sampled_from([0.5, 0.83, 0.95]))
def test_small_organizations_are_enumerated(
    held: dict[str, frozenset[str]], leaving: str, probability: float, quantile: float
) -> None:
    found = at_risk(losses(held, leaving, probability=probability, simulations=1, seed=0), quantile)
    weights = enumerated(held, leaving, probability)
    assert found.median == quantile_of(weights, 0.5)
    assert found.at_quantile == quantile_of(weights, quantile)
    assert found.expected_shortfall == pytest.approx(shortfall(weights, quantile), abs=1e-9)


def many_holders() -> tuple[dict[str, frozenset[str]], list[str]]:
    people = [f"person:{number:02}" for number in range(14)]
    return {f"skill:{number}": frozenset(people[number : number + 1 + number % 2]) for number in range(13)}, people


def test_drawn_losses_are_as_near_to_the_enumerated_as_their_number_allows() -> None:
    """The bound of Dvoretzky, Kiefer, Wolfowitz and Massart: a seed that fails it has a chance of one in a million."""
    held, people = many_holders()
    drawn = losses(held, people, probability=0.2, simulations=4000, seed=7)
    exact = enumerated(held, people, 0.2)
    bound = sqrt(log(2 / 1e-6) / (2 * 4000))
    for at in range(len(held) + 1):
        share = float(drawn.probability[drawn.lost <= at].sum())
        assert abs(share - sum(weight for lost, weight in exact.items() if lost <= at)) <= bound


def test_the_same_seed_draws_the_same_leavers_and_another_draws_others() -> None:
    held, people = many_holders()
    one, same, other = (losses(held, people, probability=0.2, simulations=500, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.lost, same.lost)
    assert not np.array_equal(one.lost, other.lost)


def test_ties_at_the_quantile_count_in_part() -> None:
    found = at_risk(Losses(np.array([0, 10]), np.array([0.9, 0.1])), 0.8)
    assert (found.at_quantile, found.expected_shortfall) == (0, pytest.approx(5.0))


def test_what_somebody_outside_holds_too_is_not_lost() -> None:
    held = {"skill:a": frozenset("a"), "skill:b": frozenset("az"), "skill:none": frozenset[str]()}
    assert single_holder(held) == single_holder(held, frozenset("a")) == ["skill:a"]
    assert single_holder(held, frozenset("z")) == []
    assert at_risk(losses(held, "a", probability=1.0, simulations=1, seed=0), 0.95).median == 1


def test_the_truck_factor_counts_those_who_hold_most_until_more_than_half_is_lost() -> None:
    held = {f"knowledge:{n}": frozenset(people) for n, people in enumerate(("a", "a", "ab", "b", "c", "abc"))}
    assert truck_factor(held) == 2, "a takes 2 of 6 along, b two more"
    assert truck_factor(held, frozenset("c")) is None, "of two that c holds one is lost"
    assert truck_factor({"skill:a": frozenset("a")}) == 1
    assert truck_factor({"skill:a": frozenset[str]()}) is None


@given(st.dictionaries(st.integers(0, 30), st.frozensets(st.sampled_from("abcdefg"), max_size=4), max_size=20))
def test_the_truck_factor_is_what_letting_go_one_after_the_other_gives(held: dict[int, frozenset[str]]) -> None:
    things = {f"skill:{one}": people for one, people in held.items()}
    kept = {one: set(people) for one, people in things.items() if people}
    order = sorted("abcdefg", key=lambda one: (-sum(one in people for people in kept.values()), one))
    expected = None
    for number, person in enumerate(order, start=1):
        for people in kept.values():
            people.discard(person)
        if expected is None and 2 * sum(not people for people in kept.values()) > len(kept):
            expected = number
    assert truck_factor(things) == expected
