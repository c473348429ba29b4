"""Giving seats to others, and letting people go, as GraphQL asks for it and shows it."""

from datetime import date
from typing import Annotated, Any, TypeAlias

import strawberry

from graph_api.kernel.commands import InputRejected as Rejection
from graph_api.kernel.errors import TimedOut
from graph_api.organization.graphql.common import InputRejected, given
from graph_api.organization.graphql.mutations import KEY
from graph_api.organization.graphql.scalars import Revision
from graph_api.organization.graphql.types import Person, person_by_id
from graph_api.swarm.assembly import Answered, Booked, NotDecided, Shortage
from graph_api.swarm.assembly import MemberReplaced as Replaced
from graph_api.swarm.assembly import PersonEnded as Ended
from graph_api.swarm.graphql.demand import optional
from graph_api.swarm.graphql.outcomes import SwarmConflict, SwarmShortage, show_conflict, show_refusal
from graph_api.swarm.graphql.request import SwarmInfo, SwarmRequest
from graph_api.swarm.graphql.types import Swarm, swarm_by_id
from graph_api.swarm.model import LeaveReason


@strawberry.input(description="Whose seat to give to whom.")
class ReplaceMemberInput:
    """A seat."""

    swarm_id: strawberry.ID = strawberry.field(description="An ACTIVE swarm.")
    person_id: strawberry.ID = strawberry.field(description="The member who leaves it.")
    replacement_id: strawberry.ID | None = optional(
        "Who takes the seat; left out: whoever makes the best team with those who stay, exactly."
    )
    starts_on: date | None = optional("The first day of the other, UTC; left out: today, or the member's first day.")
    reason: LeaveReason = strawberry.field(description="Why.")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="Who leaves the organization, and when.")
class EndPersonInput:
    """A last day."""

    person_id: strawberry.ID = strawberry.field(description="Who.")
    last_day: date = strawberry.field(description="The last day in the organization, UTC; it may be over.")
    idempotency_key: str | None = optional(KEY)


@strawberry.type(
    description="The seat was given to another, in one commit with the rights. Who stays may have got other roles, but "
    "keeps the own ones where the day is still to come."
)
class MemberReplaced:
    """A given seat."""

    swarm: Swarm = strawberry.field(description="The swarm.")
    replacement: Person | None = strawberry.field(description="Who took the seat.")
    revision: Revision = strawberry.field(description="The state that shows it.")


@strawberry.type(description="The last day is set, and each seat after it was given to another, in one commit.")
class PersonEnded:
    """A set last day."""

    person: Person | None = strawberry.field(description="The person.")
    swarms: list[Swarm] = strawberry.field(description="The swarms that were given somebody else, by id.")
    revision: Revision = strawberry.field(description="The state that shows it.")


ReplaceMemberOutcome: TypeAlias = Annotated[
    MemberReplaced | SwarmShortage | SwarmConflict | InputRejected,
    strawberry.union("ReplaceMemberOutcome", description="What became of replacing."),
]
EndPersonOutcome: TypeAlias = Annotated[
    PersonEnded | SwarmShortage | SwarmConflict | InputRejected,
    strawberry.union("EndPersonOutcome", description="What became of a last day: nothing, where a seat stays empty."),
]


@strawberry.type
class ReplacingMutation:
    """What gives seats to others."""

    @strawberry.mutation(
        description="Give a member's seat to another. TIMEOUT, and nothing is changed, where none was found in time."
    )
    async def replace_member(
        self, info: SwarmInfo, input: Annotated[ReplaceMemberInput, strawberry.argument(description="The seat.")]
    ) -> ReplaceMemberOutcome | None:
        """Give a seat to another."""
        request = info.context
        answer = await request.assembly.replace_member(
            swarm_id=input.swarm_id,
            person_id=input.person_id,
            replacement_id=given(input.replacement_id),
            starts_on=given(input.starts_on),
            reason=input.reason,
            actor=request.identity.id,
            idempotency_key=given(input.idempotency_key),
            view=request.planned_on,
        )
        if not isinstance(value := answer.value, Replaced):
            return _refused(request, answer)
        request.note_written(answer.revision)
        swarm = swarm_by_id(request.graph, value.swarm_id)
        if swarm is None:
            raise request.not_shown(f"{input.person_id} was replaced")
        person = person_by_id(request.graph, value.replacement_id)
        return MemberReplaced(swarm=swarm, replacement=person, revision=Revision(answer.revision))

    @strawberry.mutation(
        description="Set somebody's last day, and give the seats after it to whoever makes the best teams, in one "
        "commit; it is refused where they cannot all be filled at once. TIMEOUT, and nothing is changed, where that "
        "was not known in time."
    )
    async def end_person(
        self, info: SwarmInfo, input: Annotated[EndPersonInput, strawberry.argument(description="The last day.")]
    ) -> EndPersonOutcome | None:
        """Set a last day."""
        request = info.context
        answer = await request.assembly.end_person(
            person_id=input.person_id,
            last_day=input.last_day,
            actor=request.identity.id,
            idempotency_key=given(input.idempotency_key),
            view=request.planned_on,
        )
        if not isinstance(value := answer.value, Ended):
            return _refused(request, answer)
        request.note_written(answer.revision)
        touched = [swarm for one in value.swarm_ids if (swarm := swarm_by_id(request.graph, one)) is not None]
        request.count_rows(len(touched))
        person = person_by_id(request.graph, value.person_id)
        return PersonEnded(person=person, swarms=touched, revision=Revision(answer.revision))


def _refused(request: SwarmRequest, answer: Answered[Any]) -> SwarmShortage | SwarmConflict | InputRejected:
    value = answer.value
    if isinstance(value, NotDecided):
        raise TimedOut("Whether somebody can take the seat was not known in time; nothing was changed.")
    if isinstance(value, Booked):
        return show_conflict(request, value, answer.revision)
    assert isinstance(value, Shortage | Rejection), "nothing else refuses a seat"
    shown = show_refusal(request, value, answer.revision)
    assert isinstance(shown, SwarmShortage | InputRejected), "what is decided is shown as decided"
    return shown
