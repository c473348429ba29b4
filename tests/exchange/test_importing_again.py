"""Importing into what is there: what docs/import.md says of fields, states, levels, uses and what is replaced."""

import pytest

from graph_api.kernel.graph import Graph
from graph_api.knowledge.model import Cites, Used
from graph_api.organization.model import For, HasSkill, PartOf, Person, ReportsTo, SkillBasis, Task, TaskState
from tests.support.folders import SMALL, graph_of, loaded, plan_of

HELD = ("person:ada", "skill:hs", "")


def after(*folders: dict[str, str]) -> Graph:
    """Import one folder after the other, each of which must be valid."""
    graph = Graph()
    for folder in folders:
        plan = plan_of(folder, graph)
        assert plan.rejects == ()
        loaded(plan, graph)
    return graph


def person(graph: Graph, name: str) -> Person:
    found = graph.node(Person, f"person:{name}")
    assert found is not None
    return found


def task(graph: Graph, name: str) -> Task:
    found = graph.node(Task, f"task:{name}")
    assert found is not None
    return found


def level(graph: Graph) -> tuple[int, SkillBasis, int | None, str | None]:
    held = graph.link(HasSkill, *HELD)
    assert held is not None
    return held.level, held.basis, held.count, None if held.since is None else held.since.isoformat()


def test_empty_cell_clears_a_field_and_a_missing_column_keeps_it() -> None:
    graph = after(SMALL, {"people.csv": "id,city\nada,\nbob,Xi'an\n"})
    assert (person(graph, "ada").city, person(graph, "ada").name) == (None, "Ada")
    assert (person(graph, "bob").city, person(graph, "cy").city) == ("Xi'an", "Berlin")
    assert person(graph, "ada").day_rate == 900


def test_new_parent_manager_and_customer_take_the_place_of_the_stored_ones() -> None:
    graph = after(
        SMALL,
        {
            "units.csv": "id,parent\ndesk,field\n",
            "people.csv": "id,manager\nbob,cy\n",
            "tasks.csv": "id,customer\nt1,c2\n",
        },
    )
    assert [link.target for link in graph.outgoing(PartOf, "unit:desk")] == ["unit:field"]
    assert [link.target for link in graph.outgoing(ReportsTo, "person:bob")] == ["person:cy"]
    assert [link.target for link in graph.outgoing(For, "task:t1")] == ["customer:c2"]


def test_empty_reference_removes_nothing() -> None:
    graph = after(SMALL, {"people.csv": "id,manager\nbob,\n"})
    assert [link.target for link in graph.outgoing(ReportsTo, "person:bob")] == ["person:ada"]


@pytest.mark.parametrize(
    ("tasks", "state"),
    [
        ("id,closed\nt1,\n", TaskState.CLOSED),
        ("id,closed\nt3,2024-03-01\n", TaskState.CLOSED),
        ("id,title\nt3,Pack\n", TaskState.OPEN),
        ("id,task_state\nt1,OPEN\n", TaskState.OPEN),
    ],
)
def test_only_a_column_for_the_state_reopens_a_task(tasks: str, state: TaskState) -> None:
    assert task(after(SMALL, {"tasks.csv": tasks}), tasks.splitlines()[1].partition(",")[0]).state is state


COUNTED = "person,skill,basis,count,first\nada,hs,review,3,2024-02-01\nada,hs,work,2,2024-01-05\n"


def test_counts_of_all_kinds_of_work_are_added_up_and_the_earliest_day_stays() -> None:
    graph = graph_of(SMALL | {"person_skill.csv": COUNTED})
    assert level(graph) == (3, SkillBasis.DERIVED, 5, "2024-01-05")


@pytest.mark.parametrize("basis", [SkillBasis.DECLARED, SkillBasis.CONFIRMED])
def test_counts_never_replace_a_level_that_somebody_said(basis: SkillBasis) -> None:
    said = {"person_skill.csv": f"person,skill,level,basis,since\nada,hs,1,{basis.value},2020-01-01\n"}
    graph = after(SMALL, said, {"person_skill.csv": COUNTED})
    assert level(graph) == (1, basis, 5, "2020-01-01")


def test_level_that_somebody_says_replaces_a_derived_one() -> None:
    graph = after(
        SMALL | {"person_skill.csv": COUNTED}, {"person_skill.csv": "person,skill,level,basis\nada,hs,1,confirmed\n"}
    )
    assert level(graph)[:2] == (1, SkillBasis.CONFIRMED)


