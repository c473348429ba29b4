"""Take the facts that assembly needs out of the graph, as of a day."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

import msgspec

from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import PERMILLE, Days, timezones, zone_distance_hours
from graph_api.organization.model import Customer, For, HasSkill, Person, Task, WorkedOn, parse_days
from graph_api.swarm.eligibility import is_eligible
from graph_api.swarm.facts import HISTORY_DAYS, Booking, PersonFacts, Rules, Snapshot, load_points, recency_of
from graph_api.swarm.model import Demand, MemberOf, Staffs, Swarm, SwarmState
from graph_api.swarm.terms import Terms, terms_of

CANDIDATE_KIND: Final = "person"


def as_of_day(today: date) -> date:
    """Return the Monday of the week: ties are as of it, so that a proposal can be repeated during the week."""
    return today - timedelta(days=today.weekday())


class Row(NamedTuple):
    """A person, and the tasks that the person worked on, with the day each was done."""

    facts: PersonFacts
    done: tuple[tuple[str, date], ...]


class SnapshotReading:
    """The eligible people who hold a demanded skill, or everybody for questions about relaxed demands, read in steps.

    The demand is resolved and has no problems; ties count tasks done up to the Monday of today's week. Of `kept_ids`
    it is not asked whether they are free and near: they are in the team already. The rows are read of the state, what
    is made of them needs none.
    """

    def __init__(
        self,
        view: GraphView,
        demand: Demand,
        *,
        customer_id: str | None,
        today: date,
        rules: Rules,
        is_complete: bool = False,
        kept_ids: frozenset[str] = frozenset(),
    ) -> None:
        self._view = view
        self._terms = terms_of(demand)
        self._reader = _Reader(view, demand, customer_id, today, rules, kept_ids)
        self._as_of = as_of_day(today)
        self._is_complete = is_complete
        self._collaboration_points = rules.collaboration_points

    def rows(self) -> Iterator[Row | None]:
        """Yield those whom the snapshot holds, in order, and None for each other person who was looked at."""
        if self._is_complete:
            for person in self._view.nodes(Person):
                yield self._row(self._reader.facts(person)) if person.kind == CANDIDATE_KIND else None
            return
        for facts in self._reader.holders(self._terms):
            yield self._row(facts) if is_eligible(facts, self._terms) else None

    def at_once(self) -> Snapshot:
        """Return the snapshot of the state as it is."""
        return self.snapshot(self.rows())

    def _row(self, facts: PersonFacts) -> Row:
        tasks = sorted(set(tasks_of(self._view, facts.person_id)))
        days = ((task, done_on(self._view, task)) for task in tasks)
        return Row(facts, tuple((task, day) for task, day in days if day is not None and day <= self._as_of))

    def snapshot(self, rows: Iterable[Row | None]) -> Snapshot:
        """Return the snapshot of all rows."""
        people = [row for row in rows if row is not None]
        past = sorted({task: day for row in people for task, day in row.done}.items())
        places = {task: place for place, (task, _) in enumerate(past)}
        return Snapshot(
            skill_ids=self._reader.skill_ids,
            people=tuple(
                msgspec.structs.replace(row.facts, works=tuple(places[task] for task, _ in row.done)) for row in people
            ),
            recency=tuple(recency_of(day, self._as_of) for _, day in past),
            collaboration_points=self._collaboration_points,
            knows_customer_zone=self._reader.knows_customer_zone,
            is_complete=self._is_complete,
        )


def facts_of(
    view: GraphView, demand: Demand, *, customer_id: str | None, today: date, rules: Rules, person: Person
) -> PersonFacts:
    """Return what a resolved demand needs to know of one person, but the past work."""
    return _Reader(view, demand, customer_id, today, rules, frozenset()).facts(person)


class _Reader:
    """Reads people of one state for one demand."""

    def __init__(
        self,
        view: GraphView,
        demand: Demand,
        customer_id: str | None,
        today: date,
        rules: Rules,
        kept_ids: frozenset[str],
    ) -> None:
        assert demand.skills is not None
        self._view = view
        self._kept_ids = kept_ids
        self._rules = rules
        self._history = Days(today - timedelta(days=HISTORY_DAYS - 1), today)
        self._zone_day = demand.days.starts_on if demand.days else today
        self._window_zone = demand.timezone_window.timezone if demand.timezone_window else None
        customer = view.node(Customer, customer_id) if customer_id else None
        self._customer_zone = known_zone(customer.timezone) if customer else None
        self.skill_ids = tuple(skill.skill_id for skill in demand.skills)
        self.knows_customer_zone = self._customer_zone is not None

    def holders(self, terms: Terms) -> Iterator[PersonFacts]:
        """Yield people who hold a skill at its least level, in the canonical order of ids."""
        ids = {
            link.source
            for skill in terms.skills
            for link in self._view.incoming(HasSkill, skill.skill_id)
            if link.level >= skill.level
        }
        for person_id in sorted(ids):
            person = self._view.node(Person, person_id)
            if person is not None and person.kind == CANDIDATE_KIND:
                yield self.facts(person)

    def facts(self, person: Person) -> PersonFacts:
        """Return everything about a person but the past work."""
        memberships = list(memberships_of(self._view, person.id))
        recent = sum(
            self._history.starts_on <= swarm.formed_at.date() <= self._history.ends_on for _, swarm in memberships
        )
        return PersonFacts(
            person_id=person.id,
            levels=tuple(self._level(person.id, skill_id) for skill_id in self.skill_ids),
            city=person.city,
            country=person.country,
            window_hours=self._hours(person, self._window_zone),
            customer_hours=self._hours(person, self._customer_zone),
            capacity_permille=round(person.capacity * PERMILLE),
            absences=tuple(parse_days(absence) for absence in person.absences),
            last_day=person.last_day,
            bookings=tuple(sorted(bookings_of(memberships), key=_booking_order)),
            load=load_points(recent, self._rules),
            is_kept=person.id in self._kept_ids,
        )

    def _level(self, person_id: str, skill_id: str) -> int:
        link = self._view.link(HasSkill, person_id, skill_id)
        return link.level if link else 0

    def _hours(self, person: Person, zone: str | None) -> float | None:
        own = known_zone(person.timezone)
        return None if own is None or zone is None else zone_distance_hours(own, zone, self._zone_day)


def memberships_of(view: GraphView, person_id: str) -> Iterator[tuple[MemberOf, Swarm]]:
    """Yield the bookings of a person by swarms that were not cancelled."""
    for link in view.outgoing(MemberOf, person_id):
        swarm = view.node(Swarm, link.target)
        if swarm is not None and swarm.state is not SwarmState.CANCELLED:
            yield link, swarm


def known_zone(timezone: str | None) -> str | None:
    """Return a zone where the time zone database knows it."""
    return timezone if timezone in timezones() else None


def bookings_of(memberships: Iterable[tuple[MemberOf, Swarm]]) -> Iterator[Booking]:
    """Yield what living swarms hold of a person's days."""
    for link, swarm in memberships:
        if swarm.state is SwarmState.ACTIVE and link.holds_days:
            yield Booking(Days(link.since, link.until), link.share_permille)


def _booking_order(booking: Booking) -> tuple[date, date, int]:
    return (booking.days.starts_on, booking.days.ends_on, booking.share_permille)


def tasks_of(view: GraphView, person_id: str) -> Iterator[str]:
    """Yield the tasks that a person worked on, or that a swarm he is or was a member of works on."""
    yield from (link.target for link in view.outgoing(WorkedOn, person_id))
    for membership in view.outgoing(MemberOf, person_id):
        swarm = view.node(Swarm, membership.target)
        if swarm is not None and swarm.state is not SwarmState.CANCELLED:
            yield from (link.target for link in view.outgoing(Staffs, swarm.id))


def done_on(view: GraphView, task_id: str) -> date | None:
    """Return the day a task was closed, else is due, else was opened; None where nothing is known."""
    task = view.node(Task, task_id)
    if task is None:
        return None
    instant = task.closed_at or task.due_at or task.opened_at
    return instant.date() if instant else None


def customer_of(view: GraphView, task_id: str | None) -> str | None:
    """Return the customer that a task is done for; the first by id of several."""
    if task_id is None:
        return None
    return min((link.target for link in view.outgoing(For, task_id)), default=None)
