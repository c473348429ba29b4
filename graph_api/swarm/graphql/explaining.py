"""Why somebody is not in a team, as GraphQL asks for it and shows it."""

from typing import Annotated

import strawberry

from graph_api.kernel.commands import InputRejected as Rejection
from graph_api.kernel.errors import BadUserInput, NotFound, TimedOut
from graph_api.organization.graphql.common import given, told
from graph_api.organization.graphql.types import Person, person_by_id
from graph_api.swarm import assembly
from graph_api.swarm.graphql.demand import SwarmDemandInput, demand_of
from graph_api.swarm.graphql.outcomes import (
    SeatPoints,
    SwarmConstraint,
    SwarmProposal,
    show_constraint,
    show_points,
    show_proposal,
)
from graph_api.swarm.graphql.request import SwarmInfo, SwarmRequest


@strawberry.type(description="What keeps somebody out of the best team for a demand.")
class WhyNot:
    """Why not."""

    person: Person | None = strawberry.field(description="Who is asked about.")
    eligible: bool = strawberry.field(description="Whether the person breaks no hard constraint alone.")
    violates: list[SwarmConstraint] = strawberry.field(
        description="Every hard constraint that the person breaks alone, whoever else is in the team."
    )
    best_with: SwarmProposal | None = strawberry.field(
        description="The best team that the person is in; null: there is none."
    )
    shortfall: SeatPoints | None = strawberry.field(
        description="What it falls short of the best team, term by term: the best team's sum over its seats less "
        "this team's. Skill and collaboration less load, distance and move are the points that it is worth less. All 0 "
        "where the person is in the best team; null: there is no such team."
    )


@strawberry.type
class ExplainingQuery:
    """What can be asked about teams that are not."""

    @strawberry.field(
        description="Why somebody is not in the best team for a task or a demand: two exact solves on one state. "
        "BAD_USER_INPUT where the demand is wrong, NOT_FOUND without such a person, TIMEOUT where it was not known "
        "within SWARMGRAPH_EXPLANATION_SECONDS."
    )
    async def why_not(
        self,
        info: SwarmInfo,
        person_id: Annotated[strawberry.ID, strawberry.argument(description="The person.")],
        task_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="The task whose demand it is.")
        ] = strawberry.UNSET,
        demand: Annotated[
            SwarmDemandInput | None, strawberry.argument(description="What is asked otherwise than the task says.")
        ] = strawberry.UNSET,
    ) -> WhyNot | None:
        """Tell what keeps somebody out."""
        request = info.context
        if person_by_id(request.graph, person_id) is None:
            raise NotFound(f"There is no {person_id}.", suggestion="`people` lists those whom you may see.")
        answer = await request.assembly.why_not(
            task_id=given(task_id),
            demand=demand_of(demand),
            person_id=person_id,
            deadline_ms=round(request.settings.explanation_seconds * 1000),
            view=request.planned_on,
        )
        match answer.value:
            case assembly.WhyNot():
                return _shown(request, answer.value, answer.revision)
            case Rejection():
                raise BadUserInput(" ".join(told(request, one.message) for one in answer.value.problems))
            case assembly.NotDecided():
                raise TimedOut(answer.value.message, suggestion="Try again, or ask for fewer people and skills.")


def _shown(request: SwarmRequest, found: assembly.WhyNot, revision: str) -> WhyNot:
    return WhyNot(
        person=person_by_id(request.graph, found.person_id),
        eligible=not found.violates,
        violates=[show_constraint(request, one) for one in found.violates],
        best_with=None if found.best_with is None else show_proposal(request, found.best_with, revision),
        shortfall=None if found.shortfall is None else show_points(found.shortfall),
    )
