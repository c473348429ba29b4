"""Opening and booking as pure decisions: what they change, and each reason to refuse."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from graph_api.kernel.commands import Accepted, Context, InputRejected, Refused
from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import Days, Money
from graph_api.kernel.records import Record, upsert
from graph_api.organization.model import For, HasSkill, Person, Requires, Task, TaskState
from graph_api.swarm.assembly import Assembled, Booked, NewTask, Proposed, TaskOpened
from graph_api.swarm.checks import TeamMember, team_faults
from graph_api.swarm.decisions import AssembleSwarm, OpenTask, decide_assemble_swarm, decide_open_task
from graph_api.swarm.demand import task_demand
from graph_api.swarm.model import Demand, MemberOf, SkillDemand, Staffs, Swarm, SwarmState, TimezoneWindow
from graph_api.swarm.problem import Certificate, CertificateStatus, Points, Seat, Solution
from graph_api.swarm.solver import Proposal
from tests.swarm.organization import CUSTOMS, DAYS, LIVE, TAX, at, booking, demand, graph

CONTEXT = Context(at=datetime(2026, 3, 4, 10, tzinfo=UTC), actor="user:admin", revision=7)
SEATS = (Seat("person:ada", (TAX,), Points(skill=1000)), Seat("person:cy", (CUSTOMS,), Points(skill=800)))
PROPOSED = Proposed(
    proposal=Proposal(Solution(SEATS, 1800), Certificate(CertificateStatus.PROVED, 1800, 1800, 4)), elapsed_ms=3.0
)


def assembling(**fields: Any) -> AssembleSwarm:
    given: dict[str, Any] = {
        "task_id": "task:new", "swarm_id": "swarm:n", "resolved": demand(), "proposed": PROPOSED,
    }  # fmt: skip
    return AssembleSwarm(**{**given, **fields})


def test_booking_makes_swarm_bookings_and_task_state_at_once() -> None:
    state = graph()
    decision = decide_assemble_swarm(state, assembling(resolved=demand(share=0.25)), CONTEXT)
    assert isinstance(decision, Accepted)
    state.apply(decision.changes)
    assert decision.outcome == Assembled(swarm_id="swarm:n", proposed=PROPOSED)
    assert state.node(Swarm, "swarm:n") == Swarm(
        id="swarm:n", formed_at=CONTEXT.at, starts_on=DAYS.starts_on, ends_on=DAYS.ends_on
    )
    assert {link.source: (link.roles, link.share_permille) for link in state.incoming(MemberOf, "swarm:n")} == {
        "person:ada": ((TAX,), 250),
        "person:cy": ((CUSTOMS,), 250),
    }
    assert state.link(Staffs, "swarm:n", "task:new") is not None
    task = state.node(Task, "task:new")
    assert task is not None
    assert (task.state, task.title) == (TaskState.STAFFED, "Clear customs in Mexico")


def refusal(state: Graph, command: AssembleSwarm) -> InputRejected | Booked:
    decision = decide_assemble_swarm(state, command, CONTEXT)
    assert isinstance(decision, Refused)
    assert isinstance(decision.refusal, InputRejected | Booked)
    return decision.refusal


def test_people_booked_meanwhile_are_named_with_the_day() -> None:
    state = graph(*booking("person:cy", Days(date(2026, 3, 11), date(2026, 3, 11)), 100))
    found = refusal(state, assembling())
    assert isinstance(found, Booked)
    assert found.person_ids == ("person:cy",)
    assert "0.9 free on 2026-03-11" in found.message


def test_a_share_that_still_fits_is_booked_to_the_last_permille() -> None:
    state = graph(*booking("person:cy", DAYS, 750))
    assert isinstance(decide_assemble_swarm(state, assembling(resolved=demand(share=0.25)), CONTEXT), Accepted)
    assert refusal(state, assembling(resolved=demand(share=0.251))).message.startswith("person:cy")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ([Task(id="task:new", title="t", state=TaskState.CLOSED)], "CLOSED"),
        (booking("person:bo", DAYS, 100, task="task:new"), "STAFFED"),
    ],
)
def test_a_task_that_does_not_wait_is_refused(more: list[Record], code: str) -> None:
    found = refusal(graph(*more), assembling())
    assert isinstance(found, InputRejected)
    assert [problem.code for problem in found.problems] == [code]


@pytest.mark.parametrize("over", [SwarmState.CLOSING, SwarmState.DISSOLVED])
def test_a_swarm_that_works_no_more_lets_a_task_be_staffed_again(over: SwarmState) -> None:
    state = graph(*booking("person:bo", DAYS, 100, task="task:new", state=over))
    assert isinstance(decide_assemble_swarm(state, assembling(), CONTEXT), Accepted)


def test_an_unknown_task_and_a_command_without_a_team_are_refused() -> None:
    unknown = refusal(graph(), assembling(task_id="task:nwe"))
    assert isinstance(unknown, InputRejected)
    assert unknown.problems[0].path == ("taskId",)
    assert isinstance(refusal(graph(), assembling(proposed=None)), Booked)


def test_an_idempotency_key_stands_for_what_was_asked_not_for_the_team() -> None:
    first, second = assembling(), assembling(proposed=None, resolved=None, swarm_id="swarm:other")
    assert first.asked == second.asked
    assert first.asked != assembling(person_ids=("person:ada",)).asked


def member(who: str, *roles: str) -> TeamMember:
    return TeamMember(f"person:{who}", roles)


TEAM = (member("ada", TAX), member("cy", CUSTOMS))


def faults(
    state: Graph | None = None, asked: Demand | None = None, team: Iterable[TeamMember] = TEAM
) -> list[tuple[str | None, str]]:
    return [(fault.person_id, fault.message) for fault in team_faults(state or graph(), asked or demand(), team)]


def test_a_sound_team_has_no_fault() -> None:
    window = TimezoneWindow(timezone="Asia/Tokyo", maximum_offset_hours=1)
    full = demand(
        pinned_ids=("person:ada",), excluded_ids=("person:bo",), separated_pairs=(("person:ada", "person:bo"),),
        minimum_cities=2, member_in_country="CN", timezone_window=window,
        skills=(SkillDemand(skill_id=TAX), SkillDemand(skill_id=CUSTOMS, critical=True)),
    )  # fmt: skip
    assert faults(asked=full) == []


@pytest.mark.parametrize(
    ("asked", "team", "expected"),
    [
        (demand(headcount=3), TEAM, "3 different people"),
        (demand(), (member("ada", TAX), member("ada", CUSTOMS)), "2 different people"),
        (demand(), (member("ada", TAX, CUSTOMS), member("cy")), "no role"),
        (demand(), (member("ada", TAX), member("cy", CUSTOMS, LIVE)), "not demanded"),
        (demand(), (member("ada", TAX), member("cy", TAX)), "level 1 of skill:tax"),
        (demand(), (member("ada", TAX), member("robot", CUSTOMS)), "nobody who can be asked"),
        (demand(skills=(SkillDemand(skill_id=TAX, seats=2),)), (member("ada", TAX, TAX), member("bo", TAX)), "2 diff"),
        (demand(skills=(SkillDemand(skill_id=TAX, critical=True), SkillDemand(skill_id=CUSTOMS))), TEAM, "critical"),
        (demand(pinned_ids=("person:bo",)), TEAM, "person:bo is missing"),
        (demand(excluded_ids=("person:cy",)), TEAM, "person:cy is excluded"),
        (demand(separated_pairs=(("person:cy", "person:ada"),)), TEAM, "not to be in one team"),
        (demand(minimum_cities=3), TEAM, "from 2 cities"),
        (demand(member_in_country="MX"), TEAM, "Nobody is in MX"),
        (demand(timezone_window=TimezoneWindow(timezone="UTC", maximum_offset_hours=7)), TEAM, "within 7 hours"),
    ],
)
def test_each_broken_constraint_is_found(asked: Demand, team: tuple[TeamMember, ...], expected: str) -> None:
    assert any(expected in message for _, message in faults(asked=asked, team=team))


def test_absence_and_leaving_are_found() -> None:
    absent = Person(id="person:cy", name="Cy", absences=("2026-03-13/2026-03-13",))
    leaving = Person(id="person:cy", name="Cy", last_day=date(2026, 3, 12))
    assert faults(graph(absent)) == [("person:cy", "person:cy is absent on 2026-03-13.")]
    assert faults(graph(leaving)) == [("person:cy", "person:cy leaves on 2026-03-12.")]


def test_a_level_that_fell_is_found() -> None:
    fallen = graph(HasSkill(source="person:ada", target=TAX, level=2))
    asked = demand(skills=(SkillDemand(skill_id=TAX, minimum_level=3), SkillDemand(skill_id=CUSTOMS)))
    assert faults(asked=asked) == []
    assert [person_id for person_id, _ in faults(fallen, asked)] == ["person:ada"]


NEW = NewTask(
    title="Customs",
    customer_id="customer:kep",
    value=Money(Decimal("1200.50"), "USD"),
    effort_days=3.5,
    due_at=at(2026, 4, 1),
    regulations=("SAT:import",),
    demand=Demand(skills=(SkillDemand(skill_id=TAX, seats=2, weight=3, critical=True),), minimum_cities=2),
)


def test_an_opened_task_keeps_its_demand_and_links() -> None:
    state = graph()
    decision = decide_open_task(state, OpenTask(task_id="task:b", task=NEW), CONTEXT)
    assert isinstance(decision, Accepted)
    assert decision.outcome == TaskOpened(task_id="task:b")
    state.apply(decision.changes)
    task = state.node(Task, "task:b")
    assert task is not None
    assert (task.state, task.opened_at, task.value, task.currency) == (
        TaskState.OPEN, CONTEXT.at, Decimal("1200.50"), "USD",
    )  # fmt: skip
    assert task_demand(state, task) == NEW.demand
    assert state.link(For, "task:b", "customer:kep") is not None
    requires = state.link(Requires, "task:b", TAX)
    assert requires is not None
    assert (requires.seats, requires.weight, requires.critical) == (2, 3, True)


@pytest.mark.parametrize(
    ("task_id", "fields", "path", "code"),
    [
        ("task:new", {}, "id", "EXISTS"),
        ("swarm:b", {}, "id", "INVALID_ID"),
        ("task:b", {"title": " "}, "title", "REQUIRED"),
        ("task:b", {"title": "a\x00"}, "title", "INVALID_TEXT"),
        ("task:b", {"customer_id": "customer:kop"}, "customerId", "UNKNOWN_REFERENCE"),
        ("task:b", {"value": Money(Decimal(-1), "USD")}, "value.amount", "INVALID_AMOUNT"),
        ("task:b", {"effort_days": -0.5}, "effortDays", "OUT_OF_RANGE"),
        ("task:b", {"effort_days": float("inf")}, "effortDays", "OUT_OF_RANGE"),
        ("task:b", {"due_at": datetime(2026, 4, 1)}, "dueAt", "INVALID_INSTANT"),  # noqa: DTZ001  # the case itself
        ("task:b", {"regulations": ("SAT",)}, "regulations.0", "INVALID_REGULATION"),
        ("task:b", {"demand": Demand(headcount=9)}, "demand.headcount", "OUT_OF_RANGE"),
    ],
)
def test_what_is_wrong_with_a_task_is_told_with_its_place(
    task_id: str, fields: dict[str, Any], path: str, code: str
) -> None:
    command = OpenTask(task_id=task_id, task=msgspec.structs.replace(NEW, **fields))
    decision = decide_open_task(graph(), command, CONTEXT)
    assert isinstance(decision, Refused)
    assert isinstance(decision.refusal, InputRejected)
    assert [(problem.path, problem.code) for problem in decision.refusal.problems] == [(tuple(path.split(".")), code)]


def test_commands_and_outcomes_survive_the_log() -> None:
    outcome = Assembled(swarm_id="swarm:n", proposed=PROPOSED)
    assert msgspec.json.decode(msgspec.json.encode(outcome), type=Assembled) == outcome
    state = graph()
    state.apply(upsert(record) for record in booking("person:bo", DAYS, 100))
    assert state.node(Swarm, "swarm:x") is not None
