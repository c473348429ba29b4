"""What would be lost with people who leave: asked by a mutation, as each asking is recorded."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from graph_api.kernel.commands import InputRejected as Rejection
from graph_api.kernel.commands import Refused
from graph_api.knowledge.departing import model
from graph_api.knowledge.departing.decisions import ASSESS_DEPARTURE, AssessDeparture, DepartureRecorded
from graph_api.knowledge.departing.impact import departure, parts, tasks_of
from graph_api.knowledge.flow.paths import microseconds
from graph_api.knowledge.graphql.pages import KnowledgeConnection, knowledge_connection
from graph_api.knowledge.graphql.reading import copied
from graph_api.knowledge.model import Knowledge as KnowledgeNode
from graph_api.organization.graphql.arguments import check_length
from graph_api.organization.graphql.common import (
    After,
    Connection,
    First,
    InputRejected,
    connection,
    given,
    rejected,
    window,
)
from graph_api.organization.graphql.mutations import KEY, submitted
from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.scalars import Revision
from graph_api.organization.graphql.types import Person, Skill, Task, show_person, show_skill, show_task
from graph_api.organization.model import Person as PersonNode
from graph_api.organization.model import Skill as SkillNode
from graph_api.organization.model import Task as TaskNode
from graph_api.organization.paging import Listing
from graph_api.organization.read_model import by_id
from graph_api.swarm.booking import new_id
from graph_api.swarm.graphql.request import SwarmInfo, SwarmRequest


@strawberry.type(
    description="The record that somebody asked what would be lost with some people. Only who may ask about anybody "
    "reads such records; they are in the log and in no export, and a person who is removed is in none of them."
)
class DepartureAssessment:
    """A record."""

    id: strawberry.ID = strawberry.field(description="Its id; no entity that `node` shows.")
    by: str = strawberry.field(description="Who asked, as the log names him.")
    asked_at: datetime = strawberry.field(description="When, UTC.")
    reason: str | None = strawberry.field(description="Why, where that was told.")

    @strawberry.field(description="Who was asked about, of those whom the viewer sees; by id.")
    def people(
        self, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
    ) -> Connection[Person]:
        """Return a page of the people."""
        request = info.context
        ids = sorted(link.target for link in request.replica.graph.outgoing(model.Assessed, self.id))
        rows = [found for one in ids if (found := request.graph.node(PersonNode, one)) is not None]
        return connection(request, by_id(rows, "people assessed"), window(first, after), show_person)


@strawberry.type(
    description="What would be lost if these people left together, of what the viewer sees: for who does not see "
    "everybody, only people whom he sees count as holders. A skill is held by whoever has it; a confirmed item by who "
    "wrote it, used it or worked on the task that it comes from. Nobody who is gone counts."
)
class DepartureAssessed:
    """An assessment."""

    skill_ids: strawberry.Private[tuple[str, ...]]
    single_skill_ids: strawberry.Private[tuple[str, ...]]
    item_ids: strawberry.Private[tuple[str, ...]]
    task_ids: strawberry.Private[tuple[str, ...]]
    assessment: DepartureAssessment = strawberry.field(description="The record of this question.")
    revision: Revision = strawberry.field(description="The state that it was worked out on; it shows the record.")

    @strawberry.field(description="Skills that nobody would hold any more; by id.")
    def skills_lost(
        self, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
    ) -> Connection[Skill]:
        """Return a page of the skills."""
        return _skills(info, self.skill_ids, "skills lost", first, after)

    @strawberry.field(description="Skills that one of them holds and that one person alone would still hold; by id.")
    def skills_at_one_holder(
        self, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
    ) -> Connection[Skill]:
        """Return a page of the skills."""
        return _skills(info, self.single_skill_ids, "skills at one holder", first, after)

    @strawberry.field(description="Items that nobody who is left wrote, used or worked with; by id.")
    def items_lost(
        self, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
    ) -> KnowledgeConnection:
        """Return a page of the items."""
        graph = info.context.graph
        rows = [found for one in self.item_ids if (found := graph.node(KnowledgeNode, one)) is not None]
        listing = by_id(rows, "items lost")
        return knowledge_connection(info.context, listing, window(first, after))

    @strawberry.field(description="Tasks not closed that one of them works on, alone or in a swarm at work; by id.")
    def tasks_affected(
        self, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
    ) -> Connection[Task]:
        """Return a page of the tasks."""
        graph = info.context.graph
        rows = [found for one in self.task_ids if (found := graph.node(TaskNode, one)) is not None]
        return connection(info.context, by_id(rows, "tasks affected"), window(first, after), show_task)


def _skills(info: Info, ids: Sequence[str], scope: str, first: int | None, after: str | None) -> Connection[Skill]:
    rows = [found for one in ids if (found := info.context.graph.node(SkillNode, one)) is not None]
    return connection(info.context, by_id(rows, scope), window(first, after), show_skill)


@strawberry.input(description="People who might leave together.")
class AssessDepartureInput:
    """People."""

    person_ids: list[strawberry.ID] = strawberry.field(description="At most SWARMGRAPH_DEPARTURE_PEOPLE_MAX people.")
    reason: str | None = strawberry.field(
        default=strawberry.UNSET, description="Why it is asked; kept with the record for those who read such records."
    )
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=KEY)


AssessDepartureOutcome: TypeAlias = Annotated[
    DepartureAssessed | InputRejected,
    strawberry.union("AssessDepartureOutcome", description="What would be lost, or why it cannot be told."),
]


@strawberry.type
class DepartingQuery:
    """What can be asked of the records."""

    @strawberry.field(description="Who asked what would be lost with whom, newest first.")
    def departure_assessments(
        self, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
    ) -> Connection[DepartureAssessment] | None:
        """Return a page of the records."""
        rows = sorted(info.context.replica.graph.nodes(model.DepartureAssessment), key=_place)
        listing = Listing(rows, _place, tuple[int, str], "departure assessments")
        return connection(info.context, listing, window(first, after), _shown)


@strawberry.type
class DepartingMutation:
    """What asks about leaving."""

    @strawberry.mutation(
        description="What would be lost with people who leave. Each asking is recorded in one commit, with who asked, "
        "about whom, when and why. For whoever may ask about anybody, or manages all of these people."
    )
    async def assess_departure(
        self, info: SwarmInfo, input: Annotated[AssessDepartureInput, strawberry.argument(description="The people.")]
    ) -> AssessDepartureOutcome | None:
        """Record the question, then answer it."""
        request, key = info.context, given(input.idempotency_key)
        people = tuple(map(str, input.person_ids))
        check_length("personIds", people, request.settings.departure_people_max)
        assessment_id = new_id(model.DepartureAssessment.entity_type, request.identity.id, ASSESS_DEPARTURE.name, key)
        command = AssessDeparture(assessment_id=assessment_id, person_ids=people, reason=given(input.reason))
        answer = await submitted(request, ASSESS_DEPARTURE, command, key, DepartureRecorded)
        if isinstance(answer, Refused):
            assert isinstance(answer.refusal, Rejection), "it is refused for the input only"
            return rejected(request, answer.refusal)
        record = request.replica.graph.node(model.DepartureAssessment, answer[0].assessment_id)
        if record is None:
            raise request.not_shown(f"{answer[0].assessment_id} was recorded")
        return await _assessed(request, record, people)


async def _assessed(
    request: SwarmRequest, record: model.DepartureAssessment, people: Sequence[str]
) -> DepartureAssessed:
    async with request.turn:
        rows = await copied(request, parts(request.today))
        # Nothing is waited for between the last row and these: they are of the same revision.
        revision, tasks = Revision(request.replica.revision), tasks_of(request.open_graph, people, request.today)
        found = await asyncio.to_thread(lambda: departure(rows(), people))
    return DepartureAssessed(
        skill_ids=found.skills_lost,
        single_skill_ids=found.skills_at_one_holder,
        item_ids=found.items_lost,
        task_ids=tasks,
        assessment=_shown(record),
        revision=revision,
    )


def _place(record: model.DepartureAssessment) -> tuple[int, str]:
    return -microseconds(record.at), record.id


def _shown(record: model.DepartureAssessment) -> DepartureAssessment:
    return DepartureAssessment(id=strawberry.ID(record.id), by=record.by, asked_at=record.at, reason=record.reason)
