"""Swarms and bookings as GraphQL shows them, and what people and tasks show of them."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from graph_api.kernel import quantities
from graph_api.kernel.graph import Readable
from graph_api.organization.graphql.common import (
    After,
    Connection,
    Days,
    First,
    Money,
    Node,
    connection,
    contribute,
    describe_enum,
    given,
    show_days,
    show_money,
    window,
)
from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.types import Person, Skill, Task, person_by_id, show_skill, show_task
from graph_api.organization.model import Skill as SkillRecord
from graph_api.organization.model import Task as TaskRecord
from graph_api.organization.paging import Listing
from graph_api.swarm import model, read_model

describe_enum(
    model.SwarmState,
    "How far a swarm is.",
    {
        "ACTIVE": "It works; its people are booked.",
        "CLOSING": "Its people are free, its rights shrink to read and record, experience is owed.",
        "DISSOLVED": "It is over.",
        "CANCELLED": "It was called off before anybody worked.",
    },
)


describe_enum(
    model.LeaveReason,
    "Why somebody leaves a swarm; never the cause behind it.",
    {
        "UNAVAILABLE": "Is not there, or cannot.",
        "REASSIGNED": "Works on something else.",
        "LEFT_ORGANIZATION": "Leaves the organization.",
        "OTHER": "Another reason.",
    },
)


@strawberry.type(description="The booking of a person by a swarm.")
class SwarmMember:
    """A booking."""

    person: Person | None = strawberry.field(description="Who is booked.")
    roles: list[Skill] = strawberry.field(description="The skills that the person is primary for.")
    days: Days = strawberry.field(description="The booked days.")
    share: float = strawberry.field(description="Share of each day, 0 to 1.")
    left_at: datetime | None = strawberry.field(
        description="When the person leaves or left the swarm; null for a member who stays."
    )
    left_because: model.LeaveReason | None = strawberry.field(description="Why, where it was asked for.")
    swarm_id: strawberry.Private[str]

    @strawberry.field(description="The swarm.")
    def swarm(self, info: Info) -> "Swarm | None":
        """Return the swarm."""
        return swarm_by_id(info.context.graph, self.swarm_id)


@strawberry.type(description="A temporary team for one task.")
class Swarm(Node):
    """A swarm."""

    state: model.SwarmState = strawberry.field(description="How far it is.")
    starts_on: date = strawberry.field(description="Its first day, UTC.")
    ends_on: date = strawberry.field(description="Its last day, UTC, included.")
    formed_at: datetime = strawberry.field(description="When it was assembled.")
    dissolved_at: datetime | None = strawberry.field(description="When it was dissolved.")
    reminded_on: date | None = strawberry.field(
        description="The last day on which `swarm.overdue` was announced: it works after its last day; null: never. It "
        "is announced again every SWARMGRAPH_OVERDUE_REMINDER_DAYS days."
    )

    @strawberry.field(description="The task it works on.")
    def task(self, info: Info) -> Task | None:
        """Return the task."""
        found = read_model.task_of(info.context.graph, self.id)
        return found and show_task(found)

    @strawberry.field(description="Its members by id of the person.")
    def members(
        self,
        info: Info,
        former: Annotated[bool | None, strawberry.argument(description="Whether to list those too who left.")] = False,
    ) -> list[SwarmMember]:
        """Return the bookings."""
        graph = info.context.graph
        links = read_model.members(graph, self.id, former=bool(former))
        info.context.count_rows(len(links))
        return [show_member(graph, link) for link in links]


def show_swarm(swarm: model.Swarm) -> Swarm:
    """Show a swarm."""
    return Swarm(
        id=strawberry.ID(swarm.id),
        state=swarm.state,
        starts_on=swarm.starts_on,
        ends_on=swarm.ends_on,
        reminded_on=swarm.reminded_on,
        formed_at=swarm.formed_at,
        dissolved_at=swarm.dissolved_at,
    )


def swarm_by_id(graph: Readable, swarm_id: str) -> Swarm | None:
    """Show a swarm by id, or None."""
    swarm = graph.node(model.Swarm, swarm_id)
    return swarm and show_swarm(swarm)


def show_member(graph: Readable, link: model.MemberOf) -> SwarmMember:
    """Show a booking."""
    return SwarmMember(
        swarm_id=link.target,
        person=person_by_id(graph, link.source),
        roles=show_skills(graph, link.roles),
        days=show_days(quantities.Days(link.since, link.until)),
        share=link.share_permille / quantities.PERMILLE,
        left_at=link.left_at,
        left_because=link.left_because,
    )


def show_skills(graph: Readable, skill_ids: tuple[str, ...]) -> list[Skill]:
    """Show the skills of ids that exist."""
    found = (graph.node(SkillRecord, one) for one in skill_ids)
    return [show_skill(skill) for skill in found if skill is not None]


def memberships(
    info: Info,
    parent: strawberry.Parent[Person],
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    states: Annotated[
        list[model.SwarmState] | None, strawberry.argument(description="Only swarms in one of these states.")
    ] = strawberry.UNSET,
) -> Connection[SwarmMember] | None:
    """Return a page of a person's bookings."""
    graph, wanted = info.context.graph, given(states)
    asked = None if wanted is None else tuple(wanted)
    listing = Listing(
        read_model.memberships(graph, parent.id, asked),
        read_model.membership_place,
        read_model.NEWEST_FIRST,
        f"memberships of {parent.id} in {asked}",
    )
    return connection(info.context, listing, window(first, after), lambda link: show_member(graph, link))


def swarms_of_task(
    info: Info,
    parent: strawberry.Parent[Task],
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
) -> Connection[Swarm]:
    """Return a page of a task's swarms."""
    listing = Listing(
        read_model.swarms_of(info.context.graph, parent.id),
        read_model.formed_place,
        read_model.NEWEST_FIRST,
        f"swarms of {parent.id}",
    )
    return connection(info.context, listing, window(first, after), show_swarm)


def value_density(info: Info, parent: strawberry.Parent[Task]) -> Money | None:
    """Return what a task is worth a person-day."""
    found = info.context.graph.node(TaskRecord, parent.id)
    return show_money(info.context.density_of(found)) if found else None


contribute(Person, "memberships", memberships, "The swarms that booked the person, latest first.")
contribute(Task, "swarms", swarms_of_task, "The swarms that worked on it, newest first.")
contribute(
    Task,
    "value_density",
    value_density,
    "`value` a person-day, rounded to 0.0001: divided by people x days of its demand (people left out: its seats, "
    "at most 5), without days by `effortDays`. Null where value, currency or person-days are unknown.",
)
