"""People in columns: what decides whether somebody is free and near enough, and what choosing him costs."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import numpy as np

from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import PERMILLE, Days, zone_distance_hours
from graph_api.organization.model import Person, parse_days
from graph_api.swarm.candidates import UNKNOWN_HOURS
from graph_api.swarm.eligibility import has_capacity
from graph_api.swarm.exact.arrays import Floats, Integers, Small, Truths
from graph_api.swarm.facts import HISTORY_DAYS, SEATS_MAX, Booking, PersonFacts, Rules, load_points
from graph_api.swarm.index.ragged import Ragged, grown
from graph_api.swarm.problem import POINTS_AN_HOUR
from graph_api.swarm.snapshot import CANDIDATE_KIND, bookings_of, known_zone, memberships_of
from graph_api.swarm.terms import Terms

UNKNOWN: Final = -1
_EVER: Final = 1 << 30
_NEVER: Final = (_EVER, -_EVER)
"""Days that overlap none."""


class Codes:
    """Numbers for names, in the order in which they were met; UNKNOWN for None."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}

    def of(self, name: str | None) -> int:
        """Return the number of a name, a new one where it has none."""
        if name is None:
            return UNKNOWN
        if name not in self._numbers:
            self._numbers[name] = len(self.names)
            self.names.append(name)
        return self._numbers[name]

    def known(self, name: str | None) -> int | None:
        """Return the number of a name; None where it has none."""
        return UNKNOWN if name is None else self._numbers.get(name)


