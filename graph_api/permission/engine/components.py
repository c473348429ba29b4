"""Plans in the order of what they rest on: one component after the other, circles among plans together in one.

Plans in different components can be worked out once and for all, those before it first; only within a component is
there anything to repeat.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec
import networkx as nx

from graph_api.permission.engine.bindings import Bindings
from graph_api.permission.engine.plans import Both, Hard, Node, Plan
from graph_api.permission.engine.tables import Table
from graph_api.permission.tuples import WILDCARD


class Way(msgspec.Struct, frozen=True, eq=False):
    """How objects of one plan lead to objects of another.

    By tuples that name them (`table`), or that name their usersets (`userset`); as one operand of an intersection or as
    what an exclusion takes from (`hard`); or as they are. `waits` is for what is only looked up on a way.
    """

    source: Plan
    target: Plan
    table: Table | None = None
    userset: Node | None = None
    hard: Hard | None = None
    waits: bool = False


class Component(msgspec.Struct, frozen=True, eq=False):
    """Plans that rest on each other, or one alone; the ways into it, and those within by the plan they start from."""

    plans: tuple[Plan, ...]
    numbers: frozenset[int]
    entering: tuple[Way, ...]
    within: dict[int, list[Way]]


class Components:
    """All components of a compiled model, as its tables connect its plans."""

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = bindings
        self._below: dict[int, tuple[Component, ...]] = {}
        ways: dict[int, list[Way]] = defaultdict(list)
        plans: dict[int, Plan] = {}
        for plan in all_plans(bindings.plans.values()):
            plans[plan.number] = plan
            ways[plan.number] += self._ways(plan)
        graph: nx.DiGraph[int] = nx.DiGraph()
        graph.add_nodes_from(plans)
        graph.add_edges_from((way.source.number, way.target.number) for into in ways.values() for way in into)
        condensed = nx.condensation(graph)
        self._order: list[Component] = []
        for number in nx.topological_sort(condensed):
            members = frozenset(condensed.nodes[number]["members"])
            self._order.append(_component([plans[each] for each in sorted(members)], members, ways))

    def _ways(self, plan: Plan) -> Iterator[Way]:
        bindings = self._bindings
        for call in plan.calls:
            yield Way(call, plan)
        for table, child in bindings.parents(plan):
            yield Way(child, plan, table)
        for table in bindings.assigned(plan):
            user = table.key.shape.user
            if user.relation not in (None, WILDCARD):
                node = (user.type, user.relation)
                yield Way(bindings.plans[node], plan, table, node)
        for hard in plan.hard:
            yield from _hard_ways(plan, hard)

    def below(self, plan: Plan) -> tuple[Component, ...]:
        """Return what a plan rests on, in order; its own component comes last."""
        found = self._below.get(plan.number)
        if found is None:
            found = self._below[plan.number] = self._find_below(plan)
        return found

    def _find_below(self, plan: Plan) -> tuple[Component, ...]:
        needed, found = {plan.number}, list[Component]()
        for component in reversed(self._order):
            if needed & component.numbers:
                found.append(component)
                needed.update(way.source.number for way in component.entering)
        return tuple(reversed(found))


def all_plans(plans: Iterable[Plan]) -> Iterator[Plan]:
    """Yield plans and those of their operands, each once."""
    waiting, seen = list(plans), set[int]()
    while waiting:
        plan = waiting.pop()
        if plan.number not in seen:
            seen.add(plan.number)
            waiting += plan.operands()
            yield plan


def _hard_ways(plan: Plan, hard: Hard) -> Iterator[Way]:
    if isinstance(hard, Both):
        for operand in hard.operands:
            yield Way(operand, plan, hard=hard)
    else:
        yield Way(hard.base, plan, hard=hard)
        yield Way(hard.subtract, plan, hard=hard, waits=True)


def _component(plans: list[Plan], numbers: frozenset[int], ways: dict[int, list[Way]]) -> Component:
    into = [way for plan in plans for way in ways[plan.number]]
    within: dict[int, list[Way]] = defaultdict(list)
    for way in into:
        if way.source.number in numbers:
            within[way.source.number].append(way)
    entering = tuple(way for way in into if way.source.number not in numbers)
    return Component(tuple(plans), numbers, entering, within)
