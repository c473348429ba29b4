"""Every fault of a saving request is told with its path, a code and, where one is near, a suggestion."""

from datetime import date
from decimal import Decimal

import pytest

from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import Days, Money
from graph_api.organization.commands import (
    CustomerInput,
    PersonInput,
    SaveCustomers,
    SavePeople,
    SaveSkills,
    SaveUnits,
    SkillInput,
    SkillLevel,
    UnitInput,
)
from graph_api.organization.decisions import SAVE_CUSTOMERS, SAVE_PEOPLE, SAVE_SKILLS, SAVE_UNITS
from graph_api.organization.model import Broader, PartOf, Person, ReportsTo, Skill, Unit
from tests.organization.deciding import graph_of, problems, saved


@pytest.fixture
def graph() -> Graph:
    return graph_of(
        Person(id="person:ada", name="Ada"),
        Person(id="person:grace", name="Grace"),
        Person(id="person:linus", name="Linus"),
        ReportsTo(source="person:grace", target="person:linus"),
        Skill(id="skill:customs-mx", name="Customs"),
        Skill(id="skill:tax", name="Tax"),
        Broader(source="skill:customs-mx", target="skill:tax"),
        Unit(id="unit:a", name="A"),
        Unit(id="unit:b", name="B"),
        PartOf(source="unit:a", target="unit:b"),
    )


def rate(amount: str, currency: str = "CNY") -> Money:
    return Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("person", "path", "code"),
    [
        (PersonInput(id="ada", name="A"), "id", "INVALID_ID"),
        (PersonInput(id="unit:ada", name="A"), "id", "INVALID_ID"),
        (PersonInput(id="person:a b", name="A"), "id", "INVALID_ID"),
        (PersonInput(id="person:new"), "name", "REQUIRED"),
        (PersonInput(id="person:new", name=" "), "name", "REQUIRED"),
        (PersonInput(id="person:ada", name=None), "name", "REQUIRED"),
        (PersonInput(id="person:ada", name="x" * 501), "name", "TOO_LONG"),
        (PersonInput(id="person:ada", name="a\x00b"), "name", "INVALID_TEXT"),
        (PersonInput(id="person:ada", name="a\ud800b"), "name", "INVALID_TEXT"),
        (PersonInput(id="person:ada", city=""), "city", "EMPTY"),
        (PersonInput(id="person:ada", country="Mexico"), "country", "INVALID_COUNTRY"),
        (PersonInput(id="person:ada", country="mx"), "country", "INVALID_COUNTRY"),
        (PersonInput(id="person:ada", timezone="Asia/Shenzhen"), "timezone", "INVALID_TIMEZONE"),
        (PersonInput(id="person:ada", capacity=1.01), "capacity", "OUT_OF_RANGE"),
        (PersonInput(id="person:ada", capacity=-0.1), "capacity", "OUT_OF_RANGE"),
        (PersonInput(id="person:ada", capacity=float("nan")), "capacity", "OUT_OF_RANGE"),
        (PersonInput(id="person:ada", day_rate=rate("-1")), "dayRate.amount", "INVALID_AMOUNT"),
        (PersonInput(id="person:ada", day_rate=rate("NaN")), "dayRate.amount", "INVALID_AMOUNT"),
        (PersonInput(id="person:ada", day_rate=rate("1e300")), "dayRate.amount", "INVALID_AMOUNT"),
        (PersonInput(id="person:ada", day_rate=rate("1e-300")), "dayRate.amount", "INVALID_AMOUNT"),
        (PersonInput(id="person:ada", day_rate=rate("1", "XYZ")), "dayRate.currency", "INVALID_CURRENCY"),
        (PersonInput(id="person:ada", manager_id="person:nobody"), "managerId", "UNKNOWN_REFERENCE"),
        (PersonInput(id="person:ada", manager_id="person:ada"), "managerId", "CYCLE"),
        (PersonInput(id="person:linus", manager_id="person:grace"), "managerId", "CYCLE"),
        (PersonInput(id="person:ada", unit_ids=("unit:a", "unit:z")), "unitIds.1", "UNKNOWN_REFERENCE"),
        (
            PersonInput(id="person:ada", skills=(SkillLevel(skill_id="skill:nothing", level=1),)),
            "skills.0.skillId",
            "UNKNOWN_REFERENCE",
        ),
        (
            PersonInput(id="person:ada", skills=(SkillLevel(skill_id="skill:tax", level=6),)),
            "skills.0.level",
            "OUT_OF_RANGE",
        ),
        (
            PersonInput(id="person:ada", skills=(SkillLevel(skill_id="skill:tax", level=0),)),
            "skills.0.level",
            "OUT_OF_RANGE",
        ),
        (
            PersonInput(id="person:ada", skills=(SkillLevel(skill_id="skill:tax", level=1),) * 2),
            "skills.1",
            "DUPLICATE",
        ),
        (
            PersonInput(id="person:ada", absences=(Days(date(2026, 2, 2), date(2026, 2, 1)),)),
            "absences.0",
            "INVALID_DAYS",
        ),
    ],
)
def test_fault_of_a_person_is_told_where_it_is(graph: Graph, person: PersonInput, path: str, code: str) -> None:
    found = problems(graph, SAVE_PEOPLE, SavePeople(people=(person,)))
    assert {place: problem.code for place, problem in found.items()} == {f"people.0.{path}": code}
    assert all(problem.message for problem in found.values())


