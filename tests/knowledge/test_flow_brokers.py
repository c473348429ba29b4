"""Constraint, effective size and betweenness against networkx; the shape of a cascade against all its distances."""

from itertools import combinations
from random import Random
from typing import Any, Final

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_api.knowledge.flow.brokers import betweenness, holes
from graph_api.knowledge.flow.cascade import shape

NX: Final[Any] = nx  # it has no types of its own
SEVEN: Final[Any] = NX.Graph(["AB", "AC", "AD", "AE", "AF", "AG", "BG", "BD", "CD", "EG"])
"""An ego with six contacts in the manner of Borgatti 1997, "Structural holes: unpacking Burt's redundancy measures"."""
GRAPHS: dict[str, Any] = {
    "kite": NX.krackhardt_kite_graph(),
    "florentine": NX.florentine_families_graph(),
    "seven": SEVEN,
}


def laid_out(graph: Any) -> tuple[list[object], dict[tuple[int, int], float]]:
    names: list[object] = list(graph.nodes)
    places = {name: place for place, name in enumerate(names)}
    return names, {(places[one], places[other]): data.get("weight", 1.0) for one, other, data in graph.edges(data=True)}


@pytest.mark.parametrize("name", GRAPHS)
def test_constraint_and_effective_size_are_those_of_networkx(name: str) -> None:
    names, weights = laid_out(GRAPHS[name])
    found = holes(len(names), weights)
    constraint, size = NX.constraint(GRAPHS[name]), NX.effective_size(GRAPHS[name])
    for vertex, hole in zip(names, found, strict=True):
        assert hole.constraint == pytest.approx(constraint[vertex], abs=1e-9)
        assert hole.effective_size == pytest.approx(size[vertex], abs=1e-9)


def test_the_ego_of_seven_has_the_effective_size_that_the_formula_gives_by_hand() -> None:
    """Six contacts with four ties among them: 6 - 2 * 4 / 6."""
    names, weights = laid_out(SEVEN)
    assert holes(7, weights)[names.index("A")].effective_size == pytest.approx(6 - 8 / 6, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 8), st.randoms(use_true_random=False))
def test_weighted_ties_both_ways_agree_with_networkx(vertices: int, random: Random) -> None:
    graph: Any = NX.gnp_random_graph(vertices, 0.5, seed=random, directed=True)
    for place, (one, other) in enumerate(graph.edges):
        graph.edges[one, other]["weight"] = place % 3 + 1
    weights = {(one, other): float(data["weight"]) for one, other, data in graph.edges(data=True)}
    found = holes(vertices, weights)
    expected = NX.constraint(graph, weight="weight")
    # For named vertices networkx 3.6 takes the formula; its matrices divide weights by the maxima of columns, not rows.
    sizes = NX.effective_size(graph, nodes=list(graph), weight="weight")
    for vertex in graph.nodes:
        if NX.is_isolate(graph, vertex):
            assert found[int(vertex)].constraint is None
        elif graph[vertex]:  # networkx takes one without ties of its own for alone
            assert found[int(vertex)].constraint == pytest.approx(expected[vertex], abs=1e-9)
            assert found[int(vertex)].effective_size == pytest.approx(sizes[vertex], abs=1e-9)


@pytest.mark.parametrize("name", GRAPHS)
def test_betweenness_from_all_pivots_is_exact(name: str) -> None:
    names, weights = laid_out(GRAPHS[name])
    found = betweenness(len(names), weights, pivots_max=len(names), doubt=0.05, seed=1)
    exact = NX.betweenness_centrality(GRAPHS[name])
    assert found.error == 0
    assert found.values == pytest.approx([exact[name] for name in names], abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_sampled_betweenness_is_within_its_stated_error(seed: int) -> None:
    graph = NX.barabasi_albert_graph(300, 2, seed=seed)
    names, weights = laid_out(graph)
    found = betweenness(300, weights, pivots_max=150, doubt=0.001, seed=seed)
    exact = NX.betweenness_centrality(graph)
    worst = max(abs(value - exact[name]) for value, name in zip(found.values, names, strict=True))
    assert 0 < worst <= found.error < 0.25
    assert found.pivots == 150


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), max_size=12))
def test_shape_of_a_cascade_is_that_of_all_its_distances(choices: list[int]) -> None:
    parents = {place: choice % place for place, choice in enumerate(choices, start=1)}
    tree: Any = NX.Graph(list(parents.items()))
    tree.add_node(0)
    found, away = shape(0, parents), dict(NX.all_pairs_shortest_path_length(tree))
    assert (found.size, found.depth) == (len(tree), max(away[0].values()))
    pairs = [away[one][other] for one, other in combinations(tree.nodes, 2)]
    assert found.structural_virality == (pytest.approx(sum(pairs) / len(pairs)) if pairs else None)


def test_where_nobody_is_at_all_nobody_stands_between() -> None:
    assert holes(0, {}) == betweenness(0, {}, pivots_max=4, doubt=0.05, seed=1).values == []
    assert holes(1, {(0, 0): 3.0})[0].constraint is None
