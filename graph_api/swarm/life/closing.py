"""How a swarm ends, as changes: every way to its end goes through these."""

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, upsert
from graph_api.organization.model import Task, TaskState
from graph_api.swarm.decisions import LIVING
from graph_api.swarm.model import Staffs, Swarm, SwarmState


def living_swarm_of(view: GraphView, task_id: str) -> Swarm | None:
    """Return the swarm that works on a task, or closes; one at a time does."""
    swarms = (view.node(Swarm, link.source) for link in view.incoming(Staffs, task_id))
    return next((swarm for swarm in swarms if swarm is not None and swarm.state in LIVING), None)


def closing(swarm: Swarm) -> Iterator[AnyChange]:
    """Yield what lets the people of a swarm go: they are free at once, and may only read and record."""
    if swarm.state is SwarmState.ACTIVE:
        yield upsert(replace(swarm, state=SwarmState.CLOSING))


def dissolved(view: GraphView, swarm: Swarm, at: datetime) -> Iterator[AnyChange]:
    """Yield what ends a swarm for good; a task that is not closed waits for another."""
    yield upsert(replace(swarm, state=SwarmState.DISSOLVED, dissolved_at=at))
    yield from waiting(view, swarm.id)


def cancelled(view: GraphView, swarm: Swarm) -> Iterator[AnyChange]:
    """Yield what undoes a swarm in which nobody worked yet."""
    yield upsert(replace(swarm, state=SwarmState.CANCELLED))
    yield from waiting(view, swarm.id)


def waiting(view: GraphView, swarm_id: str) -> Iterator[AnyChange]:
    """Yield what opens the tasks of a swarm again that are not closed."""
    for link in view.outgoing(Staffs, swarm_id):
        task = view.node(Task, link.target)
        if task is not None and task.state is TaskState.STAFFED:
            yield upsert(replace(task, state=TaskState.OPEN))