class PeopleColumns:
    """One row a person that was ever met; rows are never taken away: who is no candidate is not `present`."""

    def __init__(self, rules: Rules) -> None:
        self.ids: list[str] = []
        self.rows: dict[str, int] = {}
        self.cities, self.countries, self.zones = Codes(), Codes(), Codes()
        self.present: Truths = np.zeros(0, dtype=np.bool_)
        self.city, self.country, self.zone = _empty(), _empty(), _empty()
        self.capacity, self.last_day, self.seats = _empty(), _empty(), _empty()
        self._points: Integers = np.array([load_points(seats, rules) for seats in range(SEATS_MAX + 1)])
        self._absences = Ragged(0, (0, *_NEVER))
        self._bookings = Ragged(0, (0, *_NEVER, 0))
        self._formed: dict[int, tuple[int, ...]] = {}
        self._today = 0

    @property
    def bytes(self) -> int:
        """Bytes of the columns, without ids."""
        columns = (self.city, self.country, self.zone, self.capacity, self.last_day, self.seats, self.present)
        return sum(column.nbytes for column in columns) + self._absences.bytes + self._bookings.bytes

    def row(self, person_id: str) -> int:
        """Return the row of a person, a new one where he has none."""
        found = self.rows.get(person_id)
        if found is None:
            found = self.rows[person_id] = len(self.ids)
            self.ids.append(person_id)
            self._grow(len(self.ids))
        return found

    def _grow(self, rows: int) -> None:
        if rows <= len(self.present):
            return
        self.present = grown(self.present, rows, 0)
        self.city, self.country, self.zone = (grown(one, rows, UNKNOWN) for one in (self.city, self.country, self.zone))
        self.capacity, self.last_day, self.seats = (
            grown(one, rows, 0) for one in (self.capacity, self.last_day, self.seats)
        )
        self._absences.grow(len(self.present))
        self._bookings.grow(len(self.present))

    def refresh(self, view: GraphView, person_id: str, today: date) -> bool:
        """Read a person anew; return whether he was none of those present before."""
        row = self.row(person_id)
        person, was_present = view.node(Person, person_id), bool(self.present[row])
        self.present[row] = person is not None and person.kind == CANDIDATE_KIND
        self._look_at_clock(today)
        if person is None:
            return False
        self.city[row], self.country[row] = self.cities.of(person.city), self.countries.of(person.country)
        self.zone[row] = self.zones.of(known_zone(person.timezone))
        self.capacity[row] = round(person.capacity * PERMILLE)
        self.last_day[row] = person.last_day.toordinal() if person.last_day else _EVER
        absences = [parse_days(absence) for absence in person.absences]
        self._absences.replace(row, [row] * len(absences), _firsts(absences), _lasts(absences))
        self._refresh_bookings(view, person_id, row)
        return not was_present

    def _refresh_bookings(self, view: GraphView, person_id: str, row: int) -> None:
        memberships = list(memberships_of(view, person_id))
        bookings = list(bookings_of(memberships))
        days = [booking.days for booking in bookings]
        shares = [booking.share_permille for booking in bookings]
        self._bookings.replace(row, [row] * len(days), _firsts(days), _lasts(days), shares)
        formed = tuple(swarm.formed_at.date().toordinal() for _, swarm in memberships)
        if formed:
            self._formed[row] = formed
        else:
            self._formed.pop(row, None)
        self.seats[row] = self._recent(formed)

    def _look_at_clock(self, today: date) -> None:
        if today.toordinal() != self._today:
            self._today = today.toordinal()
            for row, formed in self._formed.items():
                self.seats[row] = self._recent(formed)

    def _recent(self, formed: Iterable[int]) -> int:
        return sum(self._today - HISTORY_DAYS < day <= self._today for day in formed)

    def load(self, rows: Integers, today: date) -> Integers:
        """Return the load of people in milli-points."""
        self._look_at_clock(today)
        return self._points[np.minimum(self.seats[rows], SEATS_MAX)]

    def hours(self, zone: str | None, day: date) -> Floats:
        """Return the clock's distance in hours of each zone to one on a day; the last entry is for the unknown one."""
        known = [UNKNOWN_HOURS if zone is None else zone_distance_hours(one, zone, day) for one in self.zones.names]
        return np.array([*known, UNKNOWN_HOURS])

    def distance(self, rows: Integers, zone: str | None, day: date) -> Integers:
        """Return the milli-points of people's distance to a zone; none where that is unknown."""
        if zone is None:
            return np.zeros(len(rows), dtype=np.int64)
        points = np.array([round(POINTS_AN_HOUR * hours) for hours in self.hours(zone, day).tolist()])
        return points[self.zone[rows]]

    def eligible(self, able: Truths, terms: Terms, zone: str | None, day: date) -> Truths:
        """Tell of those who are able who could take part; `zone` is the window's, its distance as of the day."""
        found = able & self.present[: len(able)]
        if terms.window_hours is not None:
            near = self.hours(zone, day) <= terms.window_hours
            near[-1] = False
            found &= near[self.zone[: len(able)]]
        if terms.days is not None:
            first, last = terms.days.starts_on.toordinal(), terms.days.ends_on.toordinal()
            found &= self.last_day[: len(able)] >= last
            owners, starts, ends = self._absences.columns
            found[owners[: self._absences.used][_overlap(starts, ends, self._absences.used, first, last)]] = False
        if terms.share_permille is not None:
            self._keep_free(found, terms, terms.share_permille)
        for person_id in terms.excluded_ids:
            if (row := self.rows.get(person_id)) is not None and row < len(found):
                found[row] = False
        return found

    def _keep_free(self, found: Truths, terms: Terms, share: int) -> None:
        room = self.capacity[: len(found)] - share
        found &= room >= 0
        if terms.days is None:
            return
        owners, starts, ends, shares = self._bookings.columns
        used = self._bookings.used
        first, last = terms.days.starts_on.toordinal(), terms.days.ends_on.toordinal()
        booked = np.flatnonzero(_overlap(starts, ends, used, first, last))
        sums = np.bincount(owners[booked], weights=shares[booked], minlength=len(found))[: len(found)]
        # No day holds more than the sum over days: only where that is above the room it has to be looked at.
        for row in np.flatnonzero(found & (sums > room)).tolist():
            found[row] = has_capacity(self._booked(row), terms)

    def _booked(self, row: int) -> PersonFacts:
        _, starts, ends, shares = (column.tolist() for column in self._bookings.row(row))
        bookings = tuple(
            Booking(Days(date.fromordinal(start), date.fromordinal(end)), share)
            for start, end, share in zip(starts, ends, shares, strict=True)
        )
        return PersonFacts(
            person_id=self.ids[row], levels=(), capacity_permille=int(self.capacity[row]), bookings=bookings
        )


def _empty() -> Small:
    return np.zeros(0, dtype=np.int32)


def _firsts(days: Iterable[Days]) -> list[int]:
    return [one.starts_on.toordinal() for one in days]


def _lasts(days: Iterable[Days]) -> list[int]:
    return [one.ends_on.toordinal() for one in days]


def _overlap(starts: Small, ends: Small, used: int, first: int, last: int) -> Truths:
    return (starts[:used] <= last) & (ends[:used] >= first)
