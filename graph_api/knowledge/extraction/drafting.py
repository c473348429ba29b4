"""A draft of an experience out of the very sentences of its source. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from graph_api.knowledge.extraction.frequencies import terms
from graph_api.knowledge.extraction.languages import language_of
from graph_api.knowledge.extraction.port import Claim, Extraction, Source, SourceText
from graph_api.knowledge.extraction.ranking import ranked
from graph_api.knowledge.extraction.sentences import Sentence, sentences
from graph_api.knowledge.extraction.text import is_mostly_cjk, likeness, normalised, shingles
from graph_api.knowledge.extraction.validity import DUPLICATE_LIKENESS, TELLING_WEIGHT, flaw, telling_weight

SENTENCES_MAX: Final = 100
"""TextRank compares each with each: of so many in some ten milliseconds. Notes come first."""
TERMS_MAX: Final = 8
TITLE_CHARACTERS: Final = 80
TITLE_CJK_CHARACTERS: Final = 40
_SENTENCE_WEIGHT: Final = 6
"""A sentence with one telling word or three Han characters may stand in a draft."""
_FULL_WEIGHT: Final = 3 * TELLING_WEIGHT
_WITHOUT_NOTES: Final = 0.5
_WITHOUT_LINKS: Final = 0.8


class DraftLimits(msgspec.Struct, frozen=True):
    """Characters of a source that are read, and of a draft."""

    source_characters: int = 20_000
    draft_characters: int = 1000


class Links(msgspec.Struct, frozen=True):
    """Ids of skills and customers, in order."""

    skills: tuple[str, ...]
    customers: tuple[str, ...]


def draft(source: Source, limits: DraftLimits, made_by: str) -> Extraction:
    """Return a draft: the key sentence of the member's notes first, then others by rank, notes before documents."""
    read = bounded(source, limits.source_characters)
    chosen = _chosen(read, limits.draft_characters)
    claims = tuple(Claim(each.text, each.source_id, each.start, each.end) for each in chosen)
    return compose(read, claims, links_in(read, claims), made_by)


def compose(source: Source, claims: Sequence[Claim], links: Links, made_by: str) -> Extraction:
    """Return the draft that consists of some claims, a line each; without a body where that would not be valid."""
    body = "\n".join(claim.text for claim in claims)
    is_valid = flaw(body, source.others, source.task_title) is None
    texts = [text.text for text in source.notes or source.documents]
    return Extraction(
        title=shortened(claims[0].text) if is_valid else source.task_title,
        body=body if is_valid else "",
        language=language_of(body or " ".join(texts)),
        skill_ids=links.skills,
        customer_ids=links.customers,
        terms=terms(texts, source.corpus, TERMS_MAX),
        claims=tuple(claims) if is_valid else (),
        confidence=_confidence(source, claims, links) if is_valid else 0.0,
        made_by=made_by,
    )


def bounded(source: Source, characters: int) -> Source:
    """Return a source whose texts have some characters together: the beginnings of notes, then of documents."""
    notes, left = _first(source.notes, characters)
    documents, _ = _first(source.documents, left)
    return msgspec.structs.replace(source, notes=notes, documents=documents)


def links_in(source: Source, claims: Iterable[Claim]) -> Links:
    """Return what the member's notes and the claims of the draft name; documents name much that was not the work."""
    texts = [note.text for note in source.notes] + [claim.text for claim in claims]
    skills = {mention.id for text in texts for mention in source.dictionary.skills_in(text)}
    customers = {mention.id for text in texts for mention in source.dictionary.customers_in(text)}
    return Links(tuple(sorted(skills)), tuple(sorted(customers)))


def shortened(text: str) -> str:
    """Return the beginning of a sentence as a title."""
    line = " ".join(text.split())
    most = TITLE_CJK_CHARACTERS if is_mostly_cjk(line) else TITLE_CHARACTERS
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    return (cut[: cut.rfind(" ")] if " " in cut[most // 2 :] else cut) + "…"


def _first(texts: Iterable[SourceText], characters: int) -> tuple[tuple[SourceText, ...], int]:
    kept: list[SourceText] = []
    for text in texts:
        if characters > 0:
            kept.append(SourceText(text.id, text.text[:characters]))
        characters -= len(text.text)
    return tuple(kept), max(0, characters)


def _chosen(source: Source, characters: int) -> list[Sentence]:
    """Return sentences by rank, those of notes first, as many as fit; the first is there even where it is longer."""
    own = {note.id for note in source.notes}
    order = [sentence for sentence, _ in ranked(_worth_saying(source))]
    chosen: list[Sentence] = []
    left = characters
    for sentence in sorted(order, key=lambda it: it.source_id not in own):
        if not chosen or len(sentence.text) < left:
            chosen.append(sentence)
            left -= len(sentence.text) + 1
    return chosen


def _worth_saying(source: Source) -> list[Sentence]:
    """Return the sentences that say something, each once."""
    kept: dict[Sentence, frozenset[str]] = {}
    for sentence in (sentence for text in source.texts for sentence in sentences(text.id, text.text)):
        plain = normalised(sentence.text)
        said = shingles(plain)
        is_new = all(likeness(said, other) <= DUPLICATE_LIKENESS for other in kept.values())
        if is_new and telling_weight(plain) >= _SENTENCE_WEIGHT:
            kept[sentence] = said
        if len(kept) == SENTENCES_MAX:
            break
    return list(kept)


def _confidence(source: Source, claims: Sequence[Claim], links: Links) -> float:
    """Return the share of notes in the body, documents counting half, times how much it tells and whether it links."""
    own = {note.id for note in source.notes}
    whole = sum(len(claim.text) for claim in claims)
    noted = sum(len(claim.text) for claim in claims if claim.source_id in own) / whole
    told = min(1.0, sum(telling_weight(normalised(claim.text)) for claim in claims) / _FULL_WEIGHT)
    linked = 1.0 if links.skills or links.customers else _WITHOUT_LINKS
    return round((_WITHOUT_NOTES + (1 - _WITHOUT_NOTES) * noted) * told * linked, 2)
