"""Closures: the usersets that a user is in, kept as bitmaps until a tuple on their way changes.

A node is a relation of an object. `ascend` follows tuples upwards from a user, over one of two sets of edges: sure ones
(unguarded tuples, through unions only) and all. Whoever reaches a userset surely is in it; whoever does not reach it at
all is not; the rest is worked out when it is asked for. R14: there are no counts that a replayed tuple or a circle of
groups could spoil; a change drops the closures that passed through it, and they are found anew.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

import msgspec
from pyroaring import AbstractBitMap, BitMap, FrozenBitMap

from graph_api.permission.engine.bindings import Bindings
from graph_api.permission.engine.names import NOBODY
from graph_api.permission.engine.plans import Flow, Node, flow_sources, reachable
from graph_api.permission.engine.tables import Edges, Table
from graph_api.permission.model import ComputedUserset, This
from graph_api.permission.tuples import WILDCARD, UserKind

Nodes: TypeAlias = dict[Node, BitMap]
"""Objects by type and relation."""

EMPTY: Final = FrozenBitMap()
MEMBERS_KEPT_MAX: Final = 50_000_000
"""Usersets in all closures kept since the last time all were dropped: bounds memory where groups nest very deep."""
DEPTH_MAX: Final = 100


class Up(msgspec.Struct, eq=False):
    """Where users of one node are users too: on the same object, by tuples naming its userset, by it as a parent."""

    computed: list[Node] = []
    usersets: list[tuple[Edges, Node]] = []
    parents: list[tuple[Edges, Node]] = []


class Closure(NamedTuple):
    """Usersets that a user is in for sure, and those that take more to tell."""

    sure: FrozenBitMap
    unsure: FrozenBitMap


NOWHERE: Final = Closure(EMPTY, EMPTY)


class Found(msgspec.Struct, eq=False):
    """Closures by user; by each name that they passed, whose they are; and how many usersets are in all of them."""

    closures: dict[int, Closure] = {}
    through: dict[int, BitMap] = {}
    usersets: int = 0


class _Circle(Exception):
    """Usersets are in each other, or too deep in each other."""


class Climbing:
    """Edges upwards between the nodes of a model: the sure ones, or all."""

    def __init__(self, bindings: Bindings, flows: Iterable[Flow], *, sure: bool) -> None:
        self._bindings = bindings
        self._names = bindings.store.names
        self._sure = sure
        self.up: dict[Node, Up] = defaultdict(Up)
        self.starts: dict[UserKind, list[tuple[Edges, Node]]] = defaultdict(list)
        for flow in flows:
            if flow.sure or not sure:
                self._add(flow)

    def _tables(self, node: Node) -> list[Table]:
        return [table for table in self._bindings.tables_of(node) if not (self._sure and table.key.guarded)]

    def _add(self, flow: Flow) -> None:
        target = flow.target
        match flow.way:
            case This():
                for table in self._tables(target):
                    self._add_table(table, target)
            case ComputedUserset(name):
                self.up[target[0], name].computed.append(target)
            case way:
                for table in self._tables((target[0], way.tupleset)):
                    self.up[table.key.shape.user.type, way.computed].parents.append((table.backward, target))

    def _add_table(self, table: Table, target: Node) -> None:
        user = table.key.shape.user
        self.starts[user].append((table.backward, target))
        if user.relation not in (None, WILDCARD):
            self.up[user.type, user.relation].usersets.append((table.backward, target))

    def begin(self, user: int, kind: UserKind) -> Nodes:
        """Return the nodes that a user is in by a tuple of its own or everybody's, and its own if it is a userset."""
        found: Nodes = {}
        self._start(found, user, kind)
        if kind.relation is None:
            self._start(found, self._names.find(f"{kind.type}:{WILDCARD}"), UserKind(kind.type, WILDCARD))
        elif kind.relation != WILDCARD and user != NOBODY:
            _, _, owner = self._names.parts(user)
            merge(found, (kind.type, kind.relation), BitMap((owner,)))
        return found

    def _start(self, found: Nodes, user: int, kind: UserKind) -> None:
        for backward, target in self.starts.get(kind, ()):
            objects = backward.get(user)
            if objects is not None:
                merge(found, target, objects)

    def ascend(self, start: Nodes, within: frozenset[Node] | set[Node]) -> Nodes:
        """Return all nodes within a set of relations that the start leads to, the start included."""
        reached: Nodes = {}
        waiting = {node: objects for node, objects in start.items() if node in within}
        while waiting:
            node, objects = waiting.popitem()
            seen = reached.get(node)
            new = objects if seen is None else objects - seen
            if new:
                reached[node] = BitMap(new) if seen is None else seen | new
                for target, gained in self._above(node, new):
                    if target in within:
                        merge(waiting, target, gained)
        return reached

    def first_steps(self, start: Nodes) -> Nodes:
        """Return the nodes that the start leads to directly."""
        found: Nodes = {}
        for node, objects in start.items():
            for target, gained in self._above(node, objects):
                merge(found, target, gained)
        return found

    def _above(self, node: Node, objects: BitMap) -> Iterable[tuple[Node, BitMap]]:
        up = self.up.get(node)
        if up is None:
            return
        for target in up.computed:
            yield target, objects
        for backward, target in up.parents:
            yield target, image(backward, objects)
        if up.usersets:
            numbers = self._names.usersets_of(node, objects)
            for backward, target in up.usersets:
                yield target, image(backward, numbers)


