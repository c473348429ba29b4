"""Find rows that close a cycle where the model is a hierarchy or an order."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import networkx as nx

from graph_api.exchange.checking import CheckedFile, Placed
from graph_api.exchange.reading import Fault
from graph_api.kernel.graph import GraphView
from graph_api.kernel.ids import entity_id, natural_key
from graph_api.kernel.records import Link

_NAMES_SHOWN_MAX: Final = 8


class Hierarchy(NamedTuple):
    """The fields of a file that say what stands below and what above; `replaces` where a new one wins."""

    file: str
    lower: str
    upper: str
    entity_type: str
    link: type[Link]
    replaces: bool


def find_cycles(hierarchy: Hierarchy, file: CheckedFile, view: GraphView) -> dict[int, Fault]:
    """Return the fault of each row that is part of a cycle, by line; stored relationships count too."""
    edges = {placed.line: _edges(hierarchy, placed) for placed in file.rows}
    graph = _graph(hierarchy, edges.values(), view)
    component = {node: number for number, nodes in enumerate(nx.strongly_connected_components(graph)) for node in nodes}
    return {
        placed.line: file.fault(placed, hierarchy.upper, _reason(graph, lower, upper))
        for placed in file.rows
        for lower, upper in edges[placed.line]
        if component[lower] == component[upper]
    }


def _edges(hierarchy: Hierarchy, placed: Placed) -> Sequence[tuple[str, str]]:
    given = getattr(placed.row, hierarchy.upper)
    uppers: Iterable[str] = () if given is None else (given,) if isinstance(given, str) else given
    lower = entity_id(hierarchy.entity_type, getattr(placed.row, hierarchy.lower))
    return [(lower, entity_id(hierarchy.entity_type, upper)) for upper in uppers]


def _graph(hierarchy: Hierarchy, edges: Iterable[Sequence[tuple[str, str]]], view: GraphView) -> "nx.DiGraph[str]":
    graph: nx.DiGraph[str] = nx.DiGraph(edge for row in edges for edge in row)
    replaced = {node for node in graph if hierarchy.replaces and graph.out_degree(node)}
    waiting = [node for node in graph if node not in replaced]
    seen = set(waiting) | replaced
    while waiting:
        node = waiting.pop()
        for link in tuple(view.outgoing(hierarchy.link, node)):
            graph.add_edge(node, link.target)
            if link.target not in seen:
                seen.add(link.target)
                waiting.append(link.target)
    return graph


def _reason(graph: "nx.DiGraph[str]", lower: str, upper: str) -> str:
    path = [lower, *_path(graph, upper, lower)]
    names = [natural_key(node) for node in path]
    if len(names) > _NAMES_SHOWN_MAX:
        names = [*names[: _NAMES_SHOWN_MAX - 2], "...", names[-1]]
    return f"the row is part of a cycle: {' -> '.join(names)}"


def _path(graph: "nx.DiGraph[str]", start: str, end: str) -> list[str]:
    found = nx.bidirectional_shortest_path(graph, start, end)
    return list(found)


def by_file(hierarchies: Iterable[Hierarchy]) -> Mapping[str, Hierarchy]:
    """Return the hierarchies by the file that holds them; a file holds one at most."""
    return {hierarchy.file: hierarchy for hierarchy in hierarchies}
