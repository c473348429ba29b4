"""Knowledge items, and the vertices between which knowledge flows."""

from datetime import UTC, datetime
from typing import Final

import strawberry

from graph_api.kernel.graph import Readable
from graph_api.kernel.ids import natural_key
from graph_api.knowledge import model
from graph_api.knowledge.flow.links import OTHERS
from graph_api.knowledge.model import About, Cites, From, RecordedBy, Teaches, Used
from graph_api.organization.graphql.common import Node, describe_enum
from graph_api.organization.graphql.queries import node_by_id, register_node
from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.types import (
    Customer,
    Person,
    Skill,
    Task,
    person_by_id,
    show_customer,
    show_skill,
    show_task,
)
from graph_api.organization.model import Customer as CustomerNode
from graph_api.organization.model import Skill as SkillNode
from graph_api.organization.model import Task as TaskNode

UNDATED: Final = datetime(1, 1, 1, tzinfo=UTC)

describe_enum(
    model.KnowledgeState,
    "How far an item is.",
    {
        "DRAFT": "Seen by its author and its swarm only.",
        "CONFIRMED": "Seen by the organization.",
        "RETIRED": "Kept for the history.",
    },
)
describe_enum(
    model.KnowledgeMethod,
    "How an item came to be.",
    {
        "WRITTEN": "Written by its author.",
        "EXTRACTED": "Drafted by the service.",
        "EXTRACTED_AND_EDITED": "Drafted by the service, then changed by its author.",
        "IMPORTED": "Imported.",
    },
)


@strawberry.type(description="What a line of a draft rests on.")
class KnowledgeQuote:
    """A quote."""

    source: Node = strawberry.field(description="A note of the member, or a document of the task.")
    start: int = strawberry.field(description="Its first character in the source's text, from 0.")
    end: int = strawberry.field(description="The character after its last.")


@strawberry.type(description="A document or a written experience.")
class Knowledge(Node):
    """An item."""

    title: str = strawberry.field(description="What it is called.")
    body: str = strawberry.field(description="Its text; empty where an import told its length only.")
    language: str | None = strawberry.field(description="Language of the text, BCP 47; null where unknown.")
    state: model.KnowledgeState = strawberry.field(description="How far it is.")
    method: model.KnowledgeMethod = strawberry.field(description="How it came to be.")
    created_at: datetime = strawberry.field(
        description="When it was recorded, UTC; where that is unknown the earliest dated use, and the first day of "
        "year 1 where there is none either."
    )
    extractor: str | None = strawberry.field(
        description="What drafted it, name and version; null where no machine did."
    )
    confidence: float | None = strawberry.field(
        description="How sure that was, 0 to 1: it orders drafts and is no probability; null where no machine did."
    )

    @strawberry.field(description="What each line of it rested on when it was drafted; sources that the viewer sees.")
    def quotes(self, info: Info) -> list[KnowledgeQuote]:
        """Return the quotes."""
        graph = info.context.graph
        item = graph.node(model.Knowledge, self.id)
        found = model.read_quotes(item.quotes) if item is not None else ()
        info.context.count_rows(len(found))
        return [
            KnowledgeQuote(source=source, start=one.start, end=one.end)
            for one in found
            if (source := node_by_id(graph, one.source_id)) is not None
        ]

    @strawberry.field(description="The task that it comes from; of several, the first by id.")
    def task(self, info: Info) -> Task | None:
        """Return the task."""
        graph = info.context.graph
        ids = sorted(link.target for link in graph.outgoing(From, self.id))
        return next((show_task(found) for one in ids if (found := graph.node(TaskNode, one)) is not None), None)

    @strawberry.field(description="The customer that it is about; of several, the first by id.")
    def customer(self, info: Info) -> Customer | None:
        """Return the customer."""
        graph = info.context.graph
        ids = sorted(link.target for link in graph.outgoing(About, self.id))
        return next((show_customer(found) for one in ids if (found := graph.node(CustomerNode, one)) is not None), None)

    @strawberry.field(description="Who wrote it; of several, the first by id.")
    def author(self, info: Info) -> Person | None:
        """Return the author."""
        graph = info.context.graph
        ids = sorted(link.target for link in graph.outgoing(RecordedBy, self.id))
        return next((found for one in ids if (found := person_by_id(graph, one)) is not None), None)

    @strawberry.field(description="The skills that it teaches, by id.")
    def skills(self, info: Info) -> list[Skill]:
        """Return the skills."""
        graph = info.context.graph
        ids = sorted(link.target for link in graph.outgoing(Teaches, self.id))
        info.context.count_rows(len(ids))
        return [show_skill(found) for one in ids if (found := graph.node(SkillNode, one)) is not None]


def show_knowledge(graph: Readable, item: model.Knowledge) -> Knowledge:
    """Show an item."""
    return Knowledge(
        id=strawberry.ID(item.id),
        title=item.title,
        body=item.body,
        language=item.language,
        state=item.state,
        method=item.method,
        created_at=item.created_at or _first_use(graph, item.id),
        extractor=item.extractor,
        confidence=item.confidence,
    )


def _first_use(graph: Readable, item: str) -> datetime:
    dates = [link.at for link in graph.incoming(Used, item)] + [link.at for link in graph.incoming(Cites, item)]
    return min((at for at in dates if at is not None), default=UNDATED)


def knowledge_by_id(graph: Readable, knowledge_id: str) -> Knowledge | None:
    """Show an item by id, or None."""
    item = graph.node(model.Knowledge, knowledge_id)
    return item and show_knowledge(graph, item)


register_node("knowledge", knowledge_by_id)


@strawberry.type(description="A place between which knowledge flows.")
class Vertex:
    """A vertex."""

    key: strawberry.ID = strawberry.field(
        description='The id of an entity, "city:name", or "others" for all units or cities of fewer than '
        "SWARMGRAPH_FLOW_GROUP_PEOPLE_MIN people that the viewer sees."
    )
    label: str = strawberry.field(description="What to show: a name or title.")
    node: Node | None = strawberry.field(description="The entity; null for a city and for others.")


def show_vertex(graph: Readable, key: str) -> Vertex:
    """Show a vertex."""
    node = None if key == OTHERS else node_by_id(graph, key)
    label = OTHERS if key == OTHERS else natural_key(key)
    if node is not None:
        label = str(getattr(node, "name", None) or getattr(node, "own_name", None) or getattr(node, "title", label))
    return Vertex(key=strawberry.ID(key), label=label, node=node)
