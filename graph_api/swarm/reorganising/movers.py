"""Who might be moved to a task, and what that costs: the hand-over, and what the left swarm loses by it."""

from datetime import date
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import Days
from graph_api.organization.model import Person
from graph_api.swarm.checks import bookings_held
from graph_api.swarm.life.vacancies import Vacancy, demand_of, kept_ids
from graph_api.swarm.model import Demand, LeaveReason
from graph_api.swarm.read_model import task_of


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """What moving is reckoned by: the currency of all amounts, days of hand-over a move, and the least gain."""

    currency: str
    handover_days: Decimal
    threshold: Decimal


class Mover(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who might be moved: the seat that falls free, the value of its task, and the cost of the hand-over."""

    vacancy: Vacancy
    task_id: str
    task_value: Decimal
    handover: Decimal

    @property
    def person_id(self) -> str:
        """Who."""
        return self.vacancy.booking.source

    @property
    def swarm_id(self) -> str:
        """The swarm that would be left."""
        return self.vacancy.swarm_id


def mover_of(view: GraphView, person_id: str, days: Days, today: date, tariff: Tariff) -> Mover | None:
    """Return somebody as one who might be moved; None where what it costs is unknown, or one move does not do.

    One move does where a single booking stands on the days. Known is what it costs where the day rate and the value of
    the left swarm's task are told in the reporting currency.
    """
    standing = [link for link in bookings_held(view, person_id) if days.overlaps(Days(link.since, link.until))]
    person = view.node(Person, person_id)
    if person is None or len(standing) != 1 or standing[0].left_at is not None:
        return None
    task = task_of(view, standing[0].target)
    rate, value = person.day_rate, task.value if task else None
    first = max(today, days.starts_on, standing[0].since)
    if task is None or rate is None or value is None or first > standing[0].until:
        return None
    if (person.currency, task.currency) != (tariff.currency, tariff.currency):
        return None
    reason = LeaveReason.REASSIGNED
    vacancy = Vacancy(booking=standing[0], first_day=first, reason=reason, is_ahead=first > today)
    return Mover(vacancy=vacancy, task_id=task.id, task_value=value, handover=tariff.handover_days * rate)


def demand_of_today(view: GraphView, vacancy: Vacancy) -> tuple[Demand, frozenset[str]]:
    """Return the demand that the left swarm meets as it is, on the days that are left, and who is kept in it."""
    booking, asked = vacancy.booking, demand_of(view, vacancy)
    everybody = tuple(sorted({*(asked.pinned_ids or ()), booking.source}))
    excluded = tuple(one for one in asked.excluded_ids or () if one != booking.source)
    return replace(asked, pinned_ids=everybody, excluded_ids=excluded), frozenset(everybody)


def demand_of_rest(view: GraphView, vacancy: Vacancy, barred: frozenset[str]) -> tuple[Demand, frozenset[str]]:
    """Return the demand for the best team without the one who is moved, where some may not be taken for it."""
    asked, kept = demand_of(view, vacancy), kept_ids(view, vacancy)
    excluded = {*(asked.excluded_ids or ()), *(barred - kept)}
    return replace(asked, excluded_ids=tuple(sorted(excluded))), kept
