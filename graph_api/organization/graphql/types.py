"""People, skills, units, tasks and customers as GraphQL shows them."""

from datetime import datetime
from typing import Annotated, TypeVar

import strawberry

from graph_api.kernel.graph import Readable
from graph_api.kernel.records import Link
from graph_api.organization import model, read_model
from graph_api.organization.checks import check_level
from graph_api.organization.graphql.arguments import refuse
from graph_api.organization.graphql.common import (
    After,
    Connection,
    Days,
    First,
    Money,
    Node,
    connection,
    describe_enum,
    given,
    show_days,
    show_money,
    window,
)
from graph_api.organization.graphql.request import Info
from graph_api.organization.languages import name_in
from graph_api.organization.model import LEVEL_MIN, For, HasSkill, PartOf, ReportsTo, Requires
from graph_api.organization.paging import Listing, PlaceKey

NodeT = TypeVar("NodeT", bound=model.Node)


describe_enum(
    model.TaskState,
    "How far a task is.",
    {"OPEN": "No swarm works on it.", "STAFFED": "A swarm works on it.", "CLOSED": "It is over."},
)


@strawberry.type(description="Somebody who may be asked to join a swarm.")
class Person(Node):
    """A person."""

    name: str = strawberry.field(description="The name to show.")
    city: str | None = strawberry.field(description="Where the person works.")
    country: str | None = strawberry.field(description="Country of that city, ISO 3166 alpha-2.")
    timezone: str | None = strawberry.field(description="Time zone of the person's clock, IANA name.")
    absence_texts: strawberry.Private[tuple[str, ...]]

    @strawberry.field(description="Whom the person reports to.")
    def manager(self, info: Info) -> "Person | None":
        """Return the manager; of several, the first by id."""
        found = _node_at_end(info.context.graph, ReportsTo, self.id, model.Person)
        return found and show_person(found)

    @strawberry.field(description="The units that the person belongs to today, by id.")
    def units(self, info: Info) -> "list[Unit]":
        """Return the current units."""
        request = info.context
        found = read_model.units_of(request.graph, self.id, request.today)
        request.count_rows(len(found))
        return [show_unit(unit) for unit in found]

    @strawberry.field(description="Days on which the person cannot be booked. Present bookings are kept all the same.")
    def absences(self, info: Info) -> list[Days] | None:
        """Return the absences."""
        info.context.count_rows(len(self.absence_texts))
        return [show_days(model.parse_days(absence)) for absence in self.absence_texts]

    @strawberry.field(description="The skills that the person holds: highest level first, then by id.")
    def skills(
        self, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
    ) -> "Connection[SkillHolding]":
        """Return a page of the holdings."""
        graph = info.context.graph
        known = (link for link in graph.outgoing(HasSkill, self.id) if graph.node(model.Skill, link.target))
        rows = sorted(known, key=_holding_of_person_place)
        listing = Listing(rows, _holding_of_person_place, tuple[int, str], f"skills of {self.id}")
        return connection(info.context, listing, window(first, after), lambda link: show_holding(graph, link))


@strawberry.type(description="A skill tag.")
class Skill(Node):
    """A skill."""

    own_name: strawberry.Private[str]
    own_aliases: strawberry.Private[tuple[str, ...]]
    kind: str | None = strawberry.field(description="technical, commercial, regulatory or other.")

    @strawberry.field(description="Other names, in any language.")
    def aliases(self, info: Info) -> list[str]:
        """Return the aliases."""
        info.context.count_rows(len(self.own_aliases))
        return list(self.own_aliases)

    @strawberry.field(description="The name to show.")
    def name(
        self,
        language: Annotated[
            str | None,
            strawberry.argument(
                description="A language by BCP 47, for example zh: gives the first name or alias in its script, "
                "else the name."
            ),
        ] = strawberry.UNSET,
    ) -> str:
        """Return the name in a language."""
        wanted = given(language)
        found = name_in(wanted, (self.own_name, *self.own_aliases)) if wanted else None
        return found or self.own_name

    @strawberry.field(description="Who holds the skill: highest level first, then by id.")
    def holders(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        minimum_level: Annotated[
            int | None, strawberry.argument(description="The least level, 1 (beginner) to 5 (expert).")
        ] = 1,
    ) -> "Connection[SkillHolding]":
        """Return a page of the holders."""
        graph, level = info.context.graph, LEVEL_MIN if minimum_level is None else minimum_level
        refuse(check_level(("minimumLevel",), level))
        rows = info.context.kept_list(("holders", self.id, level), lambda: read_model.holdings(graph, self.id, level))
        listing = Listing(rows, _holding_of_skill_place, tuple[int, str], f"holders of {self.id} at {level}")
        return connection(info.context, listing, window(first, after), lambda link: show_holding(graph, link))


@strawberry.type(description="A department, group or employer that people belong to.")
class Unit(Node):
    """A unit."""

    name: str = strawberry.field(description="The name to show.")
    kind: str | None = strawberry.field(description="What kind of unit it is, in the organization's own words.")

    @strawberry.field(description="The unit that this one is part of.")
    def parent(self, info: Info) -> "Unit | None":
        """Return the parent; of several, the first by id."""
        graph = info.context.graph
        found = _node_at_end(graph, PartOf, self.id, model.Unit)
        return found and show_unit(found)

    @strawberry.field(description="The people who belong to the unit itself today, by id.")
    def people(
        self, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
    ) -> Connection[Person]:
        """Return a page of the members."""
        request = info.context
        rows = request.kept_list(
            ("members", self.id, request.today), lambda: read_model.members(request.graph, self.id, request.today)
        )
        listing = read_model.by_id(rows, f"people of {self.id}")
        return connection(request, listing, window(first, after), show_person)


