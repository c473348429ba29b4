"""400 small organizations, 5,000 with the soak: answer, conflict and repairs are those of exhaustive enumeration."""

import random
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import combinations_with_replacement

import msgspec
import pytest

from graph_api.kernel.quantities import Days
from graph_api.swarm.answering import Question, reply_to
from graph_api.swarm.assembly import ConstraintKind, Shortage
from graph_api.swarm.conflicts import maximal_spans
from graph_api.swarm.cpsat import CpSatSolver
from graph_api.swarm.exact.solver import ExactSolver
from graph_api.swarm.facts import Booking, PersonFacts, Snapshot
from graph_api.swarm.problem import AssemblyProblem, CertificateStatus
from graph_api.swarm.solver import AssemblySolver, Feasibility, Proposal
from graph_api.swarm.terms import SkillTerm, Terms, terms_of
from tests.support.seeds import seeds
from tests.swarm.world_oracle import World, every_constraint, expected_repairs, only
from tests.swarm.worlds import WEEK, random_world

SOLVERS: dict[str, type[AssemblySolver]] = {"cp-sat": CpSatSolver, "exact": ExactSolver}
LONG_SECONDS = 60.0
CHUNKS, CHUNKS_SOAKED, CHUNK = 4, 50, 100
INFEASIBLE_LEAST, FEASIBLE_LEAST = 15, 30
"""At least so many of each chunk cannot be met (750 in the soak), and can be."""
SPLIT_LEAST = 2
"""At least so many of each chunk (100 in the soak) are mended by days inside the demanded ones, or by none."""


def assert_shortage_is_true(world: World, terms: Terms, shortage: Shortage) -> None:
    """The conflict is infeasible, each proper part of it is not, and the repairs are all that there are."""
    named = {(c.kind, c.skill_id, c.person_id, c.other_person_id) for c in shortage.conflict}
    assert named <= {(c.kind, c.skill_id, c.person_id, c.other_person_id) for c in every_constraint(terms)}
    assert not world.exists(only(terms, shortage.conflict))
    for left_out in shortage.conflict:
        assert world.exists(only(terms, [one for one in shortage.conflict if one is not left_out]))
    found = {
        (r.relaxes.kind, r.relaxes.skill_id, r.relaxes.person_id, r.relaxed_to, r.objective) for r in shortage.repairs
    }
    assert found == expected_repairs(world, terms)
    assert len(found) == len(shortage.repairs)
    assert all(repair.is_proved for repair in shortage.repairs)


@pytest.mark.parametrize("chunk", seeds(CHUNKS, CHUNKS_SOAKED))
@pytest.mark.parametrize("solver", sorted(SOLVERS))
def test_replies_equal_exhaustive_enumeration(solver: str, chunk: int) -> None:
    infeasible = split = 0
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        snapshot, demand = random_world(seed)
        world, terms = World(snapshot), terms_of(demand)
        reply = reply_to(Question(snapshot=snapshot, terms=terms, deadline_seconds=LONG_SECONDS), SOLVERS[solver]())
        best = world.best(terms)
        if best is None:
            infeasible += 1
            assert isinstance(reply, Shortage), seed
            assert_shortage_is_true(world, terms, reply)
            split += any(is_split(relaxed_to, WEEK) for relaxed_to in days_offered(reply))
        else:
            assert isinstance(reply, Proposal), seed
            assert (reply.certificate.status, reply.team.objective) == (CertificateStatus.PROVED, best), seed
    assert INFEASIBLE_LEAST <= infeasible <= CHUNK - FEASIBLE_LEAST
    assert split >= SPLIT_LEAST


def days_offered(shortage: Shortage) -> list[str | None]:
    return [repair.relaxed_to for repair in shortage.repairs if repair.relaxes.kind is ConstraintKind.DAYS]


def is_split(relaxed_to: str | None, asked: Days) -> bool:
    """Neither the first nor the last of the days is kept."""
    first, last = asked.starts_on.isoformat(), asked.ends_on.isoformat()
    return relaxed_to is None or not (relaxed_to.startswith(first) or relaxed_to.endswith(last))


FIRST = date(2026, 3, 2)


def day(number: int) -> date:
    return FIRST + timedelta(days=number - 1)


def alone(numbers: Iterable[int]) -> tuple[Days, ...]:
    return tuple(Days(day(number), day(number)) for number in numbers)


def shortage_of(
    solver: AssemblySolver, *, days: int, absent: Iterable[int] = (), booked: Iterable[int] = (), capacity: int = 1000
) -> Shortage:
    """Two are wanted of five who hold the skill, all absent or booked on some of the days; two others are free."""
    busy = PersonFacts(
        person_id="",
        levels=(5,),
        absences=alone(absent),
        bookings=tuple(Booking(one, 600) for one in alone(booked)),
        capacity_permille=capacity,
    )
    holders = (msgspec.structs.replace(busy, person_id=f"person:{name}") for name in "abcde")
    others = (PersonFacts(person_id=f"person:{name}", levels=(0,)) for name in "yz")
    people = (*holders, *others)
    snapshot = Snapshot(skill_ids=("skill:a",), people=people, is_complete=True)
    skill = SkillTerm(skill_id="skill:a", seats=2, filled=2, level=1, weight=1)
    asked = Days(FIRST, day(days))
    terms = Terms(skills=(skill,), headcount_least=2, headcount=2, days=asked, share_permille=500)
    reply = reply_to(Question(snapshot=snapshot, terms=terms, deadline_seconds=LONG_SECONDS), solver)
    assert isinstance(reply, Shortage)
    return reply


