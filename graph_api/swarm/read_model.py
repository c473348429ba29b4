"""Lists of swarms and bookings for pages."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

import msgspec

from graph_api.kernel.graph import GraphView, Readable
from graph_api.kernel.quantities import Days
from graph_api.organization.model import Task
from graph_api.organization.paging import PlaceKey
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState

NEWEST_FIRST: Final = tuple[int, str]


class SwarmFilter(msgspec.Struct, frozen=True):
    """Any of each list, all of the fields; None asks nothing."""

    states: tuple[SwarmState, ...] | None = None
    person_ids: tuple[str, ...] | None = None
    overdue: bool | None = None


def swarms(graph: Readable, asked: SwarmFilter, today: date) -> list[Swarm]:
    """Return the swarms that a filter lets through, by id."""
    return [
        swarm
        for swarm in _candidates(graph, asked.person_ids)
        if (asked.states is None or swarm.state in asked.states)
        and (asked.overdue is None or is_overdue(swarm, today) is asked.overdue)
    ]


def _candidates(graph: Readable, person_ids: tuple[str, ...] | None) -> Iterable[Swarm]:
    if person_ids is None:
        return graph.nodes(Swarm)
    ids = {link.target for person in person_ids for link in graph.outgoing(MemberOf, person)}
    return [swarm for one in sorted(ids) if (swarm := graph.node(Swarm, one)) is not None]


def is_overdue(swarm: Swarm, today: date) -> bool:
    """Say whether a swarm still works after its last day."""
    return swarm.state is SwarmState.ACTIVE and swarm.ends_on < today


def booked_people(graph: Readable, days: Days) -> frozenset[str]:
    """Return the people whom a living swarm has booked on any of these days."""
    return frozenset(
        link.source
        for swarm in graph.nodes(Swarm)
        if swarm.state is SwarmState.ACTIVE
        for link in graph.incoming(MemberOf, swarm.id)
        if link.holds_days and Days(link.since, link.until).overlaps(days)
    )


def memberships(graph: Readable, person_id: str, states: tuple[SwarmState, ...] | None) -> list[MemberOf]:
    """Return the bookings of a person, latest first day first, then by swarm."""
    found = [
        link
        for link in graph.outgoing(MemberOf, person_id)
        if (swarm := graph.node(Swarm, link.target)) is not None and (states is None or swarm.state in states)
    ]
    return sorted(found, key=membership_place)


def membership_place(link: MemberOf) -> PlaceKey:
    """Return the place of a booking among those of its person."""
    return (-link.since.toordinal(), link.target)


def members(graph: GraphView, swarm_id: str, *, former: bool) -> list[MemberOf]:
    """Return the bookings of a swarm by person, with those of people who left where asked."""
    found = [link for link in graph.incoming(MemberOf, swarm_id) if former or link.left_at is None]
    return sorted(found, key=lambda link: link.source)


def task_of(graph: GraphView, swarm_id: str) -> Task | None:
    """Return the task that a swarm works on."""
    tasks = (graph.node(Task, link.target) for link in graph.outgoing(Staffs, swarm_id))
    return next((task for task in tasks if task is not None), None)


def swarms_of(graph: Readable, task_id: str) -> list[Swarm]:
    """Return the swarms of a task, newest first."""
    found = (graph.node(Swarm, link.source) for link in graph.incoming(Staffs, task_id))
    return sorted((swarm for swarm in found if swarm is not None), key=formed_place)


def formed_place(swarm: Swarm) -> PlaceKey:
    """Return the place of a swarm among those of its task."""
    return (-_seconds(swarm.formed_at), swarm.id)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
