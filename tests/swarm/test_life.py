from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from graph_api.cli.composition import PERMISSION_DECLARED
from graph_api.kernel.commands import Accepted, AnyOperation, Command, Context, InputRejected, Refused
from graph_api.kernel.errors import Conflict
from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import PERMILLE, Days, Money
from graph_api.kernel.records import Record
from graph_api.organization.model import For, Person, Requires, Task, TaskState, parse_days
from graph_api.permission.derivation import DerivedTable
from graph_api.projection.records import Reaction
from graph_api.swarm.assembly import Booked, TaskFields
from graph_api.swarm.checks import bookings_held
from graph_api.swarm.decisions import REORGANIZE, required
from graph_api.swarm.life.absences import SET_ABSENCES, SetAbsences
from graph_api.swarm.life.swarms import (
    CANCEL_SWARM,
    RESCHEDULE_SWARM,
    CancelSwarm,
    RescheduleSwarm,
)
from graph_api.swarm.life.tasks import UPDATE_TASK, UpdateTask, known_since, said_of
from graph_api.swarm.model import Demand, MemberOf, SkillDemand, Staffs, Swarm, SwarmState, TaskResult
from tests.support.memory_replica import MemoryReplica
from tests.swarm.organization import DAYS, LIVE, TAX, graph, replica

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
DURING = datetime(2026, 3, 10, 9, tzinfo=UTC)
TABLE = DerivedTable(PERMISSION_DECLARED.rules, PERMISSION_DECLARED.fixed)


def team(*people: str, swarm: str = "swarm:s", days: Days = DAYS, share: int = 1000, **more: Any) -> list[Record]:
    """A swarm that works on the new task."""
    return [
        Swarm(id=swarm, formed_at=NOW, starts_on=days.starts_on, ends_on=days.ends_on, **more),
        Staffs(source=swarm, target="task:new"),
        Task(id="task:new", title="Clear customs in Mexico", state=TaskState.STAFFED),
        *(
            MemberOf(
                source=f"person:{one}", target=swarm, roles=(TAX,), since=days.starts_on, until=days.ends_on,
                share_permille=share,
            )
            for one in people
        ),
    ]  # fmt: skip


def decide(state: Graph, operation: AnyOperation, command: Command, at: datetime = NOW) -> Any:
    """The outcome; what was decided is applied."""
    decision = operation.decide(state, command, Context(at=at, actor="user:a", revision=2))
    if isinstance(decision, Refused):
        return decision.refusal
    assert isinstance(decision, Accepted)
    state.apply(decision.changes)
    return decision.outcome


def state_of(state: Graph, swarm: str = "swarm:s") -> SwarmState:
    found = state.node(Swarm, swarm)
    assert found is not None
    return found.state


def task_of(state: Graph) -> Task:
    found = state.node(Task, "task:new")
    assert found is not None
    return found


def rights(state: Graph, person: str) -> set[tuple[str, str]]:
    """What a person holds because of swarms."""
    held = [
        each for link in state.outgoing(MemberOf, person) for each in TABLE.derive(state, link.key, NOW.date()).tuples
    ]
    return {(each.relation, each.object) for each in held if each.user == person}


def codes(refusal: object) -> set[str]:
    assert isinstance(refusal, InputRejected), refusal
    return {problem.code for problem in refusal.problems}


def test_a_swarm_that_is_called_off_leaves_its_people_free_and_its_task_open() -> None:
    state = graph(*team("ada", "di"))
    decide(state, CANCEL_SWARM, CancelSwarm(swarm_id="swarm:s"))
    assert state_of(state) is SwarmState.CANCELLED
    assert task_of(state).state is TaskState.OPEN
    assert not list(bookings_held(state, "person:ada"))


