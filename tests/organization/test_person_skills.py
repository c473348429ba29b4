"""People declare their own skills, managers confirm them."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from graph_api.kernel.commands import Accepted, Context, Refused
from graph_api.kernel.graph import Graph
from graph_api.organization.commands import SkillLevel
from graph_api.organization.model import HasSkill, Person, Skill, SkillBasis
from graph_api.organization.skills import (
    CONFIRM_PERSON_SKILLS,
    SET_PERSON_SKILLS,
    ConfirmPersonSkills,
    PersonSkills,
    SetPersonSkills,
)
from tests.organization.deciding import AT, decide, graph_of, problems

NAMES = ("tax", "live", "customs")
EARLIER = date(2025, 1, 1)


def organization() -> Graph:
    return graph_of(
        Person(id="person:ada", name="Ada"),
        *(Skill(id=f"skill:{name}", name=name) for name in NAMES),
        HasSkill(source="person:ada", target="skill:tax", level=3, basis=SkillBasis.CONFIRMED, since=EARLIER),
        HasSkill(source="person:ada", target="skill:live", level=2, basis=SkillBasis.DERIVED, since=EARLIER, count=7),
    )


def levels(**wanted: int) -> tuple[SkillLevel, ...]:
    return tuple(SkillLevel(skill_id=f"skill:{name}", level=level) for name, level in wanted.items())


def held(graph: Graph) -> dict[str, tuple[int, SkillBasis, date | None]]:
    links = graph.outgoing(HasSkill, "person:ada")
    return {link.target.removeprefix("skill:"): (link.level, link.basis, link.since) for link in links}


def test_declared_levels_replace_all_and_those_that_stay_the_same_stay_confirmed() -> None:
    graph = organization()
    decide(graph, SET_PERSON_SKILLS, SetPersonSkills(person_id="person:ada", skills=levels(tax=3, customs=5)))
    assert held(graph) == {
        "tax": (3, SkillBasis.CONFIRMED, EARLIER),
        "customs": (5, SkillBasis.DECLARED, AT.date()),
    }


def test_level_that_is_raised_is_no_longer_confirmed_and_held_as_long_as_before() -> None:
    graph = organization()
    decide(graph, SET_PERSON_SKILLS, SetPersonSkills(person_id="person:ada", skills=levels(tax=5)))
    assert held(graph) == {"tax": (5, SkillBasis.DECLARED, EARLIER)}


def test_manager_confirms_a_level_or_another_one_and_leaves_the_others_alone() -> None:
    graph = organization()
    wanted = levels(live=4, customs=1)
    decide(graph, CONFIRM_PERSON_SKILLS, ConfirmPersonSkills(person_id="person:ada", skills=wanted))
    assert held(graph) == {
        "tax": (3, SkillBasis.CONFIRMED, EARLIER),
        "live": (4, SkillBasis.CONFIRMED, EARLIER),
        "customs": (1, SkillBasis.CONFIRMED, AT.date()),
    }


def test_what_is_wrong_is_told_with_its_place_and_nothing_is_changed() -> None:
    wanted = (SkillLevel(skill_id="skill:none", level=9), *levels(tax=1), *levels(tax=2))
    for operation, kind in ((SET_PERSON_SKILLS, SetPersonSkills), (CONFIRM_PERSON_SKILLS, ConfirmPersonSkills)):
        asked: PersonSkills = kind(person_id="person:none", skills=wanted)
        told = problems(organization(), operation, asked)
        assert {path: problem.code for path, problem in told.items()} == {
            "personId": "UNKNOWN_REFERENCE",
            "skills.0.skillId": "UNKNOWN_REFERENCE",
            "skills.0.level": "OUT_OF_RANGE",
            "skills.2": "DUPLICATE",
        }


@given(
    st.dictionaries(st.sampled_from(NAMES), st.integers(1, 5)),
    st.dictionaries(st.sampled_from(NAMES), st.integers(1, 5)),
)
def test_setting_gives_exactly_what_was_said_and_the_second_time_changes_nothing(
    first: dict[str, int], second: dict[str, int]
) -> None:
    graph = organization()
    for wanted in (first, second):
        command = SetPersonSkills(person_id="person:ada", skills=levels(**wanted))
        decide(graph, SET_PERSON_SKILLS, command)
        assert {name: level for name, (level, *_) in held(graph).items()} == wanted
        again = decide(graph, SET_PERSON_SKILLS, command)
        assert isinstance(again, Accepted)
        assert again.changes == ()


def test_nobody_confirms_levels_of_his_own() -> None:
    command = ConfirmPersonSkills(person_id="person:ada", skills=levels(tax=5))
    decision = CONFIRM_PERSON_SKILLS.decide(organization(), command, Context(at=AT, actor="person:ada", revision=1))
    assert isinstance(decision, Refused)
