"""The digest of a state is the same wherever the state is."""

from typing import Any

import pytest

from graph_api.kernel.graph import Graph
from graph_api.kernel.records import upsert
from graph_api.organization.model import Person
from graph_api.projection.state import digest


def graph_of(**fields: Any) -> Graph:
    graph = Graph()
    graph.apply([upsert(Person(id="person:ada", name="Ada", **fields))])
    return graph


@pytest.mark.parametrize("told", [{"kind": "".join(("per", "son"))}, {"capacity": float("1.0")}, {"absences": ()}])
def test_default_that_was_told_gives_the_digest_of_one_that_was_not(told: dict[str, Any]) -> None:
    assert digest(graph_of(**told)) == digest(graph_of())


@pytest.mark.parametrize("other", [{"kind": "bot"}, {"capacity": 0.5}, {"city": "Xi'an"}, {"country": "Xi'an"}])
def test_every_field_counts_in_the_digest(other: dict[str, Any]) -> None:
    assert digest(graph_of(**other)) != digest(graph_of())
