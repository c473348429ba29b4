"""Saving: left out = unchanged, null = cleared, a list replaces; all or nothing; nothing where nothing differs."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from graph_api.organization.model import (
    BelongsTo,
    Broader,
    Customer,
    HasSkill,
    PartOf,
    Person,
    ReportsTo,
    Skill,
    SkillBasis,
    Unit,
)
from tests.organization.deciding import graph_of, saved

FULL = PersonInput(
    id="person:ada",
    name="Ada",
    city="Shenzhen",
    country="CN",
    timezone="Asia/Shanghai",
    capacity=0.5,
    day_rate=Money(Decimal("120.50"), "CNY"),
    manager_id="person:grace",
    unit_ids=("unit:sea",),
    skills=(SkillLevel(skill_id="skill:tax", level=4),),
    absences=(Days(date(2026, 5, 1), date(2026, 5, 5)),),
)
STORED = Person(
    id="person:ada",
    name="Ada",
    city="Shenzhen",
    country="CN",
    timezone="Asia/Shanghai",
    capacity=0.5,
    day_rate=Decimal("120.50"),
    currency="CNY",
    absences=("2026-05-01/2026-05-05",),
)


@pytest.fixture
def graph() -> Graph:
    return graph_of(
        Person(id="person:grace", name="Grace"),
        Skill(id="skill:tax", name="Tax"),
        Skill(id="skill:law", name="Law"),
        Unit(id="unit:sea", name="Southeast Asia"),
        Unit(id="unit:mx", name="Mexico"),
    )


def targets(graph: Graph, link_type: type[BelongsTo | HasSkill | ReportsTo], source: str = "person:ada") -> set[str]:
    return {link.target for link in graph.outgoing(link_type, source)}


def test_everything_given_is_stored_as_given(graph: Graph) -> None:
    outcome, changes = saved(graph, SAVE_PEOPLE, SavePeople(people=(FULL,)))
    assert (outcome.created, outcome.changed, outcome.unchanged, outcome.node_ids) == (1, 0, 0, ("person:ada",))
    assert graph.node(Person, "person:ada") == STORED
    assert graph.link(HasSkill, "person:ada", "skill:tax") == HasSkill(source="person:ada", target="skill:tax", level=4)
    assert targets(graph, ReportsTo) == {"person:grace"}
    assert targets(graph, BelongsTo) == {"unit:sea"}
    assert len(changes) == 4


def test_saving_the_same_again_makes_no_change_records(graph: Graph) -> None:
    saved(graph, SAVE_PEOPLE, SavePeople(people=(FULL,)))
    outcome, changes = saved(graph, SAVE_PEOPLE, SavePeople(people=(FULL,)))
    assert (outcome.created, outcome.changed, outcome.unchanged) == (0, 0, 1)
    assert changes == ()


def test_what_is_left_out_stays_as_it_was(graph: Graph) -> None:
    saved(graph, SAVE_PEOPLE, SavePeople(people=(FULL,)))
    outcome, _ = saved(graph, SAVE_PEOPLE, SavePeople(people=(PersonInput(id="person:ada", city="Hangzhou"),)))
    assert outcome.changed == 1
    stored = graph.node(Person, "person:ada")
    assert stored is not None
    assert (stored.city, stored.name, stored.day_rate) == ("Hangzhou", "Ada", Decimal("120.50"))
    assert targets(graph, HasSkill) == {"skill:tax"}


def test_null_clears_every_field_but_the_name(graph: Graph) -> None:
    saved(graph, SAVE_PEOPLE, SavePeople(people=(FULL,)))
    cleared = PersonInput(
        id="person:ada", city=None, country=None, timezone=None, capacity=None, day_rate=None,
        manager_id=None, unit_ids=None, skills=None, absences=None,
    )  # fmt: skip
    saved(graph, SAVE_PEOPLE, SavePeople(people=(cleared,)))
    assert graph.node(Person, "person:ada") == Person(id="person:ada", name="Ada")
    assert targets(graph, HasSkill) | targets(graph, BelongsTo) | targets(graph, ReportsTo) == set()


def test_a_list_replaces_and_keeps_what_it_names_again(graph: Graph) -> None:
    kept = HasSkill(source="person:ada", target="skill:tax", level=4, basis=SkillBasis.DERIVED, count=12)
    graph = graph_of(*graph.records(), STORED, kept)
    skills = (SkillLevel(skill_id="skill:tax", level=4), SkillLevel(skill_id="skill:law", level=2))
    _, changes = saved(graph, SAVE_PEOPLE, SavePeople(people=(PersonInput(id="person:ada", skills=skills),)))
    assert [change.key for change in changes] == [("HAS_SKILL", "person:ada", "skill:law", "")]
    assert graph.link(HasSkill, "person:ada", "skill:tax") == kept
    raised = (SkillLevel(skill_id="skill:tax", level=5),)
    saved(graph, SAVE_PEOPLE, SavePeople(people=(PersonInput(id="person:ada", skills=raised),)))
    assert graph.link(HasSkill, "person:ada", "skill:tax") == HasSkill(source="person:ada", target="skill:tax", level=5)
    assert targets(graph, HasSkill) == {"skill:tax"}


def test_references_to_entities_made_by_the_same_request_hold_in_any_order() -> None:
    graph = Graph()
    people = (
        PersonInput(id="person:b", name="B", manager_id="person:a"),
        PersonInput(id="person:a", name="A"),
    )
    outcome, changes = saved(graph, SAVE_PEOPLE, SavePeople(people=people))
    assert outcome.created == 2
    assert [change.is_node for change in changes] == [True, True, False]
    assert targets(graph, ReportsTo, "person:b") == {"person:a"}


def test_skills_units_and_customers_are_saved_with_their_links() -> None:
    graph = Graph()
    saved(graph, SAVE_SKILLS, SaveSkills(skills=(
        SkillInput(id="skill:vat", name="VAT", aliases=("增值税",), kind="regulatory", broader_ids=("skill:tax",)),
        SkillInput(id="skill:tax", name="Tax"),
    )))  # fmt: skip
    saved(graph, SAVE_UNITS, SaveUnits(units=(
        UnitInput(id="unit:a", name="A"),
        UnitInput(id="unit:b", name="B", kind="team", parent_id="unit:a"),
    )))  # fmt: skip
    customer = CustomerInput(id="customer:c", name="C", country="MX", city="Puebla", timezone="America/Mexico_City")
    saved(graph, SAVE_CUSTOMERS, SaveCustomers(customers=(customer,)))
    assert graph.node(Skill, "skill:vat") == Skill(id="skill:vat", name="VAT", aliases=("增值税",), kind="regulatory")
    assert graph.link(Broader, "skill:vat", "skill:tax") is not None
    assert graph.link(PartOf, "unit:b", "unit:a") is not None
    assert graph.node(Customer, "customer:c") == Customer(
        id="customer:c", name="C", country="MX", city="Puebla", timezone="America/Mexico_City"
    )
    saved(graph, SAVE_UNITS, SaveUnits(units=(UnitInput(id="unit:b", parent_id=None),)))
    assert graph.link(PartOf, "unit:b", "unit:a") is None


def edit(key: str, field: str, number: int) -> PersonInput:
    person = f"person:{key}"
    if field == "city":
        return PersonInput(id=person, name=key, city=(None, "Shenzhen", "Chengdu")[number])
    if field == "manager":
        return PersonInput(id=person, name=key, manager_id=(None, "person:boss", "person:boss")[number])
    skills = tuple(SkillLevel(skill_id=f"skill:{one}", level=3) for one in range(number))
    return PersonInput(id=person, name=key, skills=skills)


STEPS = st.tuples(st.sampled_from("abcde"), st.sampled_from(["city", "skills", "manager"]), st.integers(0, 2))


@given(st.lists(STEPS, max_size=12))
def test_counts_agree_with_what_changed_in_the_state(steps: list[tuple[str, str, int]]) -> None:
    graph = graph_of(Skill(id="skill:0", name="0"), Skill(id="skill:1", name="1"), Person(id="person:boss", name="B"))
    for key, field, number in steps:
        before = set(graph.records())
        existed = graph.node(Person, f"person:{key}") is not None
        outcome, _ = saved(graph, SAVE_PEOPLE, SavePeople(people=(edit(key, field, number),)))
        differs = set(graph.records()) != before
        counts = (int(not existed), int(existed and differs), int(existed and not differs))
        assert (outcome.created, outcome.changed, outcome.unchanged) == counts
