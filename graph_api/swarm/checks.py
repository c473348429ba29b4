"""An independent check of a given team against a demand, on the state itself: used before people are booked."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Final

import msgspec

from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import PERMILLE, Days, share_permille, timezones, zone_distance_hours
from graph_api.organization.model import HasSkill, Person, parse_days
from graph_api.swarm.model import Demand, MemberOf, SkillDemand, Swarm, SwarmState


class TeamMember(msgspec.Struct, frozen=True):
    """Somebody in a team, with the skills he is primary for."""

    person_id: str
    roles: tuple[str, ...]


class Fault(msgspec.Struct, frozen=True):
    """One constraint that a team breaks, in a sentence, and who breaks it (nobody alone: None)."""

    message: str
    person_id: str | None = None


def team_faults(
    view: GraphView, demand: Demand, team: Iterable[TeamMember], kept_ids: Collection[str] = ()
) -> list[Fault]:
    """Return every hard constraint of a resolved demand that a team breaks in this state.

    Of `kept_ids` it is not asked whether they are free and near: they are in the team already.
    """
    members = tuple(team)
    asked = [member for member in members if member.person_id not in kept_ids]
    faults = [fault for member in asked for fault in _member_faults(view, demand, member)]
    known = [person for member in members if (person := view.node(Person, member.person_id)) is not None]
    seats = [*_seat_faults(view, demand, members), *_role_faults(demand, members)]
    return [*faults, *seats, *_people_faults(demand, members), *_places(demand, known)]


def _member_faults(view: GraphView, demand: Demand, member: TeamMember) -> Iterator[Fault]:
    person = view.node(Person, member.person_id)
    if person is None or person.kind != "person":
        yield Fault(f"{member.person_id} is nobody who can be asked.", member.person_id)
        return
    if not member.roles:
        yield Fault(f"{person.id} has no role.", person.id)
    assert demand.days is not None
    assert demand.share is not None
    yield from time_faults(view, person, demand.days, share_permille(demand.share))
    window = demand.timezone_window
    if window is not None and not _is_near(person, window.timezone, window.maximum_offset_hours, demand):
        yield Fault(f"The clock of {person.id} is not within {window.maximum_offset_hours:g} hours.", person.id)


def _is_near(person: Person, zone: str, hours_most: float, demand: Demand) -> bool:
    if person.timezone not in timezones() or demand.days is None:
        return False
    return zone_distance_hours(person.timezone, zone, demand.days.starts_on) <= hours_most


def time_faults(
    view: GraphView, person: Person, days: Days, asked: int, *, besides: str | None = None
) -> Iterator[Fault]:
    """Yield why a person cannot be booked for a share (permille) of days; the bookings of one swarm do not count."""
    if person.last_day is not None and person.last_day < days.ends_on:
        yield Fault(f"{person.id} leaves on {person.last_day}.", person.id)
    absences, capacity = [parse_days(absence) for absence in person.absences], round(person.capacity * PERMILLE)
    bookings = [booking for booking in bookings_held(view, person.id) if booking.target != besides]
    for day in days.each():
        if any(absence.starts_on <= day <= absence.ends_on for absence in absences):
            yield Fault(f"{person.id} is absent on {day}.", person.id)
            return
        booked = sum(booking.share_permille for booking in bookings if booking.since <= day <= booking.until)
        if booked + asked > capacity:
            yield Fault(_full(person.id, day, capacity - booked, asked), person.id)
            return


def _full(person_id: str, day: date, free: int, asked: int) -> str:
    return f"{person_id} has a share of {free / PERMILLE:g} free on {day}, and {asked / PERMILLE:g} is asked."


def bookings_held(view: GraphView, person_id: str) -> Iterator[MemberOf]:
    """Yield the bookings of a person that hold days: of swarms at work, until the person leaves them."""
    for link in view.outgoing(MemberOf, person_id):
        swarm = view.node(Swarm, link.target)
        if swarm is not None and swarm.state is SwarmState.ACTIVE and link.holds_days:
            yield link


def _seat_faults(view: GraphView, demand: Demand, team: tuple[TeamMember, ...]) -> Iterator[Fault]:
    if len(team) != demand.headcount or len({member.person_id for member in team}) != len(team):
        yield Fault(f"The team is not of {demand.headcount} different people.")
    asked = {skill.skill_id for skill in demand.skills or ()}
    for member in team:
        if strange := set(member.roles) - asked:
            yield Fault(f"{', '.join(sorted(strange))} is not demanded.", member.person_id)
    for skill in demand.skills or ():
        yield from _skill_faults(view, skill, team)


def _skill_faults(view: GraphView, skill: SkillDemand, team: tuple[TeamMember, ...]) -> Iterator[Fault]:
    primaries = [member.person_id for member in team for role in member.roles if role == skill.skill_id]
    if len(primaries) != skill.seats or len(set(primaries)) != len(primaries):
        yield Fault(f"{skill.skill_id} is not held by {skill.seats} different people.")
    able = {member.person_id for member in team if _level(view, member.person_id, skill) >= skill.minimum_level}
    for person_id in primaries:
        if person_id not in able:
            yield Fault(f"{person_id} has not level {skill.minimum_level} of {skill.skill_id}.", person_id)
    if skill.critical and len(able) <= skill.seats:
        yield Fault(f"Nobody beside its holders is able to do {skill.skill_id}, which is critical.")


def _level(view: GraphView, person_id: str, skill: SkillDemand) -> int:
    link = view.link(HasSkill, person_id, skill.skill_id)
    return link.level if link else _NO_LEVEL


_NO_LEVEL: Final = 0


def _role_faults(demand: Demand, team: tuple[TeamMember, ...]) -> Iterator[Fault]:
    fixed = {one.person_id: sorted(one.skill_ids) for one in demand.fixed_roles or ()}
    for member in team:
        if sorted(member.roles) != fixed.get(member.person_id, sorted(member.roles)):
            yield Fault(f"{member.person_id} is to keep the roles of today.", member.person_id)


def _people_faults(demand: Demand, team: tuple[TeamMember, ...]) -> Iterator[Fault]:
    ids = {member.person_id for member in team}
    for person_id in sorted({*(demand.pinned_ids or ())} - ids):
        yield Fault(f"{person_id} is missing.")
    for person_id in sorted({*(demand.excluded_ids or ())} & ids):
        yield Fault(f"{person_id} is excluded.", person_id)
    for pair in demand.separated_pairs or ():
        if ids.issuperset(pair):
            yield Fault(f"{pair[0]} and {pair[1]} are not to be in one team.", pair[0])


def _places(demand: Demand, people: Iterable[Person]) -> Iterator[Fault]:
    known = tuple(people)
    cities = {person.city for person in known} - {None}
    if len(cities) < (demand.minimum_cities or 0):
        yield Fault(f"The team comes from {len(cities)} cities, not from {demand.minimum_cities}.")
    country = demand.member_in_country
    if country is not None and all(person.country != country for person in known):
        yield Fault(f"Nobody is in {country}.")
