"""The graph of a replica takes what was committed as it is, and has the next model ready beside the live one."""

import pytest

from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.kept_graph import KeptGraph, TupleChange
from graph_api.permission.parsing import parse_model
from graph_api.permission.tuples import Condition, RelationshipTuple, TupleSource
from tests.permission.world import DOCUMENTS, keys, tuples

MODEL = parse_model(DOCUMENTS.replace(", swarm#member", "").replace("type user", "type user\ntype person")).model
BARE = parse_model("model\n  schema 1.1\ntype user\n").model
(VIEWER,) = tuples("user:a viewer document:1")
UNFIT = RelationshipTuple("person:a", "viewer", "document:1", Condition("in_office", {"hour": "noon"}))
EXPLICIT = TupleSource.EXPLICIT


def graph_with(*added: RelationshipTuple) -> KeptGraph:
    graph = KeptGraph(MODEL)
    graph.take({each.key: each for each in added}, EXPLICIT)
    return graph


def test_it_tells_what_each_tuple_was_before_and_nothing_of_what_stays() -> None:
    graph = graph_with(VIEWER)
    assert graph.take({VIEWER.key: VIEWER, keys("user:b viewer document:1")[0]: None}, EXPLICIT) == []
    assert graph.take({VIEWER.key: None}, EXPLICIT) == [TupleChange(VIEWER.key, EXPLICIT, VIEWER, None)]
    assert graph.take({VIEWER.key: VIEWER}, TupleSource.DERIVED) == [
        TupleChange(VIEWER.key, TupleSource.DERIVED, None, VIEWER)
    ]


def test_a_tuple_that_the_live_model_forbids_is_kept_and_does_not_count() -> None:
    graph = KeptGraph(BARE)
    graph.take({VIEWER.key: VIEWER}, EXPLICIT)
    assert [each.valid for each in graph.read()] == [False]
    assert graph.count_invalid() == 1
    graph.switch_model(MODEL)
    assert graph.check("user:a", "viewer", "document:1")
    assert graph.count_invalid() == 0


@pytest.mark.parametrize("prepared", [False, True])
def test_a_tuple_whose_context_does_not_fit_does_not_count_before_and_after_a_switch(*, prepared: bool) -> None:
    graph = KeptGraph(MODEL)
    if prepared:
        graph.prepare("next", MODEL)
    graph.take({UNFIT.key: UNFIT, VIEWER.key: VIEWER}, EXPLICIT)
    assert not graph.check("person:a", "viewer", "document:1", context={"hour": 12})
    assert graph.count_invalid() == 1
    graph.switch_to("next", MODEL)
    assert [each.valid for each in graph.read()] == [False, True]
    assert graph.count_invalid() == 1


def test_a_prepared_model_sees_what_was_taken_since_and_takes_over_with_the_same_answers() -> None:
    graph = graph_with(VIEWER)
    graph.prepare("next", MODEL)
    late = tuples("user:b viewer document:1", "document:2#owner viewer document:1", "user:c owner document:2")
    graph.take({each.key: each for each in late} | {VIEWER.key: None}, EXPLICIT)
    graph.switch_to("next", MODEL)
    told = graph.list_users("document:1", "viewer", filters=["user"])
    rebuilt = PermissionGraph(MODEL)
    rebuilt.write(add=late)
    assert told == ["user:b", "user:c"] == rebuilt.list_users("document:1", "viewer", filters=["user"])


def test_another_model_than_the_prepared_one_may_take_over() -> None:
    graph = graph_with(VIEWER)
    graph.prepare("next", BARE)
    graph.switch_to("other", MODEL)
    assert graph.check("user:a", "viewer", "document:1")
    graph.take({VIEWER.key: None}, EXPLICIT)
    assert len(graph) == 0
