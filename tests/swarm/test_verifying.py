"""A true certificate passes the check, a tampered answer never does."""

import random
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from graph_api.swarm.cpsat import CpSatSolver
from graph_api.swarm.exact.solver import ExactSolver
from graph_api.swarm.explaining.verifying import verify
from graph_api.swarm.problem import AssemblyProblem, Solution
from graph_api.swarm.roles import seated
from graph_api.swarm.solver import Proposal
from tests.swarm.instances import random_problem
from tests.swarm.oracle import worth

SECONDS = 30.0


def solved(seed: int) -> tuple[AssemblyProblem, Solution] | None:
    problem = random_problem(seed)
    found = ExactSolver().solve(problem, SECONDS)
    if not isinstance(found, Proposal) or problem.headcount_least != problem.headcount:
        return None
    return problem, found.team


@pytest.mark.parametrize("start", range(0, 200, 10))
def test_a_true_certificate_holds(start: int) -> None:
    checked = 0
    for seed in range(start, start + 10):
        if (case := solved(seed)) is not None:
            problem, team = case
            found = verify(problem, team, SECONDS)
            assert found.holds, found.faults
            assert found.optimum == team.objective
            assert found.ceiling >= team.objective - _bonuses(problem, team)
            assert found.candidates == len(problem.candidates)
            checked += 1
    assert checked


def _bonuses(problem: AssemblyProblem, team: Solution) -> int:
    places = {problem.positions[one] for one in team.person_ids}
    return sum(bonus for first, second, bonus in problem.pairs if first in places and second in places)


@pytest.mark.parametrize("start", range(0, 60, 10))
def test_whoever_is_in_a_better_team_survives_the_bounds(start: int) -> None:
    """Asked of a worse team: the best one's members must not be left out."""
    checked = 0
    for problem, best in cases(start):
        for worse in others(problem, best):
            found = verify(problem, worse, SECONDS)
            assert found.holds is False
            assert found.optimum == best.objective
            assert any("The second solver finds" in fault for fault in found.faults)
            assert found.survivors >= problem.headcount
            checked += 1
    assert checked > 3


def cases(start: int) -> Iterator[tuple[AssemblyProblem, Solution]]:
    """The problems of ten seeds that a team meets."""
    yield from (case for seed in range(start, start + 10) if (case := solved(seed)) is not None)


def others(problem: AssemblyProblem, best: Solution) -> Iterator[Solution]:
    """Some teams that are worth less."""
    chance = random.Random(str(best.person_ids))
    places = range(len(problem.candidates))
    for _ in range(20):
        team = tuple(sorted(chance.sample(places, problem.headcount)))
        points = worth(problem, team)
        if points is not None and points < best.objective:
            found = seated(problem, team)
            assert found is not None
            yield found


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_a_tampered_answer_is_found_out(start: int) -> None:
    checked = 0
    for problem, team in cases(start):
        told = [
            replace(team, objective=team.objective + 1),
            replace(team, seats=team.seats[1:]),
            replace(team, seats=(replace(team.seats[0], roles=()), *team.seats[1:])),
            replace(team, seats=(replace(team.seats[0], person_id="person:nobody"), *team.seats[1:])),
        ]
        checked += sum(verify(problem, answer, SECONDS).holds is False for answer in told)
        assert checked % len(told) == 0
    assert checked


def test_a_check_that_is_not_done_in_time_says_neither() -> None:
    problem, team = next(cases(0))
    told = verify(problem, team, 0.0)
    assert (told.holds, told.is_late, told.optimum, told.faults) == (None, True, None, ())


def test_many_candidates_are_left_out_by_the_bounds() -> None:
    case = next(case for seed in range(50) if (case := solved(seed)) is not None)
    problem = case[0]
    weak = [
        replace(one, person_id=f"weak:{place}:{number}", load=100_000)
        for place, one in enumerate(problem.candidates)
        for number in range(20)
    ]
    people = sorted([*problem.candidates, *weak], key=lambda one: one.person_id)
    crowded = replace(problem, candidates=tuple(people), pairs=())
    found = CpSatSolver().solve(crowded, SECONDS)
    assert isinstance(found, Proposal)
    told = verify(crowded, found.team, SECONDS)
    assert told.holds, told.faults
    assert told.survivors <= len(problem.candidates)
