"""A text in normal form knows where its characters came from."""

from hypothesis import given
from hypothesis import strategies as st

from graph_api.knowledge.extraction.folding import folded
from graph_api.knowledge.extraction.text import normalised


def origin(text: str, part: str) -> str:
    plain = folded(text)
    start = plain.text.index(part)
    first, last = plain.span(start, start + len(part))
    return text[first:last]


def test_full_width_letters_are_found_where_they_stand() -> None:
    assert origin("用\uff28\uff33编码\u3000归类", "hs编码 归") == "\uff28\uff33编码\u3000归"


def test_one_character_that_becomes_two_keeps_its_place() -> None:
    assert origin("Straße offen", "strasse") == "Straße"
    assert origin("drop \ufb01ling fee", "filing") == "\ufb01ling"


def test_a_mark_that_follows_its_letter_is_one_character_with_it() -> None:
    assert folded("Me\u0301xico").text == "méxico"
    assert origin("en Me\u0301xico.", "méxico") == "Me\u0301xico"


def test_invisible_characters_within_a_word_do_not_part_it() -> None:
    assert origin("cus\u200btoms", "customs") == "cus\u200btoms"


@given(st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "Z", "Cc", "Cf")), max_size=60))
def test_every_character_has_a_span_and_spans_go_forward(text: str) -> None:
    plain = folded(text)
    assert len(plain.text) == len(plain.starts) == len(plain.ends)
    assert list(plain.starts) == sorted(plain.starts)
    assert all(0 <= start < end <= len(text) for start, end in zip(plain.starts, plain.ends, strict=True))
    assert plain.text == plain.text.strip()
    assert "  " not in plain.text


@given(st.text(alphabet=" \t\nabcXYZÄéß清关税，。１２ｱ-\u200b", max_size=60))
def test_the_normal_form_is_that_of_the_whole_text(text: str) -> None:
    assert folded(text).text == normalised(text)
