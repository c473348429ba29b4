"""Nobody is booked twice by an import: neither by its own rows nor beside what is stored; history is taken as it is."""

import pytest

from graph_api.kernel.graph import Graph
from graph_api.organization.model import Task, TaskState
from graph_api.swarm.model import MemberOf, Staffs, Swarm
from tests.support.folders import loaded, plan_of

PEOPLE = {"people.csv": "id,capacity\nada,1\nbob,0.5\n", "tasks.csv": "id,task_state\nt1,OPEN\nt2,OPEN\n"}
SWARM_COLUMNS = "id,state,formed_at,starts_on,ends_on,task\n"
MEMBER_COLUMNS = "swarm,person,since,until,share_permille,left_at\n"
TOO_MUCH = "ada would be booked beyond the capacity of 1000 thousandths of a day on 2024-05-06"


def swarms(*rows: tuple[str, str, str]) -> dict[str, str]:
    """Return the file of swarms: the id, state and task of each."""
    lines = (f"{name},{state},2024-05-01,2024-05-01,2024-05-31,{task}\n" for name, state, task in rows)
    return {"swarms.csv": SWARM_COLUMNS + "".join(lines)}


def members(*rows: str) -> dict[str, str]:
    return {"swarm_member.csv": MEMBER_COLUMNS + "".join(f"{row}\n" for row in rows)}


BOTH = PEOPLE | swarms(("s1", "ACTIVE", "t1"), ("s2", "ACTIVE", "t2"))
FULL = "s1,ada,2024-05-01,2024-05-10,1000,"
TWICE = members(FULL, "s2,ada,2024-05-06,2024-05-20,1000,")


def stored(folder: dict[str, str]) -> Graph:
    plan = plan_of(folder)
    assert plan.rejects == ()
    return loaded(plan)


def told(folder: dict[str, str], view: Graph | None = None) -> list[tuple[str, int | None, str | None, str]]:
    return [(fault.file, fault.line, fault.column, fault.reason) for fault in plan_of(folder, view).rejects]


def test_person_twice_on_the_same_days_is_told_with_the_row_that_begins_later() -> None:
    assert told(BOTH | TWICE) == [("swarm_member.csv", 3, "share_permille", TOO_MUCH)]
    assert plan_of(BOTH | TWICE).records == ()


def test_booking_beyond_the_capacity_of_a_person_is_told_even_where_it_is_the_only_one() -> None:
    (fault,) = told(BOTH | members("s1,bob,2024-05-01,2024-05-02,501,"))
    assert "bob would be booked beyond the capacity of 500" in fault[3]


@pytest.mark.parametrize(
    "row",
    [
        "s2,ada,2024-05-11,2024-05-20,1000,",
        "s2,ada,2024-04-01,2024-04-30,1000,",
        "s2,ada,2024-05-06,2024-05-20,1000,2024-05-07",
        "s2,bob,2024-05-06,2024-05-20,500,",
    ],
)
def test_bookings_that_fit_beside_each_other_are_loaded(row: str) -> None:
    assert loaded(plan_of(BOTH | members(FULL, row))).link(MemberOf, "person:ada", "swarm:s1") is not None
    assert told(BOTH | members(FULL, row)) == []


@pytest.mark.parametrize("state", ["CLOSING", "DISSOLVED", "CANCELLED"])
def test_history_is_not_checked(state: str) -> None:
    assert told(PEOPLE | swarms(("s1", state, "t1"), ("s2", state, "t1"), ("s3", "ACTIVE", "t1")) | TWICE) == []


def test_stored_booking_counts_and_is_never_blamed() -> None:
    graph = stored(BOTH | members("s1,ada,2024-05-06,2024-05-20,1000,"))
    folder = {"swarm_member.csv": members("s2,ada,2024-05-01,2024-05-10,1000,")["swarm_member.csv"]}
    assert told(folder, graph) == [("swarm_member.csv", 2, "share_permille", TOO_MUCH)]


