"""Names are found as a naive search finds them, whole and the longest."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from graph_api.knowledge.extraction.folding import folded
from graph_api.knowledge.extraction.loose_names import LooseNames
from graph_api.knowledge.extraction.names import Found, Names
from graph_api.knowledge.extraction.words import words


def hits(names: dict[str, str], text: str) -> list[tuple[str, str]]:
    plain = folded(text)
    found = Names(names.items()).find(plain.text)
    return [(plain.text[it.start : it.end], "+".join(it.ids)) for it in found]


def loose_hits(name: str, text: str) -> list[str]:
    plain = folded(text)
    return [plain.text[it.start : it.end] for it in LooseNames([(name, "x")]).find(plain.text, words(plain.text))]


def test_a_latin_name_is_found_as_a_whole_word_only() -> None:
    assert hits({"Tax": "t"}, "Taxing, but no tax. Syntax!") == [("tax", "t")]


def test_a_chinese_name_is_found_between_any_characters() -> None:
    assert hits({"清关": "c"}, "在墨西哥清关时") == [("清关", "c")]


def test_a_latin_name_is_found_next_to_chinese_characters() -> None:
    assert hits({"HS编码": "h", "TikTok": "t"}, "用hs编码归类，在TikTok上") == [("hs编码", "h"), ("tiktok", "t")]


def test_of_names_within_each_other_the_longest_is_found() -> None:
    names = {"clearance": "a", "customs clearance": "b", "EU customs clearance": "c"}
    assert hits(names, "EU customs clearance, then clearance") == [("eu customs clearance", "c"), ("clearance", "a")]


def test_a_longer_name_that_is_broken_off_hides_no_shorter_one() -> None:
    assert hits({"live": "a", "live sale": "b"}, "live sales") == [("live", "a")]


def test_one_name_of_two_things_is_found_as_both() -> None:
    assert Names([("Tax", "b"), ("TAX", "a")]).find("tax") == [Found(("a", "b"), 0, 3, 3)]


def test_without_any_name_nothing_is_found() -> None:
    assert hits({}, "anything at all") == []
    assert loose_hits("", "anything at all") == []


def naive(names: dict[str, str], text: str) -> Iterator[tuple[int, int, str]]:
    def joined(left: str, right: str) -> bool:
        return (
            bool(left and right) and (left + right).isalnum() and "清" not in left + right and "关" not in left + right
        )

    for name, bearer in names.items():
        for start in range(len(text) - len(name) + 1):
            end = start + len(name)
            before, after = text[max(0, start - 1) : start], text[end : end + 1]
            if text[start:end] == name and not joined(before, text[start]) and not joined(text[end - 1], after):
                yield start, end, bearer


@given(
    st.sets(st.text("ab清关 ", min_size=2, max_size=4).filter(lambda it: it == it.strip()), max_size=5),
    st.text("ab清关 ", max_size=24),
)
def test_the_automaton_finds_what_a_naive_search_finds(names: set[str], raw: str) -> None:
    text = folded(raw).text
    known = {folded(name).text: name for name in sorted(names)}
    kept: list[tuple[int, int, str]] = []
    for start, end, bearer in sorted(naive(known, text), key=lambda it: (it[0] - it[1], it[0])):
        if all(end <= first or last <= start for first, last, _ in kept):
            kept.append((start, end, bearer))
    found = [(it.start, it.end, it.ids) for it in Names((name, known[name]) for name in known).find(text)]
    assert found == [(start, end, (bearer,)) for start, end, bearer in sorted(kept)]


def test_words_of_a_name_are_found_in_other_forms_and_in_another_order() -> None:
    assert loose_hits("Listing optimization", "Listings optimised for it") == ["listings optimised"]
    assert loose_hits("Certificates of origin", "the origin certificate") == ["origin certificate"]
    assert loose_hits("Quality inspection", "inspecting the quality") == ["inspecting the quality"]


def test_words_of_a_name_are_found_with_a_slip_of_the_keyboard() -> None:
    assert loose_hits("Customs clearance", "customs clearence") == ["customs clearence"]
    assert loose_hits("Trademark filing", "filing of a tradmark") == ["filing of a tradmark"]


def test_words_of_a_name_far_apart_or_in_two_sentences_are_no_name() -> None:
    assert loose_hits("Customs clearance", "Customs were closed. Clearance sale today") == []
    assert loose_hits("Customs clearance", "customs told us on Monday that from now on clearance is free") == []


def test_a_name_of_one_word_is_found_in_no_other_form() -> None:
    assert loose_hits("Tax", "taxes and taxing") == []


def test_the_shortest_stretch_with_all_words_is_taken() -> None:
    assert loose_hits("Customs clearance", "customs or customs clearance or clearance") == ["customs clearance"]
