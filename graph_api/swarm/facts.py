"""What assembly knows of people, as plain values: a snapshot that can be sent to another process."""

from datetime import date
from typing import Final

import msgspec

from graph_api.kernel.quantities import Days

HISTORY_DAYS: Final = 90
SEATS_MAX: Final = 24
HALF_LIFE_DAYS: Final = 365


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that assembly depends on: days by default, A and a of the load A(a^l - 1), beta; milli-points."""

    swarm_days_default: int = 14
    load_base_points: int = 200
    load_growth: float = 1.5
    collaboration_points: int = 200


class Booking(msgspec.Struct, frozen=True):
    """A share of a person's days, in permille, that a living swarm holds."""

    days: Days
    share_permille: int


class PersonFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One person at one moment.

    `levels` runs over the snapshot's skills, 0 = none; hours are the clock's distance to the window's and to the
    customer's zone, None = unknown; `works` are indices of past tasks in increasing order. Whoever `is_kept` is in the
    team already, so that it is not asked whether he is free and near.
    """

    person_id: str
    levels: tuple[int, ...]
    city: str | None = None
    country: str | None = None
    window_hours: float | None = None
    customer_hours: float | None = None
    capacity_permille: int = 1000
    absences: tuple[Days, ...] = ()
    last_day: date | None = None
    bookings: tuple[Booking, ...] = ()
    load: int = 0
    works: tuple[int, ...] = ()
    is_kept: bool = False


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """People in the canonical order of ids; `recency` of each past task; `is_complete` where nobody is left out."""

    skill_ids: tuple[str, ...]
    people: tuple[PersonFacts, ...]
    recency: tuple[float, ...] = ()
    collaboration_points: int = 200
    knows_customer_zone: bool = False
    is_complete: bool = False


def load_points(seats: int, rules: Rules) -> int:
    """Return A(a^l - 1) in milli-points for l seats in the last 90 days, capped at 24."""
    return round(rules.load_base_points * (rules.load_growth ** min(seats, SEATS_MAX) - 1))


def recency_of(done_on: date, as_of: date) -> float:
    """Return 2^(-days/365) from the day a task was done to the as-of day, which is no earlier."""
    return 2.0 ** (-(as_of - done_on).days / HALF_LIFE_DAYS)