def test_all_faults_are_told_at_once_and_nothing_is_saved(graph: Graph) -> None:
    people = (
        PersonInput(id="person:fine", name="Fine"),
        PersonInput(id="person:bad", country="x", capacity=7.0, manager_id="person:nobody"),
        PersonInput(id="person:fine", name="Again"),
    )
    assert set(problems(graph, SAVE_PEOPLE, SavePeople(people=people))) == {
        "people.1.name",
        "people.1.country",
        "people.1.capacity",
        "people.1.managerId",
        "people.2",
    }
    assert graph.node(Person, "person:fine") is None


def test_unknown_reference_suggests_the_nearest_id(graph: Graph) -> None:
    wrong = PersonInput(id="person:ada", skills=(SkillLevel(skill_id="skill:custom-mx", level=2),))
    found = problems(graph, SAVE_PEOPLE, SavePeople(people=(wrong,)))
    assert found["people.0.skills.0.skillId"].suggestion == "Did you mean skill:customs-mx?"


def test_bad_id_is_suggested_in_its_encoded_form(graph: Graph) -> None:
    found = problems(graph, SAVE_PEOPLE, SavePeople(people=(PersonInput(id="person:Ada L", name="A"),)))
    assert found["people.0.id"].suggestion == "For example person:Ada%20L"


def test_wrong_timezone_suggests_a_near_one(graph: Graph) -> None:
    found = problems(graph, SAVE_PEOPLE, SavePeople(people=(PersonInput(id="person:ada", timezone="Asia/Shangai"),)))
    assert found["people.0.timezone"].suggestion == "Did you mean Asia/Shanghai?"


def test_only_the_first_unknown_references_are_searched_for_a_suggestion(graph: Graph) -> None:
    skills = tuple(SkillLevel(skill_id=f"skill:customs-m{number}", level=1) for number in range(50))
    found = problems(graph, SAVE_PEOPLE, SavePeople(people=(PersonInput(id="person:ada", skills=skills),)))
    assert len(found) == 50
    assert sum(problem.suggestion is not None for problem in found.values()) == 5


def test_cycle_that_only_the_whole_request_makes_is_found() -> None:
    people = tuple(
        PersonInput(id=f"person:{number}", name="N", manager_id=f"person:{(number + 1) % 3}") for number in range(3)
    )
    found = problems(Graph(), SAVE_PEOPLE, SavePeople(people=people))
    assert {problem.code for problem in found.values()} == {"CYCLE"}
    assert len(found) == 3


def test_cycle_broken_by_the_same_request_is_none(graph: Graph) -> None:
    people = (
        PersonInput(id="person:linus", manager_id="person:grace"),
        PersonInput(id="person:grace", manager_id=None),
    )
    assert saved(graph, SAVE_PEOPLE, SavePeople(people=people))[0].changed == 2


def test_cycles_of_skills_and_units_are_found(graph: Graph) -> None:
    skill = SkillInput(id="skill:tax", broader_ids=("skill:customs-mx",))
    assert problems(graph, SAVE_SKILLS, SaveSkills(skills=(skill,)))["skills.0.broaderIds"].code == "CYCLE"
    unit = UnitInput(id="unit:b", parent_id="unit:a")
    assert problems(graph, SAVE_UNITS, SaveUnits(units=(unit,)))["units.0.parentId"].code == "CYCLE"


def test_faults_of_skills_units_and_customers_are_told(graph: Graph) -> None:
    skill = SkillInput(id="skill:new", name="N", aliases=("",), broader_ids=("skill:none",))
    assert {
        place: problem.code for place, problem in problems(graph, SAVE_SKILLS, SaveSkills(skills=(skill,))).items()
    } == {"skills.0.aliases": "EMPTY", "skills.0.broaderIds.0": "UNKNOWN_REFERENCE"}
    unit = UnitInput(id="unit:new", parent_id="unit:none")
    assert set(problems(graph, SAVE_UNITS, SaveUnits(units=(unit,)))) == {"units.0.name", "units.0.parentId"}
    customer = CustomerInput(id="customer:c", name="C", country="Mexico", timezone="Mars/Olympus")
    assert set(problems(graph, SAVE_CUSTOMERS, SaveCustomers(customers=(customer,)))) == {
        "customers.0.country",
        "customers.0.timezone",
    }
