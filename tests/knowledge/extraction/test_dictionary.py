"""Skills and customers of the organization are found in texts."""

import pytest

from graph_api.knowledge.extraction.dictionary import Dictionary, Known
from tests.knowledge.extraction.sources import KNOWN


def skills(text: str) -> list[str]:
    return [mention.id for mention in KNOWN.skills_in(text)]


def customers(text: str) -> list[str]:
    return [mention.id for mention in KNOWN.customers_in(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We did the customs clearance.", ["customs-clearance"]),
        ("MEXICO  CUSTOMS\nCLEARANCE took long", ["mexico-customs-clearance"]),
        ("El despacho aduanero en Me\u0301xico tarda", ["mexico-customs-clearance"]),
        ("墨西哥清关要税号，欧盟清关要EORI", ["mexico-customs-clearance", "eu-customs-clearance"]),
        ("customs clearence in Mexico", ["mexico-customs-clearance"]),
        ("listings were optimised with certificates of origin", ["listing-optimization", "origin-certificates"]),
        ("the interfaces for customs data", ["customs-data-interface"]),
        ("TikTok live selling script", ["tiktok-live-scripts"]),
        ("a taxing week for the customers", []),
        ("", []),
    ],
)
def test_a_skill_is_found_by_name_alias_form_or_slip(text: str, expected: list[str]) -> None:
    assert skills(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for Hovwilsal Toys in May", ["c1"]),
        ("Hovwilsal's buyer wrote", ["c1"]),
        ("Hovwilsall wrote", ["c1"]),
        ("HOVJUNWIL BEAUTY", ["c2"]),
        ("hovwilsal as a common word", []),
        ("Junnolvex wrote, which of the two?", []),
        ("Junnolvex Trading wrote", ["c4"]),
        ("Toys and beauty", []),
        ("给华海贸易发货", ["c5"]),
    ],
)
def test_a_customer_is_found_by_name_or_by_a_first_word_of_its_own(text: str, expected: list[str]) -> None:
    assert customers(text) == expected


def test_a_mention_says_where_it_stands_and_whether_it_is_the_name_itself() -> None:
    text = "In \uff2dexico customs\u3000clearance, then clearing of EU customs"
    found = KNOWN.skills_in(text)
    assert [(text[it.start : it.end], it.exact) for it in found] == [("\uff2dexico customs\u3000clearance", True)]


def test_an_empty_dictionary_finds_nothing() -> None:
    assert Dictionary().skills_in("customs clearance") == []
    assert Dictionary().customers_in("Hovwilsal Toys") == []


def test_a_name_of_one_character_is_no_name() -> None:
    assert Dictionary(skills=(Known("x", ("R", "税")),)).skills_in("R 税") == []
