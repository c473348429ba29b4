"""The organization in memory: a keyed graph of records, and a discardable overlay over it.

`Graph.apply` is the fold (`evolve`) of all changes. It tolerates endpoints that are gone: a relationship is kept under
its ends' ids whether or not their nodes are there, as a load that runs beside writers may see them in any order.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Protocol, TypeVar, cast

from sortedcontainers import SortedDict

from graph_api.kernel.records import NODE_KEY_PARTS, AnyChange, Link, Node, Record, RecordKey, tag_of

NodeT = TypeVar("NodeT", bound=Node)
LinkT = TypeVar("LinkT", bound=Link)


class GraphView(Protocol):
    """Read access to one consistent state. Nothing in it may be changed by the reader."""

    def record(self, key: RecordKey) -> Record | None:
        """Return what stands under a key, or None."""
        ...

    def node(self, node_type: type[NodeT], node_id: str) -> NodeT | None:
        """Return the node of that kind and id, or None."""
        ...

    def nodes(self, node_type: type[NodeT]) -> Iterable[NodeT]:
        """Yield all nodes of a kind in the canonical order of ids."""
        ...

    def count(self, node_type: type[Node]) -> int:
        """Return the number of nodes of a kind."""
        ...

    def outgoing(self, link_type: type[LinkT], source: str) -> Iterable[LinkT]:
        """Yield the relationships of a kind that start at a node; there is no guarantee on the order."""
        ...

    def incoming(self, link_type: type[LinkT], target: str) -> Iterable[LinkT]:
        """Yield the relationships of a kind that end at a node; there is no guarantee on the order."""
        ...

    def link(self, link_type: type[LinkT], source: str, target: str, discriminator: str = "") -> LinkT | None:
        """Return one relationship, or None."""
        ...


class Readable(GraphView, Protocol):
    """A state that lists are cut from: all of it, or what somebody may see of it."""

    def sorted_nodes(self, node_type: type[NodeT]) -> Sequence[NodeT]:
        """Return all nodes of a kind in the canonical order of ids, to be indexed; nobody may change it."""
        ...


_Ends = dict[str, dict[tuple[str, str], Link]]
"""By one end's id: (other end's id, discriminator) to the relationship."""


class Graph:
    """The base state, changed only by `apply`."""

    def __init__(self) -> None:
        self._nodes: dict[str, SortedDict[str, Node]] = {}
        self._outgoing: dict[str, _Ends] = {}
        self._incoming: dict[str, _Ends] = {}

    def node(self, node_type: type[NodeT], node_id: str) -> NodeT | None:
        """Return the node of that kind and id, or None."""
        return cast("NodeT | None", self._nodes.get(tag_of(node_type), _NO_NODES).get(node_id))

    def nodes(self, node_type: type[NodeT]) -> Iterable[NodeT]:
        """Yield all nodes of a kind in the canonical order of ids."""
        return cast("Iterable[NodeT]", self._nodes.get(tag_of(node_type), _NO_NODES).values())

    def sorted_nodes(self, node_type: type[NodeT]) -> Sequence[NodeT]:
        """Return all nodes of a kind in the canonical order of ids, without copying them: for keyset pages."""
        return cast("Sequence[NodeT]", self._nodes.get(tag_of(node_type), _NO_NODES).values())

    def count(self, node_type: type[Node]) -> int:
        """Return the number of nodes of a kind."""
        return len(self._nodes.get(tag_of(node_type), _NO_NODES))

    def outgoing(self, link_type: type[LinkT], source: str) -> Iterable[LinkT]:
        """Yield the relationships of a kind that start at a node."""
        return cast("Iterable[LinkT]", self._outgoing.get(tag_of(link_type), _NO_ENDS).get(source, _NO_LINKS).values())

    def incoming(self, link_type: type[LinkT], target: str) -> Iterable[LinkT]:
        """Yield the relationships of a kind that end at a node."""
        return cast("Iterable[LinkT]", self._incoming.get(tag_of(link_type), _NO_ENDS).get(target, _NO_LINKS).values())

    def link(self, link_type: type[LinkT], source: str, target: str, discriminator: str = "") -> LinkT | None:
        """Return one relationship, or None."""
        starting = self._outgoing.get(tag_of(link_type), _NO_ENDS).get(source, _NO_LINKS)
        return cast("LinkT | None", starting.get((target, discriminator)))

    def record(self, key: RecordKey) -> Record | None:
        """Return what stands under a key, or None."""
        if len(key) == NODE_KEY_PARTS:
            return self._nodes.get(key[0], _NO_NODES).get(key[1])
        return self._outgoing.get(key[0], _NO_ENDS).get(key[1], _NO_LINKS).get((key[2], key[3]))

    def records(self, kinds: Collection[str] | None = None) -> Iterator[Record]:
        """Yield every record (of some kinds), nodes first; kinds and ends in canonical order."""
        for kind in sorted(self._nodes.keys() if kinds is None else self._nodes.keys() & kinds):
            yield from self._nodes[kind].values()
        for kind in sorted(self._outgoing.keys() if kinds is None else self._outgoing.keys() & kinds):
            ends = self._outgoing[kind]
            yield from chain.from_iterable(
                (starting[other] for other in sorted(starting)) for _, starting in sorted(ends.items())
            )

    def copied(self) -> list[Record]:
        """Return every record, nodes first, in no order: many times as fast as `records`, which sorts."""
        held: list[Record] = []
        for nodes in self._nodes.values():
            held.extend(nodes.values())
        for ends in self._outgoing.values():
            held.extend(chain.from_iterable(starting.values() for starting in ends.values()))
        return held

    def links(self, link_type: type[LinkT]) -> Iterator[LinkT]:
        """Yield all relationships of a kind; ends in canonical order."""
        return cast("Iterator[LinkT]", self.records((tag_of(link_type),)))

    def apply(self, changes: Iterable[AnyChange]) -> None:
        """Fold changes into the state, in order."""
        for change in changes:
            self._put(change.key, change.after)

    def _put(self, key: RecordKey, after: Record | None) -> None:
        if len(key) == NODE_KEY_PARTS:
            self._put_node(key[0], key[1], cast("Node | None", after))
        else:
            kind, source, target, discriminator = key
            link = cast("Link | None", after)
            _put_end(self._outgoing.setdefault(kind, {}), source, (target, discriminator), link)
            _put_end(self._incoming.setdefault(kind, {}), target, (source, discriminator), link)

    def _put_node(self, kind: str, node_id: str, after: Node | None) -> None:
        nodes = self._nodes.get(kind)
        if nodes is None:  # making one takes longer than all the rest, so that setdefault would not do
            nodes = self._nodes[kind] = SortedDict()
        if after is None:
            nodes.pop(node_id, None)
        else:
            nodes[node_id] = after


def _put_end(ends: _Ends, end: str, other: tuple[str, str], link: Link | None) -> None:
    if link is not None:
        ends.setdefault(end, {})[other] = link
    elif (starting := ends.get(end)) is not None:
        starting.pop(other, None)
        if not starting:
            del ends[end]


_NO_NODES: SortedDict[str, Node] = SortedDict()
_NO_ENDS: Mapping[str, dict[tuple[str, str], Link]] = {}
_NO_LINKS: Mapping[tuple[str, str], Link] = {}


class Overlay:
    """A base state with changes over it that nobody else sees: decisions of one commit are taken on it in turn."""

    def __init__(self, base: Graph) -> None:
        self._base = base
        self._over = Graph()
        self._changed: dict[RecordKey, Record | None] = {}

    def apply(self, changes: Iterable[AnyChange]) -> None:
        """Lay changes over the base."""
        for change in changes:
            self._changed[change.key] = change.after
            self._over.apply((change,))

    def record(self, key: RecordKey) -> Record | None:
        """Return what stands under a key, or None."""
        return self._changed[key] if key in self._changed else self._base.record(key)

    def node(self, node_type: type[NodeT], node_id: str) -> NodeT | None:
        """Return the node of that kind and id, or None."""
        return cast("NodeT | None", self.record((tag_of(node_type), node_id)))

    def nodes(self, node_type: type[NodeT]) -> Iterable[NodeT]:
        """Yield all nodes of a kind in the canonical order of ids."""
        kept = (node for node in self._base.nodes(node_type) if node.key not in self._changed)
        return sorted(chain(kept, self._over.nodes(node_type)), key=lambda node: node.id)

    def count(self, node_type: type[Node]) -> int:
        """Return the number of nodes of a kind."""
        kind = tag_of(node_type)
        changed = (key for key in self._changed if len(key) == NODE_KEY_PARTS and key[0] == kind)
        replaced = sum(self._base.record(key) is not None for key in changed)
        return self._base.count(node_type) - replaced + self._over.count(node_type)

    def outgoing(self, link_type: type[LinkT], source: str) -> Iterable[LinkT]:
        """Yield the relationships of a kind that start at a node."""
        kept = (link for link in self._base.outgoing(link_type, source) if link.key not in self._changed)
        return chain(kept, self._over.outgoing(link_type, source))

    def incoming(self, link_type: type[LinkT], target: str) -> Iterable[LinkT]:
        """Yield the relationships of a kind that end at a node."""
        kept = (link for link in self._base.incoming(link_type, target) if link.key not in self._changed)
        return chain(kept, self._over.incoming(link_type, target))

    def link(self, link_type: type[LinkT], source: str, target: str, discriminator: str = "") -> LinkT | None:
        """Return one relationship, or None."""
        return cast("LinkT | None", self.record((tag_of(link_type), source, target, discriminator)))
