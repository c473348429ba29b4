"""Opening a task and booking a team: pure decisions on the exact state."""

import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation, Problem, Refused, rejected
from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import share_permille
from graph_api.kernel.records import AnyChange, upsert
from graph_api.organization.checks import References, check_id, check_money, check_name, check_text
from graph_api.organization.model import Customer, For, Requires, Task, TaskState
from graph_api.projection.records import pending_reaction
from graph_api.swarm.assembly import Assembled, Booked, NewTask, Proposed, TaskFields, TaskOpened
from graph_api.swarm.checks import Fault, TeamMember, team_faults
from graph_api.swarm.demand import demand_problems
from graph_api.swarm.model import Demand, MemberOf, Staffs, Swarm, SwarmState
from graph_api.swarm.problem import Seat

REORGANIZE: Final = "reorganize"
"""The reaction to a task that opens, or whose value changes: whether people should be moved to it."""
LIVING: Final = frozenset({SwarmState.ACTIVE, SwarmState.CLOSING})


class OpenTask(Command, frozen=True, kw_only=True):
    """Open a task under an id that nobody has yet."""

    task_id: str
    task: NewTask


class AssembleSwarm(Command, frozen=True, kw_only=True):
    """Book a proposed team for a task; `resolved` is the demand that it was proposed for.

    Without a proposal nothing is booked: it only asks for what an earlier command under the same key has done.
    """

    task_id: str
    swarm_id: str
    demand: Demand | None = None
    person_ids: tuple[str, ...] | None = None
    resolved: Demand | None = None
    proposed: Proposed | None = None

    @property
    def asked(self) -> Any:
        """The team is worked out on the state of the moment, so it is no part of what was asked."""
        return (self.task_id, self.demand, self.person_ids)


def decide_open_task(view: GraphView, command: OpenTask, context: Context) -> Decision:
    """Open the task, or tell all that is wrong with it."""
    if problems := [*_task_problems(view, command)]:
        return Refused(rejected(problems))
    return Accepted(tuple(_task_changes(command, context)), TaskOpened(task_id=command.task_id))


def decide_assemble_swarm(view: GraphView, command: AssembleSwarm, context: Context) -> Decision:
    """Book the team if the task still waits and every member is still free and able, else say who is not."""
    task = view.node(Task, command.task_id)
    problems = task_problems(view, command.task_id)
    if task is None or problems:
        return Refused(rejected(problems))
    if command.resolved is None or command.proposed is None:
        return Refused(Booked(message="No team was proposed.", person_ids=()))
    seats = command.proposed.proposal.team.seats
    faults = team_faults(view, command.resolved, [TeamMember(seat.person_id, seat.roles) for seat in seats])
    if faults:
        return Refused(conflict(faults, [seat.person_id for seat in seats]))
    ties_as_of = command.proposed.ties_as_of
    changes = tuple(
        swarm_changes(command.swarm_id, command.resolved, seats, task, ties_as_of=ties_as_of, at=context.at)
    )
    return Accepted(changes, Assembled(swarm_id=command.swarm_id, proposed=command.proposed))


OPEN_TASK: Final = Operation("openTask", OpenTask, decide_open_task, TaskOpened)
ASSEMBLE_SWARM: Final = Operation("assembleSwarm", AssembleSwarm, decide_assemble_swarm, Assembled)


def task_problems(view: GraphView, task_id: str) -> list[Problem]:
    """Return why no swarm can be made for a task: it is unknown, closed, or has one that lives."""
    task = view.node(Task, task_id)
    if task is None:
        return list(References(view).check(("taskId",), Task, task_id))
    if task.state is TaskState.CLOSED:
        return [Problem(("taskId",), "CLOSED", f"{task_id} is closed.", "Open a new task.")]
    for link in view.incoming(Staffs, task_id):
        swarm = view.node(Swarm, link.source)
        if swarm is not None and swarm.state is SwarmState.ACTIVE:
            message = f"{task_id} has a swarm at work: {swarm.id}."
            return [Problem(("taskId",), "STAFFED", message, "One swarm works on a task at a time.")]
    return []


def conflict(faults: Sequence[Fault], team: Sequence[str]) -> Booked:
    """Return the refusal of a team (ids) that breaks constraints; it names whoever breaks one alone, else everybody."""
    named = {fault.person_id for fault in faults if fault.person_id is not None}
    people = sorted(named or team)
    return Booked(message=" ".join(fault.message for fault in faults), person_ids=tuple(people))


