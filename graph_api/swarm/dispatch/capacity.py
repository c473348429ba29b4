"""Who is free: person-days of the holders of a skill, week by week, and the share of people without any booking."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np

from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import PERMILLE, Days
from graph_api.organization.model import HasSkill, Person, parse_days
from graph_api.swarm.dispatch.demanded import DAYS_A_WEEK
from graph_api.swarm.model import MemberOf, Swarm, SwarmState
from graph_api.swarm.snapshot import CANDIDATE_KIND

CHUNK_PEOPLE: Final = 4096
"""So many people's days are laid out at once: 52 weeks of them take 6 MB."""
_parsed: Final = lru_cache(maxsize=65536)(parse_days)
"""Holidays are the same for many, and every week of a question looks at them again."""


class Held(msgspec.Struct, frozen=True, gc=False):
    """Days of somebody that a swarm holds, as ordinals, both included, and the share of each, permille."""

    person_id: str
    first: int
    last: int
    share_permille: int


class Holder(msgspec.Struct, frozen=True, gc=False):
    """A person, and what living swarms hold of him."""

    person: Person
    held: tuple[Held, ...]


def holders(view: GraphView, skill_id: str) -> Iterator[Holder]:
    """Yield the people who hold a skill at any level, with the bookings of living swarms."""
    for link in view.incoming(HasSkill, skill_id):
        person = view.node(Person, link.source)
        if person is not None and person.kind == CANDIDATE_KIND:
            yield Holder(person, tuple(_living(view, person.id)))


def _living(view: GraphView, person_id: str) -> Iterator[Held]:
    for link in view.outgoing(MemberOf, person_id):
        swarm = view.node(Swarm, link.target)
        if swarm is not None and swarm.state is SwarmState.ACTIVE and link.holds_days:
            yield Held(person_id, link.since.toordinal(), link.until.toordinal(), link.share_permille)


def free_person_days(people: Sequence[Holder], start: date, weeks: int) -> list[float]:
    """Return the person-days a week, from a Monday on, that neither absence nor booking takes from people's capacity.

    A day of somebody counts his capacity less the booked shares, zero at least, and nothing while he is absent or after
    his last day.
    """
    days = Days(start, start + timedelta(days=weeks * DAYS_A_WEEK - 1))
    free = np.zeros(days.count, dtype=np.int64)
    for begin in range(0, len(people), CHUNK_PEOPLE):
        chunk = people[begin : begin + CHUNK_PEOPLE]
        laid = np.empty((len(chunk), days.count), dtype=np.int32)
        for row, holder in zip(laid, chunk, strict=True):
            _lay(row, holder, days)
        free += np.maximum(laid, 0).sum(axis=0)
    return [float(week) / PERMILLE for week in free.reshape(weeks, DAYS_A_WEEK).sum(axis=1)]


def _lay(row: "np.ndarray[tuple[int], np.dtype[np.int32]]", holder: Holder, days: Days) -> None:
    """Put the free permille of one person's days into a row."""
    person, start = holder.person, days.starts_on.toordinal()
    row[:] = round(person.capacity * PERMILLE)
    for held in holder.held:
        row[max(0, held.first - start) : max(0, held.last + 1 - start)] -= held.share_permille
    for absence in person.absences:
        away = _parsed(absence)
        row[max(0, away.starts_on.toordinal() - start) : max(0, away.ends_on.toordinal() + 1 - start)] = 0
    if person.last_day is not None:
        row[max(0, person.last_day.toordinal() + 1 - start) :] = 0


def bookings(view: GraphView) -> Iterator[Held]:
    """Yield what swarms that were not cancelled hold or held of people, up to the day they left or it was over."""
    for swarm in view.nodes(Swarm):
        if swarm.state is SwarmState.CANCELLED:
            continue
        for link in view.incoming(MemberOf, swarm.id):
            ends = (link.left_at, swarm.dissolved_at)
            last = min([link.until, *(at.date() for at in ends if at is not None)])
            if last >= link.since:
                yield Held(link.source, link.since.toordinal(), last.toordinal(), link.share_permille)


def idle_share(people: Iterable[Person], held: Iterable[Held], days: Days) -> float | None:
    """Return the share of people whom no swarm has booked on any of some days; None where nobody is there.

    Counted is whoever has capacity, has not left before the first day, and is not absent on all of them.
    """
    first, last = days.starts_on.toordinal(), days.ends_on.toordinal()
    there = {person.id for person in people if _is_there(person, days)}
    busy = {one.person_id for one in held if one.first <= last and first <= one.last and one.share_permille > 0}
    return len(there - busy) / len(there) if there else None


def _is_there(person: Person, days: Days) -> bool:
    if person.kind != CANDIDATE_KIND or person.capacity <= 0:
        return False
    if person.last_day is not None and person.last_day < days.starts_on:
        return False
    if not person.absences:
        return True
    away = [absence for text in person.absences if (absence := _parsed(text)).overlaps(days)]
    return not away or any(not any(one.starts_on <= day <= one.ends_on for one in away) for day in days.each())
