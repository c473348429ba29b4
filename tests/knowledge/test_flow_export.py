"""The flow of knowledge as files: networkx reads back exactly what was written, a table tells the same."""

import csv
import io
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.kernel.graph import Graph
from graph_api.kernel.records import upsert
from graph_api.knowledge.flow.export import COLUMNS, FlowFormat, flow_graph, written
from graph_api.knowledge.flow.links import OTHERS, Flow, FlowLink
from graph_api.organization.model import Unit

KEYS = ["unit:sea", "unit:eu", "person:ada", "skill:税务", "city:Ho Chi Minh", 'unit:"a,b"', OTHERS]


def organization() -> Graph:
    graph = Graph()
    graph.apply([upsert(Unit(id="unit:sea", name="South-East <Asia> & more")), upsert(Unit(id="unit:eu", name="欧洲"))])
    return graph


flows = st.dictionaries(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)), st.tuples(st.integers(1, 10**9), st.integers(1, 10**6))
).map(lambda links: Flow(tuple(FlowLink(*ends, *counts) for ends, counts in links.items()), (), len(links), 0))


def read(text: str, wanted: FlowFormat) -> Any:
    source = io.BytesIO(text.encode())
    reader: Any = getattr(nx, "read_graphml" if wanted is FlowFormat.GRAPHML else "read_gexf")
    return reader(source)


def told(graph: Any) -> dict[tuple[str, str], tuple[int, int]]:
    return {(one, other): (data["uses"], data["items"]) for one, other, data in graph.edges(data=True)}


def labels(graph: Any) -> dict[str, str]:
    return {key: data["label"] for key, data in graph.nodes(data=True)}


@pytest.mark.parametrize("wanted", [FlowFormat.GRAPHML, FlowFormat.GEXF])
@given(found=flows)
def test_networkx_reads_back_what_was_written(wanted: FlowFormat, found: Flow) -> None:
    view = organization()
    again, made = read(written(view, found, wanted), wanted), flow_graph(view, found)
    assert told(again) == told(made) == {(one.source, one.target): (one.uses, one.items) for one in found.links}
    assert labels(again) == labels(made)


@given(found=flows)
def test_a_table_tells_the_same_links_with_the_names(found: Flow) -> None:
    rows = list(csv.DictReader(io.StringIO(written(organization(), found, FlowFormat.CSV))))
    assert [(row["source"], row["target"], int(row["uses"]), int(row["items"])) for row in rows] == list(found.links)
    names = {"unit:sea": "South-East <Asia> & more", "unit:eu": "欧洲", "person:ada": "ada", OTHERS: OTHERS}
    assert all(row["source_label"] == names.get(row["source"], row["source"].partition(":")[2]) for row in rows)


def test_a_flow_of_nothing_is_a_file_of_its_format() -> None:
    nothing = Flow((), (), 0, 0)
    assert written(organization(), nothing, FlowFormat.CSV) == ",".join(COLUMNS) + "\n"
    for wanted in (FlowFormat.GRAPHML, FlowFormat.GEXF):
        assert len(read(written(organization(), nothing, wanted), wanted)) == 0