def image(edges: Edges, ends: AbstractBitMap) -> BitMap:
    """Return everything on the other side of edges from some ends."""
    if len(ends) > len(edges):
        return BitMap().union(*(others for end, others in edges.items() if end in ends))
    return BitMap().union(*(edges[end] for end in ends if end in edges))


def merge(nodes: Nodes, node: Node, objects: BitMap) -> None:
    """Add objects to those of a node."""
    found = nodes.get(node)
    nodes[node] = BitMap(objects) if found is None else found | objects


def _union(parts: Iterable[FrozenBitMap]) -> FrozenBitMap:
    """Join sets one by one: the union of many at once leaves small sets in the large form of bitmaps."""
    found = EMPTY
    for part in parts:
        found = found | part if found else part
    return found


class _Climbings(NamedTuple):
    """The sure edges, all edges, and whether those between usersets are the same."""

    sure: Climbing
    every: Climbing
    alike: bool


class Closures:
    """The closures of the users that were asked about."""

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = bindings
        self._names = bindings.store.names
        self._flows = [flow for flow in bindings.flows if not flow.subtracted]
        self._usersets = _assignable_usersets(bindings)
        self._within = frozenset(reachable(type_edges(bindings, self._flows), set(self._usersets)))
        self._parents = {node for node in self._within if node in _parent_nodes(bindings, self._flows)}
        self.found = Found()
        self._pending: set[int] = set()
        self._feeding: set[Node] = self._find_feeding()
        self._climbings: _Climbings | None = None

    def bind(self) -> None:
        """Take up that there are other tables. What follows is left for the first question: tables come in rows."""
        self._climbings = None
        self.clear()

    @property
    def _edges(self) -> "_Climbings":
        if self._climbings is None:
            sure, every = (Climbing(self._bindings, self._flows, sure=only_sure) for only_sure in (True, False))
            self._climbings = _Climbings(sure, every, self._all_sure())
        return self._climbings

    def _all_sure(self) -> bool:
        """Tell whether all edges between usersets are sure ones."""
        flows = (flow for flow in self._flows if flow.target in self._within)
        tables = (table for node in self._feeding for table in self._bindings.tables_of(node))
        return all(flow.sure for flow in flows) and not any(table.key.guarded for table in tables)

    def clear(self) -> None:
        """Forget all closures."""
        self.found = Found()

    def adopt(self, other: "Closures") -> None:
        """Take over what was found under another model of the same store, if usersets are made alike under both."""
        if self.signature() == other.signature():
            self.found, other.found = other.found, Found()

    def signature(self) -> tuple[object, ...]:
        """Return all that closures follow from, but for the tuples."""
        flows = frozenset(flow for flow in self._flows if flow.target in self._within)
        tables = {node: {id(table) for table in self._bindings.tables_of(node)} for node in self._feeding}
        return self._usersets, flows, tables

    def of(self, user: int, kind: UserKind) -> Closure:
        """Return the closure of a user; one without a number is in what everybody of the type is in."""
        found = self.found.closures.get(user)
        if found is not None:
            return found
        if user == NOBODY and kind.relation is not None:
            return NOWHERE
        owner = user or self._names.find(f"{kind.type}:{WILDCARD}")
        return self.found.closures.get(owner) or self._find(user, owner, kind)

    def _find(self, user: int, owner: int, kind: UserKind) -> Closure:
        """Join the closures of what a user is in directly."""
        if self.found.usersets > MEMBERS_KEPT_MAX:  # not while some are being made, which note what they rest on
            self.clear()
        found = self._joined(lambda climbing: climbing.begin(user, kind), owner, EMPTY)
        if owner != NOBODY:
            self._keep(owner, found)
        return found

    def _joined(self, steps: Callable[[Climbing], Nodes], owner: int, own: FrozenBitMap) -> Closure:
        """Join the closures of where the first steps lead to with what is the owner's own."""
        edges = self._edges
        every = self._starting(steps(edges.every), owner)
        if not every:
            return Closure(own, EMPTY)
        surely = every if edges.alike else self._starting(steps(edges.sure), owner)
        sure = _union((own, *(closure.sure for closure in surely)))
        if edges.alike:
            return Closure(sure, EMPTY)
        unsure = _union(part for closure in every for part in closure if part) - sure
        return Closure(sure, unsure or EMPTY)

    def _starting(self, nodes: Nodes, owner: int) -> list[Closure]:
        """Return the closures of some nodes, and note that the owner's rests on them."""
        found: list[Closure] = []
        for node, objects in nodes.items():
            if node in self._usersets:
                for each in objects:
                    number = self._names.userset(node, each)
                    found.append(self.found.closures.get(number) or self._of_userset(number, node, each))
                    self._note(number, owner)
            elif node in self._within:
                found.append(self._ascend(owner, {node: objects}))
        return found

    def _of_userset(self, number: int, node: Node, each: int) -> Closure:
        """Find the closure of a userset from those of the usersets it is in; where these go in circles, by itself."""
        if number in self._pending or len(self._pending) >= DEPTH_MAX:
            raise _Circle
        start = {node: BitMap((each,))}
        self._pending.add(number)
        try:
            found = self._joined(lambda climbing: climbing.first_steps(start), number, FrozenBitMap((number,)))
        except _Circle:
            if len(self._pending) > 1:
                raise
            found = self._ascend(number, start)
        finally:
            self._pending.discard(number)
        if node in self._parents:
            self._note(each, number)
        self._keep(number, found)
        return found

    def _ascend(self, owner: int, start: Nodes) -> Closure:
        """Find all usersets above some nodes, and note where the way to them passed."""
        edges = self._edges
        every = edges.every.ascend(start, self._within)
        sure = every if edges.alike else edges.sure.ascend(start, self._within)
        numbers = self._numbers(sure)
        unsure = EMPTY if edges.alike else FrozenBitMap(self._numbers(every) - numbers)
        self._register(owner, every)
        return Closure(FrozenBitMap(numbers), unsure)

    def _keep(self, owner: int, found: Closure) -> None:
        self.found.usersets += len(found.sure) + len(found.unsure)
        self.found.closures[owner] = found

    def _numbers(self, nodes: Nodes) -> BitMap:
        found = BitMap()
        for node in nodes.keys() & self._usersets:
            found |= self._names.all_usersets(node, nodes[node])
        return found

    def _register(self, owner: int, every: Nodes) -> None:
        """Note by which names a closure passed, so that a change there drops it."""
        for node, objects in every.items():
            if node in self._usersets:
                for number in self._names.all_usersets(node, objects):
                    self._note(number, owner)
            if node in self._parents:
                for each in objects:
                    self._note(each, owner)

    def _note(self, name: int, owner: int) -> None:
        owners = self.found.through.get(name)
        if owners is None:
            self.found.through[name] = BitMap((owner,))
        else:
            owners.add(owner)

    def note_change(self, table: Table, user: int) -> None:
        """Drop the closures that a tuple of this user may have changed."""
        shape = table.key.shape
        if (shape.type, shape.relation) not in self._feeding:
            return
        if shape.user.relation == WILDCARD:
            self.clear()
            return
        waiting = [user]
        while waiting:
            name = waiting.pop()
            self.found.closures.pop(name, None)
            waiting.extend(self.found.through.pop(name, ()))

    def _find_feeding(self) -> set[Node]:
        """Return the relations whose tuples are on the way to a userset: assigned ones, and tuplesets."""
        feeding: set[Node] = set()
        for flow in self._flows:
            if flow.target in self._within:
                match flow.way:
                    case This():
                        feeding.add(flow.target)
                    case ComputedUserset():
                        pass
                    case way:
                        feeding.add((flow.target[0], way.tupleset))
        return feeding


def _assignable_usersets(bindings: Bindings) -> frozenset[Node]:
    """Return the relations whose usersets may be assigned somewhere."""
    return frozenset(
        (restriction.type, restriction.relation)
        for each in bindings.model.types.values()
        for relation in each.relations.values()
        for restriction in relation.restrictions
        if restriction.relation is not None
    )


def type_edges(bindings: Bindings, flows: Iterable[Flow]) -> Mapping[Node, set[Node]]:
    """Return, by relation, the relations that its users come from."""
    edges: dict[Node, set[Node]] = defaultdict(set)
    for flow in flows:
        edges[flow.target].update(flow_sources(bindings.model, flow))
    return edges


def _parent_nodes(bindings: Bindings, flows: Iterable[Flow]) -> set[Node]:
    """Return the relations that others are computed from over parents."""
    ways = (flow for flow in flows if not isinstance(flow.way, (This, ComputedUserset)))
    return {source for flow in ways for source in flow_sources(bindings.model, flow)}
