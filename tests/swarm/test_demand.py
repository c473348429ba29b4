"""What a demand leaves out, and each thing that can be wrong with one."""

from datetime import date, timedelta

import msgspec
import pytest

from graph_api.kernel.quantities import Days
from graph_api.organization.model import Task
from graph_api.swarm.demand import demand_problems, missing_skills, resolved
from graph_api.swarm.facts import Rules
from graph_api.swarm.model import Demand, SkillDemand, TimezoneWindow
from tests.swarm.organization import CUSTOMS, LIVE, RULES, TAX, TODAY, at, demand, graph


def task(**fields: object) -> Task:
    return Task(id="task:new", title="New", **fields)  # pyright: ignore[reportArgumentType]  # the tests name them


def filled(asked: Demand | None, of: Task | None, rules: Rules = RULES) -> Demand:
    return resolved(graph(), asked, of, TODAY, rules)


def test_a_task_that_says_nothing_asks_for_its_required_skills_until_it_is_due() -> None:
    found = filled(None, task(due_at=at(2026, 3, 20)))
    assert found == Demand(
        skills=(SkillDemand(skill_id=CUSTOMS, minimum_level=2), SkillDemand(skill_id=TAX, minimum_level=3, weight=2)),
        headcount=2,
        share=1.0,
        days=Days(TODAY, date(2026, 3, 20)),
    )


def test_the_demand_goes_over_the_tasks_own_which_goes_over_its_links() -> None:
    stored = Demand(skills=(SkillDemand(skill_id=LIVE, seats=3),), share=0.5, minimum_cities=2, headcount=3)
    of = task(demand=msgspec.json.encode(stored).decode())
    found = filled(Demand(share=0.25, pinned_ids=("person:bo",)), of)
    assert found.skills == stored.skills
    assert (found.share, found.minimum_cities, found.headcount) == (0.25, 2, 3)
    assert found.pinned_ids == ("person:bo",)


@pytest.mark.parametrize("of", [None, task(), task(due_at=at(2026, 3, 3))])
def test_without_a_due_day_to_come_a_swarm_lasts_as_the_settings_say(of: Task | None) -> None:
    assert filled(demand(days=None), of).days == Days(TODAY, TODAY + timedelta(days=13))
    week = filled(demand(days=None), of, Rules(swarm_days_default=7))
    assert week.days == Days(TODAY, TODAY + timedelta(days=6))


@pytest.mark.parametrize(("seats", "headcount"), [(1, 1), (4, 4), (5, 5), (8, 5)])
def test_the_headcount_is_the_seats_but_five_at_most(seats: int, headcount: int) -> None:
    skills = (SkillDemand(skill_id=TAX, seats=seats),)
    assert filled(demand(skills=skills, headcount=None), None).headcount == headcount


def test_a_demand_without_skills_is_told_so() -> None:
    nothing = filled(None, None)
    assert [problem.code for problem in missing_skills(nothing, ("demand",))] == ["REQUIRED"]
    assert missing_skills(filled(demand(), None), ("demand",)) == []


def skill(skill_id: str = TAX, **fields: object) -> tuple[SkillDemand, ...]:
    return (SkillDemand(skill_id=skill_id, **fields),)  # pyright: ignore[reportArgumentType]  # the tests name them


CASES: dict[str, tuple[Demand, str, str]] = {
    "unknown skill": (demand(skills=skill("skill:taxx"), headcount=1), "skills.0.skillId", "UNKNOWN_REFERENCE"),
    "no seats": (Demand(skills=skill(seats=0)), "skills.0.seats", "OUT_OF_RANGE"),
    "weight": (Demand(skills=skill(weight=4)), "skills.0.weight", "OUT_OF_RANGE"),
    "level": (Demand(skills=skill(minimum_level=6)), "skills.0.minimumLevel", "OUT_OF_RANGE"),
    "many slots": (Demand(skills=skill(seats=9)), "skills", "TOO_MANY"),
    "twice": (Demand(skills=(*skill(), *skill())), "skills.1", "DUPLICATE"),
    "no headcount": (Demand(headcount=0), "headcount", "OUT_OF_RANGE"),
    "large headcount": (Demand(headcount=9), "headcount", "OUT_OF_RANGE"),
    "headcount above seats": (demand(headcount=3), "headcount", "CONTRADICTION"),
    "headcount below seats": (Demand(skills=skill(seats=3), headcount=2), "headcount", "CONTRADICTION"),
    "share": (Demand(share=0.0), "share", "OUT_OF_RANGE"),
    "tiny share": (Demand(share=0.0001), "share", "OUT_OF_RANGE"),
    "large share": (Demand(share=1.01), "share", "OUT_OF_RANGE"),
    "share that is no number": (Demand(share=float("nan")), "share", "OUT_OF_RANGE"),
    "days": (Demand(days=Days(date(2026, 3, 5), date(2026, 3, 4))), "days", "INVALID_DAYS"),
    "endless days": (Demand(days=Days(date(2026, 3, 5), date(2999, 3, 4))), "days", "OUT_OF_RANGE"),
    "many cities": (demand(minimum_cities=3), "minimumCities", "CONTRADICTION"),
    "fewer than no cities": (Demand(minimum_cities=-1), "minimumCities", "OUT_OF_RANGE"),
    "country": (Demand(member_in_country="Mexico"), "memberInCountry", "INVALID_COUNTRY"),
    "unknown zone": (
        Demand(timezone_window=TimezoneWindow(timezone="Asia/Shangai", maximum_offset_hours=3)),
        "timezoneWindow.timezone",
        "INVALID_TIMEZONE",
    ),
    "hours": (
        Demand(timezone_window=TimezoneWindow(timezone="UTC", maximum_offset_hours=-1)),
        "timezoneWindow.maximumOffsetHours",
        "OUT_OF_RANGE",
    ),
    "unknown pin": (Demand(pinned_ids=("person:adda",)), "pinnedIds.0", "UNKNOWN_REFERENCE"),
    "pinned twice": (Demand(pinned_ids=("person:ada", "person:ada")), "pinnedIds.1", "DUPLICATE"),
    "many pins": (
        demand(pinned_ids=("person:ada", "person:bo", "person:cy")),
        "pinnedIds",
        "CONTRADICTION",
    ),
    "unknown exclusion": (Demand(excluded_ids=("person:adda",)), "excludedIds.0", "UNKNOWN_REFERENCE"),
    "pinned and excluded": (
        Demand(pinned_ids=("person:ada",), excluded_ids=("person:ada",)),
        "pinnedIds",
        "CONTRADICTION",
    ),
    "apart from oneself": (
        Demand(separated_pairs=(("person:ada", "person:ada"),)),
        "separatedPairs.0",
        "CONTRADICTION",
    ),
    "unknown pair": (
        Demand(separated_pairs=(("person:ada", "person:zoe"),)),
        "separatedPairs.0.secondId",
        "UNKNOWN_REFERENCE",
    ),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_each_problem_is_told_with_its_place(name: str) -> None:
    asked, path, code = CASES[name]
    problems = demand_problems(graph(), asked, ("demand",))
    assert [(problem.path, problem.code) for problem in problems] == [(("demand", *path.split(".")), code)]
    assert problems[0].message.endswith(".")


def test_the_limit_of_slots_is_named() -> None:
    (problem,) = demand_problems(graph(), Demand(skills=skill(seats=9)), ())
    assert "the limit of 8 slots" in problem.message


def test_a_sound_demand_has_no_problem() -> None:
    assert demand_problems(graph(), demand(), ()) == []
    assert demand_problems(graph(), Demand(), ()) == []
