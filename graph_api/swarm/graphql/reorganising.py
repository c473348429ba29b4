"""Liquid reorganisation, as GraphQL asks for it and shows it."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Final, TypeAlias

import strawberry

from graph_api.kernel.commands import AnyOperation, Command, Refused
from graph_api.kernel.commands import InputRejected as Rejection
from graph_api.kernel.errors import BadUserInput, NotFound
from graph_api.kernel.graph import Readable
from graph_api.organization.checks import check_money
from graph_api.organization.graphql.arguments import check_limit
from graph_api.organization.graphql.common import (
    InputRejected,
    Money,
    MoneyInput,
    Node,
    describe_enum,
    given,
    money_of,
    rejected,
    show_money,
    told,
)
from graph_api.organization.graphql.mutations import KEY, submit
from graph_api.organization.graphql.queries import register_node
from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.scalars import Revision
from graph_api.organization.graphql.types import Person, Task, person_by_id, show_task
from graph_api.organization.model import Task as TaskRecord
from graph_api.permission.seeing import AVAILABILITY
from graph_api.projection.records import Reaction, reaction_id
from graph_api.swarm.assembly import Booked, Proposed
from graph_api.swarm.booking import new_id
from graph_api.swarm.decisions import REORGANIZE
from graph_api.swarm.graphql.demand import optional
from graph_api.swarm.graphql.outcomes import (
    ProposeSwarmOutcome,
    SwarmConflict,
    SwarmShortage,
    show_conflict,
    show_proposal,
)
from graph_api.swarm.graphql.request import SwarmInfo, SwarmRequest
from graph_api.swarm.graphql.types import Swarm, swarm_by_id
from graph_api.swarm.model import Swarm as SwarmRecord
from graph_api.swarm.reorganising import decisions, model
from graph_api.swarm.reorganising.premises import standing
from graph_api.swarm.reorganising.reacting import reorganization_of
from graph_api.swarm.solver import Proposal

describe_enum(
    model.ReorganizationState,
    "What became of a reorganization.",
    {
        "PROPOSED": "It waits to be applied or declined.",
        "APPLIED": "The people were moved.",
        "DECLINED": "Everybody stays.",
        "STALE": "What it rests on was changed: it cannot be applied any more.",
    },
)


@strawberry.type(description="Somebody who would leave a swarm, or left it, for a task.")
class ReorganizationMove:
    """A move."""

    person: Person | None = strawberry.field(description="Who.")
    from_swarm: Swarm | None = strawberry.field(description="The swarm that is left.")
    replacement: Person | None = strawberry.field(description="Who takes the seat there.")
    cost: Money | None = strawberry.field(
        description="What it costs: what the left swarm's team of today is worth more to its task than the best one "
        "without the person, and SWARMGRAPH_REORGANIZATION_HANDOVER_DAYS days at the person's day rate. Null for those "
        "who may neither see the person's availability nor assemble for the task."
    )


@strawberry.type(
    description="Whether people should be moved to a task. A team of F points is worth value x F / the sum of the "
    "weights over its seats to its task; all amounts are in SWARMGRAPH_REORGANIZATION_CURRENCY."
)
class ReorganizationTrigger:
    """A trigger."""

    fires: bool = strawberry.field(
        description="Whether the benefit exceeds the cost by more than SWARMGRAPH_REORGANIZATION_THRESHOLD."
    )
    reason: str = strawberry.field(description="Why, or why it is unknown, in one sentence.")
    benefit: Money | None = strawberry.field(
        description="What the best team with people who are moved is worth more than the best team of free people, "
        "before what moving costs; null: unknown, or no such team is better."
    )
    cost: Money | None = strawberry.field(
        description="What all moves cost; null: there are none, or what one of them costs is not shown."
    )
    break_even_value: Money | None = strawberry.field(
        description="The least value of the task at which it pays; null: at none, it was not proved in time, or what "
        "one of the moves costs is not shown."
    )
    moves: list[ReorganizationMove] = strawberry.field(
        description="Who would be moved, one from each swarm, by person."
    )
    keep: ProposeSwarmOutcome | None = strawberry.field(
        description="The best team of people who are free; null: it was not looked for."
    )
    free: ProposeSwarmOutcome | None = strawberry.field(
        description="The best team with people who are moved; null: there is none that is better."
    )


@strawberry.type(
    description="A reorganization that was found worth while by itself when a task opened or its value changed. It "
    "waits for whoever leads swarms; with SWARMGRAPH_REORGANIZATION_POLICY apply it is carried out at once."
)
class Reorganization(Node):
    """A reorganization."""

    created_at: datetime = strawberry.field(description="When it was found.")
    decided_at: datetime | None = strawberry.field(description="When it was applied or declined.")
    reason: str | None = strawberry.field(description="Why it was declined, where that was told.")
    record: strawberry.Private[model.Reorganization]

    @strawberry.field(description="The task that people would be moved to.")
    def task(self, info: SwarmInfo) -> Task | None:
        """Return the task."""
        task = info.context.graph.node(TaskRecord, self.record.task)
        return None if task is None else show_task(task)

    @strawberry.field(description="Whether it can still be applied.")
    def state(self, info: SwarmInfo) -> model.ReorganizationState:
        """Return the state."""
        return standing(info.context.replica.graph, self.record, info.context.today)

    @strawberry.field(description="What was found, as of the day that it was found.")
    def trigger(self, info: SwarmInfo) -> ReorganizationTrigger:
        """Return what was found."""
        return show_trigger(info.context, self.record.evaluation, info.context.replica.revision)


@strawberry.input(description="A reorganization to carry out.")
class ApplyReorganizationInput:
    """A reorganization."""

    reorganization_id: strawberry.ID = strawberry.field(description="One that is PROPOSED.")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="A reorganization that is not to be.")
class DeclineReorganizationInput:
    """A reorganization."""

    reorganization_id: strawberry.ID = strawberry.field(description="One that is PROPOSED or STALE.")
    reason: str | None = optional("Why not.")
    idempotency_key: str | None = optional(KEY)


@strawberry.type(description="The reorganization was decided: carried out in one commit, or declined.")
class ReorganizationApplied:
    """A decided reorganization."""

    reorganization: Reorganization = strawberry.field(description="The reorganization.")
    swarms: list[Swarm] = strawberry.field(
        description="The new swarm, then those that were left, each with its new member; none where it was declined."
    )
    revision: Revision = strawberry.field(description="The state that shows it.")


ApplyReorganizationOutcome: TypeAlias = Annotated[
    ReorganizationApplied | SwarmConflict | InputRejected,
    strawberry.union("ApplyReorganizationOutcome", description="What became of deciding."),
]


@strawberry.type
class ReorganizingQuery:
    """What can be asked about reorganizations."""

    @strawberry.field(
        description="Whether people should be moved to a task, at its own value or another. Nothing is recorded. "
        "UNAVAILABLE while the index of people is being built, CONFLICT where the task was changed meanwhile."
    )
    async def reorganization_trigger(
        self,
        info: SwarmInfo,
        task_id: Annotated[strawberry.ID, strawberry.argument(description="The task.")],
        value: Annotated[
            MoneyInput | None, strawberry.argument(description="Another value than the task's own.")
        ] = strawberry.UNSET,
    ) -> ReorganizationTrigger | None:
        """Evaluate a task."""
        request, asked = info.context, given(value)
        if request.graph.node(TaskRecord, task_id) is None:
            raise NotFound(f"There is no {task_id}.", suggestion="`tasks` lists those that you may see.")
        worth = None if asked is None else money_of(asked)
        if problems := list(check_money(("value",), worth)):
            raise BadUserInput(" ".join(problem.message for problem in problems), place=("value",))
        found = await request.assembly.trigger(task_id, worth)
        return show_trigger(request, found.value, found.revision)

    @strawberry.field(description="Reorganizations in some states, newest first; all states where none is named.")
    def reorganizations(
        self,
        info: SwarmInfo,
        states: Annotated[
            list[model.ReorganizationState] | None,
            strawberry.argument(description="Only those in one of these states."),
        ] = strawberry.UNSET,
        limit: Annotated[
            int | None, strawberry.argument(description="So many at most; SWARMGRAPH_PAGE_MAX_ROWS at most.")
        ] = 100,
    ) -> list[Reorganization] | None:
        """List reorganizations."""
        request = info.context
        most = 100 if limit is None else limit
        check_limit(most, request.settings.page_max_rows)
        wanted = frozenset(given(states) or model.ReorganizationState)
        records = sorted(
            request.graph.nodes(model.Reorganization), key=lambda record: (record.created_at, record.id), reverse=True
        )
        found = [one for one in records if standing(request.replica.graph, one, request.today) in wanted][:most]
        request.count_rows(len(found))
        return [_shown(record) for record in found]


@strawberry.type
class ReorganizingMutation:
    """What decides reorganizations."""

    @strawberry.mutation(
        description="Move the people of a reorganization: the new swarm is made, each left one gets its new member, in "
        "one commit with the rights."
    )
    async def apply_reorganization(
        self,
        info: Info,
        input: Annotated[ApplyReorganizationInput, strawberry.argument(description="The reorganization.")],
    ) -> ApplyReorganizationOutcome | None:
        """Carry out a reorganization."""
        key = given(input.idempotency_key)
        swarm_id = new_id(SwarmRecord.entity_type, info.context.identity.id, decisions.APPLY.name, key)
        command = decisions.ApplyReorganization(reorganization_id=input.reorganization_id, swarm_id=swarm_id)
        return await _decided(info, decisions.APPLY, command, input.idempotency_key)

    @strawberry.mutation(description="Leave everybody where they are.")
    async def decline_reorganization(
        self,
        info: Info,
        input: Annotated[DeclineReorganizationInput, strawberry.argument(description="The reorganization.")],
    ) -> ApplyReorganizationOutcome | None:
        """Decline a reorganization."""
        command = decisions.DeclineReorganization(reorganization_id=input.reorganization_id, reason=given(input.reason))
        return await _decided(info, decisions.DECLINE, command, input.idempotency_key)


async def _decided(
    info: Info, operation: AnyOperation, command: Command, key: str | None
) -> ReorganizationApplied | SwarmConflict | InputRejected:
    request = info.context
    answer = await submit(info, operation, command, key, decisions.ReorganizationDecided)
    if not isinstance(answer, Refused):
        outcome, revision = answer
        shown = reorganization_by_id(request.graph, outcome.reorganization_id)
        if shown is None:
            raise request.not_shown(f"{outcome.reorganization_id} was decided")
        swarms = [swarm for one in outcome.swarm_ids if (swarm := swarm_by_id(request.graph, one)) is not None]
        request.count_rows(len(swarms))
        return ReorganizationApplied(reorganization=shown, swarms=swarms, revision=revision)
    if isinstance(refusal := answer.refusal, Booked):
        return show_conflict(request, refusal, request.replica.revision)
    assert isinstance(refusal, Rejection), "nothing else refuses it"
    return rejected(request, refusal)


def show_trigger(request: SwarmRequest, found: model.Evaluation, revision: str) -> ReorganizationTrigger:
    """Show what was found of a task; what tells somebody's day rate, only to whom it may be told."""
    are_known = [_may_know_cost(request, found.task_id, move) for move in found.moves]
    is_known = all(are_known)
    return ReorganizationTrigger(
        fires=found.fires,
        reason=told(request, found.reason) if is_known else _WITHOUT_COST[found.fires],
        benefit=show_money(found.benefit),
        cost=show_money(found.cost if is_known else None),
        break_even_value=show_money(found.break_even if is_known else None),
        moves=[_move(request.graph, *one) for one in zip(found.moves, are_known, strict=True)],
        keep=_team(request, found, found.keep, revision) if found.is_decided else None,
        # What each seat, the objective and its bounds say of the moves is what they cost.
        free=None if found.free is None or not is_known else _team(request, found, found.free, revision),
    )


