"""How evenly seats lie, and the least possible greatest load, against what trying every placing finds."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.swarm.dispatch.bound import Needed, Role, average_load, least_maximum_load
from graph_api.swarm.dispatch.shares import Shares, shares

PAIRS = 10**6
PEOPLE = st.lists(st.integers(0, 3), max_size=3, unique=True).map(lambda people: tuple(sorted(people)))


@st.composite
def needed(draw: st.DrawFn) -> Needed:
    """A swarm of one or two members with one or two roles."""
    skills = draw(st.lists(st.sampled_from("ab"), min_size=1, max_size=2, unique=True))
    roles = tuple(Role(skill, draw(st.integers(1, 2)), draw(PEOPLE)) for skill in skills)
    return Needed(draw(st.integers(1, 2)), roles)


SMALL = st.lists(needed(), max_size=3)


def placings(swarm: Needed) -> list[tuple[int, ...]]:
    """Every way to give so many members one seat each, one person no two seats of a role."""
    seats = [(number, who) for number, role in enumerate(swarm.roles) for who in role.people]
    return [
        tuple(who for _, who in chosen)
        for chosen in combinations(seats, swarm.placed)
        if all(sum(number == of for of, _ in chosen) <= role.seats for number, role in enumerate(swarm.roles))
    ]


def least_by_trying(swarms: list[Needed]) -> int:
    """Return the least greatest load of the relaxed problem, of all ways to place everybody."""
    best = len(swarms) * 2
    for way in product(*(placings(swarm) for swarm in swarms)):
        taken = [who for one in way for who in one]
        best = min(best, max((taken.count(who) for who in taken), default=0))
    return best


@given(SMALL)
def test_the_flow_finds_the_least_load_of_all_placings_or_the_average_is_greater(swarms: list[Needed]) -> None:
    assert least_maximum_load(swarms, PAIRS) == max(least_by_trying(swarms), average_load(swarms))


@st.composite
def staffed(draw: st.DrawFn) -> tuple[list[Needed], list[int]]:
    """Swarms and a staffing that satisfies them: each member a role, and everybody able to take some others too."""
    swarms: list[Needed] = []
    loads = [0] * 5
    for _ in range(draw(st.integers(0, 6))):
        team = draw(st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True))
        others = draw(st.lists(st.sets(st.integers(0, 4)), min_size=len(team), max_size=len(team)))
        pairs = zip(team, others, strict=True)
        roles = [Role(str(number), 1, tuple(sorted({who} | also))) for number, (who, also) in enumerate(pairs)]
        swarms.append(Needed(len(team), tuple(roles)))
        for who in team:
            loads[who] += 1
    return swarms, loads


@given(staffed(), st.sampled_from([0, PAIRS]))
def test_no_staffing_has_less_than_the_bound(drawn: tuple[list[Needed], list[int]], pairs_max: int) -> None:
    swarms, loads = drawn
    assert least_maximum_load(swarms, pairs_max) <= max(loads)


def test_a_skill_that_one_person_holds_lies_on_that_person() -> None:
    rare, common = Role("rare", 1, (0,)), Role("common", 2, (0, 1, 2, 3))
    assert least_maximum_load([Needed(3, (rare, common))] * 4, PAIRS) == 4
    assert least_maximum_load([Needed(2, (rare, common))] * 4, PAIRS) == 4
    assert least_maximum_load([Needed(2, (common,))] * 4, PAIRS) == 2


def test_flow_sees_what_averages_do_not() -> None:
    """Two skills of one and the same two holders, and a third one of six others."""
    pair, many = (0, 1), (2, 3, 4, 5, 6, 7)
    swarms = [Needed(1, (Role("a", 1, pair),)), Needed(1, (Role("b", 1, pair),)), Needed(1, (Role("c", 1, many),))] * 3
    assert average_load(swarms) == 2
    assert least_maximum_load(swarms, PAIRS) == 3
    assert least_maximum_load(swarms, 1) == 2


def test_nothing_needed_is_no_load() -> None:
    assert least_maximum_load([], PAIRS) == 0
    assert least_maximum_load([Needed(1, (Role("a", 1, ()),))], PAIRS) == 0


@pytest.mark.parametrize(
    ("loads", "told"),
    [
        ([], Shares(0, 0, 0, 0.0, 0.0)),
        ([0, 0], Shares(0, 0, 0, 0.0, 1.0)),
        ([2, 2, 2], Shares(6, 2, 2, 0.0, 0.0)),
        ([0, 0, 0, 4], Shares(4, 4, 4, 0.75, 0.75)),
        ([1, 3], Shares(4, 3, 3, 0.25, 0.0)),
        ([1] * 99 + [9], Shares(108, 9, 1, 792 / 10800, 0.0)),
    ],
)
def test_shares_are_those_computed_by_hand(loads: list[int], told: Shares) -> None:
    assert shares(loads) == told


@given(st.lists(st.integers(0, 20), min_size=1))
def test_gini_is_the_mean_difference_of_two_people_over_twice_the_mean(loads: list[int]) -> None:
    differences = np.abs(np.subtract.outer(loads, loads)).mean()
    wanted = differences / (2 * np.mean(loads)) if any(loads) else 0.0
    assert shares(loads).gini == pytest.approx(wanted)
