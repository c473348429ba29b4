"""What a reorganisation rests on, so that it is noticed when that is gone."""

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec

from graph_api.kernel.graph import GraphView
from graph_api.organization.model import Person, Requires, Task
from graph_api.swarm.decisions import task_problems
from graph_api.swarm.model import MemberOf, Swarm, SwarmState
from graph_api.swarm.read_model import task_of
from graph_api.swarm.reorganising.model import Evaluation, Reorganization, ReorganizationState


def said_of_task(view: GraphView, task_id: str) -> tuple[Any, ...]:
    """Return what is said of a task, as far as a team for it depends on that."""
    return tuple(_task(view, task_id))


def _task(view: GraphView, task_id: str) -> Iterator[Any]:
    task = view.node(Task, task_id)
    if task is not None:
        yield (task.id, str(task.value), task.currency, task.demand, str(task.due_at))
    links = sorted(view.outgoing(Requires, task_id), key=lambda link: link.key)
    yield from ((link.target, link.seats, link.level, link.weight, link.critical) for link in links)


def _swarm(view: GraphView, swarm_id: str) -> Iterator[Any]:
    swarm = view.node(Swarm, swarm_id)
    yield (swarm_id, swarm is not None and swarm.state is SwarmState.ACTIVE)
    if (task := task_of(view, swarm_id)) is not None:
        yield from _task(view, task.id)
    for link in sorted(view.incoming(MemberOf, swarm_id), key=lambda link: link.key):
        yield (link.source, link.roles, str(link.since), str(link.until), link.share_permille, str(link.left_at))


def _person(view: GraphView, person_id: str) -> Any:
    person = view.node(Person, person_id)
    if person is None:
        return (person_id, None)
    return (person_id, str(person.last_day), person.absences, str(person.day_rate), person.currency, person.timezone)


def evaluation_digest(view: GraphView, found: Evaluation) -> str:
    """Return a digest, in this state, of a task, of the swarms that are left with their members, and of who comes."""
    left = {move.booking.target for move in found.moves}
    people = {move.booking.source for move in found.moves} | {move.replacement_id for move in found.moves}
    told = [*_task(view, found.task_id), *(part for swarm in sorted(left) for part in _swarm(view, swarm))]
    told += [_person(view, one) for one in sorted(people)]
    return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()


def standing(view: GraphView, record: Reorganization, today: date) -> ReorganizationState:
    """Return the state of a reorganisation: STALE where it waits in vain."""
    if record.state is not ReorganizationState.PROPOSED:
        return record.state
    found = record.evaluation
    assert found.premises is not None, "what was proposed rests on something"
    assert found.premises.demand.days is not None, "the demand was resolved"
    over = found.premises.demand.days.ends_on < today
    if over or task_problems(view, record.task) or evaluation_digest(view, found) != found.premises.digest:
        return ReorganizationState.STALE
    return ReorganizationState.PROPOSED
