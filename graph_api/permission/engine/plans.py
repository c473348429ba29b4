"""Plans: each relation of a model with what its unions amount to, worked out once.

A plan is one union: who is assigned (`this`), who comes over parents (`via`), and its intersections and exclusions
(`hard`), whose operands are plans again. Computed relations are merged into the plan that names them, or called where
the plan would become large; validation has refused circles among them.
"""

from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Final, TypeAlias, TypeVar

import msgspec

from graph_api.permission.model import (
    AuthorizationModel,
    ComputedUserset,
    Exclusion,
    Intersection,
    Rewrite,
    This,
    TupleToUserset,
    Union,
)

Node: TypeAlias = tuple[str, str]
"""Type and relation."""

MERGED_PARTS_MAX: Final = 64
PartT = TypeVar("PartT")


class Via(msgspec.Struct, frozen=True):
    """`computed from tupleset`, with the types that the tupleset's parents may have."""

    tupleset: str
    computed: str
    parents: tuple[str, ...]


class Both(msgspec.Struct, frozen=True, eq=False):
    """An intersection: whoever is in every operand."""

    operands: "tuple[Plan, ...]"


class Without(msgspec.Struct, frozen=True, eq=False):
    """An exclusion: whoever is in the base and not in what is subtracted."""

    base: "Plan"
    subtract: "Plan"


Hard: TypeAlias = Both | Without


class Plan(msgspec.Struct, eq=False):
    """One union. `relations` are those whose usersets are in it by name, `this` those whose tuples count in it."""

    number: int
    type: str
    name: str
    relations: tuple[str, ...] = ()
    this: tuple[str, ...] = ()
    via: tuple[Via, ...] = ()
    hard: tuple[Hard, ...] = ()
    calls: "tuple[Plan, ...]" = ()

    @property
    def size(self) -> int:
        """Return the number of its parts."""
        return len(self.relations) + len(self.this) + len(self.via) + len(self.hard) + len(self.calls)

    def operands(self) -> "Iterator[Plan]":
        """Yield the plans that its intersections and exclusions are made of."""
        for hard in self.hard:
            yield from hard.operands if isinstance(hard, Both) else (hard.base, hard.subtract)


class Plans:
    """The plans of a model, by type and relation; those of operands have numbers too."""

    def __init__(self, model: AuthorizationModel) -> None:
        self._model = model
        self._count = 0
        self.by_node: dict[Node, Plan] = {}
        for each in model.types.values():
            computed = {name: set(_computed(relation.rewrite)) for name, relation in each.relations.items()}
            # In this order whatever a relation is computed from has its plan already.
            for name in TopologicalSorter(computed).static_order():
                plan = self.by_node[each.name, name] = self._new(each.name, name)
                plan.relations = (name,)
                self._merge(plan, name, each.relations[name].rewrite)

    def _new(self, type_name: str, name: str) -> Plan:
        self._count += 1
        return Plan(self._count, type_name, name)

    def _merge(self, plan: Plan, relation: str, rewrite: Rewrite) -> None:
        """Add to a plan what a part of the rewrite of `relation` gives."""
        match rewrite:
            case This():
                plan.this = _joined(plan.this, (relation,))
            case ComputedUserset(name):
                self._merge_plan(plan, self.by_node[plan.type, name])
            case TupleToUserset(tupleset, computed):
                via = Via(tupleset, computed, parents_of(self._model, plan.type, tupleset))
                plan.via = _joined(plan.via, (via,))
            case Union(children):
                for child in children:
                    self._merge(plan, relation, child)
            case Intersection(children):
                plan.hard = (*plan.hard, Both(tuple(self._operand(plan.type, relation, child) for child in children)))
            case Exclusion(base, subtract):
                operands = (self._operand(plan.type, relation, child) for child in (base, subtract))
                plan.hard = (*plan.hard, Without(*operands))

    def _merge_plan(self, plan: Plan, other: Plan) -> None:
        if plan.size + other.size > MERGED_PARTS_MAX:
            plan.calls = _joined(plan.calls, (other,))
            return
        plan.relations = _joined(plan.relations, other.relations)
        plan.this = _joined(plan.this, other.this)
        plan.via = _joined(plan.via, other.via)
        plan.hard = _joined(plan.hard, other.hard)
        plan.calls = _joined(plan.calls, other.calls)

    def _operand(self, type_name: str, relation: str, rewrite: Rewrite) -> Plan:
        if isinstance(rewrite, ComputedUserset):
            return self.by_node[type_name, rewrite.relation]
        plan = self._new(type_name, relation)
        self._merge(plan, relation, rewrite)
        return plan


