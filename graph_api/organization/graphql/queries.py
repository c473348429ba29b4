"""Root fields that read the base graph."""

from collections.abc import Callable
from typing import Annotated, Final, TypeAlias

import strawberry

from graph_api.kernel.errors import QueryTooCostly
from graph_api.kernel.graph import Readable
from graph_api.kernel.ids import split_id
from graph_api.organization import model, read_model
from graph_api.organization.checks import check_days, check_level
from graph_api.organization.graphql.arguments import refuse
from graph_api.organization.graphql.common import (
    After,
    Before,
    Connection,
    DaysInput,
    First,
    Last,
    Node,
    SortDirection,
    connection,
    days_of,
    describe_enum,
    given,
    texts,
    window,
)
from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.scalars import Revision
from graph_api.organization.graphql.types import (
    Customer,
    Person,
    Skill,
    Task,
    Unit,
    person_by_id,
    show_customer,
    show_person,
    show_skill,
    show_task,
    show_unit,
)
from graph_api.organization.paging import Listing

ShowNode: TypeAlias = Callable[[Readable, str], Node | None]
UNNAMED: Final = "Unnamed organization"

describe_enum(
    read_model.TaskOrderField,
    "What tasks are ordered by; unknown values come last in either direction.",
    {
        "OPENED_AT": "When the task was opened.",
        "DUE_AT": "When the task is due.",
        "VALUE": "What the task is worth: compared within one currency; currencies follow each other by code.",
        "VALUE_DENSITY": "`valueDensity`: compared within one currency, as no dated rates are kept; currencies follow "
        "each other by code.",
    },
)


@strawberry.input(description="People who satisfy every field that is given; of a list, any.")
class PersonFilter:
    """A filter of people."""

    skill_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Holds one of these skills."
    )
    minimum_level: int | None = strawberry.field(
        default=strawberry.UNSET, description="At this level at least, 1 to 5; without skillIds, any skill."
    )
    cities: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Works in one of these cities, spelled as stored."
    )
    unit_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Belongs or belonged to one of these units itself."
    )
    text: str | None = strawberry.field(
        default=strawberry.UNSET, description="Part of the name; upper and lower case are the same."
    )
    free_on: DaysInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="Neither absent, nor gone, nor booked by a swarm on any of these days; left out is also whose "
        "availability the viewer may not see.",
    )


@strawberry.input(description="Skills that satisfy every field that is given.")
class SkillFilter:
    """A filter of skills."""

    text: str | None = strawberry.field(
        default=strawberry.UNSET, description="Part of the name or of an alias; upper and lower case are the same."
    )


@strawberry.input(description="Tasks that satisfy every field that is given; of a list, any.")
class TaskFilter:
    """A filter of tasks."""

    states: list[model.TaskState] | None = strawberry.field(
        default=strawberry.UNSET, description="Is in one of these states."
    )
    skill_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Needs one of these skills."
    )
    customer_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Is done for one of these customers."
    )
    text: str | None = strawberry.field(
        default=strawberry.UNSET, description="Part of the title; upper and lower case are the same."
    )


@strawberry.input(description="An order of tasks; equal ones are ordered by id.")
class TaskOrder:
    """An order of tasks."""

    field: read_model.TaskOrderField = strawberry.field(description="What is compared.")
    direction: SortDirection = strawberry.field(description="Which end comes first.")


@strawberry.type(description="How many entities of each kind there are.")
class NodeCounts:
    """Counts."""

    people: int = strawberry.field(description="People, bots and groups among them.")
    skills: int = strawberry.field(description="Skills.")
    units: int = strawberry.field(description="Units.")
    tasks: int = strawberry.field(description="Tasks in any state.")
    customers: int = strawberry.field(description="Customers.")
    swarms: int = strawberry.field(description="Swarms in any state.")
    knowledge: int = strawberry.field(description="Knowledge items in any state.")


@strawberry.type(description="The organization as a whole.")
class Organization:
    """The organization."""

    name: str = strawberry.field(description="Its name.")
    synthetic: bool = strawberry.field(description="Whether a generator made it up.")
    revision: Revision = strawberry.field(description="The state that this answer shows.")
    counts: NodeCounts = strawberry.field(description="How much there is.")


@strawberry.type(description="Who asks.")
class Viewer:
    """Who asks."""

    id: strawberry.ID = strawberry.field(description="The id under which the viewer's changes stand in the log.")
    name: str | None = strawberry.field(description="A name to show.")
    person: Person | None = strawberry.field(description="The person behind it, where that is known.")


