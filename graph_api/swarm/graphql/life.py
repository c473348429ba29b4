"""What becomes of tasks and swarms after they were made, as GraphQL asks for it and shows it."""

from datetime import datetime
from typing import Annotated, Final, TypeAlias

import strawberry

from graph_api.kernel.commands import AnyOperation, Command, Refused
from graph_api.organization.graphql.arguments import check_length
from graph_api.organization.graphql.common import (
    DaysInput,
    InputRejected,
    MoneyInput,
    contribute,
    days_of,
    describe_enum,
    given,
    money_of,
    texts,
)
from graph_api.organization.graphql.mutations import KEY, rejected_input, submit
from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.scalars import Revision
from graph_api.organization.graphql.types import Person, Task, person_by_id, show_task
from graph_api.organization.model import Task as TaskRecord
from graph_api.swarm.assembly import Booked, TaskFields
from graph_api.swarm.graphql.demand import SwarmDemandInput, demand_of, optional
from graph_api.swarm.graphql.outcomes import SwarmConflict, show_conflict
from graph_api.swarm.graphql.reorganising import Reorganization, found_by
from graph_api.swarm.graphql.request import SwarmInfo, SwarmRequest
from graph_api.swarm.graphql.types import Swarm, swarm_by_id
from graph_api.swarm.life import absences, swarms, tasks
from graph_api.swarm.model import TaskResult

describe_enum(
    TaskResult,
    "How a task ended.",
    {
        "DELIVERED": "What was asked was delivered.",
        "LOST": "The order was lost.",
        "CANCELLED": "It was called off.",
    },
)


@strawberry.input(description="What to alter of a task; what is left out stays as it is.")
class UpdateTaskInput:
    """A task."""

    task_id: strawberry.ID = strawberry.field(description="The task, which must not be closed.")
    title: str | None = optional("What is to be done.")
    customer_id: strawberry.ID | None = optional("Whom it is done for, and nobody else.")
    value: MoneyInput | None = optional("What it is worth.")
    effort_days: float | None = optional("Expected work, person-days, zero or more.")
    due_at: datetime | None = optional("When it is due.")
    regulations: list[str] | None = optional('All rules it falls under, each "authority:name".')
    demand: SwarmDemandInput | None = optional("The swarm that it asks for, in place of what it asked for.")
    close_as: TaskResult | None = optional("Close it, so ended; its swarm is CLOSING in the same commit.")
    unchanged_since: Revision | None = optional(
        "CONFLICT, and nothing is changed, where what is said of the task was changed after this revision."
    )
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="A swarm to call off.")
class CancelSwarmInput:
    """A swarm."""

    swarm_id: strawberry.ID = strawberry.field(description="An ACTIVE swarm before its first booked day, UTC.")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="A swarm to move to other days.")
class RescheduleSwarmInput:
    """A swarm."""

    swarm_id: strawberry.ID = strawberry.field(description="An ACTIVE swarm.")
    days: DaysInput = strawberry.field(description="The new days; the first one of a swarm that has begun stays.")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="The days on which somebody is not there.")
class SetAbsencesInput:
    """Absences."""

    person_id: strawberry.ID = strawberry.field(description="Who.")
    absences: list[DaysInput] = strawberry.field(description="All absences; those that were set before are replaced.")
    idempotency_key: str | None = optional(KEY)


@strawberry.type(description="The task was altered or closed.")
class TaskUpdated:
    """An altered task."""

    task: Task = strawberry.field(description="The task.")
    revision: Revision = strawberry.field(description="The state that shows it.")

    @strawberry.field(
        description="What was found worth while by itself because the value changed; null where nothing was, or where "
        "it was not known within SWARMGRAPH_REORGANIZATION_WAIT_MS: then `reorganizations` shows it later."
    )
    async def reorganization(self, info: SwarmInfo) -> Reorganization | None:
        """Wait a little for what is found."""
        number = int(self.revision.rpartition("-")[2])
        return await found_by(info.context, self.task.id, number)


@strawberry.type(description="The swarm was called off: its people are free, and its task is OPEN again.")
class SwarmCancelled:
    """A cancelled swarm."""

    swarm: Swarm = strawberry.field(description="The swarm.")
    revision: Revision = strawberry.field(description="The state that shows it.")


@strawberry.type(description="The swarm and all of its bookings were moved.")
class SwarmRescheduled:
    """A moved swarm."""

    swarm: Swarm = strawberry.field(description="The swarm.")
    revision: Revision = strawberry.field(description="The state that shows it.")


@strawberry.type(description="The absences are set. No booking was altered.")
class AbsencesSet:
    """Set absences."""

    person: Person = strawberry.field(description="The person.")
    swarms_to_mend: list[Swarm] = strawberry.field(
        description="ACTIVE swarms that have booked the person on some of the days, by id."
    )
    revision: Revision = strawberry.field(description="The state that shows it.")


UpdateTaskOutcome: TypeAlias = Annotated[
    TaskUpdated | InputRejected, strawberry.union("UpdateTaskOutcome", description="What became of altering.")
]
CancelSwarmOutcome: TypeAlias = Annotated[
    SwarmCancelled | InputRejected, strawberry.union("CancelSwarmOutcome", description="What became of calling off.")
]
RescheduleSwarmOutcome: TypeAlias = Annotated[
    SwarmRescheduled | SwarmConflict | InputRejected,
    strawberry.union("RescheduleSwarmOutcome", description="What became of moving."),
]
SetAbsencesOutcome: TypeAlias = Annotated[
    AbsencesSet | InputRejected, strawberry.union("SetAbsencesOutcome", description="What became of setting.")
]


