"""Giving a member's seat to somebody else: a pure decision on the exact state, and the booking that leads to it."""

from collections.abc import Iterator
from datetime import UTC, date
from typing import Any, Final

import msgspec

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
from graph_api.organization.checks import References
from graph_api.organization.model import Person
from graph_api.swarm.assembly import Booked, MemberReplaced, View
from graph_api.swarm.checks import TeamMember
from graph_api.swarm.decisions import conflict
from graph_api.swarm.finding import Found, Wish
from graph_api.swarm.life.swarms import found
from graph_api.swarm.life.vacancies import Filled, Vacancy, demand_of, filling, kept_ids, newcomer, vacancy_faults
from graph_api.swarm.model import LeaveReason, MemberOf, Swarm, SwarmState
from graph_api.swarm.read_model import task_of


class ReplaceMember(Command, frozen=True, kw_only=True):
    """Give a member's seat to another from a day on, which is today where none is named.

    Without a team nothing is booked: it only asks for what an earlier command under the same key has done.
    """

    swarm_id: str
    person_id: str
    replacement_id: str | None = None
    starts_on: date | None = None
    reason: LeaveReason
    team: tuple[TeamMember, ...] | None = None

    @property
    def asked(self) -> Any:
        """The team is worked out on the state of the moment, so it is no part of what was asked."""
        return (self.swarm_id, self.person_id, self.replacement_id, self.starts_on, self.reason)


def decide_replace_member(view: GraphView, command: ReplaceMember, context: Context) -> Decision:
    """Book whoever was found, if he is still free and able, and let the member go."""
    vacancy = vacancy_of(view, command, context.at.astimezone(UTC).date())
    if isinstance(vacancy, InputRejected):
        return Refused(vacancy)
    if command.team is None:
        return Refused(Booked(message="Nobody was found.", person_ids=()))
    filled = Filled(vacancy=vacancy, team=command.team)
    if faults := vacancy_faults(view, filled):
        return Refused(conflict(faults, [member.person_id for member in command.team]))
    replacement_id = newcomer(view, filled)
    assert replacement_id is not None, "a team without faults has one more than those who stay"
    replaced = MemberReplaced(swarm_id=command.swarm_id, replacement_id=replacement_id)
    return Accepted(tuple(filling(view, filled, context.at)), replaced)


REPLACE_MEMBER: Final = Operation("replaceMember", ReplaceMember, decide_replace_member, MemberReplaced)


def vacancy_of(view: GraphView, command: ReplaceMember, today: date) -> Vacancy | InputRejected:
    """Return the seat that is to be given away, or all that is wrong with the input."""
    swarm, problems = found(view, command.swarm_id, {SwarmState.ACTIVE})
    booking = view.link(MemberOf, command.person_id, command.swarm_id)
    first = max(today, booking.since if booking else today) if command.starts_on is None else command.starts_on
    problems += [*_people_problems(view, command, booking), *_days_problems(swarm, booking, first, today)]
    if problems or booking is None:
        return rejected(problems)
    return Vacancy(booking=booking, first_day=first, reason=command.reason, is_ahead=first > today)


def _people_problems(view: GraphView, command: ReplaceMember, booking: MemberOf | None) -> Iterator[Problem]:
    references = References(view)
    yield from (unknown := [*references.check(("personId",), Person, command.person_id)])
    if not unknown and (booking is None or booking.left_at is not None):
        message = f"{command.person_id} is no member of {command.swarm_id}, or leaves it already."
        yield Problem(("personId",), "NOT_A_MEMBER", message, "Name one of its members.")
    wanted = command.replacement_id
    if wanted is None:
        return
    yield from references.check(("replacementId",), Person, wanted)
    if view.link(MemberOf, wanted, command.swarm_id) is not None:
        message = f"{wanted} is or was in {command.swarm_id}."
        yield Problem(("replacementId",), "CONTRADICTION", message, "Name somebody who never was, or nobody.")


def _days_problems(swarm: Swarm | None, booking: MemberOf | None, first: date, today: date) -> Iterator[Problem]:
    if swarm is None or booking is None:
        return
    if booking.until < today:
        message = f"The days of {booking.source} in {swarm.id} were over on {booking.until}."
        yield Problem(("swarmId",), "OUT_OF_RANGE", message, "Reschedule the swarm first.")
    elif not max(today, booking.since) <= first <= booking.until:
        message = f"{first} is not between {max(today, booking.since)} and {booking.until}."
        yield Problem(("startsOn",), "OUT_OF_RANGE", message, "Name a day that is left, or none.")


class Replacing:
    """What a replacement is solved and booked by; see `Plan`."""

    operation: AnyOperation = REPLACE_MEMBER

    def __init__(self, command: ReplaceMember, view: View | None) -> None:
        self._command = command
        self.view = view

    def next(self, graph: GraphView, today: date, found: tuple[Found, ...]) -> Wish | InputRejected | None:
        """Ask for the best team of those who stay and one more; see `Plan`."""
        vacancy = vacancy_of(graph, self._command, today)
        if isinstance(vacancy, InputRejected):
            return vacancy
        return None if found else wish_for(graph, vacancy, self.view, self._command.replacement_id)

    def command(self, found: tuple[Found, ...]) -> ReplaceMember:
        """Return what books who was found; see `Plan`."""
        return msgspec.structs.replace(self._command, team=found[0].team) if found else self._command


def wish_for(graph: GraphView, vacancy: Vacancy, view: View | None, wanted_id: str | None = None) -> Wish:
    """Return what has to be solved for a vacancy."""
    task = task_of(graph, vacancy.swarm_id)
    return Wish(
        task_id=task.id if task else None,
        demand=demand_of(graph, vacancy, wanted_id),
        view=view,
        kept_ids=kept_ids(graph, vacancy),
    )