def _team(request: SwarmRequest, found: model.Evaluation, team: Proposal | None, revision: str) -> ProposeSwarmOutcome:
    if team is None:
        message = "No people who are free make a team."
        return SwarmShortage(message=message, conflict=[], repairs=[], revision=Revision(revision))
    return show_proposal(request, Proposed(proposal=team, elapsed_ms=found.elapsed_ms), revision)


_WITHOUT_COST: Final = {
    True: "It gains more than it costs.",
    False: "What it gains does not exceed what it costs.",
}


def _may_know_cost(request: SwarmRequest, task_id: str, move: model.Move) -> bool:
    return request.allows("can_assemble", task_id) or request.sees_of(move.booking.source, AVAILABILITY)


def _move(graph: Readable, move: model.Move, is_known: bool) -> ReorganizationMove:
    return ReorganizationMove(
        person=person_by_id(graph, move.booking.source),
        from_swarm=swarm_by_id(graph, move.booking.target),
        replacement=person_by_id(graph, move.replacement_id),
        cost=show_money(move.cost if is_known else None),
    )


def _shown(record: model.Reorganization) -> Reorganization:
    return Reorganization(
        id=strawberry.ID(record.id),
        created_at=record.created_at,
        decided_at=record.decided_at,
        reason=record.reason,
        record=record,
    )


def reorganization_by_id(graph: Readable, reorganization_id: str) -> Reorganization | None:
    """Show a reorganization by id; None where there is none."""
    record = graph.node(model.Reorganization, reorganization_id)
    return None if record is None else _shown(record)


async def found_by(request: SwarmRequest, task_id: str, number: int) -> Reorganization | None:
    """Show what was found of a task because of the commit of that number, once it is decided whether there is any.

    None where there is none, or where that takes longer than the setting.
    """
    pending, came = reaction_id(REORGANIZE, task_id, number), asyncio.Event()
    unfollow = request.followed.follow(lambda _: came.set())
    with suppress(TimeoutError):
        try:
            async with asyncio.timeout(request.settings.reorganization_wait_ms / 1000):
                while request.replica.graph.node(Reaction, pending) is not None:
                    came.clear()
                    await came.wait()
        finally:
            unfollow()
    record = reorganization_of(request.replica.graph, task_id, number)
    return None if record is None else reorganization_by_id(request.graph, record.id)


register_node(model.Reorganization.entity_type, reorganization_by_id)
