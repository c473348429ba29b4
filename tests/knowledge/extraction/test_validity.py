"""A text of experience is valid when it is long enough, new, and says something."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.knowledge.extraction.text import is_mostly_cjk, likeness, normalised, shingles
from graph_api.knowledge.extraction.validity import (
    LEAST_CHARACTERS,
    LEAST_CJK_CHARACTERS,
    Flaw,
    flaw,
    is_near_duplicate,
    least_characters,
)

HONEST = (
    "The broker in Manzanillo wants the importer's RFC on every pedimento, else the container waits two more days.",
    "Lithium batteries by rail: Malaszewicze asks for the UN38.3 summary in Polish, so order the translation early.",
    "Der Zoll in Hamburg verlangt die Originalrechnung, eine Kopie hat uns drei Tage gekostet.",
    "El cliente prefiere hablar por WhatsApp antes de las diez; los correos se quedan sin respuesta.",
    "墨西哥清关时报关行要求每份申报单都写进口商税号，漏写会多等两天。",
    "印尼客户开直播前要先确认清真认证，否则平台会下架链接。",
    "Ship lithium by rail only in winter now.",
)
TITLE = "Customs clearance in Mexico for Hovwilsal Toys, first half of the year"
FILLER = (
    "a" * 60,
    "." * 30 + "!" * 30,
    "ok ok ok ok ok ok ok ok ok ok ok ok ok ok ok ok",
    "very good very good very good very good very good",
    "asdfghjkl qwertyuiop asdfghjkl; zxcvbnm,. qwerty asdf",
    "sdkjfh skdjfhg wkjrhf ksdjfh kwjehrf skjdhf kjshdf",
    "1234567890 1234567890 0987654321 5555555555 1212121212",
    "Everything went well and the project was completed successfully by the team on time.",
    "Nothing special to report, all the work was done as planned, thanks to everybody for the great support.",
    "好的好的好的好的好的好的好的好的好的好的好的好的",
    "本次任务顺利完成，大家积极配合，收获很多，今后继续努力，再接再厉。",
    "啊啊啊啊啊啊啊啊啊啊啊啊啊啊啊啊啊啊啊啊啊啊啊啊啊",
    TITLE,
    f"{TITLE.upper()}!",
    f"{TITLE} - done",
)
TEXTS = st.text(max_size=120)


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_sentence_is_valid(text: str) -> None:
    assert flaw(text, (), TITLE) is None


@pytest.mark.parametrize("text", FILLER)
def test_filler_of_full_length_is_refused(text: str) -> None:
    assert flaw(text, (), TITLE) is Flaw.FILLER


def test_forty_characters_are_long_enough_and_one_fewer_is_not() -> None:
    text = "Ship lithium by rail only in winter now."
    assert len(text) == LEAST_CHARACTERS
    assert flaw(text, ()) is None
    assert flaw(text[:-1], ()) is Flaw.TOO_SHORT


def test_twenty_chinese_characters_are_long_enough_and_one_fewer_is_not() -> None:
    text = "清关要带进口商税号原件否则港口会扣货三天"
    assert len(text) == LEAST_CJK_CHARACTERS
    assert flaw(text, ()) is None
    assert flaw(text[:-1], ()) is Flaw.TOO_SHORT


def test_blanks_and_invisible_characters_make_no_text_longer() -> None:
    assert flaw("Rail only." + " \n\t" * 30 + "\u200b" * 40, ()) is Flaw.TOO_SHORT


def test_a_text_with_one_letter_changed_is_a_near_duplicate() -> None:
    other = " ".join(HONEST[:3])
    assert flaw(other.replace("Hamburg", "Homburg"), [HONEST[4], other]) is Flaw.DUPLICATE


def test_a_text_that_shares_a_clause_with_another_is_no_duplicate() -> None:
    assert flaw(f"{HONEST[0]} {HONEST[1]}", [HONEST[0], HONEST[1]]) is None


def test_case_width_and_white_space_hide_no_duplicate() -> None:
    hidden = HONEST[0].upper().replace(" ", " \u3000\n").translate({ord("R"): "\uff32"})
    assert flaw(hidden, [HONEST[0]]) is Flaw.DUPLICATE


def test_a_title_before_something_new_is_no_filler() -> None:
    assert flaw(f"{TITLE}: {HONEST[6]}", (), TITLE) is None


@pytest.mark.parametrize("found", Flaw)
def test_every_flaw_says_in_plain_words_what_is_wrong_and_what_mends_it(found: Flaw) -> None:
    assert found.reason.endswith(".")
    assert found.suggestion.endswith(".")
    assert found not in found.reason


@given(TEXTS, st.lists(TEXTS, max_size=3), TEXTS)
def test_any_text_gets_the_same_answer_again(text: str, others: list[str], title: str) -> None:
    assert flaw(text, others, title) is flaw(text, others, title)


@given(st.text(max_size=19), st.lists(TEXTS, max_size=2))
def test_what_is_shorter_than_the_least_is_always_too_short(text: str, others: list[str]) -> None:
    if len(normalised(text)) < least_characters(normalised(text)):
        assert flaw(text, others) is Flaw.TOO_SHORT


@given(TEXTS)
def test_what_was_written_before_is_never_valid(text: str) -> None:
    assert flaw(text, [text]) in {Flaw.TOO_SHORT, Flaw.DUPLICATE}


@given(st.sampled_from(HONEST), st.lists(TEXTS, max_size=4), TEXTS)
def test_more_texts_of_the_author_never_make_a_text_valid(text: str, others: list[str], more: str) -> None:
    if flaw(text, others) is not None:
        assert flaw(text, [*others, more]) is not None
    assert flaw(text, others) is flaw(text, others[::-1])


@given(st.text(min_size=1, max_size=9), st.integers(5, 40))
def test_a_short_run_said_again_and_again_is_never_valid(run: str, times: int) -> None:
    assert flaw(run * times, ()) is not None


@given(st.text(min_size=20, max_size=80))
def test_a_title_alone_is_never_valid(title: str) -> None:
    assert flaw(title, (), title) is not None


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title, str.swapcase])
@pytest.mark.parametrize("text", HONEST)
def test_case_changes_no_answer(text: str, change: Callable[[str], str]) -> None:
    assert flaw(f"  {change(text)}\n", ()) is None


@given(TEXTS, TEXTS)
def test_likeness_is_that_of_jaccard_counted_by_hand(left: str, right: str) -> None:
    one, other = normalised(left), normalised(right)
    runs = [{text[i : i + 3] for i in range(max(1, len(text) - 2))} - {""} for text in (one, other)]
    both, either = runs[0] & runs[1], runs[0] | runs[1]
    assert likeness(shingles(one), shingles(other)) == (len(both) / len(either) if either else 1.0)
    assert is_near_duplicate(left, [right]) is is_near_duplicate(right, [left])


@given(TEXTS)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


def test_a_text_of_two_scripts_is_measured_by_the_one_that_prevails() -> None:
    assert is_mostly_cjk("SKU 被海关扣留三天")
    assert not is_mostly_cjk("The customer 海关 wrote again")