def parents_of(model: AuthorizationModel, type_name: str, tupleset: str) -> tuple[str, ...]:
    """Return the types that may be assigned to a tupleset."""
    restrictions = model.types[type_name].relations[tupleset].restrictions
    return tuple(dict.fromkeys(each.type for each in restrictions))


def _computed(rewrite: Rewrite) -> Iterator[str]:
    match rewrite:
        case ComputedUserset(name):
            yield name
        case Union(children) | Intersection(children):
            for child in children:
                yield from _computed(child)
        case Exclusion(base, subtract):
            yield from _computed(base)
            yield from _computed(subtract)
        case _:
            pass


def _joined(parts: tuple[PartT, ...], others: Iterable[PartT]) -> tuple[PartT, ...]:
    return tuple(dict.fromkeys((*parts, *others)))


class Flow(msgspec.Struct, frozen=True):
    """How users of one node become users of another: the way, and whether it is sure (unions only)."""

    way: This | ComputedUserset | TupleToUserset
    target: Node
    sure: bool
    subtracted: bool = False


def flows_of(model: AuthorizationModel) -> Iterator[Flow]:
    """Yield every way into every relation of a model, also those into what is subtracted."""
    for each in model.types.values():
        for name, relation in each.relations.items():
            yield from _flows((each.name, name), relation.rewrite, sure=True, subtracted=False)


def _flows(target: Node, rewrite: Rewrite, *, sure: bool, subtracted: bool) -> Iterator[Flow]:
    match rewrite:
        case This() | ComputedUserset() | TupleToUserset():
            yield Flow(rewrite, target, sure, subtracted)
        case Union(children):
            for child in children:
                yield from _flows(target, child, sure=sure, subtracted=subtracted)
        case Intersection(children):
            for child in children:
                yield from _flows(target, child, sure=False, subtracted=subtracted)
        case Exclusion(base, subtract):
            yield from _flows(target, base, sure=False, subtracted=subtracted)
            yield from _flows(target, subtract, sure=False, subtracted=True)


def sources_of(model: AuthorizationModel) -> Iterator[tuple[Node, Node]]:
    """Yield every relation with each relation that its users depend on; also what is subtracted, and tuplesets."""
    for flow in flows_of(model):
        for source in flow_sources(model, flow):
            yield flow.target, source
        if isinstance(flow.way, TupleToUserset):
            yield flow.target, (flow.target[0], flow.way.tupleset)


def flow_sources(model: AuthorizationModel, flow: Flow) -> Iterator[Node]:
    """Yield the relations that users come from on a way."""
    type_name, name = flow.target
    match flow.way:
        case This():
            for each in model.types[type_name].relations[name].restrictions:
                if each.relation is not None:
                    yield each.type, each.relation
        case ComputedUserset(computed):
            yield type_name, computed
        case TupleToUserset(tupleset, computed):
            for parent in parents_of(model, type_name, tupleset):
                yield parent, computed


def reachable(edges: Mapping[Node, set[Node]], start: set[Node]) -> set[Node]:
    """Return all that can be reached over edges, the start included."""
    found, waiting = set(start), list(start)
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found
