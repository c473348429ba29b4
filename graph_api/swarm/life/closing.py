"""How a swarm ends, as changes: every way to its end goes through these."""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from graph_api.kernel.commands import Context
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, upsert
from graph_api.organization.model import Task, TaskState
from graph_api.projection.records import pending_reaction
from graph_api.swarm.decisions import REORGANIZE
from graph_api.swarm.model import Staffs, Swarm, SwarmState

EXTRACT: Final = "extract"
"""The reaction to a swarm that stops working: what its members may have learned is drafted for them."""


def working_swarm_of(view: GraphView, task_id: str) -> Swarm | None:
    """Return the swarm that works on a task; one at a time does, beside those that still owe experience."""
    swarms = (view.node(Swarm, link.source) for link in view.incoming(Staffs, task_id))
    return next((swarm for swarm in swarms if swarm is not None and swarm.state is SwarmState.ACTIVE), None)


def closing(swarm: Swarm, context: Context) -> Iterator[AnyChange]:
    """Yield what lets the people of a swarm go: they are free at once, and may only read and record."""
    if swarm.state is SwarmState.ACTIVE:
        yield upsert(closed(swarm, context))
        yield upsert(pending_reaction(EXTRACT, swarm.id, context.revision))


def closed(swarm: Swarm, context: Context) -> Swarm:
    """Return a swarm as it is once it stopped working."""
    if swarm.state is not SwarmState.ACTIVE:
        return swarm
    return replace(swarm, state=SwarmState.CLOSING, closed_at=context.at)


def dissolved(view: GraphView, swarm: Swarm, context: Context) -> Iterator[AnyChange]:
    """Yield what ends a swarm for good; a task that is not closed waits for another."""
    at = context.at
    yield upsert(replace(swarm, state=SwarmState.DISSOLVED, closed_at=swarm.closed_at or at, dissolved_at=at))
    yield from waiting(view, swarm, context)


def cancelled(view: GraphView, swarm: Swarm, context: Context) -> Iterator[AnyChange]:
    """Yield what undoes a swarm in which nobody worked yet."""
    yield upsert(replace(swarm, state=SwarmState.CANCELLED))
    yield from waiting(view, swarm, context)


def waiting(view: GraphView, swarm: Swarm, context: Context) -> Iterator[AnyChange]:
    """Yield what opens the tasks of a swarm again that are not closed, and on which no other works.

    One of a value is evaluated as when it first opened: it may be worth moving people to it.
    """
    for link in view.outgoing(Staffs, swarm.id):
        task, working = view.node(Task, link.target), working_swarm_of(view, link.target)
        if task is not None and task.state is TaskState.STAFFED and (working is None or working.id == swarm.id):
            yield upsert(replace(task, state=TaskState.OPEN))
            if task.value is not None:
                yield upsert(pending_reaction(REORGANIZE, task.id, context.revision))
