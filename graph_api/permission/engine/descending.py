"""From an object downwards: who is named by the tuples that its relation rests on."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec
from pyroaring import BitMap

from graph_api.permission.engine.bindings import Bindings
from graph_api.permission.engine.closures import Nodes, image, merge
from graph_api.permission.engine.plans import Flow, Node
from graph_api.permission.engine.tables import Edges, Table
from graph_api.permission.model import ComputedUserset, This
from graph_api.permission.tuples import WILDCARD, UserKind


class Down(msgspec.Struct, eq=False):
    """What users of a node come from: relations of the same object, tuples by kind of user, parents."""

    computed: list[Node] = []
    assigned: list[tuple[Edges, UserKind]] = []
    parents: list[tuple[Edges, Node]] = []


class Descending:
    """Edges downwards between the nodes of a model: the sure ones, or all, also into what is subtracted."""

    def __init__(self, bindings: Bindings, flows: Iterable[Flow], *, sure: bool) -> None:
        self._bindings = bindings
        self._names = bindings.store.names
        self._sure = sure
        self._down: dict[Node, Down] = defaultdict(Down)
        for flow in flows:
            if flow.sure or not sure:
                self._add(flow)

    def _tables(self, node: Node) -> list[Table]:
        return [table for table in self._bindings.tables_of(node) if not (self._sure and table.key.guarded)]

    def _add(self, flow: Flow) -> None:
        down = self._down[flow.target]
        match flow.way:
            case This():
                down.assigned += [(table.forward, table.key.shape.user) for table in self._tables(flow.target)]
            case ComputedUserset(name):
                down.computed.append((flow.target[0], name))
            case way:
                for table in self._tables((flow.target[0], way.tupleset)):
                    down.parents.append((table.forward, (table.key.shape.user.type, way.computed)))

    def descend(self, start: Nodes) -> Nodes:
        """Return all nodes that the start rests on, the start included."""
        reached: Nodes = {}
        waiting = dict(start)
        while waiting:
            node, objects = waiting.popitem()
            seen = reached.get(node)
            new = objects if seen is None else objects - seen
            if new:
                reached[node] = BitMap(new) if seen is None else seen | new
                for source, found in self._below(node, new):
                    merge(waiting, source, found)
        return reached

    def _below(self, node: Node, objects: BitMap) -> Iterator[tuple[Node, BitMap]]:
        down = self._down[node]
        for computed in down.computed:
            yield computed, objects
        for forward, source in down.parents:
            yield source, image(forward, objects)
        for forward, kind in down.assigned:
            if kind.relation not in (None, WILDCARD):
                owners = BitMap(self._names.parts(number)[2] for number in image(forward, objects))
                yield (kind.type, kind.relation), owners

    def named(self, node: Node, place: int, kinds: set[UserKind]) -> BitMap:
        """Return the numbers of users of some kinds (everybody of a plain kind included) named below a node."""
        found = BitMap()
        for reached, objects in self.descend({node: BitMap((place,))}).items():
            for forward, kind in self._down[reached].assigned:
                if kind.relation in (None, WILDCARD) and UserKind(kind.type, None) in kinds:
                    found |= image(forward, objects)
            if UserKind(*reached) in kinds:
                found |= BitMap(self._names.userset(reached, each) for each in objects)
        return found
