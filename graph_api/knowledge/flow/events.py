"""Who learned what from whom, as dated events between people and items."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from enum import StrEnum
from itertools import combinations

import msgspec

from graph_api.kernel.graph import GraphView
from graph_api.knowledge.flow import reading
from graph_api.knowledge.flow.reading import ItemRead, TeamRead


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
    return _in_order([*of_items(list(reading.ITEMS.read(view))), *of_teams(reading.TEAMS.read(view), team_people_max)])


def item_events(view: GraphView) -> list[Event]:
    """Return the dated events that an item has part in, the earliest first."""
    return _in_order(of_items(list(reading.ITEMS.read(view))))


def _in_order(found: Iterable[Event]) -> list[Event]:
    """Return events in the order of time, those of one instant as they come."""
    return sorted(found, key=lambda event: event.at)


def of_items(read: Sequence[ItemRead]) -> Iterator[Event]:
    """Yield the dated events of all items; an undated citation takes the date of the citing item and is flagged.

    What is none of the items cites none: it may be a draft.
    """
    created = {each.item.id: each.item.created_at for each in read}
    for item, writers, uses, citing in read:
        if item.created_at is not None:
            for writer in writers:
                yield Event(FlowEvent.RECORDED, writer.target, item.id, item.created_at)
        for use in uses:
            if use.at is not None:
                yield Event(FlowEvent.USED, item.id, use.source, use.at)
        for link in citing:
            if link.source in created and (at := link.at or created[link.source]) is not None:
                yield Event(FlowEvent.CITED, item.id, link.source, at, link.dated and link.at is not None)


def of_teams(read: Iterable[TeamRead], team_people_max: int) -> Iterator[Event]:
    """Yield that people of tasks and swarms met, where it is known when they were there."""
    for task, workers, members in read:
        first, last = (_day(task.opened_at), _day(task.closed_at)) if task is not None else (None, None)
        team = [_Presence(link.source, link.since or first, link.until or last) for link in workers]
        team += [
            _Presence(link.source, link.since, min(link.until, _day(link.left_at) or link.until)) for link in members
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
