"""Who learned what from whom, as dated events between people and items."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from enum import StrEnum
from itertools import combinations

import msgspec

from graph_api.kernel.graph import GraphView
from graph_api.knowledge.model import Cites, Knowledge, RecordedBy, Used
from graph_api.organization.model import Task, WorkedOn
from graph_api.swarm.model import MemberOf, Swarm


class FlowEvent(StrEnum):
    """How knowledge passes: into an item, from it to a person, from it to a citing item, between people."""

    RECORDED = "RECORDED"
    USED = "USED"
    CITED = "CITED"
    WORKED_TOGETHER = "WORKED_TOGETHER"


class Event(msgspec.Struct, frozen=True, gc=False):
    """Knowledge passed from one to another at an instant (UTC); `dated` is False where the date was taken over."""

    via: FlowEvent
    source: str
    target: str
    at: datetime
    dated: bool = True


class _Presence(msgspec.Struct, frozen=True, gc=False):
    """Days that somebody was at some work, both ends included; an end is None where it is unknown."""

    person: str
    since: date | None
    until: date | None


def events(view: GraphView, team_people_max: int) -> list[Event]:
    """Return all dated events, the earliest first; teams of more people than the bound are not taken as together."""
    found = [*_of_items(view), *_of_tasks(view, team_people_max), *_of_swarms(view, team_people_max)]
    return sorted(found, key=lambda event: event.at)


def item_events(view: GraphView) -> list[Event]:
    """Return the dated events that an item has part in, the earliest first."""
    return sorted(_of_items(view), key=lambda event: event.at)


def _of_items(view: GraphView) -> Iterator[Event]:
    for item in view.nodes(Knowledge):
        if item.created_at is not None:
            for link in view.outgoing(RecordedBy, item.id):
                yield Event(FlowEvent.RECORDED, link.target, item.id, item.created_at)
        for use in view.incoming(Used, item.id):
            if use.at is not None:
                yield Event(FlowEvent.USED, item.id, use.source, use.at)
        yield from _citations(view, item)


def _citations(view: GraphView, item: Knowledge) -> Iterator[Event]:
    """Yield who cites an item; an undated citation takes the date of the citing item and is flagged."""
    for link in view.incoming(Cites, item.id):
        citing = view.node(Knowledge, link.source)
        at = link.at or (citing.created_at if citing is not None else None)
        if at is not None:
            yield Event(FlowEvent.CITED, item.id, link.source, at, link.dated and link.at is not None)


def _of_tasks(view: GraphView, team_people_max: int) -> Iterator[Event]:
    for task in view.nodes(Task):
        first, last = _day(task.opened_at), _day(task.closed_at)
        team = [
            _Presence(link.source, link.since or first, link.until or last) for link in view.incoming(WorkedOn, task.id)
        ]
        yield from _together(team, team_people_max)


def _of_swarms(view: GraphView, team_people_max: int) -> Iterator[Event]:
    for swarm in view.nodes(Swarm):
        team = [
            _Presence(link.source, link.since, min(link.until, _day(link.left_at) or link.until))
            for link in view.incoming(MemberOf, swarm.id)
        ]
        yield from _together(team, team_people_max)


def _together(team: Sequence[_Presence], team_people_max: int) -> Iterator[Event]:
    """Yield that any two met, on the first and on the last day that both were there, where these are known."""
    if len({one.person for one in team}) > team_people_max:
        return
    for one, other in combinations(team, 2):
        if one.person != other.person:
            for day in _common_days(one, other):
                at = datetime.combine(day, time(), UTC)
                yield Event(FlowEvent.WORKED_TOGETHER, one.person, other.person, at)
                yield Event(FlowEvent.WORKED_TOGETHER, other.person, one.person, at)


def _common_days(one: _Presence, other: _Presence) -> Iterable[date]:
    """Return the first and last common day: an unknown first day gives no day, an unknown last day gives the first."""
    if one.since is None or other.since is None:
        return ()
    first = max(one.since, other.since)
    ends = [until for until in (one.until, other.until) if until is not None]
    last = min(ends) if len(ends) > 1 else first
    if any(until < first for until in ends):
        return ()
    return {first, last}


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()
