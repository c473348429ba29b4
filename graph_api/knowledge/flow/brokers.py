"""Who stands between others: constraint, effective size, and betweenness by sampling.

Burt, "Structural Holes", 1992, chapter 2; Brandes, "A faster algorithm for betweenness centrality", 2001; Brandes and
Pich, "Centrality estimation in large networks", 2007, with the bound of Hoeffding 1963 for all vertices at once.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from math import log, sqrt
from random import Random
from typing import Any, cast

import msgspec
import numpy as np
from scipy import sparse

Weights = Mapping[tuple[int, int], float]
"""By (source, target): the uses, or anything that adds up; places count from 0."""


class Hole(msgspec.Struct, frozen=True):
    """One vertex: Burt's constraint, None where nobody is tied to it, and his effective size."""

    constraint: float | None
    effective_size: float


class Betweenness(msgspec.Struct, frozen=True):
    """Shares of shortest paths, 0 to 1; with the stated confidence, none is wrong by more than `error`."""

    values: list[float]
    error: float
    pivots: int


def holes(vertices: int, weights: Weights) -> list[Hole]:
    """Compute constraint and effective size by the mutual weights of each pair, loops left out.

    p_uv = (a_uv + a_vu) / sum over w of (a_uw + a_wu); constraint = sum over v of (p_uv + sum over w of p_uw p_wv)^2;
    effective size = sum over v of (1 - sum over w of p_uw m_vw), m_vw = (a_vw + a_wv) / max over x of (a_vx + a_xv).
    """
    if vertices == 0:  # scipy finds no largest of nothing
        return []
    mutual = _mutual(vertices, weights)
    tied = (mutual > 0).astype(float)
    shares = _scaled(mutual, np.asarray(mutual.sum(axis=1)).ravel())
    marginal = _scaled(mutual, mutual.max(axis=1).toarray().ravel())
    invested = (shares + shares @ shares).multiply(tied)
    constraint = np.asarray(invested.multiply(invested).sum(axis=1)).ravel()
    redundancy = np.asarray((shares @ marginal.T).multiply(tied).sum(axis=1)).ravel()
    degree = np.asarray(tied.sum(axis=1)).ravel()
    return [
        Hole(float(one) if many else None, float(many - redundant))
        for one, many, redundant in zip(constraint, degree, redundancy, strict=True)
    ]


def _mutual(vertices: int, weights: Weights) -> Any:
    pairs = [(source, target, weight) for (source, target), weight in weights.items() if source != target]
    rows, columns, values = zip(*pairs, strict=True) if pairs else ((), (), ())
    both = (np.array([*rows, *columns], np.int64), np.array([*columns, *rows], np.int64))
    return cast("Any", sparse.csr_array((np.array([*values, *values], float), both), shape=(vertices, vertices)))


def _scaled(matrix: Any, by: Any) -> Any:
    inverse = np.divide(1.0, by, out=np.zeros_like(by), where=by > 0)
    return matrix.multiply(inverse[:, None]).tocsr()


def betweenness(vertices: int, weights: Weights, *, pivots_max: int, doubt: float, seed: int) -> Betweenness:
    """Estimate betweenness, ties taken both ways and without weight, from pivots drawn without putting back.

    A value is n / (k (n - 1)(n - 2)) times the sum over k pivots of their dependencies, each in 0 to n - 2.
    By Hoeffding and a union over n vertices, the error is n / (n - 1) sqrt(ln(2n / doubt) / 2k), except with
    probability `doubt`.
    """
    neighbours = _neighbours(vertices, weights)
    pivots = range(vertices) if vertices <= pivots_max else Random(seed).sample(range(vertices), pivots_max)  # noqa: S311  # a sample, no secret
    values = [0.0] * vertices
    if vertices > 2:  # nobody stands between two
        scale = vertices / (len(pivots) * (vertices - 1) * (vertices - 2))
        for pivot in pivots:
            for place, dependency in _dependencies(neighbours, pivot):
                values[place] += dependency * scale
    exact = len(pivots) == vertices
    error = 0.0 if exact else vertices / (vertices - 1) * sqrt(log(2 * vertices / doubt) / (2 * len(pivots)))
    return Betweenness(values, error, len(pivots))


def _neighbours(vertices: int, weights: Weights) -> list[list[int]]:
    tied: list[set[int]] = [set() for _ in range(vertices)]
    for (source, target), weight in weights.items():
        if source != target and weight > 0:
            tied[source].add(target)
            tied[target].add(source)
    return [sorted(each) for each in tied]


def _dependencies(neighbours: Sequence[Sequence[int]], pivot: int) -> list[tuple[int, float]]:
    """Return, by vertex, the shares of shortest paths from the pivot that run over it (Brandes 2001, theorem 6)."""
    distance, paths, order = {pivot: 0}, {pivot: 1}, list[int]()
    waiting = deque([pivot])
    while waiting:
        place = waiting.popleft()
        order.append(place)
        for other in neighbours[place]:
            if other not in distance:
                distance[other], paths[other] = distance[place] + 1, 0
                waiting.append(other)
            if distance[other] == distance[place] + 1:
                paths[other] += paths[place]
    dependency = dict.fromkeys(order, 0.0)
    for place in reversed(order):
        for other in neighbours[place]:
            if distance[other] == distance[place] - 1:
                dependency[other] += paths[other] / paths[place] * (1 + dependency[place])
    return [(place, dependency[place]) for place in order if place != pivot]