def test_folder_that_changes_no_booking_is_loaded_beside_what_is_stored_twice() -> None:
    graph = stored(BOTH | members(FULL))
    lowered = {"people.csv": "id,capacity\nada,0.5\n"}
    assert told(lowered, graph) == []
    assert told(BOTH | lowered | members(FULL), loaded(plan_of(lowered, graph), graph)) == []


def test_swarm_that_becomes_active_again_is_blamed_for_the_bookings_it_has() -> None:
    graph = stored(PEOPLE | swarms(("s1", "ACTIVE", "t1"), ("s2", "CANCELLED", "t2")) | TWICE)
    assert told(swarms(("s2", "ACTIVE", "t2")), graph) == [("swarms.csv", 2, "state", TOO_MUCH)]


def test_second_active_swarm_of_a_task_is_told() -> None:
    reason = "the task has an active swarm already: s1"
    rows = swarms(("s1", "ACTIVE", "t1"), ("s2", "ACTIVE", "t1"))
    assert told(PEOPLE | rows) == [("swarms.csv", 3, "task", reason)]
    graph = stored(PEOPLE | swarms(("s1", "ACTIVE", "t1")))
    assert told(swarms(("s0", "ACTIVE", "t1")), graph) == [("swarms.csv", 2, "task", reason)]
    assert told(swarms(("s1", "CANCELLED", "t1"), ("s0", "ACTIVE", "t1")), graph) == []


def test_skipping_leaves_out_the_booking_that_is_too_much() -> None:
    graph = loaded(plan_of(BOTH | TWICE, skip_invalid=True))
    assert [link.target for link in graph.outgoing(MemberOf, "person:ada")] == ["swarm:s1"]


def test_skipping_leaves_out_a_second_swarm_with_its_bookings() -> None:
    folder = PEOPLE | swarms(("s1", "ACTIVE", "t1"), ("s2", "ACTIVE", "t1")) | TWICE
    plan = plan_of(folder, skip_invalid=True)
    assert [(fault.file, fault.line) for fault in plan.rejects] == [("swarms.csv", 3), ("swarm_member.csv", 3)]
    graph = loaded(plan)
    assert [link.source for link in graph.incoming(Staffs, "task:t1")] == ["swarm:s1"]
    assert [swarm.id for swarm in graph.nodes(Swarm)] == ["swarm:s1"]


def test_skipping_brings_no_stored_booking_back_beside_another_row() -> None:
    graph = stored(BOTH | swarms(("s1", "ACTIVE", "t1"), ("s2", "ACTIVE", "t2"), ("s3", "ACTIVE", "")) | members(
        "s1,ada,2024-05-01,2024-05-05,1000,", "s3,ada,2024-05-20,2024-05-25,1000,"))  # fmt: skip
    moved = members("s1,ada,2024-05-24,2024-05-28,1000,", "s2,ada,2024-05-02,2024-05-06,1000,")
    plan = plan_of(moved, graph, skip_invalid=True)
    assert [fault.line for fault in plan.rejects] == [2, 3]


def test_task_with_a_swarm_at_work_stays_staffed_where_an_older_file_says_open() -> None:
    graph = stored({"tasks.csv": "id,task_state\nt1,STAFFED\n"} | swarms(("s1", "ACTIVE", "t1")))
    plan = plan_of({"tasks.csv": "id,title,task_state\nt1,New,OPEN\n"}, graph)
    (warning,) = plan.report.warnings
    assert (warning.file, warning.line, warning.column, warning.value) == ("tasks.csv", 2, "task_state", "OPEN")
    task = loaded(plan, graph).node(Task, "task:t1")
    assert task is not None
    assert (task.state, task.title) == (TaskState.STAFFED, "New")


def test_task_whose_swarm_is_over_is_opened() -> None:
    graph = stored({"tasks.csv": "id,task_state\nt1,STAFFED\n"} | swarms(("s1", "ACTIVE", "t1")))
    folder = {"tasks.csv": "id,task_state\nt1,OPEN\n"} | swarms(("s1", "CANCELLED", "t1"))
    task = loaded(plan_of(folder, graph), graph).node(Task, "task:t1")
    assert task is not None
    assert task.state is TaskState.OPEN