@strawberry.type(description="So many different people for one skill.")
class SkillDemand:
    """A demand for a skill."""

    skill: Skill = strawberry.field(description="The skill.")
    seats: int = strawberry.field(description="So many different people, 1 to 8.")
    minimum_level: int = strawberry.field(description="The least level of each, 1 to 5.")
    weight: int = strawberry.field(description="How much the skill counts, 1 to 3.")
    critical: bool = strawberry.field(description="Whether one more qualified member is needed beside the seats.")


@strawberry.type(description="An order, or another piece of work.")
class Task(Node):
    """A task."""

    title: str = strawberry.field(description="What is to be done.")
    state: model.TaskState = strawberry.field(description="How far it is.")
    value: Money | None = strawberry.field(description="What it is worth; null where unknown.")
    effort_days: float | None = strawberry.field(description="Expected work, person-days.")
    own_regulations: strawberry.Private[tuple[str, ...]]
    opened_at: datetime | None = strawberry.field(description="When it was opened.")
    due_at: datetime | None = strawberry.field(description="When it is due.")
    closed_at: datetime | None = strawberry.field(description="When it was over.")

    @strawberry.field(description='Rules it falls under, each "authority:name".')
    def regulations(self, info: Info) -> list[str]:
        """Return the regulations."""
        info.context.count_rows(len(self.own_regulations))
        return list(self.own_regulations)

    @strawberry.field(description="Whom it is done for.")
    def customer(self, info: Info) -> "Customer | None":
        """Return the customer; of several, the first by id."""
        found = _node_at_end(info.context.graph, For, self.id, model.Customer)
        return found and show_customer(found)

    @strawberry.field(description="The skills it needs, by id.")
    def skills(self, info: Info) -> list[SkillDemand]:
        """Return the demands."""
        graph = info.context.graph
        links = sorted(graph.outgoing(Requires, self.id), key=lambda link: link.target)
        info.context.count_rows(len(links))
        shown = ((link, graph.node(model.Skill, link.target)) for link in links)
        return [_show_demand(link, skill) for link, skill in shown if skill is not None]


@strawberry.type(description="Whom tasks are done for.")
class Customer(Node):
    """A customer."""

    name: str = strawberry.field(description="The name to show.")
    country: str | None = strawberry.field(description="The customer's country, ISO 3166 alpha-2.")
    city: str | None = strawberry.field(description="The customer's city.")


describe_enum(
    model.SkillBasis,
    "Where a level comes from.",
    {
        "DECLARED": "The person says so, or whoever saved it.",
        "CONFIRMED": "A manager of the person stands for it.",
        "DERIVED": "It is counted from work that is on record.",
    },
)


@strawberry.type(description="A skill held by a person.")
class SkillHolding:
    """A holding."""

    person: Person | None = strawberry.field(description="Who holds it.")
    skill: Skill = strawberry.field(description="The skill.")
    level: int = strawberry.field(description="How well, 1 (beginner) to 5 (expert).")
    basis: model.SkillBasis = strawberry.field(description="Where the level comes from.")


def show_person(person: model.Person) -> Person:
    """Show a person."""
    return Person(
        id=strawberry.ID(person.id),
        name=person.name,
        city=person.city,
        country=person.country,
        timezone=person.timezone,
        absence_texts=person.absences,
    )


def show_skill(skill: model.Skill) -> Skill:
    """Show a skill."""
    return Skill(id=strawberry.ID(skill.id), own_name=skill.name, own_aliases=skill.aliases, kind=skill.kind)


def show_unit(unit: model.Unit) -> Unit:
    """Show a unit."""
    return Unit(id=strawberry.ID(unit.id), name=unit.name, kind=unit.kind)


def show_task(task: model.Task) -> Task:
    """Show a task."""
    return Task(
        id=strawberry.ID(task.id),
        title=task.title,
        state=task.state,
        value=show_money(model.money(task.value, task.currency)),
        effort_days=task.effort_days,
        own_regulations=task.regulations,
        opened_at=task.opened_at,
        due_at=task.due_at,
        closed_at=task.closed_at,
    )


def show_customer(customer: model.Customer) -> Customer:
    """Show a customer."""
    return Customer(id=strawberry.ID(customer.id), name=customer.name, country=customer.country, city=customer.city)


def show_holding(graph: Readable, link: HasSkill) -> SkillHolding:
    """Show a holding of a skill that exists."""
    person = graph.node(model.Person, link.source)
    skill = graph.node(model.Skill, link.target) or model.Skill(id=link.target, name=link.target)
    return SkillHolding(
        person=person and show_person(person), skill=show_skill(skill), level=link.level, basis=link.basis
    )


def person_by_id(graph: Readable, person_id: str) -> Person | None:
    """Show a person by id, or None."""
    person = graph.node(model.Person, person_id)
    return person and show_person(person)


def _show_demand(link: Requires, skill: model.Skill) -> SkillDemand:
    return SkillDemand(
        skill=show_skill(skill),
        seats=link.seats,
        minimum_level=link.level,
        weight=link.weight,
        critical=link.critical,
    )


def _node_at_end(graph: Readable, link_type: type[Link], source: str, node_type: type[NodeT]) -> NodeT | None:
    """Return the first node, by id, that the relationships of a kind lead to."""
    ends = sorted(link.target for link in graph.outgoing(link_type, source))
    return next((node for end in ends if (node := graph.node(node_type, end)) is not None), None)


def _holding_of_person_place(link: HasSkill) -> PlaceKey:
    return (-link.level, link.target)


def _holding_of_skill_place(link: HasSkill) -> PlaceKey:
    return (-link.level, link.source)
