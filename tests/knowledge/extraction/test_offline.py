"""Offline drafts consist of their source's own sentences and keep the port's word."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_api.knowledge.extraction.drafting import DraftLimits, bounded, draft, shortened
from graph_api.knowledge.extraction.frequencies import frequencies
from graph_api.knowledge.extraction.languages import language_of
from graph_api.knowledge.extraction.offline import NAME_AND_VERSION, OfflineExtractor
from graph_api.knowledge.extraction.port import Extraction, Source, SourceText
from tests.knowledge.extraction.contract import assert_kept
from tests.knowledge.extraction.sources import CHINESE, DOCUMENTS, KNOWN, NOTES, SOURCE

PIECES = st.sampled_from(
    [*NOTES[0].text.split(". "), *CHINESE[0].text.split("。"), "ok", "asdf jkl", "Tax!", "\n- ", "\u200b", "Hovwilsal"]
)
TEXTS = st.lists(PIECES, max_size=6).map(". ".join)


def made(source: Source, limits: DraftLimits | None = None) -> Extraction:
    return draft(source, limits or DraftLimits(), "test 1")


async def test_a_draft_begins_with_the_key_sentence_of_the_notes() -> None:
    found = await OfflineExtractor().extract(SOURCE)
    assert found.body.splitlines()[0] == "The broker in Manzanillo wants the importer's RFC on every pedimento."
    assert found.title == found.body.splitlines()[0]
    assert found.made_by == OfflineExtractor().name_and_version == NAME_AND_VERSION
    assert_kept(SOURCE, found)


async def test_the_same_source_gives_the_same_draft() -> None:
    assert await OfflineExtractor().extract(SOURCE) == await OfflineExtractor().extract(SOURCE)


def test_every_claim_is_what_stands_at_its_span() -> None:
    for claim in made(SOURCE).claims:
        assert (SOURCE.text_of(claim.source_id) or "")[claim.start : claim.end] == claim.text


def test_sentences_of_notes_come_before_those_of_documents() -> None:
    order = [claim.source_id[0] for claim in made(SOURCE).claims]
    assert order == sorted(order, reverse=True)
    assert set(order) == {"n", "d"}


def test_empty_phrases_are_left_out_of_a_draft() -> None:
    body = made(SOURCE).body
    assert "Thanks" not in body
    assert "morning" not in body.splitlines()[0]


def test_a_chinese_draft_is_chinese_and_linked() -> None:
    found = made(Source(notes=CHINESE, dictionary=KNOWN))
    assert (found.language, found.skill_ids) == ("zh", ("mexico-customs-clearance",))
    assert "税号" in found.terms
    assert "辛苦" not in found.body.splitlines()[0]


def test_links_come_from_notes_and_from_what_the_draft_says() -> None:
    assert made(SOURCE).customer_ids == ("c1",)
    other = Source(notes=NOTES[:1], documents=(SourceText("d", "Tax " + "x" * 2000),), dictionary=KNOWN)
    assert made(other, DraftLimits(draft_characters=200)).skill_ids == ()


def test_terms_are_rare_in_the_corpus() -> None:
    corpus = frequencies([note.text for note in NOTES] * 5 + ["pedimento"])
    assert (
        made(Source(notes=(SourceText("n", "The pedimento of the quartz broker"),), corpus=corpus)).terms[0] == "quartz"
    )


def test_a_source_with_nothing_to_say_gives_no_body() -> None:
    found = made(Source(notes=(SourceText("n", "ok, thanks. All good!"),), task_title="Clear toys"))
    assert (found.body, found.title, found.claims, found.confidence) == ("", "Clear toys", (), 0.0)
    assert made(Source()).body == ""


def test_a_source_that_only_repeats_the_title_gives_no_body() -> None:
    title = "Clear the toys of Hovwilsal in Manzanillo before Christmas"
    assert made(Source(notes=(SourceText("n", title),), task_title=title)).body == ""


def test_what_the_author_wrote_before_is_not_drafted_again() -> None:
    assert made(Source(notes=NOTES, others=(made(Source(notes=NOTES)).body,))).body == ""


def test_a_sentence_that_is_there_twice_is_said_once() -> None:
    twice = Source(notes=(NOTES[0], SourceText("n9", NOTES[0].text.upper())))
    assert made(twice).body == made(Source(notes=NOTES[:1])).body


@pytest.mark.parametrize("most", [100, 200, 500])
def test_a_draft_is_no_longer_than_the_limit(most: int) -> None:
    assert 40 <= len(made(SOURCE, DraftLimits(draft_characters=most)).body) <= most


def test_of_a_long_source_only_the_beginning_is_read() -> None:
    cut = bounded(SOURCE, len(NOTES[0].text) + 10)
    assert [text.text for text in cut.texts] == [NOTES[0].text, NOTES[1].text[:10]]
    long = Source(notes=tuple(SourceText(f"n{i}", f"Container {i} waits for paper {i}. " * 200) for i in range(99)))
    assert_kept(long, made(long))


def test_more_of_the_draft_from_notes_makes_it_more_confident() -> None:
    noted = made(Source(notes=NOTES)).confidence
    documented = made(Source(documents=NOTES)).confidence
    assert 0 < documented < noted
    assert made(SOURCE).confidence > made(Source(notes=NOTES, documents=DOCUMENTS)).confidence


@settings(max_examples=60)
@given(st.lists(TEXTS, max_size=3), st.lists(TEXTS, max_size=2), TEXTS, st.integers(1, 300))
def test_any_source_gives_a_draft_that_keeps_the_word_of_the_port(
    notes: list[str], documents: list[str], title: str, most: int
) -> None:
    source = Source(
        notes=tuple(SourceText(f"n{place}", text) for place, text in enumerate(notes)),
        documents=tuple(SourceText(f"d{place}", text) for place, text in enumerate(documents)),
        task_title=title,
        dictionary=KNOWN,
    )
    assert_kept(source, made(source, DraftLimits(draft_characters=most)))


def test_a_title_is_cut_at_a_word_and_says_so() -> None:
    assert shortened("short enough") == "short enough"
    assert shortened("word " * 40) == "word " * 14 + "word…"
    assert shortened("字" * 60) == "字" * 39 + "…"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The broker was not in the office", "en"),
        ("清关要带税号", "zh"),
        ("通関には納税者番号が必要です", "ja"),
        ("통관에는 세금 번호가 필요합니다", "ko"),
        ("Der Zoll hat die Ware nicht freigegeben", "de"),
        ("El agente no está en la oficina de aduana", "es"),
        ("Barang itu tidak ada di gudang", "id"),
        ("O despachante não está no porto com a carga", "pt"),
        ("Le courtier est dans le bureau avec les papiers", "fr"),
        ("RFC UN38.3 9503", None),
        ("", None),
    ],
)
def test_the_language_of_a_text_is_told_or_left_open(text: str, code: str | None) -> None:
    assert language_of(text) == code
