"""Where words stand in texts, excerpts that are safe to show, and the rank by one text alone."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.knowledge.model import Knowledge
from graph_api.knowledge.search.marking import EXCERPTS_MAX, SPANS_MAX, highlights, marked, rank, spans
from graph_api.knowledge.search.words import words_of

LETTERS = st.text("ab&<>\"' 税务。-\n", max_size=40)


@pytest.mark.parametrize(
    ("text", "sought", "found"),
    [
        ("Tax for Vietnam", "tax", ["Tax"]),
        ("Taxes and taxi", "tax", []),
        ("Regulations, regulation", "regulation", ["Regulations", "regulation"]),
        ("one regulation", "regulations", ["regulation"]),
        ("see KEP 1287 or KEP-1287", "kep-1287", ["KEP 1287", "KEP-1287"]),
        ("东南亚税务专家", "税务", ["税务"]),
        ("纳税", "税", ["税"]),
        ("TikTok直播课", "tiktok直播", ["TikTok直播"]),
        ("a.*b", ".*", []),
        ("Zürich zürich", "ZÜRICH", ["Zürich", "zürich"]),
    ],
)
def test_words_are_found_where_they_stand(text: str, sought: str, found: list[str]) -> None:
    assert [text[span.start : span.end] for span in spans(text, words_of(sought))] == found


def test_no_more_spans_are_told_than_the_bound() -> None:
    assert len(spans("tax " * 50, ("tax",))) == SPANS_MAX


def test_excerpts_show_the_first_words_with_what_stands_around_them() -> None:
    body = "x" * 100 + " tax " + "y" * 200 + " tax " + "z" * 200 + " tax " + "w" * 200 + " tax"
    shown = highlights(Knowledge(id="knowledge:a", title="No such word", body=body), ("tax",))
    assert len(shown) == EXCERPTS_MAX
    assert shown[0] == "…" + "x" * 59 + " <mark>tax</mark> " + "y" * 59 + "…"


def test_what_an_item_says_is_escaped_and_only_marks_are_marks() -> None:
    item = Knowledge(
        id="knowledge:a", title="<b>tax</b>", body="<mark>tax</mark> & \"x\" <script>alert('tax')</script>"
    )
    title, body = highlights(item, ("tax",))
    assert title == "&lt;b&gt;<mark>tax</mark>&lt;/b&gt;"
    assert "<script>" not in body
    assert body.count("<mark>") == body.count("</mark>") == 2


@given(LETTERS, LETTERS)
def test_a_marked_text_is_the_text_itself_without_its_marks(text: str, sought: str) -> None:
    shown = marked(text, spans(text, words_of(sought)))
    assert unescape(shown.replace("<mark>", "").replace("</mark>", "")) == text
    assert shown.replace("<mark>", "").replace("</mark>", "").find("<") == -1


@given(LETTERS, LETTERS)
def test_excerpts_of_any_text_are_parts_of_it(text: str, sought: str) -> None:
    for shown in highlights(Knowledge(id="knowledge:a", title="", body=text), words_of(sought)):
        assert unescape(shown.replace("<mark>", "").replace("</mark>", "")).strip("…") in text


def test_the_rank_counts_words_of_the_title_and_how_often_they_stand_in_the_body() -> None:
    item = Knowledge(id="knowledge:a", title="Tax", body="tax tax tax, customs")
    assert rank(item, ("tax",)) == 2.75
    assert rank(item, ("tax", "customs")) == 3.25
    assert rank(item, ("none",)) == 0
    assert rank(item, ("!",)) == 0
    assert rank(Knowledge(id="knowledge:b", title="KEP 1287", body="regulation"), ("kep-1287", "Regulations")) == 2.5
