"""The judges of real demands are judged: the checker sees every fault, and HiGHS's model finds what trying finds."""

from collections.abc import Mapping, Sequence

import msgspec
import pytest

from graph_api.kernel.quantities import Days
from graph_api.organization.model import Person, Task, WorkedOn
from graph_api.swarm.model import Demand, SkillDemand, TimezoneWindow
from graph_api.swarm.problem import Points, Seat, Solution
from graph_api.swarm.worker import SolverPool
from tests.swarm.organization import CUSTOMS, DAYS, LIVE, MEXICO, TAX, TODAY, at, booking, demand, graph
from tests.swarm.real.asking import assert_true, propose
from tests.swarm.real.checker import faults, solution_faults, worth
from tests.swarm.real.demands import deal
from tests.swarm.real.facts import Facts
from tests.swarm.real.highs import NO_TEAM, best_team
from tests.swarm.real.raising import facts_of
from tests.swarm.real.small import every_team, small_organization

ORGANIZATIONS = 100
INFEASIBLE_LEAST, FEASIBLE_LEAST = 20, 30
LONG_MS, SECONDS = 60_000, 60.0
TEAM: dict[str, Sequence[str]] = {"person:ada": (TAX,), "person:di": (CUSTOMS,)}


def facts(asked: Demand, *more: object) -> Facts:
    """Facts on the small organization, with more records."""
    return Facts(graph(*more), TODAY, asked, "task:new")  # pyright: ignore[reportArgumentType]  # records, all of them


def person(name: str, **fields: object) -> Person:
    return Person(id=f"person:{name}", name=name, **fields)  # pyright: ignore[reportArgumentType]  # tests name them


def with_role(role: str, *names: str) -> dict[str, Sequence[str]]:
    return {f"person:{name}": (role,) for name in names}


TAX_IS_CRITICAL = (SkillDemand(skill_id=TAX, critical=True), SkillDemand(skill_id=CUSTOMS))
TWO_SEATS = (SkillDemand(skill_id=CUSTOMS, seats=2),)
WINDOW = TimezoneWindow(timezone=MEXICO, maximum_offset_hours=8.0)

FAULTY: dict[str, tuple[Demand, Mapping[str, Sequence[str]], Sequence[object]]] = {
    "3 members instead of 2": (demand(), {**TEAM, "person:cy": (CUSTOMS,)}, ()),
    "person:bo has no role": (demand(headcount=3), {**TEAM, "person:bo": ()}, ()),
    "which nobody asks for": (demand(headcount=3), {**TEAM, "person:bo": (LIVE,)}, ()),
    "2 primaries for the 1 seats": (demand(), {"person:ada": (TAX, CUSTOMS), "person:di": (CUSTOMS,)}, ()),
    "1 primaries for the 2 seats": (demand(skills=TWO_SEATS, headcount=1), with_role(CUSTOMS, "di"), ()),
    "two seats of skill:customs": (demand(skills=TWO_SEATS, headcount=1), {"person:di": (CUSTOMS, CUSTOMS)}, ()),
    "the level of person:eve is too low": (demand(), {"person:ada": (TAX,), "person:eve": (CUSTOMS,)}, ()),
    "nobody is second": (demand(skills=TAX_IS_CRITICAL), TEAM, ()),
    "person:robot is no person": (demand(), {"person:robot": (TAX,), "person:di": (CUSTOMS,)}, ()),
    "person:nobody is no person": (demand(), {"person:nobody": (TAX,), "person:di": (CUSTOMS,)}, ()),
    "person:ada is excluded": (demand(excluded_ids=("person:ada",)), TEAM, ()),
    "person:ada is outside the window": (demand(timezone_window=WINDOW), TEAM, ()),
    "person:di is outside the window": (demand(timezone_window=WINDOW), TEAM, (person("di", timezone=None),)),
    "not free on 2026-03-13": (demand(), TEAM, (person("di", absences=("2026-03-13/2026-03-20",)),)),
    "not free on 2026-03-12": (demand(), TEAM, (person("di", last_day=DAYS.ends_on.replace(day=11)),)),
    "not free on 2026-03-09": (demand(share=0.7), TEAM, (person("di", capacity=0.6),)),
    "not free on 2026-03-10": (
        demand(share=0.6), TEAM, tuple(booking("person:di", Days(DAYS.starts_on.replace(day=10), DAYS.ends_on), 500))
    ),
    "1 cities instead of 2": (demand(minimum_cities=2), TEAM, (person("ada", city="Monterrey"),)),
    "nobody in BR": (demand(member_in_country="BR"), TEAM, ()),
    "person:cy is pinned and not there": (demand(pinned_ids=("person:cy",)), TEAM, ()),
    "person:ada and person:di are together": (demand(separated_pairs=(("person:ada", "person:di"),)), TEAM, ()),
}  # fmt: skip
"""By what the checker must say: a demand, a team, and records that make it so."""