@pytest.mark.parametrize(
    ("operation", "command", "at", "state_before", "expected"),
    [
        (CANCEL_SWARM, CancelSwarm(swarm_id="swarm:s"), DURING, SwarmState.ACTIVE, {"BEGUN"}),
        (CANCEL_SWARM, CancelSwarm(swarm_id="swarm:s"), NOW, SwarmState.CLOSING, {"NOT_ACTIVE"}),
        (CANCEL_SWARM, CancelSwarm(swarm_id="swarm:none"), NOW, SwarmState.ACTIVE, {"UNKNOWN_REFERENCE"}),
        (
            RESCHEDULE_SWARM,
            RescheduleSwarm(swarm_id="swarm:s", days=Days(date(2026, 3, 5), date(2026, 3, 4))),
            NOW,
            SwarmState.ACTIVE,
            {"INVALID_DAYS"},
        ),
        (
            RESCHEDULE_SWARM,
            RescheduleSwarm(swarm_id="swarm:s", days=Days(date(2026, 3, 1), date(2026, 3, 20))),
            NOW,
            SwarmState.ACTIVE,
            {"OUT_OF_RANGE"},
        ),
        (
            RESCHEDULE_SWARM,
            RescheduleSwarm(swarm_id="swarm:s", days=Days(date(2026, 3, 11), date(2026, 3, 20))),
            DURING,
            SwarmState.ACTIVE,
            {"BEGUN"},
        ),
        (
            RESCHEDULE_SWARM,
            RescheduleSwarm(swarm_id="swarm:s", days=Days(date(2026, 3, 9), date(9999, 1, 1))),
            NOW,
            SwarmState.ACTIVE,
            {"OUT_OF_RANGE"},
        ),
        (UPDATE_TASK, UpdateTask(task_id="task:old", title="X"), NOW, SwarmState.ACTIVE, {"CLOSED"}),
        (UPDATE_TASK, UpdateTask(task_id="task:none", title="X"), NOW, SwarmState.ACTIVE, {"UNKNOWN_REFERENCE"}),
        (UPDATE_TASK, UpdateTask(task_id="task:new", title=" "), NOW, SwarmState.ACTIVE, {"REQUIRED"}),
        (
            UPDATE_TASK,
            UpdateTask(task_id="task:new", fields=TaskFields(customer_id="customer:none", effort_days=-1.0)),
            NOW,
            SwarmState.ACTIVE,
            {"UNKNOWN_REFERENCE", "OUT_OF_RANGE"},
        ),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason_and_changes_nothing(
    operation: AnyOperation, command: Command, at: datetime, state_before: SwarmState, expected: set[str]
) -> None:
    state = graph(*team("ada", "di", state=state_before))
    before = sorted(state.records(), key=lambda record: record.key)
    assert codes(decide(state, operation, command, at)) == expected
    assert sorted(state.records(), key=lambda record: record.key) == before


def test_a_swarm_moves_with_all_of_its_members_though_they_are_booked_by_itself() -> None:
    state = graph(*team("ada", "di"))
    days = Days(date(2026, 3, 10), date(2026, 3, 16))
    decide(state, RESCHEDULE_SWARM, RescheduleSwarm(swarm_id="swarm:s", days=days))
    for one in ("person:ada", "person:di"):
        assert [(link.since, link.until) for link in bookings_held(state, one)] == [(days.starts_on, days.ends_on)]
    swarm = state.node(Swarm, "swarm:s")
    assert swarm is not None
    assert (swarm.starts_on, swarm.ends_on) == (days.starts_on, days.ends_on)


def test_a_swarm_does_not_move_where_somebody_is_booked_by_another_or_absent() -> None:
    later = Days(date(2026, 3, 23), date(2026, 3, 27))
    other = [one for one in team("ada", swarm="swarm:t", days=later) if not isinstance(one, Task)]
    away = Person(id="person:di", name="Di", absences=("2026-03-24/2026-03-24",))
    state = graph(*team("ada", "di"), *other, away)
    refusal = decide(state, RESCHEDULE_SWARM, RescheduleSwarm(swarm_id="swarm:s", days=later))
    assert isinstance(refusal, Booked)
    assert refusal.person_ids == ("person:ada", "person:di")


def test_rights_shrink_when_a_task_is_closed() -> None:
    state = graph(*team("ada"))
    assert ("member", "swarm:s") in rights(state, "person:ada")
    decide(state, UPDATE_TASK, UpdateTask(task_id="task:new", close_as=TaskResult.DELIVERED), DURING)
    task = task_of(state)
    assert (task.state, task.closed_at, task.result) == (TaskState.CLOSED, DURING, "DELIVERED")
    assert state_of(state) is SwarmState.CLOSING
    assert not list(bookings_held(state, "person:ada"))
    held = rights(state, "person:ada")
    assert ("recorder", "swarm:s") in held
    assert ("member", "swarm:s") not in held


def test_only_what_is_named_of_a_task_is_altered() -> None:
    state = graph()
    before = task_of(state)
    fields = TaskFields(value=Money(Decimal(500), "CNY"), demand=Demand(skills=(SkillDemand(skill_id=LIVE, seats=2),)))
    decide(state, UPDATE_TASK, UpdateTask(task_id="task:new", title="Live week", fields=fields))
    task = task_of(state)
    assert (task.title, task.value, task.currency, task.due_at) == ("Live week", Decimal(500), "CNY", before.due_at)
    assert sorted(link.target for link in state.outgoing(Requires, "task:new")) == [LIVE]
    assert list(state.outgoing(Requires, "task:new")) == [*required("task:new", fields.demand)]
    assert [link.target for link in state.outgoing(For, "task:new")] == ["customer:kep"]


def test_update_that_alters_nothing_is_no_commit() -> None:
    state = graph()
    decision = UPDATE_TASK.decide(
        state,
        UpdateTask(task_id="task:new", title=task_of(state).title, fields=TaskFields(customer_id="customer:kep")),
        Context(at=NOW, actor="user:a", revision=2),
    )
    assert isinstance(decision, Accepted)
    assert decision.changes == ()


async def test_task_that_was_changed_after_the_revision_that_was_read_is_not_altered() -> None:
    state: MemoryReplica = replica()
    read = state.revision

    async def alter(title: str, **more: Any) -> Any:
        return await state.submit(UPDATE_TASK, UpdateTask(task_id="task:new", title=title, **more), actor="user:a")

    await alter("First", known=await known_since(state, "task:new", read))
    with pytest.raises(Conflict):
        await known_since(state, "task:new", read)
    known = await known_since(state, "task:new", state.revision)
    await alter("Second")
    with pytest.raises(Conflict):
        await alter("Third", known=known)
    task = state.graph.node(Task, "task:new")
    assert task is not None
    assert task.title == "Second"
    assert said_of(state.graph, "task:new")[0] == task


def test_absences_are_set_and_the_swarms_that_miss_somebody_are_told() -> None:
    over = Days(date(2026, 3, 2), date(2026, 3, 3))
    past = [one for one in team("ada", swarm="swarm:p", days=over) if not isinstance(one, Task)]
    state = graph(*team("ada", "di"), *past)
    command = SetAbsences(person_id="person:ada", absences=(Days(date(2026, 3, 12), date(2026, 3, 15)),))
    assert decide(state, SET_ABSENCES, command).swarm_ids == ("swarm:s",)
    ada = state.node(Person, "person:ada")
    assert ada is not None
    assert [parse_days(text) for text in ada.absences] == [*command.absences]
    assert [link.target for link in bookings_held(state, "person:ada")]
    assert decide(state, SET_ABSENCES, SetAbsences(person_id="person:ada", absences=())).swarm_ids == ()
    twisted = SetAbsences(person_id="person:ada", absences=(Days(date(2026, 3, 12), date(2026, 3, 1)),))
    assert codes(decide(state, SET_ABSENCES, twisted)) == {"INVALID_DAYS"}


def overbooked(state: Graph, person: Person) -> bool:
    bookings = list(bookings_held(state, person.id))
    days = {day for link in bookings for day in Days(link.since, link.until).each()}
    capacity = round(person.capacity * PERMILLE)
    return any(
        sum(link.share_permille for link in bookings if link.since <= day <= link.until) > capacity for day in days
    )


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_no_history_of_these_commands_overbooks_anybody_or_leaves_rights_of_what_is_over(seed: int) -> None:
    chance = Random(seed)
    weeks = [Days(date(2026, 3, 9 + 7 * week), date(2026, 3, 13 + 7 * week)) for week in range(3)]
    parts: list[Record] = []
    for number, week in enumerate(weeks):
        people = chance.sample(["ada", "bo", "cy", "di"], 2)
        parts += [
            one for one in team(*people, swarm=f"swarm:{number}", days=week, share=600) if not isinstance(one, Task)
        ]
    state = graph(*parts)
    at = datetime(2026, 3, chance.randint(1, 20), 9, tzinfo=UTC)
    for _ in range(8):
        swarm = f"swarm:{chance.randrange(3)}"
        start = date(2026, 3, chance.randint(5, 25))
        days = Days(start, date.fromordinal(start.toordinal() + chance.randint(0, 9)))
        person = f"person:{chance.choice(['ada', 'bo', 'cy', 'di'])}"
        operation, command = chance.choice(
            [
                (CANCEL_SWARM, CancelSwarm(swarm_id=swarm)),
                (RESCHEDULE_SWARM, RescheduleSwarm(swarm_id=swarm, days=days)),
                (RESCHEDULE_SWARM, RescheduleSwarm(swarm_id=swarm, days=days)),
                (SET_ABSENCES, SetAbsences(person_id=person, absences=(days,))),
                (UPDATE_TASK, UpdateTask(task_id="task:new", close_as=chance.choice([*TaskResult]))),
            ]
        )
        decide(state, operation, command, at)
        assert not any(overbooked(state, each) for each in state.nodes(Person))
        for each in state.nodes(Person):
            for relation, one in rights(state, each.id):
                assert (relation, state_of(state, one)) in {
                    ("member", SwarmState.ACTIVE), ("recorder", SwarmState.CLOSING),
                }  # fmt: skip


def test_a_swarm_is_put_off_though_somebody_was_absent_on_a_day_that_is_over() -> None:
    sick = Person(id="person:ada", name="Ada", absences=("2026-03-09/2026-03-09",))
    state = graph(sick, *team("ada", "di", reminded_on=date(2026, 3, 1)))
    longer = RescheduleSwarm(swarm_id="swarm:s", days=Days(DAYS.starts_on, date(2026, 3, 20)))
    decide(state, RESCHEDULE_SWARM, longer, DURING)
    found = state.node(Swarm, "swarm:s")
    assert found is not None
    assert (found.ends_on, found.reminded_on) == (date(2026, 3, 20), None)


def test_a_task_of_value_that_opens_again_is_evaluated_as_when_it_first_opened() -> None:
    dear = Task(id="task:new", title="T", state=TaskState.STAFFED, value=Decimal(900), currency="CNY")
    for task, expected in ((dear, ["task:new"]), (replace(dear, value=None, currency=None), [])):
        state = graph(*(one for one in team("ada") if not isinstance(one, Task)), task)
        decide(state, CANCEL_SWARM, CancelSwarm(swarm_id="swarm:s"))
        assert task_of(state).state is TaskState.OPEN
        assert [one.subject for one in state.nodes(Reaction) if one.reaction == REORGANIZE] == expected
