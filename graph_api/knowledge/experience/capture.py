"""How much of what swarms learned was kept: counted over pairs of a swarm and a member who worked in it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec

from graph_api.kernel.graph import GraphView
from graph_api.knowledge.experience.owed import closed_on, has_worked, kept, stored_at
from graph_api.knowledge.merging import repeated_by
from graph_api.knowledge.model import (
    Cites,
    Knowledge,
    RecordedBy,
    Used,
    Waived,
)
from graph_api.organization.model import BelongsTo, For, PartOf, Unit
from graph_api.swarm.model import MemberOf, Swarm, SwarmState
from graph_api.swarm.read_model import task_of

OVERDUE_DAYS: Final = 14
"""A swarm that closed longer ago counts although it is not dissolved: else the breaker would make the rate circular."""
REUSE_DAYS: Final = 90


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which pairs: of swarms closed on these days (UTC), of a unit or below it, of a customer; None asks nothing."""

    since: date | None = None
    until: date | None = None
    unit_id: str | None = None
    customer_id: str | None = None


class Pair(msgspec.Struct, frozen=True):
    """A swarm and a member who worked in it, with what was kept in time, and whether the rest was waived or is late."""

    swarm_id: str
    person_id: str
    kept: Knowledge | None
    waived: bool
    overdue: bool


def pairs(view: GraphView, asked: Asked, now: datetime) -> Iterator[Pair | None]:
    """Yield the pairs that count, by swarm and person, and None for each other swarm that was looked at."""
    units = None if asked.unit_id is None else _units_below(view, asked.unit_id)
    today = now.astimezone(UTC).date()
    for swarm in view.nodes(Swarm):
        yield None
        if _counts(view, swarm, asked, today):
            for booking in sorted(view.incoming(MemberOf, swarm.id), key=lambda link: link.source):
                if has_worked(swarm, booking, today) and _is_of(view, booking, units, swarm):
                    yield _pair(view, swarm, booking.source)


def _counts(view: GraphView, swarm: Swarm, asked: Asked, today: date) -> bool:
    day = closed_on(swarm)
    if day is None or swarm.state not in (SwarmState.DISSOLVED, SwarmState.CLOSING):
        return False
    if swarm.state is SwarmState.CLOSING and not _is_late(day, today):
        return False
    if not (asked.since or date.min) <= day <= (asked.until or date.max):
        return False
    if asked.customer_id is None:
        return True
    task = task_of(view, swarm.id)
    return task is not None and view.link(For, task.id, asked.customer_id) is not None


def _is_late(day: date, today: date) -> bool:
    return (today - day).days > OVERDUE_DAYS


def _units_below(view: GraphView, unit_id: str) -> frozenset[str]:
    found, waiting = {unit_id}, [unit_id]
    while waiting:
        for link in view.incoming(PartOf, waiting.pop()):
            if link.source not in found:
                found.add(link.source)
                waiting.append(link.source)
    return frozenset(one for one in found if view.node(Unit, one) is not None)


def _is_of(view: GraphView, booking: MemberOf, units: frozenset[str] | None, swarm: Swarm) -> bool:
    if units is None:
        return True
    day = closed_on(swarm) or booking.until
    links = (link for link in view.outgoing(BelongsTo, booking.source) if link.target in units)
    return any((link.since or date.min) <= day <= (link.until or date.max) for link in links)


def _pair(view: GraphView, swarm: Swarm, person_id: str) -> Pair:
    found = _kept_in_time(view, swarm, person_id)
    waived = view.link(Waived, person_id, swarm.id) is not None
    late = swarm.state is SwarmState.CLOSING and found is None and not waived
    return Pair(swarm.id, person_id, found, found is None and waived, late)


def _kept_in_time(view: GraphView, swarm: Swarm, person_id: str) -> Knowledge | None:
    end = float("inf") if swarm.dissolved_at is None else swarm.dissolved_at.timestamp()
    found = kept(view, swarm, person_id)
    return found if found is not None and stored_at(found) <= end else None


def is_taken_up(view: GraphView, item: Knowledge, author_id: str) -> bool:
    """Tell whether somebody but the author used or cited an item, or a duplicate of it, within 90 days."""
    first = item.confirmed_at or item.created_at
    if first is None:
        return False
    last = first + timedelta(days=REUSE_DAYS)
    same = repeated_by(view, item.id)
    used = (link.at for one in same for link in view.incoming(Used, one) if link.source != author_id)
    cited = (
        _cited_at(view, link)
        for one in same
        for link in view.incoming(Cites, one)
        if not _is_by(view, link.source, author_id)
    )
    return any(at is not None and first <= at <= last for at in (*used, *cited))


def _cited_at(view: GraphView, link: Cites) -> datetime | None:
    citing = view.node(Knowledge, link.source)
    return link.at or (citing.confirmed_at or citing.created_at if citing is not None else None)


def _is_by(view: GraphView, item_id: str, author_id: str) -> bool:
    return view.link(RecordedBy, item_id, author_id) is not None


def reused(view: GraphView, found: Sequence[Pair], now: datetime) -> Iterator[bool]:
    """Yield of each item that is old enough to tell whether it was taken up."""
    oldest = (now - timedelta(days=REUSE_DAYS)).timestamp()
    for pair in found:
        if pair.kept is not None and stored_at(pair.kept) <= oldest:
            yield is_taken_up(view, pair.kept, pair.person_id)
