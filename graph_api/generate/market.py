"""Customers with invented names, and the days on which orders arrive."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate
from typing import Final

from graph_api.generate.places import PLACE_BY_CITY, PLACES, Place
from graph_api.generate.scale import Scale, chance
from graph_api.kernel.ids import entity_id
from graph_api.kernel.records import Record
from graph_api.organization.model import Customer

_ABROAD: Final = tuple(place for place in PLACES if place.country != "CN")
_SYLLABLES: Final = (
    "bal",
    "cor",
    "dru",
    "fen",
    "gal",
    "hov",
    "jun",
    "kel",
    "lum",
    "mar",
    "nol",
    "pry",
    "qua",
    "ric",
    "sal",
    "tov",
    "ulm",
    "vex",
    "wil",
    "zan",
)
_TRADES: Final = (
    "Trading",
    "Retail",
    "Home",
    "Outdoor",
    "Beauty",
    "Toys",
    "Electronics",
    "Fashion",
    "Market",
    "Imports",
)
_TIERS: Final = ("A", "B", "C")
_WEEKEND: Final = 5

# (first month and day, last month and day, arrivals in percent of an ordinary day)
SEASONS: Final = (
    ((1, 22), (2, 12), 35),  # around the Spring Festival, whose date moves
    ((5, 25), (6, 18), 170),  # the mid-year promotion
    ((10, 15), (11, 11), 230),  # Singles' Day
    ((11, 20), (11, 30), 260),  # Black Friday and Cyber Monday
    ((12, 1), (12, 20), 140),  # the end of the year
)


class Client:
    """A customer in the making: its id, name and place."""

    __slots__ = ("id", "name", "place", "tier")

    def __init__(self, number: int, place: Place, rng: random.Random) -> None:
        self.id = entity_id("customer", f"c{number:04}")
        self.name = "".join(rng.choice(_SYLLABLES) for _ in range(3)).capitalize() + " " + rng.choice(_TRADES)
        self.place = place
        self.tier = rng.choices(_TIERS, (2, 5, 9))[0]


def build_clients(scale: Scale, seed: int) -> list[Client]:
    """Make the customers, all abroad; the first, in Mexico, is the one of the open order."""
    rng = chance(seed, "clients")
    places = [PLACE_BY_CITY["Mexico City"], *_ABROAD]
    more = rng.choices(_ABROAD, [place.weight for place in _ABROAD], k=scale.customers)
    chosen = (places + more)[: scale.customers]
    return [Client(number, place, rng) for number, place in enumerate(chosen, start=1)]


def client_records(clients: list[Client]) -> Iterator[Record]:
    """Yield the customers."""
    for client in clients:
        place = client.place
        yield Customer(
            id=client.id,
            name=client.name,
            country=place.country,
            city=place.city,
            timezone=place.timezone,
            tier=client.tier,
        )


class Arrivals:
    """Draw the day a task is opened: seasons, weekends and a growing business, within the history before a day."""

    def __init__(self, first_day: date, days: int) -> None:
        self._first_day = first_day
        self._days = tuple(range(days))
        self._cumulated = tuple(accumulate(_arrival_weight(first_day + timedelta(days=day), day) for day in self._days))

    def draw(self, duration_days: int, rng: random.Random) -> date:
        """Return an opening day from which so many days still end within the history."""
        possible = max(1, len(self._days) - duration_days)
        day = rng.choices(self._days[:possible], cum_weights=self._cumulated[:possible])[0]
        return self._first_day + timedelta(days=day)


def _arrival_weight(day: date, since_start: int) -> int:
    season = next(
        (percent for first, last, percent in SEASONS if first <= (day.month, day.day) <= last),
        100,
    )
    weekday = 40 if day.weekday() >= _WEEKEND else 100
    return season * weekday * (1000 + since_start) // 1000