def test_two_levels_of_one_person_and_skill_contradict_each_other() -> None:
    levels = "person,skill,level,basis\nada,hs,1,declared\nada,hs,2,confirmed\n"
    (fault,) = plan_of(SMALL | {"person_skill.csv": levels}).rejects
    assert (fault.line, fault.reason) == (3, "a level of this person's skill is told already, at line 2")


def test_first_name_of_a_column_wins_and_the_other_is_told_as_not_used() -> None:
    plan = plan_of({"skills.csv": "id,label,name\nhs,Label,Name\n"})
    assert plan.report.not_used_columns == {"skills.csv": ("label",)}
    assert loaded(plan).count(Person) == 0
    assert "Name" in str(plan.records[0].record)


USES = "knowledge,used_by_kind,used_by,date\n"


def test_use_by_a_task_counts_for_its_authors_or_for_all_who_worked_on_it() -> None:
    graph = after(SMALL, {"knowledge_use.csv": USES + "k2,task,t1,2024-05-01\nk2,task,t2,2024-05-02\n"})
    assert {(use.source, use.task) for use in graph.incoming(Used, "knowledge:k2")} == {
        ("person:ada", "task:t1"),
        ("person:cy", "task:t2"),
    }


def test_use_by_a_task_that_nobody_worked_on_is_a_warning_and_counts_for_nobody() -> None:
    plan = plan_of(SMALL | {"knowledge_use.csv": USES + "k2,task,t3,2024-05-01\n"})
    assert [warning.reason for warning in plan.report.warnings] == [
        "nobody is known to have worked on this task; the use counts for nobody"
    ]
    assert list(loaded(plan).incoming(Used, "knowledge:k2")) == []


def test_of_two_uses_that_are_kept_as_one_the_earliest_stays() -> None:
    plan = plan_of(SMALL | {"knowledge_use.csv": USES + "k1,knowledge,k2,2024-05-09\nk1,knowledge,k2,2024-05-01\n"})
    (cites,) = loaded(plan).incoming(Cites, "knowledge:k1")
    assert cites.at is not None
    assert (cites.at.day, plan.report.warning_count) == (1, 1)


def test_citation_without_a_time_takes_that_of_the_citing_item() -> None:
    (cites,) = graph_of(SMALL).incoming(Cites, "knowledge:k1")
    assert cites.at is not None
    assert (cites.at.date().isoformat(), cites.dated) == ("2024-03-01", False)


@pytest.mark.parametrize("day", ["2024-06-31", "2023-02-29"])
def test_writing_of_a_day_that_no_calendar_has_is_loaded_without_it(day: str) -> None:
    plan = plan_of({"knowledge.csv": f"id,date\nk1,{day}\n"})
    assert [(warning.column, warning.value) for warning in plan.report.warnings] == [("date", day)]
    assert plan.acceptable


@pytest.mark.parametrize("country", ["Mexico", "de", "W3"])
def test_country_that_is_no_code_is_left_empty_with_a_warning(country: str) -> None:
    folder = {"people.csv": f"id,country\nada,{country}\n", "customers.csv": f"id,country\nc1,{country}\n"}
    plan = plan_of(folder)
    assert [(warning.file, warning.line, warning.column, warning.value) for warning in plan.report.warnings] == [
        ("customers.csv", 2, "country", country),
        ("people.csv", 2, "country", country),
    ]
    assert person(loaded(plan), "ada").country is None


def test_gates_are_kept_beside_the_rules_of_others() -> None:
    graph = after({"tasks.csv": "id,regulations,gates\nt1,sat:x,review;docs\nt2,,review\n"})
    assert task(graph, "t1").regulations == ("sat:x", "gate:review", "gate:docs")
    assert task(graph, "t2").regulations == ("gate:review",)


def test_task_closed_before_it_was_opened_is_kept_with_a_warning() -> None:
    plan = plan_of({"tasks.csv": "id,opened,closed\nt1,2024-05-02,2024-05-01\n"})
    assert [warning.reason for warning in plan.report.warnings] == ["the task was closed before it was opened"]
    assert task(loaded(plan), "t1").state is TaskState.CLOSED


def test_optional_reference_that_nobody_has_is_left_empty_with_a_warning() -> None:
    plan = plan_of({"people.csv": "id,unit,manager\nada,nowhere,nobody\n"})
    assert {warning.column for warning in plan.report.warnings} == {"unit", "manager"}
    assert len(plan.records) == 1
