"""What people, units, skills, customers and tasks derive; the core module says what each relation means."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import Node
from graph_api.organization.model import (
    ORGANIZATION_ID,
    BelongsTo,
    Customer,
    For,
    PartOf,
    Person,
    ReportsTo,
    Skill,
    Task,
    Unit,
)
from graph_api.permission.derivation import Derived, DerivedRule, End, derived, derived_during, shapes

MANAGING_ROLES: Final = frozenset({"manager", "head", "lead", "chair"})
"""Roles of a BELONGS_TO that lead the unit."""


def of_the_organization(node_type: type[Node]) -> DerivedRule:
    """Return the rule that every entity of a kind is the organization's."""

    def derive(view: GraphView, node: Node) -> Iterable[Derived]:
        return (derived(ORGANIZATION_ID, "organization", node.id),)

    return DerivedRule(node_type, shapes(("organization", "organization", node_type.entity_type)), derive)


def _employment(view: GraphView, person: Person) -> Iterator[Derived]:
    """Derive what ends with a person's last day."""
    yield derived_during(person.id, "itself", person.id, None, person.last_day)
    if person.kind == "person":
        yield derived_during(person.id, "member", ORGANIZATION_ID, None, person.last_day)


def last_day_of(view: GraphView, person_id: str) -> date | None:
    """Return the day after which a person has no right by any relationship; None where none is known."""
    person = view.node(Person, person_id)
    return person.last_day if person is not None else None


def _belonging(view: GraphView, link: BelongsTo) -> Iterator[Derived]:
    last_day = last_day_of(view, link.source)
    until = min((day for day in (link.until, last_day) if day is not None), default=None)
    yield derived_during(link.source, "member", link.target, link.since, until)
    yield derived_during(link.target, "unit", link.source, link.since, link.until)
    if not MANAGING_ROLES.isdisjoint(link.roles):
        yield derived_during(link.source, "manager", link.target, link.since, until)


def _reporting(view: GraphView, link: ReportsTo) -> Iterable[Derived]:
    return (derived_during(link.target, "manager", link.source, None, last_day_of(view, link.target)),)


def _nesting(view: GraphView, link: PartOf) -> Iterable[Derived]:
    return (derived(link.target, "parent", link.source),)


def _ordering(view: GraphView, link: For) -> Iterable[Derived]:
    return (derived(link.target, "customer", link.source), derived(link.source, "task", link.target))


ORGANIZATION_RULES: Final = (
    *(of_the_organization(node_type) for node_type in (Person, Unit, Skill, Customer, Task)),
    DerivedRule(Person, shapes(("person", "itself", "person"), ("person", "member", "organization")), _employment),
    DerivedRule(
        BelongsTo,
        shapes(("person", "member", "unit"), ("unit", "unit", "person"), ("person", "manager", "unit")),
        _belonging,
        depends_on=((Person, End.SOURCE),),
    ),
    DerivedRule(ReportsTo, shapes(("person", "manager", "person")), _reporting, depends_on=((Person, End.TARGET),)),
    DerivedRule(PartOf, shapes(("unit", "parent", "unit")), _nesting),
    DerivedRule(For, shapes(("customer", "customer", "task"), ("task", "task", "customer")), _ordering),
)