_RESULTS: Final = {result.value: result for result in TaskResult}


def _task_result(parent: strawberry.Parent[Task], info: Info) -> TaskResult | None:
    """Return how the task ended, where it says so in one of these words."""
    task = info.context.graph.node(TaskRecord, parent.id)
    return _RESULTS.get(task.result or "") if task is not None else None


contribute(Task, "result", _task_result, "How it ended; null while it is not closed, or where nothing is known.")


@strawberry.type
class LifeMutation:
    """What can be changed about tasks and swarms that are there."""

    @strawberry.mutation(description="Alter or close a task.")
    async def update_task(
        self, info: Info, input: Annotated[UpdateTaskInput, strawberry.argument(description="What to alter.")]
    ) -> UpdateTaskOutcome | None:
        """Alter or close a task."""
        request = info.context
        assert isinstance(request, SwarmRequest), "every request of the schema is one"
        fields = _fields(input)
        check_length("regulations", fields.regulations or (), request.settings.list_entries_max)
        since = given(input.unchanged_since)
        command = tasks.UpdateTask(
            task_id=input.task_id,
            title=given(input.title),
            fields=fields,
            close_as=given(input.close_as),
            known=None if since is None else await tasks.known_since(request.followed, input.task_id, since),
        )
        answer = await submit(info, tasks.UPDATE_TASK, command, input.idempotency_key, tasks.TaskUpdated)
        if isinstance(answer, Refused):
            return rejected_input(info, answer)
        task = request.graph.node(TaskRecord, input.task_id)
        if task is None:
            raise request.not_shown(f"{input.task_id} was altered")
        return TaskUpdated(task=show_task(task), revision=answer[1])

    @strawberry.mutation(description="Call a swarm off before anybody worked in it.")
    async def cancel_swarm(
        self, info: Info, input: Annotated[CancelSwarmInput, strawberry.argument(description="The swarm.")]
    ) -> CancelSwarmOutcome | None:
        """Call a swarm off."""
        command = swarms.CancelSwarm(swarm_id=input.swarm_id)
        answer = await _changed(info, swarms.CANCEL_SWARM, command, input.idempotency_key)
        return (
            rejected_input(info, answer)
            if isinstance(answer, Refused)
            else SwarmCancelled(swarm=answer[0], revision=answer[1])
        )

    @strawberry.mutation(description="Move a swarm to other days, with all of its members or not at all.")
    async def reschedule_swarm(
        self, info: Info, input: Annotated[RescheduleSwarmInput, strawberry.argument(description="The swarm.")]
    ) -> RescheduleSwarmOutcome | None:
        """Move a swarm."""
        command = swarms.RescheduleSwarm(swarm_id=input.swarm_id, days=days_of(input.days))
        answer = await _changed(info, swarms.RESCHEDULE_SWARM, command, input.idempotency_key)
        if not isinstance(answer, Refused):
            return SwarmRescheduled(swarm=answer[0], revision=answer[1])
        if isinstance(answer.refusal, Booked):
            return show_conflict(info.context, answer.refusal, info.context.replica.revision)
        return rejected_input(info, answer)

    @strawberry.mutation(description="Set when somebody is not there, and learn which swarms have to do without.")
    async def set_absences(
        self, info: Info, input: Annotated[SetAbsencesInput, strawberry.argument(description="The absences.")]
    ) -> SetAbsencesOutcome | None:
        """Set absences."""
        request = info.context
        wanted = tuple(map(days_of, input.absences))
        check_length("absences", wanted, request.settings.list_entries_max)
        command = absences.SetAbsences(person_id=input.person_id, absences=wanted)
        answer = await submit(info, absences.SET_ABSENCES, command, input.idempotency_key, absences.AbsencesSet)
        if isinstance(answer, Refused):
            return rejected_input(info, answer)
        person = person_by_id(request.graph, input.person_id)
        if person is None:
            raise request.not_shown(f"The absences of {input.person_id} were set")
        touched = [swarm for one in answer[0].swarm_ids if (swarm := swarm_by_id(request.graph, one)) is not None]
        request.count_rows(len(touched))
        return AbsencesSet(person=person, swarms_to_mend=touched, revision=answer[1])


async def _changed(
    info: Info, operation: AnyOperation, command: Command, key: str | None
) -> tuple[Swarm, Revision] | Refused:
    answer = await submit(info, operation, command, key, swarms.SwarmChanged)
    if isinstance(answer, Refused):
        return answer
    swarm = swarm_by_id(info.context.graph, answer[0].swarm_id)
    if swarm is None:
        raise info.context.not_shown(f"{answer[0].swarm_id} was changed")
    return swarm, answer[1]


def _fields(asked: UpdateTaskInput) -> TaskFields:
    value = given(asked.value)
    return TaskFields(
        customer_id=given(asked.customer_id),
        value=None if value is None else money_of(value),
        effort_days=given(asked.effort_days),
        due_at=given(asked.due_at),
        regulations=texts(asked.regulations),
        demand=demand_of(asked.demand),
    )
