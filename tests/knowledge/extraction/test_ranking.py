"""Sentences are ranked as TextRank ranks them."""

import math

import pytest

from graph_api.knowledge.extraction.ranking import ranked, similarity
from graph_api.knowledge.extraction.sentences import Sentence, sentences


def ranks(text: str) -> list[tuple[Sentence, float]]:
    return ranked(sentences("s", text))


def test_similarity_is_that_of_mihalcea_and_tarau() -> None:
    left, right = frozenset({"broker", "rail", "tax"}), frozenset({"broker", "rail"})
    assert similarity(left, right) == pytest.approx(2 / (math.log(3) + math.log(2)))
    assert similarity(frozenset(), left) == 0
    assert similarity(frozenset({"tax"}), frozenset({"tax"})) == 0


def test_the_sentence_that_shares_words_with_all_others_comes_first() -> None:
    text = "Broker needs pedimento. Container waits port. Broker holds container without pedimento at port. Lunch soup."
    best, rank = ranks(text)[0]
    assert best.text.startswith("Broker holds")
    assert rank > 0.25


def test_ranks_add_up_to_one_and_equal_ones_keep_the_order() -> None:
    found = ranks("Alpha beta. Gamma delta. Epsilon zeta.")
    assert sum(rank for _, rank in found) == pytest.approx(1)
    assert [sentence.text for sentence, _ in found] == ["Alpha beta.", "Gamma delta.", "Epsilon zeta."]


def test_without_sentences_there_are_no_ranks() -> None:
    assert ranked([]) == []
