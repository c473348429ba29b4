"""A seat that falls free before its swarm is over: what is asked of whoever takes it, and what taking it changes."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import msgspec
from msgspec.structs import replace

from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import PERMILLE, Days
from graph_api.kernel.records import AnyChange, removal, upsert
from graph_api.swarm.checks import Fault, TeamMember, team_faults
from graph_api.swarm.demand import task_demand
from graph_api.swarm.model import Demand, FixedRoles, LeaveReason, MemberOf, SkillDemand
from graph_api.swarm.read_model import members, task_of


class Vacancy(msgspec.Struct, frozen=True, kw_only=True):
    """The booking that ends, the first day that is not its any more, and why; `is_ahead`: that day is not today."""

    booking: MemberOf
    first_day: date
    reason: LeaveReason
    is_ahead: bool = False

    @property
    def swarm_id(self) -> str:
        """The swarm that has to do without."""
        return self.booking.target

    @property
    def days(self) -> Days:
        """The days to be held by another."""
        return Days(self.first_day, max(self.first_day, self.booking.until))


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """A vacancy, and the whole team with whoever fills it: everybody's roles may be others than before.

    They change when it is booked, so that those of a vacancy that is ahead are found without a change before its day.
    """

    vacancy: Vacancy
    team: tuple[TeamMember, ...]


def kept_ids(view: GraphView, vacancy: Vacancy) -> frozenset[str]:
    """Return the members who stay."""
    return frozenset(link.source for link in _stayers(view, vacancy))


def demand_of(view: GraphView, vacancy: Vacancy, wanted_id: str | None = None) -> Demand:
    """Return what is asked of the whole team once the seat is filled: its members stay, and all of its roles are kept.

    Who takes which role may change, but not before the first day: where somebody works before it, everybody keeps his
    own. Levels, weights and the rest are what the task asks today. Whoever left the swarm, or leaves it, does not come
    back: the days that he was booked for would be lost.
    """
    booking, stayers = vacancy.booking, _stayers(view, vacancy)
    task = task_of(view, vacancy.swarm_id)
    asked = task_demand(view, task) if task else Demand()
    kept = {link.source for link in stayers}
    gone = {link.source for link in view.incoming(MemberOf, vacancy.swarm_id)} - kept
    return replace(
        asked,
        skills=_skills(asked, [booking, *stayers]) or asked.skills,
        headcount=len(stayers) + 1,
        share=booking.share_permille / PERMILLE,
        days=vacancy.days,
        pinned_ids=tuple(sorted({*kept, *filter(None, [wanted_id])})),
        excluded_ids=tuple(sorted(({*(asked.excluded_ids or ())} | gone) - kept)),
        fixed_roles=_fixed_roles(vacancy, stayers),
    )


def _fixed_roles(vacancy: Vacancy, stayers: list[MemberOf]) -> tuple[FixedRoles, ...] | None:
    """Return the roles of those who stay, where a change would come too early; None where they may be others.

    Whoever begins later takes up what is held until then. Where somebody has no role yet, one has to be given at once.
    """
    first = vacancy.first_day
    is_early = any(link.since > first or (vacancy.is_ahead and link.since < first) for link in stayers)
    if not is_early or not all(link.roles for link in (vacancy.booking, *stayers)):
        return None
    return tuple(FixedRoles(person_id=link.source, skill_ids=tuple(sorted(link.roles))) for link in stayers)


def vacancy_faults(view: GraphView, filled: Filled) -> list[Fault]:
    """Return every hard constraint that the mended team breaks in this state."""
    vacancy = filled.vacancy
    return team_faults(view, demand_of(view, vacancy), filled.team, kept_ids(view, vacancy))


def filling(view: GraphView, filled: Filled, at: datetime) -> Iterator[AnyChange]:
    """Yield what gives a seat to another."""
    booking, first = filled.vacancy.booking, filled.vacancy.first_day
    yield _ended(filled.vacancy, at)
    roles = {member.person_id: member.roles for member in filled.team}
    for link in _stayers(view, filled.vacancy):
        if sorted(link.roles) != sorted(roles[link.source]):
            yield upsert(replace(link, roles=roles[link.source]))
        del roles[link.source]
    for person_id, held in roles.items():
        yield upsert(replace(booking, source=person_id, roles=held, since=max(first, booking.since), left_at=None))


def newcomer(view: GraphView, filled: Filled) -> str | None:
    """Return who takes the seat; nobody does where the swarm was altered since the team was found."""
    stayers = kept_ids(view, filled.vacancy)
    return next((member.person_id for member in filled.team if member.person_id not in stayers), None)


def _ended(vacancy: Vacancy, at: datetime) -> AnyChange:
    """End a booking before a day; one that never held a day is none, and leaves no experience to be written down."""
    booking, first = vacancy.booking, vacancy.first_day
    until = first - timedelta(days=1)
    if until < booking.since:
        return removal(booking)
    midnight = datetime.combine(first, time(), UTC)
    return upsert(replace(booking, until=until, left_at=max(midnight, at), left_because=vacancy.reason))


def _stayers(view: GraphView, vacancy: Vacancy) -> list[MemberOf]:
    return [
        link for link in members(view, vacancy.swarm_id, former=False) if link.source != vacancy.booking.source
    ]  # fmt: skip


def _skills(asked: Demand, bookings: list[MemberOf]) -> tuple[SkillDemand, ...]:
    """Return the seats that are held, as the task asks for them; what it does not ask for, at any level."""
    seats = Counter(role for booking in bookings for role in booking.roles)
    known = {skill.skill_id: skill for skill in asked.skills or ()}
    return tuple(
        replace(known.get(skill_id) or SkillDemand(skill_id=skill_id), seats=count)
        for skill_id, count in sorted(seats.items())
    )
