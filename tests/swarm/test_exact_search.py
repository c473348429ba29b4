"""The exact search by itself: alternatives in order, true bounds when it is stopped, the same answer each time."""

from dataclasses import replace
from random import Random
from threading import Timer

import numpy as np
import pytest

from graph_api.swarm.exact.arrays import SolverInput, input_of
from graph_api.swarm.exact.engine import NothingFound, Team
from graph_api.swarm.exact.solver import Ranked, best_teams
from tests.support.seeds import seeds
from tests.swarm.instances import random_problem
from tests.swarm.oracle import all_worths

ALTERNATIVES = 2
COMPARED_LEAST = 35
"""Of each hundred: in the others nobody can be found, or not at once."""
STOPPED_LEAST = 10
"""Of each hundred: in the others nobody can be found, or no first team, or all is proved at once."""


def nobody_knows() -> Team | None:
    raise NothingFound


def searched(given: SolverInput, alternatives: int = 0, *, after_seconds: float | None = None) -> Ranked | None:
    stop = np.zeros(1, dtype=np.int64)
    if after_seconds == 0.0:
        stop[0] = 1
    timer = Timer(after_seconds or 60.0, stop.__setitem__, (0, 1))
    timer.daemon = True
    timer.start()
    try:
        return best_teams(given, stop, alternatives, nobody_knows)
    except NothingFound:
        return None
    finally:
        timer.cancel()


def assert_is_exact(seed: int) -> bool:
    """Compare one problem with enumeration; False where nothing was to be compared."""
    problem = random_problem(seed)
    given, worths = input_of(problem), all_worths(problem)
    if given is None:
        assert not worths
        return False
    found = searched(given, ALTERNATIVES)
    if found is None:  # no first team was found at once: another solver is asked whether there is one
        return False
    assert found.is_proved
    assert [points for points, _ in found.teams] == [points for points, _ in worths[: 1 + ALTERNATIVES]]
    return bool(worths)


def stopped_early(seed: int) -> int:
    """Return how many of a problem's searches were stopped with a team that was not proved; each bound is true."""
    problem, unproved = random_problem(seed), 0
    given, worths = input_of(problem), all_worths(problem)
    if given is None or not worths:
        return 0
    for seconds in (0.0, Random(seed).random() / 1000):
        found = searched(given, after_seconds=seconds)
        if found is not None and found.teams:
            unproved += not found.is_proved
            assert found.teams[0][0] <= worths[0][0]
            assert max(found.upper, found.teams[0][0]) >= worths[0][0]
            assert not found.is_proved or found.teams[0][0] == worths[0][0]
    return unproved


@pytest.mark.parametrize("chunk", range(4))
def test_alternatives_are_the_next_best_teams_in_order(chunk: int) -> None:
    compared = [assert_is_exact(seed) for seed in range(chunk * 100, chunk * 100 + 100)]
    assert sum(compared) >= COMPARED_LEAST


@pytest.mark.soak
@pytest.mark.parametrize("chunk", range(50))
def test_many_more_alternatives_are_the_next_best_teams_in_order(chunk: int) -> None:
    compared = [assert_is_exact(seed) for seed in range(10_000 + chunk * 100, 10_100 + chunk * 100)]
    assert sum(compared) >= COMPARED_LEAST


@pytest.mark.parametrize("seed", [12_106, 14_266])
def test_no_team_is_smaller_than_those_who_must_be_members(seed: int) -> None:
    assert assert_is_exact(seed)


@pytest.mark.parametrize("chunk", seeds(3, 20))
def test_bound_of_a_search_that_was_stopped_is_true(chunk: int) -> None:
    assert sum(map(stopped_early, range(chunk * 100, chunk * 100 + 100))) >= STOPPED_LEAST


@pytest.mark.parametrize("seed", range(60))
def test_another_person_never_lowers_the_optimum(seed: int) -> None:
    problem = random_problem(seed)
    given = input_of(problem)
    found = searched(given) if given is not None else None
    if given is None or found is None or not found.teams:
        return
    more = replace(
        given,
        penalties=np.append(given.penalties, 0),
        values=np.vstack([given.values, given.values.max(axis=0)]),
        cities=np.append(given.cities, -1),
        in_country=np.append(given.in_country, False),
        depth_able=np.hstack([given.depth_able, np.zeros((len(given.depth_able), 1), dtype=np.bool_)]),
        ties=replace(given.ties, starts=np.append(given.ties.starts, given.ties.starts[-1])),
    )
    again = searched(more)
    assert again is not None
    assert again.teams[0][0] >= found.teams[0][0]


@pytest.mark.parametrize("seed", range(60))
def test_who_is_less_able_never_raises_the_optimum(seed: int) -> None:
    given = input_of(random_problem(seed))
    found = searched(given) if given is not None else None
    if given is None or found is None or not found.teams:
        return
    weaker = given.values.copy()
    weaker[Random(seed).randrange(given.candidates), 0] = -1 if not given.open_slots[0] else 0
    again = searched(replace(given, values=weaker))
    assert again is None or not again.teams or again.teams[0][0] <= found.teams[0][0]


@pytest.mark.parametrize("seed", range(40))
def test_same_problem_has_the_same_answer_each_time(seed: int) -> None:
    given = input_of(random_problem(seed))
    if given is not None:
        assert searched(given, ALTERNATIVES) == searched(given, ALTERNATIVES)
