"""Somebody leaves the organization: a pure decision on the exact state, and the bookings that lead to it."""

from collections.abc import Iterator
from datetime import UTC, date, timedelta
from itertools import combinations
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from graph_api.kernel.commands import (
    Accepted,
    AnyOperation,
    Command,
    Context,
    Decision,
    InputRejected,
    Operation,
    Problem,
    Refused,
    rejected,
)
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, upsert
from graph_api.organization.checks import References
from graph_api.organization.model import Person
from graph_api.swarm.assembly import Booked, PersonEnded, View
from graph_api.swarm.checks import Fault, TeamMember, bookings_held
from graph_api.swarm.decisions import conflict
from graph_api.swarm.finding import Found, Wish
from graph_api.swarm.life.replacing import wish_for
from graph_api.swarm.life.vacancies import Filled, Vacancy, filling, newcomer, vacancy_faults
from graph_api.swarm.model import LeaveReason


class SwarmTeam(msgspec.Struct, frozen=True):
    """Who is to be in a swarm."""

    swarm_id: str
    members: tuple[TeamMember, ...]


class EndPerson(Command, frozen=True, kw_only=True):
    """Set the last day of a person, who is given no seat after it.

    Without the teams of all swarms that lose the person nothing is booked.
    """

    person_id: str
    last_day: date
    teams: tuple[SwarmTeam, ...] = ()

    @property
    def asked(self) -> Any:
        """The teams are worked out on the state of the moment, so they are no part of what was asked."""
        return (self.person_id, self.last_day)


def decide_end_person(view: GraphView, command: EndPerson, context: Context) -> Decision:
    """Set the last day where every seat after it is filled, else change nothing."""
    person, today = view.node(Person, command.person_id), context.at.astimezone(UTC).date()
    problems = _problems(view, command, today)
    if person is None or problems:
        return Refused(rejected(problems))
    vacancies = vacancies_of(view, person.id, command.last_day, today)
    teams = {team.swarm_id: team.members for team in command.teams}
    if missing := [one.swarm_id for one in vacancies if one.swarm_id not in teams]:
        return Refused(Booked(message=f"Nobody was found for {', '.join(missing)}.", person_ids=(person.id,)))
    filled = [Filled(vacancy=one, team=teams[one.swarm_id]) for one in vacancies]
    faults = [fault for one in filled for fault in vacancy_faults(view, one)]
    if faults := [*faults, *_seated_twice(view, filled)]:
        return Refused(conflict(faults, [person.id]))
    changes: list[AnyChange] = [change for one in filled for change in filling(view, one, context.at)]
    if person.last_day != command.last_day:
        changes.append(upsert(replace(person, last_day=command.last_day)))
    swarm_ids = tuple(one.swarm_id for one in vacancies)
    return Accepted(tuple(changes), PersonEnded(person_id=person.id, swarm_ids=swarm_ids))


END_PERSON: Final = Operation("endPerson", EndPerson, decide_end_person, PersonEnded)


def _problems(view: GraphView, command: EndPerson, today: date) -> list[Problem]:
    """Return what is wrong with a last day: nobody has it, or it comes before a seat that is handed over later."""
    problems = list(References(view).check(("personId",), Person, command.person_id))
    for vacancy in vacancies_of(view, command.person_id, command.last_day, today):
        until = vacancy.booking.until
        if vacancy.booking.left_at is not None:
            message = f"{command.person_id} is in {vacancy.swarm_id} until {until}, and is replaced then."
            problems.append(Problem(("lastDay",), "CONTRADICTION", message, f"Name {until} or later."))
    for booking in bookings_held(view, command.person_id):
        if booking.left_at is None and booking.until < today:
            message = f"{booking.target} still works, though its last day was {booking.until}."
            mend = "Reschedule, dissolve or close it first: nobody could take the seat."
            problems.append(Problem(("personId",), "CONTRADICTION", message, mend))
    return problems


def vacancies_of(view: GraphView, person_id: str, last_day: date, today: date) -> list[Vacancy]:
    """Return the seats that a person cannot hold to the end, by swarm."""
    return sorted(_vacancies(view, person_id, last_day, today), key=lambda vacancy: vacancy.swarm_id)


def _vacancies(view: GraphView, person_id: str, last_day: date, today: date) -> Iterator[Vacancy]:
    for booking in bookings_held(view, person_id):
        if last_day >= booking.until:
            continue
        first = max(last_day + timedelta(days=1), today, booking.since)
        if first <= booking.until:
            yield Vacancy(booking=booking, first_day=first, reason=LeaveReason.LEFT_ORGANIZATION)


def _seated_twice(view: GraphView, filled: list[Filled]) -> Iterator[Fault]:
    for one, other in combinations(filled, 2):
        person_id = newcomer(view, one)
        both = person_id is not None and person_id == newcomer(view, other)
        if both and one.vacancy.days.overlaps(other.vacancy.days):
            yield Fault(f"{person_id} cannot take two seats on the same days.", person_id)


class Ending:
    """What somebody's leaving is solved and booked by; see `Plan`."""

    operation: AnyOperation = END_PERSON

    def __init__(self, command: EndPerson, view: View | None) -> None:
        self._command = command
        self.view = view
        self._swarm_ids: tuple[str, ...] = ()

    def next(self, graph: GraphView, today: date, found: tuple[Found, ...]) -> Wish | InputRejected | None:
        """Ask for one team after the other; nobody is given two of the seats on the same days. See `Plan`."""
        asked = self._command
        if problems := _problems(graph, asked, today):
            return rejected(problems)
        vacancies = vacancies_of(graph, asked.person_id, asked.last_day, today)
        self._swarm_ids = tuple(one.swarm_id for one in vacancies)
        if len(found) >= len(vacancies):
            return None
        vacancy = vacancies[len(found)]
        earlier = [Filled(vacancy=other, team=one.team) for other, one in zip(vacancies, found, strict=False)]
        seated = {newcomer(graph, one) for one in earlier if one.vacancy.days.overlaps(vacancy.days)}
        wish = wish_for(graph, vacancy, self.view)
        assert wish.demand is not None
        barred = {*(wish.demand.excluded_ids or ()), *filter(None, seated)} - wish.kept_ids
        return replace(wish, demand=replace(wish.demand, excluded_ids=tuple(sorted(barred))))

    def command(self, found: tuple[Found, ...]) -> EndPerson:
        """Return what books who was found; see `Plan`."""
        teams = tuple(
            SwarmTeam(swarm_id, one.team) for swarm_id, one in zip(self._swarm_ids, found, strict=False)
        )  # fmt: skip
        return replace(self._command, teams=teams)
