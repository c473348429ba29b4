"""Root fields that propose, open and assemble."""

from datetime import datetime
from typing import Annotated

import strawberry

from graph_api.kernel.commands import InputRejected as Rejection
from graph_api.kernel.errors import BadUserInput, QueryTooCostly
from graph_api.ops.settings import Settings
from graph_api.organization.graphql.arguments import check_length
from graph_api.organization.graphql.common import MoneyInput, given, money_of, rejected, texts
from graph_api.organization.graphql.mutations import KEY
from graph_api.organization.graphql.scalars import Revision
from graph_api.organization.graphql.types import show_task
from graph_api.organization.model import Task
from graph_api.swarm.assembly import Assembled, Booked, NewTask, Proposed
from graph_api.swarm.graphql.demand import SwarmDemandInput, demand_of, optional
from graph_api.swarm.graphql.outcomes import (
    AssembleSwarmOutcome,
    OpenTaskOutcome,
    ProposeSwarmOutcome,
    SwarmAssembled,
    TaskOpened,
    show_conflict,
    show_proposal,
    show_refusal,
)
from graph_api.swarm.graphql.request import SwarmInfo
from graph_api.swarm.graphql.types import swarm_by_id


@strawberry.input(description="A task to open.")
class OpenTaskInput:
    """A task."""

    id: strawberry.ID | None = optional('"task:key"; left out: one is given.')
    title: str = strawberry.field(description="What is to be done.")
    customer_id: strawberry.ID | None = optional("Whom it is done for.")
    value: MoneyInput | None = optional("What it is worth.")
    effort_days: float | None = optional("Expected work, person-days, zero or more.")
    due_at: datetime | None = optional("When it is due.")
    regulations: list[str] | None = optional('Rules it falls under, each "authority:name".')
    demand: SwarmDemandInput | None = optional("The swarm that it asks for.")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="A swarm to assemble.")
class AssembleSwarmInput:
    """A swarm."""

    task_id: strawberry.ID = strawberry.field(description="The task, which must be OPEN.")
    demand: SwarmDemandInput | None = optional("What is asked otherwise than the task says.")
    person_ids: list[strawberry.ID] | None = optional("Exactly this team; left out: the best one.")
    idempotency_key: str | None = optional(KEY)


@strawberry.type
class AssemblyQuery:
    """What can be asked of the assembler."""

    @strawberry.field(description="Find the best team for a task or a demand, with a proof. Nothing is changed.")
    async def propose_swarm(
        self,
        info: SwarmInfo,
        task_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="The task whose demand it is.")
        ] = strawberry.UNSET,
        demand: Annotated[
            SwarmDemandInput | None, strawberry.argument(description="What is asked otherwise than the task says.")
        ] = strawberry.UNSET,
        alternatives: Annotated[
            int | None,
            strawberry.argument(
                description="How many of the next best teams to find as well; at most SWARMGRAPH_ALTERNATIVES_MAX."
            ),
        ] = 0,
        deadline_ms: Annotated[
            int | None,
            strawberry.argument(
                description="When to answer at the latest, ms from now; at most SWARMGRAPH_DEADLINE_MAX_MS."
            ),
        ] = 1000,
    ) -> ProposeSwarmOutcome | None:
        """Propose a team."""
        request = info.context
        wanted, deadline = alternatives or 0, 1000 if deadline_ms is None else deadline_ms
        _check_costs(wanted, deadline, request.settings)
        answer = await request.assembly.propose(
            task_id=given(task_id),
            demand=demand_of(demand),
            alternatives=wanted,
            deadline_ms=deadline,
            view=request.planned_on,
        )
        if isinstance(answer.value, Proposed):
            return show_proposal(request, answer.value, answer.revision, answer.again)
        return show_refusal(request, answer.value, answer.revision)


@strawberry.type
class SwarmMutation:
    """What can be changed about swarms."""

    @strawberry.mutation(description="Open a task.")
    async def open_task(
        self, info: SwarmInfo, input: Annotated[OpenTaskInput, strawberry.argument(description="The task.")]
    ) -> OpenTaskOutcome | None:
        """Open a task."""
        request = info.context
        task = _task(input)
        check_length("regulations", task.regulations, request.settings.list_entries_max)
        answer = await request.assembly.open_task(
            task, actor=request.identity.id, idempotency_key=given(input.idempotency_key)
        )
        if isinstance(answer.value, Rejection):
            return rejected(request, answer.value)
        request.note_written(answer.revision)
        opened = request.graph.node(Task, answer.value.task_id)
        if opened is None:
            raise request.not_shown(f"{answer.value.task_id} was opened")
        return TaskOpened(task=show_task(opened), revision=Revision(answer.revision))

    @strawberry.mutation(description="Book the best team for a task, or the given one, in one commit.")
    async def assemble_swarm(
        self, info: SwarmInfo, input: Annotated[AssembleSwarmInput, strawberry.argument(description="The swarm.")]
    ) -> AssembleSwarmOutcome | None:
        """Assemble a swarm."""
        request = info.context
        answer = await request.assembly.assemble(
            task_id=input.task_id,
            demand=demand_of(input.demand),
            person_ids=texts(input.person_ids),
            actor=request.identity.id,
            idempotency_key=given(input.idempotency_key),
            view=request.planned_on,
        )
        value, revision = answer.value, Revision(answer.revision)
        if isinstance(value, Assembled):
            request.note_written(revision)
            swarm = swarm_by_id(request.graph, value.swarm_id)
            if swarm is None:
                raise request.not_shown(f"{value.swarm_id} was assembled")
            proposal = show_proposal(request, value.proposed, revision, answer.again)
            return SwarmAssembled(swarm=swarm, proposal=proposal, revision=revision)
        if isinstance(value, Booked):
            return show_conflict(request, value, revision)
        return show_refusal(request, value, revision)


def _check_costs(alternatives: int, deadline_ms: int, settings: Settings) -> None:
    if alternatives < 0 or deadline_ms < 1:
        raise BadUserInput("`alternatives` is 0 or more, `deadlineMs` 1 or more.")
    for name, asked, most in (
        ("alternatives", alternatives, settings.alternatives_max),
        ("deadlineMs", deadline_ms, settings.deadline_max_ms),
    ):
        if asked > most:
            raise QueryTooCostly(f"`{name}` is {asked}.", suggestion=f"Ask for at most {most}.")


def _task(asked: OpenTaskInput) -> NewTask:
    value = given(asked.value)
    return NewTask(
        title=asked.title,
        id=given(asked.id),
        customer_id=given(asked.customer_id),
        value=None if value is None else money_of(value),
        effort_days=given(asked.effort_days),
        due_at=given(asked.due_at),
        regulations=texts(asked.regulations) or (),
        demand=demand_of(asked.demand),
    )
