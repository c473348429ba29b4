"""What would be lost with people who leave: skills and items that nobody else holds, and work that they are in."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date
from typing import Final

import msgspec

from graph_api.kernel.graph import GraphView
from graph_api.knowledge.flow.links import items_of_task
from graph_api.knowledge.flow.reading import Part
from graph_api.knowledge.flow.risk import Holding, held_by_those_present, holdings
from graph_api.knowledge.model import From, Knowledge, KnowledgeState
from graph_api.organization.model import Skill, Task, TaskState, WorkedOn
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState


class Departure(msgspec.Struct, frozen=True):
    """Ids, sorted: of skills and items that nobody holds any more, and of skills that one person alone still holds."""

    skills_lost: tuple[str, ...]
    skills_at_one_holder: tuple[str, ...]
    items_lost: tuple[str, ...]


def parts(today: date) -> tuple[Part[Holding], ...]:
    """Return who is there and who holds what; an item is held by whoever worked on the task it comes from, too."""
    return holdings(today), _WORKED_WITH


def _worked_with(view: GraphView, item_id: str) -> Holding | None:
    item = view.node(Knowledge, item_id)
    if item is None or item.state is not KnowledgeState.CONFIRMED:
        return None
    people = (person for link in view.outgoing(From, item_id) for person in _workers(view, link.target))
    return Holding(item_id, frozenset(people))


def _worked_out_of(view: GraphView, entity: str) -> Iterator[str]:
    """Yield the items that come from a task, or from the tasks of a swarm."""
    yield from items_of_task(view, entity)
    for staffing in view.outgoing(Staffs, entity):
        yield from items_of_task(view, staffing.target)


_WORKED_WITH: Final[Part[Holding]] = Part((Knowledge,), _worked_with, also=_worked_out_of)


def _workers(view: GraphView, task_id: str) -> Iterator[str]:
    yield from (link.source for link in view.incoming(WorkedOn, task_id))
    for staffing in view.incoming(Staffs, task_id):
        yield from (link.source for link in view.incoming(MemberOf, staffing.source))


def departure(rows: Iterable[Holding], leaving: Iterable[str]) -> Departure:
    """Let some people leave together."""
    going = frozenset(leaving)
    left = {what: people - going for what, people in held_by_those_present(rows).items() if people & going}
    return Departure(
        _of(Skill.entity_type, left, 0), _of(Skill.entity_type, left, 1), _of(Knowledge.entity_type, left, 0)
    )


def _of(kind: str, left: dict[str, frozenset[str]], holders: int) -> tuple[str, ...]:
    return tuple(
        sorted(what for what, people in left.items() if len(people) == holders and what.startswith(f"{kind}:"))
    )


def tasks_of(view: GraphView, people: Iterable[str], today: date) -> tuple[str, ...]:
    """Return the ids, sorted, of tasks not closed that some people work on, by themselves or in a swarm at work."""
    found = {
        task for person in people for task in (*_own_tasks(view, person, today), *_swarm_tasks(view, person, today))
    }
    tasks = (view.node(Task, one) for one in sorted(found))
    return tuple(task.id for task in tasks if task is not None and task.state is not TaskState.CLOSED)


def _own_tasks(view: GraphView, person: str, today: date) -> Iterator[str]:
    for link in view.outgoing(WorkedOn, person):
        if link.until is None or link.until >= today:
            yield link.target


def _swarm_tasks(view: GraphView, person: str, today: date) -> Iterator[str]:
    for booking in view.outgoing(MemberOf, person):
        swarm = view.node(Swarm, booking.target)
        if swarm is not None and swarm.state is SwarmState.ACTIVE and _works(booking, today):
            yield from (link.target for link in view.outgoing(Staffs, swarm.id))


def _works(booking: MemberOf, today: date) -> bool:
    """Say whether somebody is in the swarm beyond today, or on a day to come."""
    return booking.until >= today and (booking.left_at is None or booking.left_at.astimezone(UTC).date() > today)