@pytest.mark.parametrize("fault", FAULTY)
def test_checker_sees_each_kind_of_fault(fault: str) -> None:
    asked, team, more = FAULTY[fault]
    found = faults(facts(asked, *more), team)
    assert any(fault in one for one in found), found


def test_checker_finds_no_fault_in_a_good_team() -> None:
    assert faults(facts(demand(minimum_cities=2, member_in_country="MX", pinned_ids=("person:di",))), TEAM) == []
    near = TimezoneWindow(timezone=MEXICO, maximum_offset_hours=10.0)
    assert faults(facts(demand(timezone_window=near)), TEAM) == []
    critical = (SkillDemand(skill_id=TAX), SkillDemand(skill_id=CUSTOMS, critical=True))
    assert faults(facts(demand(skills=critical)), TEAM) == [], "Ada is second at customs"


def test_worth_is_skill_and_ties_less_load_and_distance() -> None:
    """Ada is ten hours from the customer; 79 is 200 (1 - exp(-1/2)), for a common task of a year ago; 100 is a seat."""
    asked = demand(skills=(SkillDemand(skill_id=TAX, weight=2), SkillDemand(skill_id=CUSTOMS)))
    team: dict[str, Sequence[str]] = {"person:ada": (TAX,), "person:cy": (CUSTOMS,)}
    assert worth(facts(asked), team) == 2000 + 800 + 79 - 300 - 300
    past = Days(DAYS.starts_on.replace(day=1), DAYS.starts_on.replace(day=2))
    assert worth(facts(asked, *booking("person:cy", past, 500)), team) == 2000 + 800 + 79 - 300 - 300 - 100
    works = [WorkedOn(source=one, target="task:b", role="member") for one in team]
    fresh = Task(id="task:b", title="b", closed_at=at(2026, 3, 2))
    assert worth(facts(asked, fresh, *works), team) == 2000 + 800 + 155 - 300 - 300


def test_checker_sees_points_that_are_not_so() -> None:
    seats = (
        Seat("person:ada", (TAX,), Points(skill=1000, distance=300)),
        Seat("person:di", (CUSTOMS,), Points(skill=1000)),
    )
    asked = facts(demand())
    assert solution_faults(asked, Solution(seats, 1700)) == []
    assert solution_faults(asked, Solution(seats, 1701)) == ["1701 points instead of 1700"]
    tied = msgspec.structs.replace(seats[1], points=Points(skill=1000, collaboration=1))
    assert solution_faults(asked, Solution((seats[0], tied), 1700)) == ["the points of collaboration"]
    near = msgspec.structs.replace(seats[0], points=Points(skill=1000))
    assert solution_faults(asked, Solution((near, seats[1]), 1700)) == ["the points of person:ada"]
    assert solution_faults(asked, Solution((seats[0], seats[0]), 1700)) == ["somebody is there twice"]


def test_members_are_dealt_to_as_many_skills_as_possible() -> None:
    held = {"a": ["x", "y"], "b": ["x"], "c": ["x", "y"], "d": [], "e": ["z"]}
    assert deal({"a": ["x", "y"], "b": ["x"]}) == {"x": 1, "y": 1}
    assert deal(held) == {"x": 2, "y": 1, "z": 1} == deal({**held, "f": []})
    assert deal({str(place): ["x", "y"] for place in range(12)}) == {"x": 4, "y": 4}
    assert deal({"a": []}) == {}


async def test_small_organizations_get_the_best_of_all_their_teams(pool: SolverPool) -> None:
    """Windows, absences, bookings, loads and customers' clocks, which the real sets do not hold."""
    infeasible = 0
    for seed in range(ORGANIZATIONS):
        state, real = small_organization(seed)
        known = facts_of(state, real)
        best = max((worth(known, team) for team in every_team(known) if not faults(known, team)), default=None)
        solved = best_team(known, SECONDS)
        assert (solved.best, solved.is_final) == (best, True), seed
        infeasible += solved == NO_TEAM
        assert_true(known, await propose(pool, state, real, LONG_MS), solved)
    assert INFEASIBLE_LEAST <= infeasible <= ORGANIZATIONS - FEASIBLE_LEAST