@pytest.mark.parametrize(
    ("absent", "days", "offered"),
    [
        ((1, 3), 3, ["2026-03-03/2026-03-03"]),
        ((3,), 5, ["2026-03-02/2026-03-03", "2026-03-05/2026-03-06"]),
        ((1, 3, 6, 8), 8, ["2026-03-03/2026-03-03", "2026-03-05/2026-03-06", "2026-03-08/2026-03-08"]),
        ((1, 2, 3), 3, [None]),
    ],
)
def test_every_longest_part_of_the_days_is_offered_and_no_days_at_all_where_there_is_none(
    absent: tuple[int, ...], days: int, offered: list[str | None]
) -> None:
    found = shortage_of(CpSatSolver(), absent=absent, days=days)
    assert [constraint.kind for constraint in found.conflict] == [ConstraintKind.SKILL, ConstraintKind.DAYS]
    assert days_offered(found) == offered
    assert {repair.objective for repair in found.repairs if repair.relaxes.kind is ConstraintKind.DAYS} == {2000}


@pytest.mark.parametrize(("capacity", "offered"), [(400, "0.4"), (1, "0.001"), (0, None)])
def test_the_greatest_share_that_will_do_is_offered_and_no_share_at_all_where_nobody_has_any(
    capacity: int, offered: str | None
) -> None:
    found = shortage_of(CpSatSolver(), days=3, capacity=capacity)
    assert {(repair.relaxes.kind, repair.relaxed_to) for repair in found.repairs} == {
        (ConstraintKind.SKILL, None),
        (ConstraintKind.CAPACITY, offered),
    }


class Tiring(CpSatSolver):
    """Answers so many questions whether a team exists, and then knows nothing."""

    def __init__(self, questions: int) -> None:
        super().__init__()
        self._left = questions

    def feasibility(self, problem: AssemblyProblem, deadline_seconds: float) -> Feasibility:
        self._left -= 1
        return super().feasibility(problem, deadline_seconds) if self._left >= 0 else Feasibility.UNKNOWN


def test_repairs_found_before_time_runs_out_are_told_and_the_days_take_time_from_no_other() -> None:
    everything = shortage_of(CpSatSolver(), booked=(1, 3, 5), days=5)
    assert [(repair.relaxes.kind, repair.relaxed_to) for repair in everything.repairs] == [
        (ConstraintKind.SKILL, None),
        (ConstraintKind.CAPACITY, "0.4"),
        (ConstraintKind.DAYS, "2026-03-03/2026-03-03"),
        (ConstraintKind.DAYS, "2026-03-05/2026-03-05"),
    ]
    told = [shortage_of(Tiring(questions), booked=(1, 3, 5), days=5) for questions in range(5, 25)]
    for one in told:
        assert one.repairs == everything.repairs[: len(one.repairs)]
        assert ("Time ran out" in one.message) == (one.message != everything.message)
    assert {len(one.repairs) for one in told} == {0, 1, 2, 3, 4}


def spans_by_trial(count: int, holds: Callable[[int, int], bool]) -> list[tuple[int, int]]:
    spans = [span for span in combinations_with_replacement(range(count), 2) if holds(*span)]
    return [(a, z) for a, z in spans if not any(b <= a and z <= y and (b, y) != (a, z) for b, y in spans)]


def test_maximal_spans_are_those_of_trial_and_take_few_questions() -> None:
    """A span holds unless a hindrance lies inside it whole."""
    for seed in range(300):
        chance = random.Random(seed)
        count = chance.randint(1, 24)
        starts = [chance.randrange(count) for _ in range(chance.randint(0, count))]
        hindrances = [(start, min(count - 1, start + chance.choice([0, 1, 2, 5]))) for start in starts]
        asked, holds = counted(hindrances)
        found = list(maximal_spans(count, holds))
        assert len(asked) <= 3 * count, seed
        assert found == spans_by_trial(count, holds), seed


def counted(hindrances: list[tuple[int, int]]) -> tuple[list[tuple[int, int]], Callable[[int, int], bool]]:
    asked: list[tuple[int, int]] = []

    def holds(first: int, last: int) -> bool:
        asked.append((first, last))
        return not any(first <= a and z <= last for a, z in hindrances)

    return asked, holds


def test_ten_years_with_one_bad_day_take_few_questions() -> None:
    asked, holds = counted([(2000, 2000)])
    assert list(maximal_spans(3660, holds)) == [(0, 1999), (2001, 3659)]
    assert len(asked) <= 80
