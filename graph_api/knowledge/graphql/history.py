"""Fields of a knowledge item that tell what became of it: uses, citations, and the items that repeat it."""

from datetime import datetime

import strawberry

from graph_api.kernel.graph import Readable
from graph_api.knowledge import history
from graph_api.knowledge.graphql.pages import KnowledgeConnection, knowledge_connection
from graph_api.knowledge.graphql.types import Knowledge, knowledge_by_id
from graph_api.knowledge.merging import merged_into
from graph_api.organization.graphql.common import After, Connection, First, connection, contribute, window
from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.types import Person, Task, person_by_id, show_task
from graph_api.organization.model import Task as TaskNode
from graph_api.organization.read_model import by_id


@strawberry.type(description="That somebody used an item.")
class KnowledgeUse:
    """A use."""

    person: Person | None = strawberry.field(description="Who used it.")
    knowledge: Knowledge | None = strawberry.field(
        description="What was used: the item, or one that was merged into it."
    )
    task: Task | None = strawberry.field(description="For which task; null where none is known.")
    at: datetime | None = strawberry.field(description="When, UTC; null where unknown.")
    basis: str | None = strawberry.field(
        description='How it is known: "declared" by the person, "derived" where only that a task used it is on record.'
    )


def _uses(
    root: Knowledge, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
) -> Connection[KnowledgeUse]:
    graph = info.context.graph
    listing = info.context.kept_list(("uses", root.id), lambda: [history.uses(graph, root.id)])[0]
    return connection(info.context, listing, window(first, after), lambda use: _show_use(graph, use))


def _show_use(graph: Readable, use: history.Use) -> KnowledgeUse:
    task = graph.node(TaskNode, use.task) if use.task is not None else None
    return KnowledgeUse(
        person=person_by_id(graph, use.person),
        knowledge=knowledge_by_id(graph, use.item),
        task=task and show_task(task),
        at=use.at,
        basis=use.basis,
    )


def _cited_by(
    root: Knowledge, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
) -> KnowledgeConnection:
    graph = info.context.graph
    key = ("cited by", root.id, info.context.identity.id)  # an own draft is the viewer's alone
    rows = info.context.kept_list(key, lambda: history.citing(graph, root.id))
    return knowledge_connection(info.context, by_id(rows, f"citing {root.id}"), window(first, after))


def _duplicates(
    root: Knowledge, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
) -> KnowledgeConnection:
    rows = history.duplicates(info.context.graph, root.id)
    return knowledge_connection(info.context, by_id(rows, f"duplicates of {root.id}"), window(first, after))


def _merged_into(root: Knowledge, info: Info) -> Knowledge | None:
    graph = info.context.graph
    return next((knowledge_by_id(graph, one) for one in merged_into(graph, root.id)[-1:]), None)


contribute(
    Knowledge,
    "uses",
    _uses,
    "Who used it, or an item that was merged into it: the latest first, those without a date last.",
)
contribute(Knowledge, "cited_by", _cited_by, "The items that cite it, or an item that was merged into it; by id.")
contribute(Knowledge, "duplicates", _duplicates, "The items that were merged into it, and into those; by id.")
contribute(Knowledge, "merged_into", _merged_into, "The item that stands for it; null unless it was merged.")