@strawberry.type
class OrganizationQuery:
    """What can be asked of the base graph."""

    @strawberry.field(description="Who asks.")
    def viewer(self, info: Info) -> Viewer | None:
        """Return the identity that the token stands for."""
        request, identity = info.context, info.context.identity
        person = person_by_id(request.graph, identity.person_id) if identity.person_id else None
        return Viewer(id=strawberry.ID(identity.id), name=identity.name, person=person)

    @strawberry.field(description="People by id, or those whom a filter lets through.")
    def people(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Annotated[PersonFilter | None, strawberry.argument(description="Whom to list.")] = strawberry.UNSET,
    ) -> Connection[Person] | None:
        """Return a page of people."""
        request, asked = info.context, given(filter)
        listing = read_model.all_nodes(request.graph, model.Person)
        if asked is not None:
            wanted = _people_filter(asked)
            rows = request.kept_list(wanted, lambda: read_model.people(request.graph, wanted, request.free_on))
            listing = read_model.by_id(rows, f"people {wanted}")
        return connection(request, listing, window(first, after, last, before), show_person)

    @strawberry.field(description="Skills by id, or those that a filter lets through.")
    def skills(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Annotated[SkillFilter | None, strawberry.argument(description="Which to list.")] = strawberry.UNSET,
    ) -> Connection[Skill] | None:
        """Return a page of skills."""
        request, asked = info.context, given(filter)
        listing = read_model.all_nodes(request.graph, model.Skill)
        text = given(asked.text) if asked is not None else None
        if text:
            rows = request.kept_list(("skills", text), lambda: read_model.skills(request.graph, text))
            listing = read_model.by_id(rows, f"skills with {text}")
        return connection(request, listing, window(first, after, last, before), show_skill)

    @strawberry.field(description="Units by id.")
    def units(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Unit] | None:
        """Return a page of units."""
        listing = read_model.all_nodes(info.context.graph, model.Unit)
        return connection(info.context, listing, window(first, after, last, before), show_unit)

    @strawberry.field(description="Tasks by id, or in an order, or those that a filter lets through.")
    def tasks(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Annotated[TaskFilter | None, strawberry.argument(description="Which to list.")] = strawberry.UNSET,
        order_by: Annotated[
            TaskOrder | None, strawberry.argument(description="The order; left out: by id.")
        ] = strawberry.UNSET,
    ) -> Connection[Task] | None:
        """Return a page of tasks."""
        request = info.context
        wanted, order = _task_filter(given(filter)), _task_order(given(order_by))
        listing = read_model.all_nodes(request.graph, model.Task)
        if order is not None or wanted != read_model.TaskFilter():
            key = ("tasks", wanted, order)
            rows = request.kept_list(key, lambda: read_model.tasks(request.graph, wanted, order, request.density_of))
            listing = read_model.by_id(rows, str(key))
            if order is not None:
                listing = Listing(
                    rows, read_model.task_place(order, request.density_of), read_model.TASK_PLACE, str(key)
                )
        return connection(request, listing, window(first, after, last, before), show_task)

    @strawberry.field(description="Customers by id.")
    def customers(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Customer] | None:
        """Return a page of customers."""
        listing = read_model.all_nodes(info.context.graph, model.Customer)
        return connection(info.context, listing, window(first, after, last, before), show_customer)


def organization_of(graph: Readable, revision: str, swarms: int, knowledge: int) -> Organization:
    """Show the organization; one that was never named by an import gets a name that says so."""
    found = graph.node(model.Organization, model.ORGANIZATION_ID)
    return Organization(
        name=found.name if found else UNNAMED,
        synthetic=found.synthetic if found else False,
        revision=Revision(revision),
        counts=NodeCounts(
            people=graph.count(model.Person),
            skills=graph.count(model.Skill),
            units=graph.count(model.Unit),
            tasks=graph.count(model.Task),
            customers=graph.count(model.Customer),
            swarms=swarms,
            knowledge=knowledge,
        ),
    )


SHOWN: Final[dict[str, ShowNode]] = {}


def register_node(entity_type: str, show: ShowNode) -> None:
    """Let `node` and `nodes` show one more kind of entity."""
    SHOWN[entity_type] = show


def node_by_id(graph: Readable, node_id: str) -> Node | None:
    """Show any entity by id; None where there is none, or of a kind that is not shown."""
    show = SHOWN.get(split_id(node_id)[0])
    return show(graph, node_id) if show else None


def nodes_by_id(info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
    """Show entities in the order of their ids; raises QueryTooCostly for more than a page of them."""
    if len(ids) > info.context.page_limits.max_rows:
        raise QueryTooCostly(
            f"{len(ids)} ids are asked.",
            suggestion=f"At most {info.context.page_limits.max_rows} are answered at once.",
        )
    info.context.count_rows(len(ids))
    return [node_by_id(info.context.graph, one) for one in ids]


def _people_filter(asked: PersonFilter) -> read_model.PeopleFilter:
    days = given(asked.free_on)
    level = given(asked.minimum_level)
    if days is not None:
        refuse(check_days(("filter", "freeOn"), days_of(days)))
    if level is not None:
        refuse(check_level(("filter", "minimumLevel"), level))
    return read_model.PeopleFilter(
        skill_ids=texts(asked.skill_ids),
        minimum_level=level,
        cities=texts(asked.cities),
        unit_ids=texts(asked.unit_ids),
        text=given(asked.text),
        free_on=days_of(days) if days is not None else None,
    )


def _task_filter(asked: TaskFilter | None) -> read_model.TaskFilter:
    if asked is None:
        return read_model.TaskFilter()
    states = given(asked.states)
    return read_model.TaskFilter(
        states=tuple(states) if states is not None else None,
        skill_ids=texts(asked.skill_ids),
        customer_ids=texts(asked.customer_ids),
        text=given(asked.text),
    )


def _task_order(asked: TaskOrder | None) -> read_model.TaskOrder | None:
    return asked and read_model.TaskOrder(asked.field, asked.direction is SortDirection.DESC)


def _register() -> None:
    def person(graph: Readable, node_id: str) -> Node | None:
        return person_by_id(graph, node_id)

    def skill(graph: Readable, node_id: str) -> Node | None:
        found = graph.node(model.Skill, node_id)
        return found and show_skill(found)

    def unit(graph: Readable, node_id: str) -> Node | None:
        found = graph.node(model.Unit, node_id)
        return found and show_unit(found)

    def task(graph: Readable, node_id: str) -> Node | None:
        found = graph.node(model.Task, node_id)
        return found and show_task(found)

    def customer(graph: Readable, node_id: str) -> Node | None:
        found = graph.node(model.Customer, node_id)
        return found and show_customer(found)

    SHOWN.update(person=person, skill=skill, unit=unit, task=task, customer=customer)


_register()
