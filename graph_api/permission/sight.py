"""Sight: the part of the organization that a viewer may see, as a graph of its own.

Whoever reads through a sight cannot see more than the permission graph allows, whatever he filters by, orders by or
counts: nodes and relationships that are hidden are not there. A kind that no room declares is hidden.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar, cast

from graph_api.kernel.graph import Graph
from graph_api.kernel.ids import split_id
from graph_api.kernel.records import NODE_KEY_PARTS, Link, Node, Record, RecordKey, tag_of
from graph_api.organization.model import ORGANIZATION_ID
from graph_api.permission.holding import Rights
from graph_api.permission.implying import PARENT, Place, follows
from graph_api.permission.model import AuthorizationModel

NodeT = TypeVar("NodeT", bound=Node)
LinkT = TypeVar("LinkT", bound=Link)
ASKED_SINGLY_MAX: Final = 64
"""So many entities of a kind are asked for one by one; then all that are seen are listed at once."""


class Seen(NamedTuple):
    """The relation that lets somebody see an entity, or something of it, and the one to the organization for all.

    The second is enough only under a model that makes the first follow from it. Where entities of the type may be
    private, such as drafts, it is never enough for those: see `Openness`.
    """

    relation: str
    relation_to_all: str
    openness: "Openness | None" = None


class Openness(NamedTuple):
    """Which entities of a type are open and which private: the relation by which the organization holds the open ones.

    It is empty where all are private. `is_open` tells the same of an entity by the state alone, asking no right.
    """

    held_by: str
    is_open: Callable[[Graph, str], bool]


class Seeing:
    """What it takes to see entities by type, and relationships by kind.

    A relationship is seen by whoever sees both ends; `links` name what has to be seen of its source as well, and
    `also` what has to be seen of an entity for it to be there at all. `aspects` are all the things that may be seen of
    entities beside themselves. Types in `unasked` are read by everybody: for what is worked out and not shown.
    """

    def __init__(
        self,
        nodes: Mapping[str, Seen],
        *,
        aspects: Iterable[tuple[str, Seen]] = (),
        links: Mapping[str, Seen] | None = None,
        also: Mapping[str, Seen] | None = None,
        unasked: Iterable[str] = (),
    ) -> None:
        self.nodes: Final = nodes
        self.aspects: Final = tuple(aspects)
        self.links: Final[Mapping[str, Seen]] = links or {}
        self.also: Final[Mapping[str, Seen]] = also or {}
        self.unasked: Final = frozenset(unasked)
        self._model: AuthorizationModel | None = None
        self._follows: dict[tuple[str, Seen], bool] = {}

    def __or__(self, other: "Seeing") -> "Seeing":
        return Seeing(
            {**self.nodes, **other.nodes},
            aspects=(*self.aspects, *other.aspects),
            links={**self.links, **other.links},
            also={**self.also, **other.also},
            unasked=self.unasked | other.unasked,
        )

    def follows(self, model: AuthorizationModel, type_name: str, seen: Seen) -> bool:
        """Tell whether the right to all is enough under a model, of the open ones where some may be private.

        It is kept while the same model is asked about.
        """
        if model is not self._model:
            self._model, self._follows = model, {}
        if seen.openness is not None and not seen.openness.held_by:
            return True  # of none that is open
        key = (type_name, seen)
        if key not in self._follows:
            place = Place(type_name, seen.relation)
            self._follows[key] = follows(
                model, place, seen.relation_to_all, seen.openness.held_by if seen.openness else PARENT
            )
        return self._follows[key]


class _Kind:
    """What one viewer sees, under one relation, of the entities of a type."""

    def __init__(self, graph: Graph, rights: Rights, type_name: str, seen: Seen, *, sees_open: bool) -> None:
        self.sees_open: Final = sees_open
        self.sees_all: Final = sees_open and seen.openness is None
        self._is_open = seen.openness.is_open if seen.openness is not None and sees_open else None
        self._graph = graph
        self._rights = rights
        self._type = type_name
        self._relation = seen.relation
        self._singly = ASKED_SINGLY_MAX
        self._ids: frozenset[str] | None = None

    def holds(self, entity: str) -> bool:
        """Tell whether an entity is seen: asked singly at first, then looked up in the list of all that are."""
        if self.sees_all or (self._is_open is not None and self._is_open(self._graph, entity)):
            return True
        if self._ids is None and self._singly == 0:
            ids = self.listed()
            self._ids = frozenset(ids) if ids is not None else None
        if self._ids is not None:
            return entity in self._ids
        self._singly = max(self._singly - 1, 0)
        return self._rights.allows(self._relation, entity)

    def listed(self) -> list[str] | None:
        """Return the ids of all that are seen, in the canonical order; None where they have to be asked one by one."""
        return self._rights.objects(self._relation, self._type)


class Sight:
    """The nodes and relationships of a state that one viewer may see."""

    def __init__(self, graph: Graph, rights: Rights, seeing: Seeing) -> None:
        self._graph = graph
        self._rights = rights
        self._seeing = seeing
        self._kinds: dict[tuple[str, str], _Kind] = {}
        self._sorted: dict[str, Sequence[Node]] = {}

    def sees_everything(self) -> bool:
        """Tell whether nothing of what is declared is hidden."""
        return all(kind.sees_all for kind in self._declared())

    def sees_everything_open(self) -> bool:
        """Tell whether nothing of what is declared is hidden but what is private to somebody."""
        return all(kind.sees_open for kind in self._declared())

    def _declared(self) -> Iterator[_Kind]:
        declared = (*self._seeing.nodes.items(), *self._seeing.also.items(), *self._seeing.aspects)
        return (self._kind(type_name, seen) for type_name, seen in declared)

    def _kind(self, type_name: str, seen: Seen) -> _Kind:
        key = (type_name, seen.relation)
        found = self._kinds.get(key)
        if found is None:
            sees_open = self._rights.allows(seen.relation_to_all, ORGANIZATION_ID) and self._seeing.follows(
                self._rights.model, type_name, seen
            )
            found = self._kinds[key] = _Kind(self._graph, self._rights, type_name, seen, sees_open=sees_open)
        return found

    def sees(self, entity: str) -> bool:
        """Tell whether an entity may be seen."""
        type_name = split_id(entity)[0]
        seen = self._seeing.nodes.get(type_name)
        if seen is None:
            return type_name in self._seeing.unasked
        also = self._seeing.also.get(type_name)
        return self._kind(type_name, seen).holds(entity) and (also is None or self.sees_of(entity, also))

    def sees_of(self, entity: str, aspect: Seen) -> bool:
        """Tell whether something of an entity may be seen that takes more than seeing the entity."""
        return self._kind(split_id(entity)[0], aspect).holds(entity)

    def sees_of_all(self, type_name: str, aspect: Seen) -> bool:
        """Tell whether something may be seen of all entities of a type."""
        return self._kind(type_name, aspect).sees_all

    def node(self, node_type: type[NodeT], node_id: str) -> NodeT | None:
        """Return the node of that kind and id, or None."""
        found = self._graph.node(node_type, node_id)
        return found if found is not None and self.sees(node_id) else None

    def nodes(self, node_type: type[NodeT]) -> Iterable[NodeT]:
        """Yield all nodes of a kind in the canonical order of ids."""
        return self.sorted_nodes(node_type)

    def sorted_nodes(self, node_type: type[NodeT]) -> Sequence[NodeT]:
        """Return all nodes of a kind in the canonical order of ids."""
        if self.sees_all(node_type.entity_type):
            return self._graph.sorted_nodes(node_type)
        kind = tag_of(node_type)
        if kind not in self._sorted:
            self._sorted[kind] = list(self._visible(node_type))
        return cast("Sequence[NodeT]", self._sorted[kind])

    def sees_all(self, type_name: str) -> bool:
        """Tell whether no entity of a type is hidden."""
        seen, also = self._seeing.nodes.get(type_name), self._seeing.also.get(type_name)
        if seen is None:
            return type_name in self._seeing.unasked
        return self._kind(type_name, seen).sees_all and (also is None or self._kind(type_name, also).sees_all)

    def sees_all_open(self, type_name: str) -> bool:
        """Tell whether no entity of a type is hidden but what is private to others."""
        seen = self._seeing.nodes.get(type_name)
        return seen is not None and self._kind(type_name, seen).sees_open

    def _visible(self, node_type: type[NodeT]) -> Iterator[NodeT]:
        seen = self._seeing.nodes.get(node_type.entity_type)
        kind = self._kind(node_type.entity_type, seen) if seen is not None else None
        # Whoever sees all that are open is not listed them: they are looked at one by one, by their state.
        ids = [] if kind is None else None if kind.sees_open else kind.listed()
        if ids is None or node_type.entity_type in self._seeing.also:
            return (node for node in self._graph.nodes(node_type) if self.sees(node.id))
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
        aspect = self._seeing.links.get(tag_of(type(link)))
        return aspect is None or self.sees_of(link.source, aspect)
