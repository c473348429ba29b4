"""Cancelling and rescheduling a swarm: pure decisions on the exact state."""

from collections.abc import Iterator
from datetime import UTC, date
from typing import Final

import msgspec
from msgspec.structs import replace

from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation, Problem, Refused, rejected
from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import removal, upsert
from graph_api.organization.checks import References, check_days
from graph_api.organization.model import Person
from graph_api.swarm.assembly import Booked
from graph_api.swarm.checks import Fault, time_faults
from graph_api.swarm.demand import count_problems
from graph_api.swarm.life.closing import cancelled
from graph_api.swarm.model import MemberOf, Swarm, SwarmState


class CancelSwarm(Command, frozen=True, kw_only=True):
    """Call a swarm off before its first booked day."""

    swarm_id: str


class RescheduleSwarm(Command, frozen=True, kw_only=True):
    """Move a swarm to other days, with all of its members."""

    swarm_id: str
    days: Days


class SwarmChanged(msgspec.Struct, frozen=True, tag=True):
    """The swarm is as it was asked to be."""

    swarm_id: str


def decide_cancel_swarm(view: GraphView, command: CancelSwarm, context: Context) -> Decision:
    """Call it off where nobody can have worked in it yet."""
    swarm, problems = found(view, command.swarm_id, {SwarmState.ACTIVE})
    if swarm is None or problems:
        return Refused(rejected(problems))
    first = min((link.since for link in view.incoming(MemberOf, swarm.id)), default=swarm.starts_on)
    if context.at.astimezone(UTC).date() >= first:
        message = f"{swarm.id} began on {first}."
        return Refused(rejected([Problem(("swarmId",), "BEGUN", message, "Dissolve it, or close its task.")]))
    return Accepted(tuple(cancelled(view, swarm, context)), SwarmChanged(swarm.id))


def decide_reschedule_swarm(view: GraphView, command: RescheduleSwarm, context: Context) -> Decision:
    """Move it where every member is free on the new days, its own booking not counted; else say who is not."""
    swarm, problems = found(view, command.swarm_id, {SwarmState.ACTIVE})
    problems += _days_problems(swarm, command.days, context)
    if swarm is None or problems:
        return Refused(rejected(problems))
    members = [link for link in view.incoming(MemberOf, swarm.id) if link.left_at is None or link.left_at > context.at]
    today = context.at.astimezone(UTC).date()
    moved = [(link, _moved(swarm, link, command.days)) for link in members]
    if faults := [fault for _, link in moved if link is not None for fault in _faults(view, link, today)]:
        people = sorted({fault.person_id for fault in faults if fault.person_id is not None})
        return Refused(Booked(message=" ".join(fault.message for fault in faults), person_ids=tuple(people)))
    days = command.days
    there = upsert(replace(swarm, starts_on=days.starts_on, ends_on=days.ends_on, reminded_on=None))
    changes = (removal(before) if link is None else upsert(link) for before, link in moved)
    return Accepted((there, *changes), SwarmChanged(swarm.id))


def found(
    view: GraphView, swarm_id: str, states: set[SwarmState] | frozenset[SwarmState]
) -> tuple[Swarm | None, list[Problem]]:
    """Return a swarm and what is wrong with asking for it: it is unknown, or in none of these states."""
    swarm = view.node(Swarm, swarm_id)
    if swarm is None:
        return None, list(References(view).check(("swarmId",), Swarm, swarm_id))
    if swarm.state not in states:
        message = f"{swarm_id} is {swarm.state}."
        wanted = " or ".join(sorted(states))
        return swarm, [Problem(("swarmId",), "NOT_ACTIVE", message, f"Take one that is {wanted}.")]
    return swarm, []


def _days_problems(swarm: Swarm | None, days: Days, context: Context) -> Iterator[Problem]:
    yield from check_days(("days",), days)
    yield from count_problems(days, ("days",))
    today = context.at.astimezone(UTC).date()
    if swarm is None:
        return
    if swarm.starts_on <= today and days.starts_on != swarm.starts_on:
        message = f"{swarm.id} began on {swarm.starts_on}: its first day stays."
        yield Problem(("days", "startsOn"), "BEGUN", message, f"Send {swarm.starts_on}.")
    elif swarm.starts_on > today > days.starts_on:
        message = f"{days.starts_on} is over."
        yield Problem(("days", "startsOn"), "OUT_OF_RANGE", message, f"Begin on {today} or later.")
    if days.ends_on < today:
        yield Problem(("days", "endsOn"), "OUT_OF_RANGE", f"{days.ends_on} is over.", f"End on {today} or later.")


def _faults(view: GraphView, link: MemberOf, today: date) -> Iterator[Fault]:
    """Yield why a person cannot be booked on the days that are left of a booking."""
    person = view.node(Person, link.source)
    if person is None:
        yield Fault(f"{link.source} is nobody who can be asked.", link.source)
        return
    if link.until >= today:
        days = Days(max(today, link.since), link.until)
        yield from time_faults(view, person, days, link.share_permille, besides=link.target)


def _moved(swarm: Swarm, link: MemberOf, days: Days) -> MemberOf | None:
    """Return a booking on the new days; None where none of them is left to it.

    Whoever takes a seat later, or leaves it sooner, does so on the day that was agreed; who would have left after the
    new end stays.
    """
    since = max(days.starts_on, link.since) if link.since > swarm.starts_on else days.starts_on
    if link.left_at is None or link.until >= days.ends_on:
        moved = replace(link, since=since, until=days.ends_on, left_at=None, left_because=None)
    else:
        moved = replace(link, since=since)
    return moved if moved.since <= moved.until else None


CANCEL_SWARM: Final = Operation("cancelSwarm", CancelSwarm, decide_cancel_swarm, SwarmChanged)
RESCHEDULE_SWARM: Final = Operation("rescheduleSwarm", RescheduleSwarm, decide_reschedule_swarm, SwarmChanged)
