"""Root fields that change the base graph."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
import strawberry

from graph_api.kernel.commands import AnyOperation, Command, Refused
from graph_api.kernel.commands import InputRejected as Rejection
from graph_api.kernel.errors import Internal, QueryTooCostly
from graph_api.organization import commands
from graph_api.organization.decisions import SAVE_CUSTOMERS, SAVE_PEOPLE, SAVE_SKILLS, SAVE_UNITS
from graph_api.organization.graphql.arguments import check_length
from graph_api.organization.graphql.common import (
    DaysInput,
    InputRejected,
    MoneyInput,
    Node,
    days_of,
    given,
    left_out,
    money_of,
    read,
    rejected,
)
from graph_api.organization.graphql.inputs import by_plan
from graph_api.organization.graphql.queries import node_by_id
from graph_api.organization.graphql.request import Info, Request
from graph_api.organization.graphql.scalars import Revision

OutcomeT = TypeVar("OutcomeT")


def _optional(description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, description=description)


@by_plan
@strawberry.input(description="A skill held at a level.")
class SkillLevelInput:
    """A level."""

    skill_id: strawberry.ID = strawberry.field(description="The skill, which must exist.")
    level: int = strawberry.field(description="How well, 1 (beginner) to 5 (expert).")


@by_plan
@strawberry.input(description="A person to make or alter. Left out: unchanged; null: cleared; a list replaces.")
class PersonInput:
    """A person."""

    id: strawberry.ID = strawberry.field(description='"person:key"; a new one makes a new person.')
    name: str | None = _optional("The name to show; needed for a new person, never cleared.")
    city: str | None = _optional("Where the person works.")
    country: str | None = _optional("Country of that city, ISO 3166 alpha-2.")
    timezone: str | None = _optional("Time zone of the person's clock, IANA name.")
    capacity: float | None = _optional(
        "Share of a day that may be booked, 0 to 1; cleared: 1. Present bookings are kept all the same."
    )
    day_rate: MoneyInput | None = _optional("What one full day costs.")
    manager_id: strawberry.ID | None = _optional("Whom the person reports to; may come with the same request.")
    unit_ids: list[strawberry.ID] | None = _optional("The units that the person belongs to.")
    skills: list[SkillLevelInput] | None = _optional("The skills that the person holds.")
    absences: list[DaysInput] | None = _optional(
        "Days on which the person cannot be booked. Present bookings are kept all the same."
    )


@by_plan
@strawberry.input(description="A skill to make or alter. Left out: unchanged; null: cleared; a list replaces.")
class SkillInput:
    """A skill."""

    id: strawberry.ID = strawberry.field(description='"skill:key"; a new one makes a new skill.')
    name: str | None = _optional("The name to show; needed for a new skill, never cleared.")
    aliases: list[str] | None = _optional("Other names, in any language.")
    kind: str | None = _optional("technical, commercial, regulatory or other.")
    broader_ids: list[strawberry.ID] | None = _optional("Skills that this one is part of, without cycles.")


@by_plan
@strawberry.input(description="A unit to make or alter. Left out: unchanged; null: cleared.")
class UnitInput:
    """A unit."""

    id: strawberry.ID = strawberry.field(description='"unit:key"; a new one makes a new unit.')
    name: str | None = _optional("The name to show; needed for a new unit, never cleared.")
    kind: str | None = _optional("What kind of unit it is, in the organization's own words.")
    parent_id: strawberry.ID | None = _optional("The unit that this one is part of, without cycles.")


@by_plan
@strawberry.input(description="A customer to make or alter. Left out: unchanged; null: cleared.")
class CustomerInput:
    """A customer."""

    id: strawberry.ID = strawberry.field(description='"customer:key"; a new one makes a new customer.')
    name: str | None = _optional("The name to show; needed for a new customer, never cleared.")
    country: str | None = _optional("The customer's country, ISO 3166 alpha-2.")
    city: str | None = _optional("The customer's city.")
    timezone: str | None = _optional("Time zone of the customer's clock, IANA name.")
    tier: str | None = _optional("The customer's rank, in the organization's own words.")


KEY = (
    "The same key with the same input gets the first outcome again, for SWARMGRAPH_IDEMPOTENCY_DAYS days; with another "
    "input: CONFLICT. At most SWARMGRAPH_IDEMPOTENCY_KEY_MAX_CHARACTERS characters, not blank."
)


@strawberry.input(description="People to save, all or none.")
class SavePeopleInput:
    """People."""

    people: list[PersonInput] = strawberry.field(description="At most SWARMGRAPH_ENTITIES_A_REQUEST_MAX people.")
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Skills to save, all or none.")
class SaveSkillsInput:
    """Skills."""

    skills: list[SkillInput] = strawberry.field(description="At most SWARMGRAPH_ENTITIES_A_REQUEST_MAX skills.")
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Units to save, all or none.")
class SaveUnitsInput:
    """Units."""

    units: list[UnitInput] = strawberry.field(description="At most SWARMGRAPH_ENTITIES_A_REQUEST_MAX units.")
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Customers to save, all or none.")
class SaveCustomersInput:
    """Customers."""

    customers: list[CustomerInput] = strawberry.field(
        description="At most SWARMGRAPH_ENTITIES_A_REQUEST_MAX customers."
    )
    idempotency_key: str | None = _optional(KEY)


@strawberry.type(description="Everything was saved.")
class Saved:
    """What was saved."""

    created: int = strawberry.field(description="Entities that were made.")
    changed: int = strawberry.field(
        description="Entities that were altered, in themselves or in what they are tied to."
    )
    unchanged: int = strawberry.field(description="Entities that were so already.")
    nodes: list[Node | None] = strawberry.field(description="The entities, in the order of the input.")
    revision: Revision = strawberry.field(description="The state that shows what was saved.")


SaveOutcome: TypeAlias = Annotated[
    Saved | InputRejected, strawberry.union("SaveOutcome", description="What became of saving.")
]


async def submit(
    info: Info, operation: AnyOperation, command: Command, idempotency_key: str | None, outcome_type: type[OutcomeT]
) -> tuple[OutcomeT, Revision] | Refused:
    """Have a command decided for the viewer; raises what the replica raises."""
    return await submitted(info.context, operation, command, idempotency_key, outcome_type)


async def submitted(
    request: Request,
    operation: AnyOperation,
    command: Command,
    idempotency_key: str | None,
    outcome_type: type[OutcomeT],
) -> tuple[OutcomeT, Revision] | Refused:
    """Have a command decided for whoever asks; raises what the replica raises."""
    answer = await request.replica.submit(
        operation, command, actor=request.identity.id, idempotency_key=given(idempotency_key)
    )
    if isinstance(answer, Refused):
        return answer
    request.note_written(answer.revision)
    if not isinstance(answer.outcome, outcome_type):
        raise Internal(f"{operation.name} ended in {type(answer.outcome).__name__}.")
    return answer.outcome, Revision(answer.revision)


def rejected_input(info: Info, answer: Refused) -> InputRejected:
    """Show what a command that is refused for its input only is refused for."""
    assert isinstance(answer.refusal, Rejection), "it is refused for the input only"
    return rejected(info.context, answer.refusal)


async def _save(info: Info, operation: AnyOperation, command: Command, key: str | None) -> Saved | InputRejected:
    answer = await submit(info, operation, command, key, commands.Saved)
    if isinstance(answer, Refused):
        return rejected_input(info, answer)
    outcome, revision = answer
    info.context.count_rows(len(outcome.node_ids))
    return Saved(
        created=outcome.created,
        changed=outcome.changed,
        unchanged=outcome.unchanged,
        nodes=[node_by_id(info.context.graph, one) for one in outcome.node_ids],
        revision=revision,
    )


def _limited(info: Info, entities: Sequence[msgspec.Struct]) -> None:
    """Refuse to save too many entities at once, or one with too long a list."""
    settings = info.context.settings
    if len(entities) > (most := settings.entities_a_request_max):
        raise QueryTooCostly(
            f"{len(entities)} entities are to be saved.", suggestion=f"At most {most} a request: split it."
        )
    for entity in entities:
        for name in entity.__struct_fields__:
            check_length(name, getattr(entity, name), settings.list_entries_max)


@strawberry.type
class OrganizationMutation:
    """What can be changed in the base graph."""

    @strawberry.mutation(
        description="Make or alter people, at most SWARMGRAPH_ENTITIES_A_REQUEST_MAX a request, all or none."
    )
    async def save_people(
        self, info: Info, input: Annotated[SavePeopleInput, strawberry.argument(description="Whom to save.")]
    ) -> SaveOutcome | None:
        """Save people."""
        command = commands.SavePeople(people=tuple(_person(one) for one in input.people))
        _limited(info, command.people)
        return await _save(info, SAVE_PEOPLE, command, input.idempotency_key)

    @strawberry.mutation(
        description="Make or alter skills, at most SWARMGRAPH_ENTITIES_A_REQUEST_MAX a request, all or none."
    )
    async def save_skills(
        self, info: Info, input: Annotated[SaveSkillsInput, strawberry.argument(description="What to save.")]
    ) -> SaveOutcome | None:
        """Save skills."""
        command = commands.SaveSkills(skills=tuple(_skill(one) for one in input.skills))
        _limited(info, command.skills)
        return await _save(info, SAVE_SKILLS, command, input.idempotency_key)

    @strawberry.mutation(
        description="Make or alter units, at most SWARMGRAPH_ENTITIES_A_REQUEST_MAX a request, all or none."
    )
    async def save_units(
        self, info: Info, input: Annotated[SaveUnitsInput, strawberry.argument(description="What to save.")]
    ) -> SaveOutcome | None:
        """Save units."""
        command = commands.SaveUnits(units=tuple(_unit(one) for one in input.units))
        _limited(info, command.units)
        return await _save(info, SAVE_UNITS, command, input.idempotency_key)

    @strawberry.mutation(
        description="Make or alter customers, at most SWARMGRAPH_ENTITIES_A_REQUEST_MAX a request, all or none."
    )
    async def save_customers(
        self, info: Info, input: Annotated[SaveCustomersInput, strawberry.argument(description="Whom to save.")]
    ) -> SaveOutcome | None:
        """Save customers."""
        command = commands.SaveCustomers(customers=tuple(_customer(one) for one in input.customers))
        _limited(info, command.customers)
        return await _save(info, SAVE_CUSTOMERS, command, input.idempotency_key)


def _person(one: PersonInput) -> commands.PersonInput:
    return commands.PersonInput(
        id=one.id,
        name=left_out(one.name),
        city=left_out(one.city),
        country=left_out(one.country),
        timezone=left_out(one.timezone),
        capacity=left_out(one.capacity),
        day_rate=read(one.day_rate, money_of),
        manager_id=left_out(one.manager_id),
        unit_ids=read(one.unit_ids, tuple),
        skills=read(one.skills, levels_of),
        absences=read(one.absences, lambda absences: tuple(map(days_of, absences))),
    )


def levels_of(skills: list[SkillLevelInput]) -> tuple[commands.SkillLevel, ...]:
    """Return levels as commands take them."""
    return tuple(commands.SkillLevel(skill_id=one.skill_id, level=one.level) for one in skills)


def _skill(one: SkillInput) -> commands.SkillInput:
    return commands.SkillInput(
        id=one.id,
        name=left_out(one.name),
        aliases=read(one.aliases, tuple),
        kind=left_out(one.kind),
        broader_ids=read(one.broader_ids, tuple),
    )


def _unit(one: UnitInput) -> commands.UnitInput:
    return commands.UnitInput(
        id=one.id, name=left_out(one.name), kind=left_out(one.kind), parent_id=left_out(one.parent_id)
    )


def _customer(one: CustomerInput) -> commands.CustomerInput:
    return commands.CustomerInput(
        id=one.id,
        name=left_out(one.name),
        country=left_out(one.country),
        city=left_out(one.city),
        timezone=left_out(one.timezone),
        tier=left_out(one.tier),
    )