def swarm_changes(
    swarm_id: str, demand: Demand, seats: Sequence[Seat], task: Task, *, ties_as_of: date | None, at: datetime
) -> Iterator[AnyChange]:
    """Yield what makes a swarm of a team for a task, by a resolved demand."""
    assert demand.days is not None
    assert demand.share is not None
    days = demand.days
    yield upsert(
        Swarm(
            id=swarm_id,
            formed_at=at,
            starts_on=days.starts_on,
            ends_on=days.ends_on,
            ties_as_of=ties_as_of,
        )
    )
    for seat in seats:
        yield upsert(
            MemberOf(
                source=seat.person_id,
                target=swarm_id,
                roles=seat.roles,
                since=days.starts_on,
                until=days.ends_on,
                share_permille=share_permille(demand.share),
            )
        )
    yield upsert(Staffs(source=swarm_id, target=task.id))
    yield upsert(msgspec.structs.replace(task, state=TaskState.STAFFED))


def _task_problems(view: GraphView, command: OpenTask) -> Iterator[Problem]:
    task = command.task
    yield from check_id(("id",), command.task_id, Task.entity_type)
    if view.node(Task, command.task_id) is not None:
        yield Problem(("id",), "EXISTS", f"{command.task_id} is a task already.", "Take another id, or none.")
    yield from title_problems(task.title)
    yield from field_problems(view, task)


def title_problems(title: str) -> Iterator[Problem]:
    """Yield what is wrong with a task's title."""
    yield from check_name(("title",), title, exists=False)
    if title.strip():
        yield from check_text(("title",), title)


def field_problems(view: GraphView, task: TaskFields) -> Iterator[Problem]:
    """Yield what is wrong with what is said of a task beside its title; None: nothing is said."""
    if task.customer_id is not None:
        yield from References(view).check(("customerId",), Customer, task.customer_id)
    yield from check_money(("value",), task.value)
    if task.effort_days is not None and not (math.isfinite(task.effort_days) and task.effort_days >= 0):
        yield Problem(("effortDays",), "OUT_OF_RANGE", f"{task.effort_days:g} is no number of days of zero or more.")
    if task.due_at is not None and task.due_at.tzinfo is None:
        yield Problem(("dueAt",), "INVALID_INSTANT", "The instant has no offset from UTC.", "End it with Z or +08:00.")
    for number, regulation in enumerate(task.regulations or ()):
        yield from regulation_problems(regulation, ("regulations", str(number)))
    if task.demand is not None:
        yield from demand_problems(view, task.demand, ("demand",))


def regulation_problems(regulation: str, path: tuple[str, ...]) -> Iterator[Problem]:
    """Yield a problem where a rule does not name the authority that made it."""
    authority, _, name = regulation.partition(":")
    if authority.strip() and name.strip():
        yield from check_text(path, regulation)
    else:
        yield Problem(path, "INVALID_REGULATION", f"{regulation!r} is not authority:name.", "For example SAT:import")


def _task_changes(command: OpenTask, context: Context) -> Iterator[AnyChange]:
    asked = command.task
    yield upsert(
        Task(
            id=command.task_id,
            title=asked.title,
            value=asked.value.amount if asked.value else None,
            currency=asked.value.currency if asked.value else None,
            effort_days=asked.effort_days,
            opened_at=context.at,
            due_at=asked.due_at,
            regulations=asked.regulations,
            demand=stored(asked.demand),
        )
    )
    if asked.customer_id is not None:
        yield upsert(For(source=command.task_id, target=asked.customer_id))
    yield from (upsert(link) for link in required(command.task_id, asked.demand))
    if asked.value is not None:
        yield upsert(pending_reaction(REORGANIZE, command.task_id, context.revision))


def required(task_id: str, demand: Demand | None) -> Iterator[Requires]:
    """Yield what a task requires by its demand."""
    for skill in (demand.skills if demand else None) or ():
        yield Requires(
            source=task_id,
            target=skill.skill_id,
            seats=skill.seats,
            level=skill.minimum_level,
            weight=skill.weight,
            critical=skill.critical,
        )


def stored(demand: Demand | None) -> str | None:
    """Return a demand as a task keeps it."""
    return msgspec.json.encode(demand).decode() if demand else None
