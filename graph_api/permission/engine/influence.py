"""From tuples upwards: which relations of objects may depend on them, and for whom."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pyroaring import BitMap

from graph_api.permission.engine.bindings import Bindings
from graph_api.permission.engine.closures import Climbing, Nodes, merge, type_edges
from graph_api.permission.engine.descending import Descending
from graph_api.permission.engine.names import NOBODY
from graph_api.permission.engine.plans import Node, reachable
from graph_api.permission.model import TupleToUserset
from graph_api.permission.tuples import WILDCARD, RelationshipTuple, TupleKey, UserKind, object_type, user_kind


class Influence:
    """All edges of a model, those into what is subtracted included, over the tuples of now."""

    def __init__(self, bindings: Bindings, descending: Descending) -> None:
        self._bindings = bindings
        self._descending = descending
        self._names = bindings.store.names
        self._edges = Climbing(bindings, bindings.flows, sure=False)
        self._everywhere = frozenset(bindings.plans)
        self._over: dict[Node, list[tuple[Node, str]]] = defaultdict(list)
        for flow in bindings.flows:
            if isinstance(flow.way, TupleToUserset):
                self._over[flow.target[0], flow.way.tupleset].append((flow.target, flow.way.computed))

    def below(self, nodes: Iterable[Node]) -> frozenset[Node]:
        """Return the relations that some relations depend on, these included."""
        return frozenset(reachable(type_edges(self._bindings, self._bindings.flows), set(nodes)))

    def inputs(self, within: frozenset[Node]) -> frozenset[Node]:
        """Return the relations whose tuples some relations rest on: their own, and those that name parents."""
        over = (node for node, ways in self._over.items() if any(target in within for target, _ in ways))
        return frozenset((*within, *over))

    def touched(self, changes: Iterable[RelationshipTuple | TupleKey], within: frozenset[Node] | None = None) -> Nodes:
        """Return the nodes whose users may depend on some tuples, as the tuples of now lead there."""
        start: Nodes = {}
        for each in changes:
            place = self._names.find(each.object)
            if place != NOBODY:
                for node in self._first((object_type(each.object), each.relation)):
                    merge(start, node, BitMap((place,)))
        return self._edges.ascend(start, self._everywhere if within is None else within)

    def _first(self, changed: Node) -> Iterator[Node]:
        yield changed
        for target, _ in self._over.get(changed, ()):
            yield target

    def only_user(self, key: TupleKey) -> int | None:
        """Return the one user whom a tuple can matter to, by number; None where it may be several."""
        is_plain = user_kind(key.user).relation is None
        if not is_plain or (object_type(key.object), key.relation) in self._over:
            return None
        return self._names.find(key.user)

    def users(self, key: TupleKey, kinds: set[UserKind]) -> BitMap:
        """Return whom a tuple may matter to: its user, and users of some kinds below its userset or its parent.

        Everybody of a type among them stands for all of the type.
        """
        number, kind = self._names.find(key.user), user_kind(key.user)
        if number == NOBODY:
            return BitMap()
        if kind.relation == WILDCARD:
            return BitMap((number,))
        if kind.relation is not None:
            return self._descending.named((kind.type, kind.relation), self._names.parts(number)[2], kinds)
        found = BitMap((number,))
        for _, computed in self._over.get((object_type(key.object), key.relation), ()):
            found |= self._descending.named((kind.type, computed), number, kinds)
        return found
