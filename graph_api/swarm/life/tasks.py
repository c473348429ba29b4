"""Altering and closing a task: a pure decision on the exact state."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation, Problem, Refused, rejected
from graph_api.kernel.errors import Conflict
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, Record, removal, tag_of, upsert
from graph_api.organization.checks import References
from graph_api.organization.model import For, Requires, Task, TaskState
from graph_api.projection.port import FollowedReplica
from graph_api.projection.records import pending_reaction
from graph_api.swarm.assembly import TaskFields
from graph_api.swarm.decisions import REORGANIZE, field_problems, required, stored, title_problems
from graph_api.swarm.life.closing import closing, working_swarm_of
from graph_api.swarm.model import TaskResult


class UpdateTask(Command, frozen=True, kw_only=True):
    """Alter what is said of a task, close it, or both; None: it stays as it is.

    `known` is the task as its asker knows it: where it is otherwise, nothing is changed.
    """

    task_id: str
    title: str | None = None
    fields: TaskFields = TaskFields()
    close_as: TaskResult | None = None
    known: tuple[Record, ...] | None = None

    @property
    def asked(self) -> Any:
        """What is known is read on the state of the moment, so it is no part of what was asked."""
        return (self.task_id, self.title, self.fields, self.close_as)


class TaskUpdated(msgspec.Struct, frozen=True, tag=True):
    """The task is as it was asked to be."""

    task_id: str


def decide_update_task(view: GraphView, command: UpdateTask, context: Context) -> Decision:
    """Alter it; closing it lets its swarm go in the same commit. Raises Conflict where it is not as it is known."""
    task = view.node(Task, command.task_id)
    problems = [*_problems(view, command, task)]
    if task is None or problems:
        return Refused(rejected(problems))
    if command.known is not None and said_of(view, task.id) != command.known:
        raise _changed(task.id)
    return Accepted(tuple(_changes(view, command, task, context)), TaskUpdated(task.id))


def said_of(view: GraphView, task_id: str) -> tuple[Record, ...]:
    """Return what is said of a task: itself, its customers and what it requires."""
    task = view.node(Task, task_id)
    links: list[For | Requires] = [*view.outgoing(For, task_id), *view.outgoing(Requires, task_id)]
    return (*([] if task is None else [task]), *sorted(links, key=lambda link: link.key))


async def known_since(replica: FollowedReplica, task_id: str, revision: str) -> tuple[Record, ...]:
    """Return what is said of a task now, which is what it was at a revision; raises Conflict, RevisionGone."""
    known = said_of(replica.graph, task_id)
    async for shown in replica.past(revision):
        if any(change.key[0] in _SAID_BY and change.key[1] == task_id for _, change in shown.changes):
            raise _changed(task_id)
    return known


def _changed(task_id: str) -> Conflict:
    return Conflict(f"{task_id} was changed meanwhile; nothing was changed.", suggestion="Read it anew, then decide.")


def _problems(view: GraphView, command: UpdateTask, task: Task | None) -> Iterator[Problem]:
    if task is None:
        yield from References(view).check(("taskId",), Task, command.task_id)
    elif task.state is TaskState.CLOSED:
        yield Problem(("taskId",), "CLOSED", f"{task.id} is closed.", "Open a new task.")
    if command.title is not None:
        yield from title_problems(command.title)
    yield from field_problems(view, command.fields)


def _changes(view: GraphView, command: UpdateTask, task: Task, context: Context) -> Iterator[AnyChange]:
    altered = _altered(command, task)
    if command.close_as is not None:
        altered = replace(altered, state=TaskState.CLOSED, closed_at=context.at, result=command.close_as.value)
        if (swarm := working_swarm_of(view, task.id)) is not None:
            yield from closing(swarm, context)
    if altered != task:
        yield upsert(altered)
    if (altered.value, altered.currency) != (task.value, task.currency) and command.close_as is None:
        yield upsert(pending_reaction(REORGANIZE, task.id, context.revision))
    if command.fields.customer_id is not None:
        yield from _replaced(view.outgoing(For, task.id), [For(source=task.id, target=command.fields.customer_id)])
    if command.fields.demand is not None and command.fields.demand.skills is not None:
        yield from _replaced(view.outgoing(Requires, task.id), [*required(task.id, command.fields.demand)])


def _altered(command: UpdateTask, task: Task) -> Task:
    fields = command.fields
    given: dict[str, Any] = {
        "title": command.title,
        "effort_days": fields.effort_days,
        "due_at": fields.due_at,
        "regulations": fields.regulations,
        "demand": stored(fields.demand),
    }
    if fields.value is not None:
        given |= {"value": fields.value.amount, "currency": fields.value.currency}
    return replace(task, **{name: value for name, value in given.items() if value is not None})


def _replaced(there: Any, wanted: list[Any]) -> Iterator[AnyChange]:
    old: dict[Any, Record] = {link.key: link for link in there}
    new: dict[Any, Record] = {link.key: link for link in wanted}
    yield from (removal(old[key]) for key in sorted(old.keys() - new.keys()))
    yield from (upsert(link) for key, link in new.items() if old.get(key) != link)


_SAID_BY: Final = frozenset(map(tag_of, (Task, For, Requires)))
UPDATE_TASK: Final = Operation("updateTask", UpdateTask, decide_update_task, TaskUpdated)
