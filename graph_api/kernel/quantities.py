"""Measured things with their units: money, days, shares and time zones."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from babel.core import get_global

PERMILLE: Final = 1000
HOURS_A_DAY: Final = 24
UNKNOWN_ZONE_HOURS: Final = 12.0


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount in one ISO 4217 currency; amounts of different currencies are never added."""

    amount: Decimal
    currency: str


class Days(msgspec.Struct, frozen=True, gc=False):
    """UTC days from `starts_on` to `ends_on`, both included."""

    starts_on: date
    ends_on: date

    @property
    def count(self) -> int:
        """Number of days."""
        return (self.ends_on - self.starts_on).days + 1

    def overlaps(self, other: "Days") -> bool:
        """Say whether at least one day is common to both."""
        return self.starts_on <= other.ends_on and other.starts_on <= self.ends_on

    def each(self) -> Iterable[date]:
        """Yield every day in order."""
        return (self.starts_on + timedelta(days=offset) for offset in range(self.count))


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """Return the ISO 4217 codes that are or were legal tender."""
    return frozenset(get_global("all_currencies"))


@lru_cache(maxsize=1)
def timezones() -> frozenset[str]:
    """Return the names of the IANA time zone database."""
    return frozenset(available_timezones())


@lru_cache(maxsize=65536)
def utc_offset_hours(timezone: str, day: date) -> float:
    """Return the zone's offset from UTC at noon UTC of that day, in hours."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    offset = noon.astimezone(ZoneInfo(timezone)).utcoffset()
    return (offset or timedelta()).total_seconds() / 3600


def zone_distance_hours(first: str | None, second: str | None, day: date) -> float:
    """Return the circular distance between two zones' clocks in hours, 0 to 12; 12 where one is unknown."""
    if first is None or second is None:
        return UNKNOWN_ZONE_HOURS
    apart = abs(utc_offset_hours(first, day) - utc_offset_hours(second, day)) % HOURS_A_DAY
    return min(apart, HOURS_A_DAY - apart)


def share_permille(share: float) -> int:
    """Return a share of a day, 0 to 1, as whole permille: bookings are added in integers."""
    return round(share * PERMILLE)
