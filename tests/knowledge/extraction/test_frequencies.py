"""Telling words are weighed as scikit-learn weighs them."""

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer  # pyright: ignore[reportMissingTypeStubs]  # it has none

from graph_api.knowledge.extraction.frequencies import frequencies, telling_words, terms

TEXTS = st.lists(
    st.lists(st.sampled_from(["broker", "pedimento", "rail", "polish", "清关", "the"]), min_size=1).map(" ".join),
    min_size=1,
    max_size=6,
)


@given(TEXTS)
def test_rarity_is_the_smoothed_inverse_frequency_of_scikit_learn(texts: list[str]) -> None:
    corpus = frequencies(texts)
    if not corpus.by_word:
        return
    fitted: Any = cast("Any", TfidfVectorizer)(analyzer=telling_words).fit(texts)
    for word, place in fitted.vocabulary_.items():
        assert corpus.rarity(word) == pytest.approx(fitted.idf_[place])


def test_a_word_that_is_in_every_text_tells_less_than_one_that_is_new() -> None:
    corpus = frequencies(["container broker", "container rail", "container tax"])
    assert terms(["container pedimento"], corpus, 8) == ("pedimento", "container")


def test_words_that_say_nothing_are_no_terms() -> None:
    assert terms(["The team did good work on 2026 and 17 tasks; pedimento"], frequencies([]), 8) == ("pedimento",)


def test_chinese_terms_are_words_and_not_characters() -> None:
    assert set(terms(["报关行要求提供税号"], frequencies([]), 3)) >= {"税号"}


def test_of_equal_terms_the_alphabet_decides_and_no_more_are_told_than_asked() -> None:
    assert terms(["rail broker tax polish"], frequencies([]), 3) == ("broker", "polish", "rail")
