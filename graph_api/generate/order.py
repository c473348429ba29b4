"""The open order "Customs clearance in Mexico", and the people who make sure that it can be staffed."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from graph_api.generate.market import Client
from graph_api.generate.places import PLACE_BY_CITY
from graph_api.generate.scale import chance
from graph_api.generate.skills import SKILL_BY_KEY
from graph_api.generate.tables import items, rows
from graph_api.generate.work import at_hour
from graph_api.generate.workforce import Colleague, Workforce
from graph_api.kernel.ids import entity_id
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Record
from graph_api.organization.model import For, Requires, Task
from graph_api.swarm.model import Demand, SkillDemand, TimezoneWindow

ORDER_ID: Final = entity_id("task", "order-mexico-customs")
ORDER_TITLE: Final = "Customs clearance in Mexico"
ORDER_DAYS: Final = 14
ORDER_SHARE: Final = 0.5

_DEMANDED: Final = """
mexico-customs-clearance | 4 | 3 | critical
hs-classification | 3 | 2 |
mexico-import-tax | 3 | 2 |
logistics-exceptions | 3 | 2 |
spanish-negotiation | 3 | 1 |
customs-data-interface | 2 | 1 |
"""

_SPECIALISTS: Final = """
Shenzhen | mexico-customs-clearance,logistics-exceptions
Shenzhen | customs-data-interface,hs-classification
Hangzhou | customs-data-interface,logistics-exceptions
Hangzhou | mexico-import-tax
Chengdu | hs-classification,spanish-negotiation
Chengdu | mexico-customs-clearance,customs-data-interface
Guangzhou | mexico-import-tax,hs-classification
Guangzhou | logistics-exceptions,spanish-negotiation
Mexico City | mexico-customs-clearance,spanish-negotiation
Mexico City | spanish-negotiation,mexico-import-tax
"""

DEMANDED: Final = tuple(
    SkillDemand(
        skill_id=SKILL_BY_KEY[skill].id, minimum_level=int(level), weight=int(weight), critical=critical == "critical"
    )
    for skill, level, weight, critical in rows(_DEMANDED)
)
ORDER_DEMAND: Final = Demand(
    skills=DEMANDED,
    headcount=5,
    share=ORDER_SHARE,
    timezone_window=TimezoneWindow(timezone="America/Mexico_City", maximum_offset_hours=10.0),
    minimum_cities=3,
    member_in_country="MX",
)


def order_days(today: date) -> Days:
    """Return the days of the order: from today, two weeks on."""
    return Days(today, today + timedelta(days=ORDER_DAYS))


def place_specialists(workforce: Workforce, seed: int, today: date) -> list[Colleague]:
    """Give each demanded skill qualified people who are free in at least three cities; return those people."""
    rng = chance(seed, "order")
    heads = {team.members[0].id for team in workforce.teams}
    wanted = list(rows(_SPECIALISTS))
    chosen = rng.sample([person for person in workforce.people if person.id not in heads], k=len(wanted))
    least = {demand.skill_id: demand.minimum_level for demand in DEMANDED}
    for person, (city, skills) in zip(chosen, wanted, strict=True):
        _settle(person, city, today)
        for skill in items(skills):
            workforce.teach(person, skill, min(5, least[SKILL_BY_KEY[skill].id] + rng.randint(0, 1)))
    return chosen


def _settle(person: Colleague, city: str, today: date) -> None:
    window = order_days(today)
    person.place = PLACE_BY_CITY[city]
    person.capacity = 1.0
    person.absences = [absence for absence in person.absences if not absence.overlaps(window)]


def order_records(customer: Client, today: date) -> Iterator[Record]:
    """Yield the open order, its demand and its customer."""
    yield Task(
        id=ORDER_ID,
        title=ORDER_TITLE,
        kind="order",
        value=Decimal(860_000),
        currency=customer.place.currency,
        effort_days=35.0,
        opened_at=at_hour(today, 0),
        due_at=at_hour(order_days(today).ends_on, 16),
        family="clearance-mexico",
        regulations=("mx-sat:pedimento",),
        demand=msgspec.json.encode(ORDER_DEMAND).decode(),
    )
    yield For(source=ORDER_ID, target=customer.id)
    for demand in DEMANDED:
        yield Requires(
            source=ORDER_ID,
            target=demand.skill_id,
            seats=demand.seats,
            level=demand.minimum_level,
            weight=demand.weight,
            critical=demand.critical,
        )
