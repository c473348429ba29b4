"""Texts are split into sentences that stand in them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.knowledge.extraction.sentences import CHARACTERS_MAX, sentences


def split(text: str) -> list[str]:
    return [sentence.text for sentence in sentences("s", text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One thing. Another! A third? Yes", ["One thing.", "Another!", "A third?", "Yes"]),
        ("The rate is 1.9 percent. UN38.3 is needed.", ["The rate is 1.9 percent.", "UN38.3 is needed."]),
        ("Ask Mr. Ortega, e.g. by phone. He answers.", ["Ask Mr. Ortega, e.g. by phone.", "He answers."]),
        ('She said "no." Then she left.', ['She said "no."', "Then she left."]),
        ("漏写税号会多等两天。先问报关行！可以吗？", ["漏写税号会多等两天。", "先问报关行！", "可以吗？"]),
        ("他说：“不行。”然后走了；我留下。", ["他说：“不行。”", "然后走了；", "我留下。"]),
        ("- RFC of the importer\n2) HS code\n\n• photo", ["RFC of the importer", "HS code", "photo"]),
        ("1.9 percent is enough. -1 degree is not.", ["1.9 percent is enough.", "-1 degree is not."]),
        ("  \n\n ", []),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_what_goes_on_without_an_end_is_cut_at_a_blank() -> None:
    parts = split("word " * 300)
    assert max(map(len, parts)) <= CHARACTERS_MAX
    assert " ".join(parts).split() == ["word"] * 300
    assert [len(part) for part in split("字" * 900)] == [400, 400, 100]


@given(st.text('ab1. \n。！-•字"”', max_size=80))
def test_sentences_lie_in_their_text_one_after_another(text: str) -> None:
    found = sentences("s", text)
    assert [text[each.start : each.end] for each in found] == [each.text for each in found]
    assert all(left.end <= right.start for left, right in pairwise(found))
    letters = [char for char in text if char in "ab字"]
    assert [char for char in "".join(split(text)) if char in "ab字"] == letters
