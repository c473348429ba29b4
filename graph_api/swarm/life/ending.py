"""Somebody leaves the organization: a pure decision on the exact state, and the bookings that lead to it."""

from collections.abc import Iterator
from datetime import UTC, date, timedelta
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
from graph_api.swarm.assembly import Booked, NotDecided, PersonEnded, Proposed, View
from graph_api.swarm.checks import Fault, TeamMember, bookings_held
from graph_api.swarm.decisions import conflict
from graph_api.swarm.finding import Found, Wish
from graph_api.swarm.life.replacing import wish_for
from graph_api.swarm.life.sharing import Choice, Opening, has_room, overlapping, shared_out
from graph_api.swarm.life.vacancies import Filled, Vacancy, filling, newcomer, vacancy_faults
from graph_api.swarm.model import LeaveReason
from graph_api.swarm.problem import Solution


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
    if faults := [*faults, *_overfilled(view, filled)]:
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
            reason = LeaveReason.LEFT_ORGANIZATION
            yield Vacancy(booking=booking, first_day=first, reason=reason, is_ahead=first > today)


def _overfilled(view: GraphView, filled: list[Filled]) -> Iterator[Fault]:
    """Yield whoever has no room for all the seats that he is given; of each seat alone it is asked elsewhere."""
    given: dict[str, list[Vacancy]] = {}
    for one in filled:
        if (person_id := newcomer(view, one)) is not None:
            given.setdefault(person_id, []).append(one.vacancy)
    for person_id, vacancies in sorted(given.items()):
        if len(vacancies) > 1 and not has_room(view, person_id, vacancies):
            swarms = " and ".join(one.swarm_id for one in vacancies)
            yield Fault(f"{person_id} has no room for {swarms} together.", person_id)


class Ending:
    """What somebody's leaving is solved and booked by; see `Plan`."""

    operation: AnyOperation = END_PERSON

    def __init__(self, command: EndPerson, view: View | None) -> None:
        self._command = command
        self.view = view
        self._teams: tuple[SwarmTeam, ...] = ()

    def next(self, graph: GraphView, today: date, found: tuple[Found, ...]) -> Wish | InputRejected | NotDecided | None:
        """Ask who can take each of the seats, one seat after the other, then share them out; see `Plan`."""
        asked = self._command
        if problems := _problems(graph, asked, today):
            return rejected(problems)
        vacancies = vacancies_of(graph, asked.person_id, asked.last_day, today)
        if len(found) < len(vacancies):
            others = overlapping([one.days for one in vacancies], len(found))
            return replace(wish_for(graph, vacancies[len(found)], self.view), alternatives=others)
        if len(found) > len(vacancies):
            return None  # the state moved on, so that somebody can take the seat after all: all is found anew
        return self._share(graph, vacancies, found)

    def _share(self, graph: GraphView, vacancies: list[Vacancy], found: tuple[Found, ...]) -> Wish | NotDecided | None:
        """Share the seats out; where that cannot be done, ask why the first that is left is filled by nobody.

        Seats that few can take come first, so that the ways that are looked at do not run out before them.
        """
        pairs = sorted(zip(vacancies, found, strict=True), key=lambda one: len(_opening(*one).choices))
        vacancies, found = [one for one, _ in pairs], tuple(one for _, one in pairs)

        def fits(person_id: str, places: tuple[int, ...]) -> bool:
            return has_room(graph, person_id, [vacancies[place] for place in places])

        openings = [_opening(*one) for one in zip(vacancies, found, strict=True)]
        shared = shared_out(openings, fits)
        chosen = list(zip(vacancies, found, shared.chosen, strict=False))
        teams = (SwarmTeam(one.swarm_id, _team(_ranked(answer)[place])) for one, answer, place in chosen)
        self._teams = tuple(sorted(teams, key=lambda team: team.swarm_id))
        if len(chosen) == len(vacancies):
            return None
        if shared.is_cut:
            return NotDecided(message="There are too many ways to share the seats out to look at all of them.")
        days = [one.days for one in vacancies]
        if not all(_is_enough(one, overlapping(days, at)) for at, one in enumerate(found)):
            return NotDecided(message="The deadline came before it was known whether all seats can be filled at once.")
        taken: dict[str, list[int]] = {}
        for at, place in enumerate(shared.chosen):
            taken.setdefault(openings[at].choices[place].person_id, []).append(at)
        barred = {one for one, places in taken.items() if not fits(one, (*places, len(chosen)))}
        return self._wish_without(graph, vacancies[len(chosen)], barred)

    def _wish_without(self, graph: GraphView, vacancy: Vacancy, barred: set[str]) -> Wish:
        wish = wish_for(graph, vacancy, self.view)
        assert wish.demand is not None
        excluded = {*(wish.demand.excluded_ids or ()), *barred} - wish.kept_ids
        return replace(wish, demand=replace(wish.demand, excluded_ids=tuple(sorted(excluded))))

    def command(self, found: tuple[Found, ...]) -> EndPerson:
        """Return what books who was found; see `Plan`."""
        return replace(self._command, teams=self._teams if found else ())


def _ranked(found: Found) -> tuple[Solution, ...]:
    assert isinstance(found.value, Proposed), "what is not proposed ends it"
    return (found.value.proposal.team, *found.value.proposal.alternatives)


def _is_enough(found: Found, others: int) -> bool:
    """Say whether of those who can take a seat one more is known than there are other seats on its days, or all."""
    assert isinstance(found.value, Proposed), "what is not proposed ends it"
    return len(found.value.proposal.alternatives) >= others or found.value.proposal.are_all


def _opening(vacancy: Vacancy, found: Found) -> Opening:
    """Return a seat, and who would come in each of the teams that were found for it."""
    assert found.demand is not None, "what is proposed is proposed for something"
    stayers = frozenset(found.demand.pinned_ids or ())
    newcomers = ((next(one for one in team.person_ids if one not in stayers), team) for team in _ranked(found))
    return Opening(days=vacancy.days, choices=tuple(Choice(one, team.objective) for one, team in newcomers))


def _team(team: Solution) -> tuple[TeamMember, ...]:
    return tuple(TeamMember(seat.person_id, seat.roles) for seat in team.seats)
