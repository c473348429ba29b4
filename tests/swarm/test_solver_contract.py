"""What every `AssemblySolver` must do, told by trying every team. A solver joins by a line in SOLVERS."""

import random

import msgspec
import numpy as np
import pytest

from graph_api.swarm import cpsat
from graph_api.swarm.bounds import TeamBounds
from graph_api.swarm.cpsat import CpSatSolver
from graph_api.swarm.exact.solver import ExactSolver
from graph_api.swarm.problem import AssemblyProblem, Candidate, CertificateStatus, Solution
from graph_api.swarm.solver import AssemblySolver, Feasibility, Proposal, Short, Undecided
from tests.support.seeds import seeds
from tests.swarm.instances import random_problem
from tests.swarm.oracle import all_worths, worth

SOLVERS: dict[str, type[AssemblySolver]] = {"cp-sat": CpSatSolver, "exact": ExactSolver}
LONG_SECONDS = 60.0
CHUNKS, CHUNKS_SOAKED, CHUNK = 3, 10, 60


@pytest.fixture(params=sorted(SOLVERS))
def solver(request: pytest.FixtureRequest) -> AssemblySolver:
    return SOLVERS[request.param]()


@pytest.fixture(params=[2, cpsat.FIRST_CANDIDATES], ids=["grown", "whole"])
def first_candidates(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Small problems fit into one run; starting with two candidates makes CP-SAT leave people out and grow."""
    monkeypatch.setattr(cpsat, "FIRST_CANDIDATES", request.param)
    return request.param


def indices(problem: AssemblyProblem, team: Solution) -> tuple[int, ...]:
    return tuple(problem.positions[person_id] for person_id in team.person_ids)


def assert_is_true(problem: AssemblyProblem, team: Solution) -> None:
    """The team is lawful and worth what it says, and its roles hold together."""
    assert worth(problem, indices(problem, team)) == team.objective == sum(seat.points.total for seat in team.seats)
    assert all(seat.roles for seat in team.seats)
    held = sorted(role for seat in team.seats for role in seat.roles)
    assert held == sorted(problem.skill_ids[slot.skill] for slot in problem.slots)


@pytest.mark.parametrize("chunk", seeds(CHUNKS, CHUNKS_SOAKED))
def test_answers_equal_exhaustive_enumeration(solver: AssemblySolver, first_candidates: int, chunk: int) -> None:
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        problem = random_problem(seed)
        worths = all_worths(problem)
        answer = solver.solve(problem, LONG_SECONDS, alternatives=2)
        found = solver.feasibility(problem, LONG_SECONDS)
        if not worths:
            assert (answer, found) == (Short(), Feasibility.INFEASIBLE), seed
            continue
        assert found == Feasibility.FEASIBLE, seed
        assert isinstance(answer, Proposal), seed
        assert answer.certificate.status is CertificateStatus.PROVED
        assert answer.certificate.gap == 0
        named = (answer.team, *answer.alternatives)
        assert [team.objective for team in named] == [points for points, _ in worths[:3]], seed
        assert len({team.person_ids for team in named}) == len(named)
        assert answer.are_all == (len(worths) < 3), seed
        for team in named:
            assert_is_true(problem, team)


def test_the_instances_are_of_both_kinds() -> None:
    problems = [random_problem(seed) for seed in range(150)]
    met = [bool(all_worths(problem)) for problem in problems]
    assert 0.3 < sum(met) / len(met) < 0.8
    assert {problem.headcount for problem in problems} == {2, 3, 4, 5, 6}
    assert max(points for problem in problems for _, _, points in problem.pairs) > 1400


def test_the_same_problem_has_the_same_answer(solver: AssemblySolver) -> None:
    for seed in range(40):
        problem = random_problem(seed)
        again = msgspec.msgpack.decode(msgspec.msgpack.encode(problem), type=AssemblyProblem)
        assert solver.solve(problem, LONG_SECONDS) == solver.solve(again, LONG_SECONDS)


def test_one_more_person_never_lowers_the_optimum(solver: AssemblySolver) -> None:
    for seed in range(60):
        more = random_problem(seed)
        people = more.candidates[:-1]
        last = len(people)
        if last < more.headcount or more.candidates[-1].person_id in more.pinned_ids:
            continue
        pairs = tuple(pair for pair in more.pairs if last not in pair[:2])
        before = solver.solve(msgspec.structs.replace(more, candidates=people, pairs=pairs), LONG_SECONDS)
        after = solver.solve(more, LONG_SECONDS)
        if isinstance(before, Proposal):
            assert isinstance(after, Proposal)
            assert after.team.objective >= before.team.objective


def test_a_stricter_level_never_raises_the_optimum(solver: AssemblySolver) -> None:
    compared = lower = 0
    for seed in range(60):
        problem, chance = random_problem(seed), random.Random(seed)
        before = solver.solve(problem, LONG_SECONDS)
        if not isinstance(before, Proposal):
            continue
        skill = chance.choice(problem.slots).skill
        # A level of 0 is none: whoever has such a slot need not know the skill.
        slots = tuple(
            msgspec.structs.replace(slot, level=slot.level + (slot.skill == skill and slot.level > 0))
            for slot in problem.slots
        )
        after = solver.solve(msgspec.structs.replace(problem, slots=slots), LONG_SECONDS)
        compared += 1
        if isinstance(after, Proposal):
            assert after.team.objective <= before.team.objective
        else:
            assert isinstance(after, Short)
        lower += isinstance(after, Short) or after.team.objective < before.team.objective
    assert compared > 20
    assert lower > 3


def crowd(seed: int, people: int) -> AssemblyProblem:
    """A problem with many near-equal candidates and strong ties."""
    chance = random.Random(seed)
    problem = random_problem(0)
    skills = len(problem.skill_ids)
    candidates = tuple(
        Candidate(f"person:{place:04d}", tuple(chance.choice([2, 3, 3]) for _ in range(skills)), city=str(place % 7))
        for place in range(people)
    )
    pairs = {tuple(sorted(chance.sample(range(people), 2))): chance.randint(1, 200) for _ in range(people * 3)}
    return msgspec.structs.replace(
        problem,
        candidates=candidates,
        pairs=tuple((pair[0], pair[1], bonus) for pair, bonus in sorted(pairs.items())),
        pinned_ids=(),
        separated_pairs=(),
        member_in_country=None,
        depths=(),
    )


@pytest.mark.parametrize("deadline_seconds", [0.0, 0.02, 0.2])
def test_bounds_hold_however_short_the_deadline(solver: AssemblySolver, deadline_seconds: float) -> None:
    problem = crowd(1, 24)
    full = solver.solve(problem, LONG_SECONDS)
    assert isinstance(full, Proposal)
    assert full.certificate.status is CertificateStatus.PROVED
    answer = solver.solve(problem, deadline_seconds, alternatives=3)
    if isinstance(answer, Undecided):
        assert answer.upper_bound is None or answer.upper_bound >= full.team.objective
    else:
        assert isinstance(answer, Proposal)
        assert answer.certificate.lower == answer.team.objective <= full.team.objective <= answer.certificate.upper
        assert worth(problem, indices(problem, answer.team)) == answer.team.objective


def test_nobody_is_left_out_who_could_be_in_a_better_team() -> None:
    """The bound of each candidate is at least the best team that holds him, whoever else has been left out."""
    checked = 0
    for seed in range(300):
        problem = random_problem(seed)
        if problem.headcount != problem.headcount_least or not set(problem.pinned_ids) <= set(problem.positions):
            continue
        bounds = TeamBounds(problem)
        chance = random.Random(seed)
        alive = [chance.random() < 0.8 for _ in problem.candidates]
        found = bounds.of_candidates(np.array(alive))
        for points, people in all_worths(problem):
            team = [problem.positions[person_id] for person_id in people]
            if all(alive[member] for member in team):
                checked += 1
                assert all(points <= found[member] for member in team), seed
    assert checked > 500
