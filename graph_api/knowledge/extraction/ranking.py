"""Which sentences speak for the others: TextRank (Mihalcea and Tarau 2004)."""

import math
from collections.abc import Sequence
from itertools import combinations

import networkx as nx

from graph_api.knowledge.extraction.sentences import Sentence
from graph_api.knowledge.extraction.text import normalised
from graph_api.knowledge.extraction.words import words


def ranked(given: Sequence[Sentence]) -> list[tuple[Sentence, float]]:
    """Return the sentences with their ranks, best first; of equal ones the earlier. The ranks add up to 1."""
    ranks = _ranks([_stems(sentence.text) for sentence in given])
    order = sorted(range(len(given)), key=lambda place: (-ranks[place], place))
    return [(given[place], ranks[place]) for place in order]


def _stems(text: str) -> frozenset[str]:
    return frozenset(word.stem for word in words(normalised(text)) if word.tells)


def _ranks(stems: Sequence[frozenset[str]]) -> list[float]:
    """Return the PageRank of each sentence, rounded so that no order follows from the last digits of a sum."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(stems)))
    for left, right in combinations(range(len(stems)), 2):
        if weight := similarity(stems[left], stems[right]):
            graph.add_edge(left, right, weight=weight)
    found: dict[int, float] = nx.pagerank(graph, weight="weight") if stems else {}
    return [round(found[place], 9) for place in range(len(stems))]


def similarity(left: frozenset[str], right: frozenset[str]) -> float:
    """Return the common words over the sum of the logarithms of both numbers of words; 0 where these are 0."""
    scale = math.log(max(1, len(left))) + math.log(max(1, len(right)))
    return len(left & right) / scale if scale else 0.0
