"""What a relation can be reached from: cycles, impossible relations, and cycles through what is subtracted."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TypeAlias

import msgspec
import networkx as nx

from graph_api.permission.language.problems import Problems
from graph_api.permission.model import (
    AuthorizationModel,
    ComputedUserset,
    Exclusion,
    Intersection,
    Position,
    Relation,
    Rewrite,
    This,
    TupleToUserset,
    Union,
)

Node: TypeAlias = tuple[str, str]


class Edge(msgspec.Struct, frozen=True):
    """A relation depends on another one: by the rewrite alone or through tuples; perhaps it is subtracted."""

    target: Node
    computed: bool
    subtracted: Position | None


def edges_of(model: AuthorizationModel, type_name: str, relation: Relation) -> Iterator[Edge]:
    """Yield what a relation depends on."""
    yield from rewrite_edges(model, type_name, relation, relation.rewrite, None)


def rewrite_edges(
    model: AuthorizationModel, type_name: str, relation: Relation, rewrite: Rewrite, subtracted: Position | None
) -> Iterator[Edge]:
    """Yield what a rewrite depends on; `subtracted` is where the part stands that is taken away."""
    match rewrite:
        case This():
            for each in relation.restrictions:
                if each.relation is not None:
                    yield Edge((each.type, each.relation), computed=False, subtracted=subtracted)
        case ComputedUserset(name):
            yield Edge((type_name, name), computed=True, subtracted=subtracted)
        case TupleToUserset(tupleset, computed):
            for parent in parents(model, type_name, tupleset, computed):
                yield Edge(parent, computed=False, subtracted=subtracted)
        case Union(children) | Intersection(children):
            for child in children:
                yield from rewrite_edges(model, type_name, relation, child, subtracted)
        case Exclusion(base, subtract):
            yield from rewrite_edges(model, type_name, relation, base, subtracted)
            yield from rewrite_edges(model, type_name, relation, subtract, subtracted or subtract.position)


def parents(model: AuthorizationModel, type_name: str, tupleset: str, computed: str) -> list[Node]:
    """Return the relations that `computed from tupleset` leads to."""
    names = dict.fromkeys(each.type for each in model.types[type_name].relations[tupleset].restrictions)
    return [(name, computed) for name in names if computed in model.types[name].relations]


def relations_of(model: AuthorizationModel) -> dict[Node, Relation]:
    """Return all relations of a model."""
    return {
        (each.name, relation.name): relation for each in model.types.values() for relation in each.relations.values()
    }


def components(edges: list[tuple[Node, Node]]) -> dict[Node, int]:
    """Number the strongly connected components of a graph."""
    graph: nx.DiGraph[Node] = nx.DiGraph(edges)
    return {node: number for number, nodes in enumerate(nx.strongly_connected_components(graph)) for node in nodes}


def tell_cycles(model: AuthorizationModel, problems: Problems) -> set[Node]:
    """Tell relations that are defined by themselves, without a tuple in between; return them."""
    edges = [
        (node, edge.target)
        for node, relation in relations_of(model).items()
        for edge in edges_of(model, node[0], relation)
        if edge.computed
    ]
    component = components(edges)
    cyclic = {node: None for node, target in edges if component[node] == component[target]}
    for type_name, name in cyclic:
        message = f"`{name}` of type `{type_name}` is defined by itself."
        hint = "Take it out of its own definition; `or` with itself adds nobody."
        problems.tell("cyclic-relation", message, model.types[type_name].relations[name].position, hint)
    return set(cyclic)


def tell_impossible(model: AuthorizationModel, cyclic: set[Node], problems: Problems) -> None:
    """Tell relations that no tuple can ever give to anybody; those told as cyclic count as possible."""
    possible = possible_relations(model, cyclic)
    for (type_name, name), relation in relations_of(model).items():
        if (type_name, name) not in possible:
            message = f"`{name}` of type `{type_name}` has no entry point: no tuple can be the first to give it."
            hint = "Let it be assigned to a type directly, somewhere on its way."
            problems.tell("relation-no-entry-point", message, relation.position, hint)


def possible_relations(model: AuthorizationModel, known: set[Node]) -> set[Node]:
    """Return the least set of relations that somebody can have."""
    relations = relations_of(model)
    dependents: dict[Node, list[Node]] = defaultdict(list)
    for node, relation in relations.items():
        for edge in edges_of(model, node[0], relation):
            dependents[edge.target].append(node)
    possible = set(known)
    waiting = list(relations)
    while waiting:
        node = waiting.pop()
        if node not in possible and is_possible(model, node, relations[node], possible):
            possible.add(node)
            waiting += dependents[node]
    return possible


def is_possible(model: AuthorizationModel, node: Node, relation: Relation, possible: set[Node]) -> bool:
    """Tell whether somebody can have a relation, given those that somebody can have."""

    def part(rewrite: Rewrite) -> bool:
        match rewrite:
            case This():
                return any(
                    each.relation is None or (each.type, each.relation) in possible for each in relation.restrictions
                )
            case ComputedUserset(name):
                return (node[0], name) in possible
            case TupleToUserset(tupleset, computed):
                return any(parent in possible for parent in parents(model, node[0], tupleset, computed))
            case Union(children):
                return any(map(part, children))
            case Intersection(children):
                return all(map(part, children))
            case Exclusion(base, subtract):
                return part(base) and part(subtract)

    return part(relation.rewrite)


def warn_subtracted_cycles(model: AuthorizationModel, warnings: Problems) -> None:
    """Warn where tuples may make somebody have a relation exactly if they have it not."""
    found = {node: list(edges_of(model, node[0], relation)) for node, relation in relations_of(model).items()}
    component = components([(node, edge.target) for node, edges in found.items() for edge in edges])
    for (type_name, name), edges in found.items():
        node = (type_name, name)
        places = {e.subtracted: None for e in edges if e.subtracted and component[node] == component[e.target]}
        if places:
            message = f"What is subtracted from `{name}` of type `{type_name}` may depend on `{name}` itself."
            hint = "Where tuples close the circle, the answer is no; subtract what does not depend on it."
            warnings.tell("cycle-through-exclusion", message, next(iter(places)), hint)
