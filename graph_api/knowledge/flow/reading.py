"""What the flow of knowledge is made of, copied out of the state a step at a time; no step changes later."""

from collections.abc import Iterator
from typing import NamedTuple

from graph_api.kernel.graph import GraphView
from graph_api.knowledge.model import Cites, Knowledge, KnowledgeState, RecordedBy, Used
from graph_api.organization.model import Task, WorkedOn
from graph_api.swarm.model import MemberOf, Swarm


class ItemRead(NamedTuple):
    """An item with who wrote, used and cites it."""

    item: Knowledge
    writers: tuple[RecordedBy, ...]
    uses: tuple[Used, ...]
    citing: tuple[Cites, ...]


class TeamRead(NamedTuple):
    """Who worked on a task, or was booked for a swarm (`task` is None)."""

    task: Task | None
    workers: tuple[WorkedOn, ...] = ()
    members: tuple[MemberOf, ...] = ()


def items(view: GraphView) -> Iterator[ItemRead]:
    """Yield every item that is open, by id, with what is open of those that cite it."""
    for item in open_items(view):
        yield ItemRead(
            item,
            tuple(view.outgoing(RecordedBy, item.id)),
            tuple(view.incoming(Used, item.id)),
            tuple(link for link in view.incoming(Cites, item.id) if not _is_draft(view, link.source)),
        )


def open_items(view: GraphView) -> Iterator[Knowledge]:
    """Yield every item but drafts: they are private, and what comes of this is shared."""
    return (item for item in view.nodes(Knowledge) if item.state is not KnowledgeState.DRAFT)


def _is_draft(view: GraphView, item_id: str) -> bool:
    item = view.node(Knowledge, item_id)
    return item is not None and item.state is KnowledgeState.DRAFT


def teams(view: GraphView) -> Iterator[TeamRead]:
    """Yield the people of every task and of every swarm, by id."""
    for task in view.nodes(Task):
        yield TeamRead(task, workers=tuple(view.incoming(WorkedOn, task.id)))
    for swarm in view.nodes(Swarm):
        yield TeamRead(None, members=tuple(view.incoming(MemberOf, swarm.id)))
