"""What the flow of knowledge is made of, copied out of the state row by row; no row changes later."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Generic, NamedTuple, TypeVar

import msgspec

from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import Node
from graph_api.knowledge.model import Cites, Knowledge, KnowledgeState, RecordedBy, Used
from graph_api.organization.model import Task, WorkedOn
from graph_api.swarm.model import MemberOf, Swarm

RowT = TypeVar("RowT", covariant=True)


def _nothing(view: GraphView, entity: str) -> Iterable[str]:
    return ()


class Part(msgspec.Struct, Generic[RowT], frozen=True):
    """Rows of a state: at most one of each entity of some kinds, None where it gives none.

    A row follows from the entity and its relationships; `also` names the entities whose rows follow from an entity that
    they are related to at one remove. The kinds stand in the order of their types' names, as ids do.
    """

    kinds: tuple[type[Node], ...]
    row: Callable[[GraphView, str], RowT | None]
    also: Callable[[GraphView, str], Iterable[str]] = _nothing

    def read(self, view: GraphView) -> Iterator[RowT]:
        """Yield all rows, by id."""
        for kind in self.kinds:
            for node in view.nodes(kind):
                if (row := self.row(view, node.id)) is not None:
                    yield row


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


def _item(view: GraphView, item_id: str) -> ItemRead | None:
    item = view.node(Knowledge, item_id)
    if item is None or item.state is KnowledgeState.DRAFT:
        return None  # drafts are private, and what comes of this is shared
    return ItemRead(
        item,
        tuple(view.outgoing(RecordedBy, item_id)),
        tuple(view.incoming(Used, item_id)),
        tuple(view.incoming(Cites, item_id)),
    )


def _team(view: GraphView, entity: str) -> TeamRead | None:
    if (task := view.node(Task, entity)) is not None:
        return TeamRead(task, workers=tuple(view.incoming(WorkedOn, entity)))
    if view.node(Swarm, entity) is not None:
        return TeamRead(None, members=tuple(view.incoming(MemberOf, entity)))
    return None


ITEMS: Final[Part[ItemRead]] = Part((Knowledge,), _item)
"""Every item but drafts; what cites it may be one, which is then none of these."""
TEAMS: Final[Part[TeamRead]] = Part((Swarm, Task), _team)
"""The people of every task and of every swarm."""
