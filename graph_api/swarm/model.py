"""Records of swarms, and the demand they are assembled for."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Link, Node, Record

SLOTS_MAX: Final = 8
"""No setting: the assembler prices every set of slots that one member may take, 2^8 of them."""
HEADCOUNT_MAX: Final = SLOTS_MAX
HEADCOUNT_DEFAULT_MAX: Final = 5


class SwarmState(StrEnum):
    """ACTIVE works; CLOSING owes experience, its people are free; DISSOLVED and CANCELLED are over."""

    ACTIVE = "ACTIVE"
    CLOSING = "CLOSING"
    DISSOLVED = "DISSOLVED"
    CANCELLED = "CANCELLED"


class TaskResult(StrEnum):
    """How a task ended: what was asked was delivered, the customer was lost, or it was called off."""

    DELIVERED = "DELIVERED"
    LOST = "LOST"
    CANCELLED = "CANCELLED"


class LeaveReason(StrEnum):
    """Why somebody leaves a swarm; never the cause behind it, such as an illness."""

    UNAVAILABLE = "UNAVAILABLE"
    REASSIGNED = "REASSIGNED"
    LEFT_ORGANIZATION = "LEFT_ORGANIZATION"
    OTHER = "OTHER"


class Swarm(Node, frozen=True, kw_only=True):
    """A temporary team for one task; `ties_as_of` is the day up to which common work counted when it was assembled.

    `reminded_on` is the last day on which it was said that it works after its last day, `owed_reminded_on` that its
    members owe experience. `closed_at` is when it stopped working.
    """

    entity_type: ClassVar[str] = "swarm"
    state: SwarmState = SwarmState.ACTIVE
    formed_at: datetime
    starts_on: date
    ends_on: date
    ties_as_of: date | None = None
    reminded_on: date | None = None
    closed_at: datetime | None = None
    owed_reminded_on: date | None = None
    dissolved_at: datetime | None = None


class MemberOf(Link, frozen=True, kw_only=True, tag="MEMBER_OF"):
    """The booking of a person by a swarm: its roles (skill ids), days and share of each day, in permille.

    `left_at` may lie ahead: until then the person is in it; `left_because` is told where the leaving was asked for.
    """

    roles: tuple[str, ...]
    since: date
    until: date
    share_permille: int
    left_at: datetime | None = None
    left_because: LeaveReason | None = None

    @property
    def holds_days(self) -> bool:
        """True where the days are the swarm's: whoever leaves before the last of them takes all of them back."""
        return self.left_at is None or self.left_at.astimezone(UTC).date() > self.until


class Staffs(Link, frozen=True, kw_only=True, tag="STAFFS"):
    """A swarm works on a task."""


RECORDS: Final[tuple[type[Record], ...]] = (Swarm, MemberOf, Staffs)


class SkillDemand(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So many different people (`seats`) for one skill, at this least level (1-5), with this weight (1-3).

    A critical skill needs a second qualified member beside its holder.
    """

    skill_id: str
    seats: int = 1
    minimum_level: int = 1
    weight: int = 1
    critical: bool = False


class TimezoneWindow(msgspec.Struct, frozen=True, kw_only=True):
    """Members' clocks may differ from this zone's by at most so many hours; an unknown zone does not fit."""

    timezone: str
    maximum_offset_hours: float


class FixedRoles(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is primary for exactly these skills."""

    person_id: str
    skill_ids: tuple[str, ...]


class Demand(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a swarm is asked to be; None means: the task's, then the settings'.

    `share` of each day, 0 to 1; `separated_pairs` may not be in one team. `fixed_roles` stand for all members but one,
    who takes what is left; a task does not ask for them.
    """

    skills: tuple[SkillDemand, ...] | None = None
    headcount: int | None = None
    share: float | None = None
    days: Days | None = None
    timezone_window: TimezoneWindow | None = None
    minimum_cities: int | None = None
    member_in_country: str | None = None
    pinned_ids: tuple[str, ...] | None = None
    excluded_ids: tuple[str, ...] | None = None
    separated_pairs: tuple[tuple[str, str], ...] | None = None
    fixed_roles: tuple[FixedRoles, ...] | None = None
