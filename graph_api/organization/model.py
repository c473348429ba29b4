"""Records of the base graph. Unknown is None: nothing is invented to fill it."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final

from graph_api.kernel.quantities import Days, Money
from graph_api.kernel.records import Link, Node, Record

LEVEL_MIN: Final = 1
LEVEL_MAX: Final = 5


class TaskState(StrEnum):
    """OPEN has no swarm at work, STAFFED has one, CLOSED is over."""

    OPEN = "OPEN"
    STAFFED = "STAFFED"
    CLOSED = "CLOSED"


class SkillBasis(StrEnum):
    """Where a level comes from: said by the person, confirmed by a manager, or derived from counted work."""

    DECLARED = "declared"
    CONFIRMED = "confirmed"
    DERIVED = "derived"


class Organization(Node, frozen=True, kw_only=True):
    """The one organization of this graph; `synthetic` where a generator made it up."""

    entity_type: ClassVar[str] = "organization"
    name: str
    synthetic: bool = False


ORGANIZATION_ID: Final = "organization:main"


class Person(Node, frozen=True, kw_only=True):
    """Somebody who may be asked to join a swarm.

    `capacity` is the share of a day, 0 to 1, that may be booked; `day_rate` is money for one full day; `absences` are
    ISO 8601 intervals of days, both ends included; `kind` other than "person" (bot, group) is never a candidate.
    """

    entity_type: ClassVar[str] = "person"
    name: str
    kind: str = "person"
    city: str | None = None
    country: str | None = None
    timezone: str | None = None
    day_rate: Decimal | None = None
    currency: str | None = None
    capacity: float = 1.0
    absences: tuple[str, ...] = ()
    last_day: date | None = None


class Skill(Node, frozen=True, kw_only=True):
    """A skill tag with its names in other languages."""

    entity_type: ClassVar[str] = "skill"
    name: str
    aliases: tuple[str, ...] = ()
    kind: str | None = None


class Unit(Node, frozen=True, kw_only=True):
    """A department, group or employer that people belong to."""

    entity_type: ClassVar[str] = "unit"
    name: str
    kind: str | None = None


class Task(Node, frozen=True, kw_only=True):
    """An order or piece of work; `demand` is the JSON text of the swarm it asks for."""

    entity_type: ClassVar[str] = "task"
    title: str
    state: TaskState = TaskState.OPEN
    kind: str | None = None
    release: str | None = None
    result: str | None = None
    value: Decimal | None = None
    currency: str | None = None
    effort_days: float | None = None
    opened_at: datetime | None = None
    due_at: datetime | None = None
    closed_at: datetime | None = None
    family: str | None = None
    regulations: tuple[str, ...] = ()
    demand: str | None = None


class Customer(Node, frozen=True, kw_only=True):
    """Who a task is done for; `adoption_period` counts the periods of a diffusion study."""

    entity_type: ClassVar[str] = "customer"
    name: str
    country: str | None = None
    city: str | None = None
    timezone: str | None = None
    tier: str | None = None
    adoption_period: int | None = None


class HasSkill(Link, frozen=True, kw_only=True, tag="HAS_SKILL"):
    """A person holds a skill at a level, 1 to 5; `count` is the counted work behind a derived level."""

    level: int
    basis: SkillBasis = SkillBasis.DECLARED
    since: date | None = None
    count: int | None = None


class BelongsTo(Link, frozen=True, kw_only=True, tag="BELONGS_TO"):
    """A person belongs to a unit, with the roles held there."""

    roles: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


class ReportsTo(Link, frozen=True, kw_only=True, tag="REPORTS_TO"):
    """A person reports to a manager."""


class WorkedOn(Link, frozen=True, kw_only=True, tag="WORKED_ON"):
    """A person worked on a task in one role; several roles are several relationships."""

    role: str
    since: date | None = None
    until: date | None = None

    @property
    def discriminator(self) -> str:
        """The role."""
        return self.role


class Broader(Link, frozen=True, kw_only=True, tag="BROADER"):
    """A skill is part of a broader one."""


class PartOf(Link, frozen=True, kw_only=True, tag="PART_OF"):
    """A unit is part of another."""


class Requires(Link, frozen=True, kw_only=True, tag="REQUIRES"):
    """A task requires a skill: so many different people (`seats`), at this least level, with this weight, 1 to 3."""

    seats: int = 1
    level: int = LEVEL_MIN
    weight: int = 1
    critical: bool = False


class For(Link, frozen=True, kw_only=True, tag="FOR"):
    """A task is done for a customer."""


class Precedes(Link, frozen=True, kw_only=True, tag="PRECEDES"):
    """A task comes before another."""


class TiedTo(Link, frozen=True, kw_only=True, tag="TIED_TO"):
    """A customer is tied to another in one way, such as friend or advice; several ways are several relationships."""

    tie: str

    @property
    def discriminator(self) -> str:
        """The way."""
        return self.tie


RECORDS: Final[tuple[type[Record], ...]] = (
    Organization, Person, Skill, Unit, Task, Customer,
    HasSkill, BelongsTo, ReportsTo, WorkedOn, Broader, PartOf, Requires, For, Precedes, TiedTo,
)  # fmt: skip


def format_days(days: Days) -> str:
    """Write days as an ISO 8601 interval, as properties hold them."""
    return f"{days.starts_on.isoformat()}/{days.ends_on.isoformat()}"


def parse_days(interval: str) -> Days:
    """Read an ISO 8601 interval of days; raises ValueError where it is none."""
    starts_on, _, ends_on = interval.partition("/")
    return Days(date.fromisoformat(starts_on), date.fromisoformat(ends_on))


def money(amount: Decimal | None, currency: str | None) -> Money | None:
    """Join an amount and its currency; None where either is unknown."""
    return Money(amount, currency) if amount is not None and currency is not None else None
