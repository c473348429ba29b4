"""The questions that come with the real sets have the same answers in the imported graph."""

from functools import lru_cache

import pytest

from graph_api.kernel.graph import Graph
from tests.support.data import shared_data, truths
from tests.support.folders import graph_from
from tests.support.truths import QUESTIONS, agrees, ranking


@lru_cache(maxsize=1)
def imported(name: str) -> Graph:
    return graph_from(shared_data(name))


@pytest.mark.parametrize(
    ("name", "question"), [(name, question) for name, questions in QUESTIONS.items() for question in questions]
)
def test_imported_graph_answers_as_the_files_do(name: str, question: str) -> None:
    answer, truth = QUESTIONS[name][question](imported(name)), truths(name)[question]
    assert agrees(answer, truth), (answer, truth)


def test_ranking_may_be_cut_among_equals_and_nowhere_else() -> None:
    counted = ranking({"a": 3, "b": 2, "c": 2, "d": 1}, 1)
    assert agrees(counted, [["a", 3], ["c", 2]])
    assert not agrees(counted, [["a", 3], ["d", 1]])
    assert not agrees(counted, [["a", 3], ["d", 2]])
    assert not agrees(counted, [["b", 2], ["c", 2]])
