"""What a swarm is asked to be, as GraphQL takes it."""

from typing import Any

import strawberry

from graph_api.organization.graphql.common import DaysInput, days_of, given, texts
from graph_api.swarm.model import Demand, SkillDemand, TimezoneWindow


def optional(description: str, default: Any = strawberry.UNSET) -> Any:
    """Declare a field of an input that may be left out."""
    return strawberry.field(default=default, description=description)


@strawberry.input(description="So many different people for one skill.")
class SkillDemandInput:
    """A demand for a skill."""

    skill_id: strawberry.ID = strawberry.field(description="The skill.")
    seats: int | None = optional("So many different people, 1 to 8.", 1)
    minimum_level: int | None = optional("The least level of each, 1 (beginner) to 5 (expert).", 1)
    weight: int | None = optional("How much the skill counts, 1 to 3.", 1)
    critical: bool | None = optional("Whether one more qualified member is needed beside the seats.", default=False)


@strawberry.input(description="Members' clocks lie near one zone's; people of unknown zone do not fit.")
class TimezoneWindowInput:
    """A window of zones."""

    timezone: str = strawberry.field(description="The zone, IANA name.")
    maximum_offset_hours: float = strawberry.field(description="Hours that a clock may differ, 0 to 12.")


@strawberry.input(description="Two people who may not be in one team.")
class PersonPairInput:
    """A pair."""

    first_id: strawberry.ID = strawberry.field(description="One of them.")
    second_id: strawberry.ID = strawberry.field(description="The other.")


@strawberry.input(
    description="What a swarm is asked to be. Left out or null: the task's own, then the settings; an empty list: none."
)
class SwarmDemandInput:
    """A demand."""

    skills: list[SkillDemandInput] | None = optional("The skills, with at most 8 seats in all.")
    headcount: int | None = optional("Number of people, 1 to 8; default: the seats of all skills, at most 5.")
    share: float | None = optional("Share of each day, above 0, at most 1; default 1.")
    days: DaysInput | None = optional(
        "The days; default: today to the task's due day, else SWARMGRAPH_SWARM_DAYS_DEFAULT days."
    )
    timezone_window: TimezoneWindowInput | None = optional("Where the members' clocks lie.")
    minimum_cities: int | None = optional("Members come from at least so many cities.")
    member_in_country: str | None = optional("At least one member works in this country, ISO 3166 alpha-2.")
    pinned_ids: list[strawberry.ID] | None = optional("People who must be members.")
    excluded_ids: list[strawberry.ID] | None = optional("People who may not be members.")
    separated_pairs: list[PersonPairInput] | None = optional("Pairs who may not be members together.")


def demand_of(asked: SwarmDemandInput | None) -> Demand | None:
    """Read a demand; None where none is given."""
    if asked is None or asked is strawberry.UNSET:
        return None
    skills, days, window = given(asked.skills), given(asked.days), given(asked.timezone_window)
    pairs = given(asked.separated_pairs)
    return Demand(
        skills=None if skills is None else tuple(_skill(one) for one in skills),
        headcount=given(asked.headcount),
        share=given(asked.share),
        days=None if days is None else days_of(days),
        timezone_window=None if window is None else TimezoneWindow(
            timezone=window.timezone, maximum_offset_hours=window.maximum_offset_hours
        ),
        minimum_cities=given(asked.minimum_cities),
        member_in_country=given(asked.member_in_country),
        pinned_ids=texts(asked.pinned_ids),
        excluded_ids=texts(asked.excluded_ids),
        separated_pairs=None if pairs is None else tuple((str(one.first_id), str(one.second_id)) for one in pairs),
    )  # fmt: skip


def _skill(asked: SkillDemandInput) -> SkillDemand:
    return SkillDemand(
        skill_id=asked.skill_id,
        seats=1 if asked.seats is None else asked.seats,
        minimum_level=1 if asked.minimum_level is None else asked.minimum_level,
        weight=1 if asked.weight is None else asked.weight,
        critical=bool(asked.critical),
    )
