"""Find what a plan may not do to swarms: book people beyond capacity, give a task two active ones, reopen a staffed
task, end one while experience is owed.

Only swarms that are active count, history is taken as it is. What is stored already is never blamed. Pure.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

import msgspec

from graph_api.exchange.checking import CheckedFile, Placed
from graph_api.exchange.difference import diff
from graph_api.exchange.drafting import Draft, Planned
from graph_api.exchange.endings import ended_owing
from graph_api.exchange.reading import Fault
from graph_api.kernel.errors import Conflict
from graph_api.kernel.graph import Graph, GraphView, Overlay
from graph_api.kernel.ids import entity_id, natural_key
from graph_api.kernel.quantities import share_permille
from graph_api.kernel.records import Node, Record, RecordKey, tag_of, upsert
from graph_api.organization.model import Person, Task, TaskState
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState

SWARMS: Final = "swarms.csv"
BOOKINGS: Final = "swarm_member.csv"
TASKS: Final = "tasks.csv"
_BOOKED: Final = (Swarm, MemberOf, Staffs)


class Clash(NamedTuple):
    """A planned record that cannot be loaded beside what else is active, the field that says so, and why."""

    key: RecordKey
    field: str
    reason: str


class Outlook(NamedTuple):
    """The part of a state that a plan's bookings meet, as it is and as it would be."""

    before: Graph
    after: GraphView
    planned: Sequence[Planned]
    altered: frozenset[RecordKey]


class _Share(NamedTuple):
    link: MemberOf
    blamed: Clash | None


def relevant(records: Iterable[Planned]) -> tuple[Planned, ...]:
    """Return the planned records on which bookings depend, in any state."""
    booked = [planned for planned in records if isinstance(planned.record, (*_BOOKED, Person)) or _opens(planned)]
    if any(isinstance(planned.record, _BOOKED) for planned in booked):
        return tuple(booked)
    return tuple(planned for planned in booked if isinstance(planned.record, Task))


def _opens(planned: Planned) -> bool:
    return isinstance(planned.record, Task) and planned.record.state is TaskState.OPEN and "state" in planned.carried


def look_ahead(view: GraphView, records: Iterable[Planned]) -> Outlook:
    """Gather what the planned bookings meet in a state, and lay the plan over it."""
    planned = [one for one in relevant(records) if not isinstance(one.record, Task) or _is_staffed(view, one.record.id)]
    before = Graph()
    nodes, links = _met(view, [one.record for one in planned])
    before.apply(upsert(record) for record in (*nodes, *links))
    after = Overlay(before)
    changes = diff(before, planned).changes
    after.apply(changes)
    return Outlook(before, after, planned, frozenset(change.key for change in changes if change.after is not None))


def _is_staffed(view: GraphView, task_id: str) -> bool:
    task = view.node(Task, task_id)
    return task is not None and task.state is TaskState.STAFFED


