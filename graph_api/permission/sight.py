"""Sight: the part of the organization that a viewer may see, as a graph of its own.

Whoever reads through a sight cannot see more than the permission graph allows, whatever he filters by, orders by or
counts: nodes and relationships that are hidden are not there. A kind that no room declares is hidden.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol, TypeVar, cast

import msgspec

from graph_api.kernel.graph import Graph, Readable
from graph_api.kernel.ids import split_id
from graph_api.kernel.records import NODE_KEY_PARTS, Link, Node, Record, RecordKey, tag_of
from graph_api.organization.model import ORGANIZATION_ID
from graph_api.permission.answers import Decision

NodeT = TypeVar("NodeT", bound=Node)
LinkT = TypeVar("LinkT", bound=Link)


class SeenNode(NamedTuple):
    """The relation that lets somebody see an entity of a type, and the one to the organization that shows all of them.

    The model has to make the first follow from the second.
    """

    relation: str
    relation_to_all: str


class SeenLink(NamedTuple):
    """Relations to the ends of a relationship of which one is enough to see it; both ends have to be seen as well."""

    source: str | None = None
    target: str | None = None


class Seeing(msgspec.Struct, frozen=True):
    """What it takes to see entities, by type, and relationships, by kind; those not named follow from their ends."""

    nodes: Mapping[str, SeenNode]
    links: Mapping[str, SeenLink] = {}

    def __or__(self, other: "Seeing") -> "Seeing":
        return Seeing({**self.nodes, **other.nodes}, {**self.links, **other.links})


class Permitting(Protocol):
    """The questions that a sight asks of a permission graph."""

    def check(self, user: str, relation: str, object: str, *, at: datetime | None = None) -> Decision:
        """Decide whether a user has a relation to an object."""
        ...

    def list_objects(self, user: str, relation: str, type: str, *, at: datetime | None = None) -> list[str]:
        """List the objects of a type to which a user has a relation, sorted."""
        ...


class Rights:
    """What one viewer may do at one revision; every answer is kept, as questions repeat within a request."""

    def __init__(self, permissions: Permitting, viewer: str, at: datetime) -> None:
        self.viewer: Final = viewer
        self._permissions = permissions
        self._at = at
        self._answers: dict[tuple[str, str], bool] = {}
        self._objects: dict[tuple[str, str], list[str]] = {}

    def allows(self, relation: str, target: str) -> bool:
        """Tell whether the viewer has a relation to an object."""
        key = (relation, target)
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = self._permissions.check(self.viewer, relation, target, at=self._at).allowed
        return found

    def objects(self, relation: str, type_name: str) -> list[str]:
        """List the objects of a type to which the viewer has a relation, sorted."""
        key = (relation, type_name)
        if key not in self._objects:
            self._objects[key] = self._permissions.list_objects(self.viewer, relation, type_name, at=self._at)
        return self._objects[key]


def seen_by(graph: Graph, rights: Rights, seeing: Seeing) -> Readable:
    """Return what a viewer may see: the very graph where that is all of it."""
    sight = Sight(graph, rights, seeing)
    return graph if sight.sees_everything() else sight


class Sight:
    """The nodes and relationships of a state that one viewer may see."""

    def __init__(self, graph: Graph, rights: Rights, seeing: Seeing) -> None:
        self._graph = graph
        self._rights = rights
        self._seeing = seeing
        self._sorted: dict[str, Sequence[Node]] = {}

    def sees_everything(self) -> bool:
        """Tell whether nothing of what is declared is hidden."""
        return all(self._sees_all(type_name) for type_name in self._seeing.nodes)

    def _sees_all(self, type_name: str) -> bool:
        seen = self._seeing.nodes.get(type_name)
        return seen is not None and self._rights.allows(seen.relation_to_all, ORGANIZATION_ID)

    def sees(self, entity: str) -> bool:
        """Tell whether an entity may be seen."""
        type_name = split_id(entity)[0]
        seen = self._seeing.nodes.get(type_name)
        return seen is not None and (self._sees_all(type_name) or self._rights.allows(seen.relation, entity))

    def node(self, node_type: type[NodeT], node_id: str) -> NodeT | None:
        """Return the node of that kind and id, or None."""
        found = self._graph.node(node_type, node_id)
        return found if found is not None and self.sees(node_id) else None

    def nodes(self, node_type: type[NodeT]) -> Iterable[NodeT]:
        """Yield all nodes of a kind in the canonical order of ids."""
        return self.sorted_nodes(node_type)

    def sorted_nodes(self, node_type: type[NodeT]) -> Sequence[NodeT]:
        """Return all nodes of a kind in the canonical order of ids."""
        if self._sees_all(node_type.entity_type):
            return self._graph.sorted_nodes(node_type)
        kind = tag_of(node_type)
        if kind not in self._sorted:
            self._sorted[kind] = list(self._visible(node_type))
        return cast("Sequence[NodeT]", self._sorted[kind])

    def _visible(self, node_type: type[NodeT]) -> Iterator[NodeT]:
        seen = self._seeing.nodes.get(node_type.entity_type)
        ids = self._rights.objects(seen.relation, node_type.entity_type) if seen is not None else ()
        return (node for one in ids if (node := self._graph.node(node_type, one)) is not None)

    def count(self, node_type: type[Node]) -> int:
        """Return the number of nodes of a kind."""
        return len(self.sorted_nodes(node_type))

    def outgoing(self, link_type: type[LinkT], source: str) -> Iterable[LinkT]:
        """Yield the relationships of a kind that start at a node."""
        return (link for link in self._graph.outgoing(link_type, source) if self._sees_link(link))

    def incoming(self, link_type: type[LinkT], target: str) -> Iterable[LinkT]:
        """Yield the relationships of a kind that end at a node."""
        return (link for link in self._graph.incoming(link_type, target) if self._sees_link(link))

    def link(self, link_type: type[LinkT], source: str, target: str, discriminator: str = "") -> LinkT | None:
        """Return one relationship, or None."""
        found = self._graph.link(link_type, source, target, discriminator)
        return found if found is not None and self._sees_link(found) else None

    def record(self, key: RecordKey) -> Record | None:
        """Return what stands under a key, or None."""
        found = self._graph.record(key)
        if found is None:
            return None
        visible = self.sees(key[1]) if len(key) == NODE_KEY_PARTS else self._sees_link(cast("Link", found))
        return found if visible else None

    def _sees_link(self, link: Link) -> bool:
        if not (self.sees(link.source) and self.sees(link.target)):
            return False
        seen = self._seeing.links.get(link.key[0])
        return seen is None or any(
            relation is not None and self._rights.allows(relation, end)
            for relation, end in ((seen.source, link.source), (seen.target, link.target))
        )
