"""The flow of knowledge as files that network tools read: GraphML, GEXF, and CSV of its links."""

import csv
import io
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import networkx as nx

from graph_api.kernel.graph import GraphView
from graph_api.kernel.ids import natural_key, split_id
from graph_api.knowledge.flow.links import OTHERS, Flow
from graph_api.organization.model import Customer, Person, Skill, Unit

COLUMNS: Final = ("source", "source_label", "target", "target_label", "uses", "items")
_KINDS: Final[Mapping[str, type[Person | Unit | Skill | Customer]]] = {
    kind.entity_type: kind for kind in (Person, Unit, Skill, Customer)
}


class FlowFormat(StrEnum):
    """A format of files."""

    GRAPHML = "graphml"
    GEXF = "gexf"
    CSV = "csv"


def written(view: GraphView, found: Flow, wanted: FlowFormat) -> str:
    """Return a flow as text: vertices by key with `label` and `kind`, links with `uses` and `items`, both counts.

    Links stand in the order of the flow. GraphML and GEXF are networkx's, so that it reads back what was written.
    """
    if wanted is FlowFormat.CSV:
        return _csv(view, found)
    graph = flow_graph(view, found)
    # networkx is typed in part: what it writes lines with is looked up by name.
    lines: Any = getattr(nx, "generate_graphml" if wanted is FlowFormat.GRAPHML else "generate_gexf")(graph)
    return "\n".join(lines) + "\n"


def flow_graph(view: GraphView, found: Flow) -> "nx.DiGraph[str]":
    """Return a flow as a directed graph."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for key in sorted({end for link in found.links for end in (link.source, link.target)}):
        graph.add_node(key, label=label_of(view, key), kind=OTHERS if key == OTHERS else split_id(key)[0])
    for link in found.links:
        graph.add_edge(link.source, link.target, uses=link.uses, items=link.items)
    return graph


def label_of(view: GraphView, key: str) -> str:
    """Return the name of a vertex: of a city and of who has none, its key without the type."""
    if key == OTHERS:
        return OTHERS
    kind = _KINDS.get(split_id(key)[0])
    node = view.node(kind, key) if kind is not None else None
    return (node.name if node is not None else "") or natural_key(key)


def _csv(view: GraphView, found: Flow) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for link in found.links:
        ends = (link.source, label_of(view, link.source), link.target, label_of(view, link.target))
        rows.writerow((*ends, link.uses, link.items))
    return text.getvalue()
