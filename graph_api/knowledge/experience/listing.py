"""Everybody who owes experience, as a list for pages."""

from collections.abc import Iterator
from datetime import UTC, date
from typing import NamedTuple

from graph_api.kernel.graph import GraphView
from graph_api.knowledge.experience.owed import closed_on, owing
from graph_api.organization.model import BelongsTo
from graph_api.swarm.decisions import LIVING
from graph_api.swarm.model import MemberOf, Swarm


class Owed(NamedTuple):
    """A booking of which experience is owed, and since which day (UTC)."""

    booking: MemberOf
    since: date


def owed_pairs(view: GraphView, today: date, unit_ids: tuple[str, ...] | None) -> Iterator[Owed | None]:
    """Yield who owes, in no order, and None for each swarm that was looked at."""
    for swarm in view.nodes(Swarm):
        yield None
        if swarm.state in LIVING:
            for booking in owing(view, swarm, today):
                if unit_ids is None or _belongs(view, booking.source, unit_ids, today):
                    yield Owed(booking, _since(swarm, booking))


def _belongs(view: GraphView, person_id: str, unit_ids: tuple[str, ...], today: date) -> bool:
    links = (link for link in view.outgoing(BelongsTo, person_id) if link.target in unit_ids)
    return any((link.since or date.min) <= today <= (link.until or date.max) for link in links)


def _since(swarm: Swarm, booking: MemberOf) -> date:
    closed = closed_on(swarm) or date.max
    left = booking.left_at
    return closed if left is None else min(closed, left.astimezone(UTC).date())


def owed_place(one: Owed) -> tuple[int, str, str]:
    """Return the place of a pair in the list: oldest first, then by swarm and person."""
    return (one.since.toordinal(), one.booking.target, one.booking.source)
