"""Who owes experience of which swarm, and how far each pair is: read off the state alone."""

from collections.abc import Iterator
from datetime import UTC, date
from enum import StrEnum
from typing import Final

from graph_api.kernel.graph import GraphView
from graph_api.knowledge.extraction.validity import LEAST_CHARACTERS, flaw
from graph_api.knowledge.model import (
    About,
    ExperienceOf,
    From,
    Knowledge,
    KnowledgeMethod,
    KnowledgeState,
    RecordedBy,
    Waived,
)
from graph_api.organization.model import For
from graph_api.swarm.model import MemberOf, Swarm, SwarmState
from graph_api.swarm.read_model import task_of


class ExperienceState(StrEnum):
    """NOT_REQUIRED: nothing is owed (yet); OWED and DRAFTED are unmet; CONFIRMED and WAIVED are met."""

    NOT_REQUIRED = "NOT_REQUIRED"
    OWED = "OWED"
    DRAFTED = "DRAFTED"
    CONFIRMED = "CONFIRMED"
    WAIVED = "WAIVED"


UNMET: Final = frozenset({ExperienceState.OWED, ExperienceState.DRAFTED})


def experiences(view: GraphView, swarm_id: str, person_id: str) -> Iterator[Knowledge]:
    """Yield what a person wrote down of a swarm, drafts included, by id."""
    for one in sorted(link.source for link in view.incoming(ExperienceOf, swarm_id)):
        item = view.node(Knowledge, one)
        if item is not None and view.link(RecordedBy, item.id, person_id) is not None:
            yield item


def drafts(view: GraphView, swarm_id: str, person_id: str) -> list[Knowledge]:
    """Return the drafts that wait for a person's word, by id."""
    return [item for item in experiences(view, swarm_id, person_id) if item.state is KnowledgeState.DRAFT]


def kept(view: GraphView, swarm: Swarm, person_id: str) -> Knowledge | None:
    """Return the first experience of a swarm that a person stands for and that counts, or None."""
    found = (item for item in experiences(view, swarm.id, person_id) if item.state is not KnowledgeState.DRAFT)
    counting = (item for item in found if _is_linked(view, swarm, item) and _is_valid(item))
    return min(counting, key=lambda item: (stored_at(item), item.id), default=None)


def _is_linked(view: GraphView, swarm: Swarm, item: Knowledge) -> bool:
    """Tell whether an item is linked to task and customers: what is recorded here always is, to those of its time."""
    task = task_of(view, swarm.id)
    if task is None or item.method is not KnowledgeMethod.IMPORTED:
        return True
    customers = [link.target for link in view.outgoing(For, task.id)]
    about = all(view.link(About, item.id, customer) is not None for customer in customers)
    return view.link(From, item.id, task.id) is not None and about


def _is_valid(item: Knowledge) -> bool:
    """Tell whether an item keeps the rule: what members wrote here does, what was imported is looked at."""
    if item.method is not KnowledgeMethod.IMPORTED:
        return True
    return flaw(item.body, ()) is None if item.body else (item.characters or 0) >= LEAST_CHARACTERS


def swarm_of(view: GraphView, knowledge_id: str) -> Swarm | None:
    """Return the swarm of which an item tells, or None."""
    swarms = (view.node(Swarm, link.target) for link in view.outgoing(ExperienceOf, knowledge_id))
    return next((swarm for swarm in swarms if swarm is not None), None)


def stored_at(item: Knowledge) -> float:
    """Return when an item was confirmed, else made, as seconds since 1970; never where neither is known."""
    at = item.confirmed_at or item.created_at
    return float("inf") if at is None else at.timestamp()


def closed_on(swarm: Swarm) -> date | None:
    """Return the day (UTC) on which a swarm stopped working; None while it works."""
    if swarm.state is SwarmState.ACTIVE:
        return None
    at = swarm.closed_at or swarm.dissolved_at
    return swarm.ends_on if at is None else at.astimezone(UTC).date()


def has_worked(swarm: Swarm, booking: MemberOf, today: date) -> bool:
    """Tell whether at least one booked day (UTC) lies before the end of a booking and of its swarm, or is today."""
    ends = [booking.until, closed_on(swarm) or today]
    if booking.left_at is not None:
        ends.append(booking.left_at.astimezone(UTC).date())
    return swarm.state is not SwarmState.CANCELLED and booking.since <= min(ends)


def experience_state(view: GraphView, swarm: Swarm, booking: MemberOf, today: date) -> ExperienceState:
    """Return how far a pair is. Who still works owes nothing; who left early does, from that day on."""
    if kept(view, swarm, booking.source) is not None:
        return ExperienceState.CONFIRMED
    if view.link(Waived, booking.source, swarm.id) is not None:
        return ExperienceState.WAIVED
    if not has_worked(swarm, booking, today) or _still_works(swarm, booking, today):
        return ExperienceState.NOT_REQUIRED
    return ExperienceState.DRAFTED if drafts(view, swarm.id, booking.source) else ExperienceState.OWED


def _still_works(swarm: Swarm, booking: MemberOf, today: date) -> bool:
    left = booking.left_at
    return swarm.state is SwarmState.ACTIVE and (left is None or left.astimezone(UTC).date() > today)


def owing(view: GraphView, swarm: Swarm, today: date) -> list[MemberOf]:
    """Return the bookings whose people owe experience of a swarm, by person."""
    links = sorted(view.incoming(MemberOf, swarm.id), key=lambda link: link.source)
    return [link for link in links if experience_state(view, swarm, link, today) in UNMET]