def _met(view: GraphView, records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Return the stored nodes and relationships around planned ones; an import reads beside the loop, hence tuples."""
    links = [record for record in records if isinstance(record, MemberOf | Staffs)]
    swarms = {record.id for record in records if isinstance(record, Swarm)}
    swarms |= {link.target if isinstance(link, MemberOf) else link.source for link in links}
    stored: list[MemberOf | Staffs] = []
    for swarm in swarms:
        stored += (*tuple(view.incoming(MemberOf, swarm)), *tuple(view.outgoing(Staffs, swarm)))
    people = {link.source for link in (*links, *stored) if isinstance(link, MemberOf)}
    tasks = {link.target for link in (*links, *stored) if isinstance(link, Staffs)}
    tasks |= {record.id for record in records if isinstance(record, Task)}
    for person in people:
        stored += tuple(view.outgoing(MemberOf, person))
    for task in tasks:
        stored += tuple(view.incoming(Staffs, task))
    swarms |= {link.target if isinstance(link, MemberOf) else link.source for link in stored}
    people |= {record.id for record in records if isinstance(record, Person)}
    kinds: tuple[tuple[type[Node], set[str]], ...] = ((Person, people), (Task, tasks), (Swarm, swarms))
    nodes = [view.node(kind, identifier) for kind, identifiers in kinds for identifier in identifiers]
    return [node for node in nodes if node is not None], [*stored]


def find_clashes(outlook: Outlook) -> list[Clash]:
    """Return the planned records that book somebody beyond the capacity or give a task a second active swarm.

    Without them the rest fits; where several could go, the one that begins or stands last goes.
    """
    # A second swarm goes first: with it go its bookings.
    return list(_second_swarms(outlook)) or list(_overbookings(outlook))


def reopened(outlook: Outlook) -> list[Task]:
    """Return the staffed tasks that the plan would open although a swarm works on them."""
    changed = (outlook.after.record(one.record.key) for one in outlook.planned if one.record.key in outlook.altered)
    return [task for task in changed if isinstance(task, Task) and _is_reopened(outlook, task)]


def _is_reopened(outlook: Outlook, task: Task) -> bool:
    if task.state is not TaskState.OPEN or not _is_staffed(outlook.before, task.id):
        return False
    swarms = (outlook.after.node(Swarm, link.source) for link in outlook.after.incoming(Staffs, task.id))
    return any(swarm is not None and swarm.state is SwarmState.ACTIVE for swarm in swarms)


def _second_swarms(outlook: Outlook) -> Iterator[Clash]:
    for task_id, swarms in _coming(outlook).items():
        others = sorted(link.source for link in outlook.after.incoming(Staffs, task_id) if link.source not in swarms)
        active = [swarm for swarm in others if _is_active(outlook.after, swarm)]
        holder, *second = [*active[:1], *swarms]
        reason = f"the task has an active swarm already: {natural_key(holder)}"
        yield from (Clash((Swarm.__name__, swarm), "task", reason) for swarm in second)


def _coming(outlook: Outlook) -> dict[str, dict[str, None]]:
    """Return by task, in the order of the plan, the swarms that it gets active by the plan."""
    coming: dict[str, dict[str, None]] = {}
    for one in outlook.planned:
        if isinstance(one.record, Swarm) and _is_active(outlook.after, one.record.id):
            for link in outlook.after.outgoing(Staffs, one.record.id):
                if link.key in outlook.altered or _awakes(outlook, link.source):
                    coming.setdefault(link.target, {})[link.source] = None
    return coming


def _is_active(view: GraphView, swarm_id: str) -> bool:
    swarm = view.node(Swarm, swarm_id)
    return swarm is not None and swarm.state is SwarmState.ACTIVE


def _awakes(outlook: Outlook, swarm_id: str) -> bool:
    return _is_active(outlook.after, swarm_id) and not _is_active(outlook.before, swarm_id)


def _overbookings(outlook: Outlook) -> Iterator[Clash]:
    places = {one.record.key: place for place, one in enumerate(outlook.planned)}
    for person_id in _booked_people(outlook):
        person = outlook.after.node(Person, person_id)
        if person is not None:
            links = [link for link in outlook.after.outgoing(MemberOf, person_id) if _counts(outlook.after, link)]
            links.sort(key=lambda link: (link.since, places.get(link.key, -1), link.key))
            capacity = share_permille(person.capacity)
            yield from _beyond(capacity, [_Share(link, _blame(outlook, link, capacity)) for link in links])


def _booked_people(outlook: Outlook) -> Collection[str]:
    """Return who is booked by the plan, or by a swarm in it, each once, in the order of the plan."""
    people: dict[str, None] = {}
    for one in outlook.planned:
        if isinstance(one.record, MemberOf):
            people[one.record.source] = None
        elif isinstance(one.record, Swarm) and _awakes(outlook, one.record.id):
            people |= dict.fromkeys(sorted(link.source for link in outlook.after.incoming(MemberOf, one.record.id)))
    return people


def _counts(view: GraphView, link: MemberOf) -> bool:
    return link.holds_days and _is_active(view, link.target)


def _blame(outlook: Outlook, link: MemberOf, capacity: int) -> Clash | None:
    """Return what to say of a booking where it is too much: nothing where it was stored and counted before."""
    reason = f"{natural_key(link.source)} would be booked beyond the capacity of {capacity} thousandths of a day"
    stored = outlook.before.record(link.key)
    if link.key in outlook.altered and (not isinstance(stored, MemberOf) or _claim(stored) != _claim(link)):
        return Clash(link.key, "share_permille", reason)
    return Clash((Swarm.__name__, link.target), "state", reason) if _awakes(outlook, link.target) else None


def _claim(link: MemberOf) -> tuple[object, ...]:
    return link.since, link.until, link.share_permille, link.left_at


def _beyond(capacity: int, shares: Sequence[_Share]) -> Iterator[Clash]:
    """Yield the bookings to leave out, of one person's in the order in which they begin."""
    running: list[_Share] = []
    for share in shares:
        running = [other for other in running if other.link.until >= share.link.since]
        running.append(share)
        while sum(other.link.share_permille for other in running) > capacity:
            last = next((other for other in reversed(running) if other.blamed and other.link.share_permille), None)
            if last is None or last.blamed is None:
                break
            yield last.blamed._replace(reason=f"{last.blamed.reason} on {share.link.since}")
            running.remove(last)


def refuse_clashes(view: GraphView, records: Iterable[Planned]) -> None:
    """Raise Conflict where planned records no longer fit what a state has booked meanwhile."""
    planned = list(records)
    outlook = look_ahead(view, planned)
    reasons = [clash.reason for clash in find_clashes(outlook)]
    reasons += [f"{natural_key(task.id)} was staffed meanwhile" for task in reopened(outlook)]
    reasons += [f"{natural_key(swarm)}: {reason}" for swarm, reason in ended_owing(view, planned).items()]
    if reasons:
        raise Conflict(
            f"The import no longer fits what was booked while it ran: {reasons[0]}. Nothing of it was loaded.",
            suggestion="Import again: each row that does not fit is then told.",
        )


def settle_bookings(draft: Draft, files: Iterable[CheckedFile]) -> None:
    """Leave out the rows of a draft that clash, each with its fault; keep tasks staffed on which a swarm works."""
    rows = _Rows({file.kind.file: file for file in files})
    outlook = look_ahead(draft.view, draft.records.values())
    # Leaving a row out brings the stored booking back that it replaced, so that another row may clash with that one.
    while clashes := find_clashes(outlook):
        _leave_out(draft, rows, {clash.key: clash for clash in clashes})
        outlook = look_ahead(draft.view, draft.records.values())
    for task in reopened(outlook):
        _keep_staffed(draft, rows, task)
    owed = ended_owing(draft.view, draft.records.values())
    clashes = (Clash((Swarm.__name__, swarm), "state", reason) for swarm, reason in owed.items())
    _leave_out(draft, rows, {clash.key: clash for clash in clashes})


class _Rows:
    """The rows behind planned records, looked up only where something is wrong."""

    def __init__(self, files: Mapping[str, CheckedFile]) -> None:
        self._files = files

    def fault(self, key: RecordKey, field: str, reason: str) -> Fault:
        """Build what is to be said of a record."""
        name, placed = self._places[key]
        return self._files[name].fault(placed, field, reason)

    def line(self, key: RecordKey) -> int:
        """Return the line of a record's row."""
        return self._places[key][1].line

    @cached_property
    def _places(self) -> dict[RecordKey, tuple[str, Placed]]:
        return {
            key(placed.row): (name, placed)
            for name, key in _KEYS.items()
            if name in self._files
            for placed in self._files[name].rows
        }


_KEYS: Final[Mapping[str, Callable[[Any], RecordKey]]] = {
    TASKS: lambda row: (Task.__name__, entity_id(Task.entity_type, row.id)),
    SWARMS: lambda row: (Swarm.__name__, entity_id(Swarm.entity_type, row.id)),
    BOOKINGS: lambda row: _booking_key(entity_id("person", row.person), entity_id("swarm", row.swarm)),
}


def _booking_key(person_id: str, swarm_id: str) -> RecordKey:
    return tag_of(MemberOf), person_id, swarm_id, ""


def _leave_out(draft: Draft, rows: _Rows, clashes: Mapping[RecordKey, Clash]) -> None:
    for clash in clashes.values():
        del draft.records[clash.key]
        draft.faults.append(rows.fault(*clash))
    for key, planned in list(draft.records.items()):
        record = planned.record
        if not isinstance(record, MemberOf | Staffs):
            continue
        swarm = (Swarm.__name__, record.target if isinstance(record, MemberOf) else record.source)
        if swarm in clashes:
            del draft.records[key]
            if isinstance(record, MemberOf):
                reason = f"it refers to a row that was rejected, {SWARMS}:{rows.line(swarm)}"
                draft.cascaded.append(rows.fault(key, "swarm", reason))


def _keep_staffed(draft: Draft, rows: _Rows, task: Task) -> None:
    planned = draft.records[task.key]
    draft.records[task.key] = msgspec.structs.replace(planned, carried=planned.carried - {"state"})
    draft.warnings.append(rows.fault(task.key, "task_state", "a swarm works on this task; it stays STAFFED"))
