"""Where words stand in a text, excerpts that show it, and a rank that follows from one text alone."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from typing import Final, NamedTuple

from graph_api.knowledge.model import Knowledge

SPANS_MAX: Final = 20
EXCERPTS_MAX: Final = 3
AROUND_CHARACTERS: Final = 60
RANKED_CHARACTERS_MAX: Final = 5000
_TITLE_WEIGHT: Final = 2.0
_STEM_CHARACTERS_MIN: Final = 4
_CHINESE: Final = r"\u3400-\u9fff\uf900-\ufaff\u3040-\u309f"
"""Characters that are words by themselves, hiragana among them."""
_LETTER: Final = rf"[^\W_{_CHINESE}]"
_PART: Final = re.compile(rf"[{_CHINESE}]+|{_LETTER}+")
_ENDING: Final = re.compile(r"(?:ies|ing|ed|es|s|y|e)$")


class Span(NamedTuple):
    """Characters of a text from `start` up to `end`, which is not included."""

    start: int
    end: int


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return what stands for any of the words: English ones also with another ending."""
    return re.compile("|".join(filter(None, map(_alternative, words))) or r"(?!)")


def _alternative(word: str) -> str:
    return r"[\W_]{0,2}".join(map(_part, _PART.findall(word)))


def _part(part: str) -> str:
    if not re.match(_LETTER, part):
        return re.escape(part)
    stem = _stem(part)
    ending = r"[a-z]{0,4}" if stem != part or (part.isalpha() and len(part) >= _STEM_CHARACTERS_MIN) else ""
    # Capitals count for nothing in the word alone: with ranges of Chinese they would make a pattern of every character.
    return rf"(?<!{_LETTER})(?i:{re.escape(stem)}{ending})(?!{_LETTER})"


def spans(text: str, words: tuple[str, ...], most: int = SPANS_MAX) -> list[Span]:
    """Return where words stand in a text, in order, at most so many."""
    found = _pattern(words).finditer(text)
    return [Span(*each.span()) for each, _ in zip(found, range(most), strict=False)]


def rank(item: Knowledge, words: tuple[str, ...]) -> float:
    """Rank an item by its own text alone: 2 for each word in the title and n / (n + 1) for one n times in the body.

    Words are counted by their letters, within longer ones too and in the first 5,000 characters, as very many items are
    ranked for one answer.
    """
    title, body = item.title, item.body[:RANKED_CHARACTERS_MAX]
    if _have_case(words):
        title, body = title.lower(), body.lower()
    return sum((_rank_of(title, body, stems) for stems in _stems(words)), 0.0)


def _rank_of(title: str, body: str, stems: tuple[str, ...]) -> float:
    count = min(map(body.count, stems))
    return _TITLE_WEIGHT * all(stem in title for stem in stems) + count / (count + 1)


@lru_cache(maxsize=256)
def _stems(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the parts of each word without endings; what has no letter has none."""
    parts = (tuple(_stem(part).lower() for part in _PART.findall(word)) for word in words)
    return tuple(stems for stems in parts if stems)


@lru_cache(maxsize=256)
def _have_case(words: tuple[str, ...]) -> bool:
    """Tell whether letters of words may be written small and large; Chinese has none."""
    return any(stem != stem.upper() for stems in _stems(words) for stem in stems)


def _stem(part: str) -> str:
    is_english = part.isascii() and part.isalpha() and len(part) > _STEM_CHARACTERS_MIN
    return _ENDING.sub("", part) if is_english else part


def marked(text: str, found: Sequence[Span], start: int = 0, end: int | None = None) -> str:
    """Return part of a text escaped for HTML, with each span that begins in it between <mark> and </mark>."""
    until, place, pieces = len(text) if end is None else end, start, list[str]()
    for span in found:
        if start <= span.start < until:
            pieces += [escape(text[place : span.start]), "<mark>", escape(text[span.start : span.end]), "</mark>"]
            place = span.end
    return "".join([*pieces, escape(text[place:until])])


def highlights(item: Knowledge, words: tuple[str, ...]) -> list[str]:
    """Return the title where a word stands in it, then excerpts of the body around the first words found."""
    title = spans(item.title, words)
    return [*([marked(item.title, title)] if title else []), *_excerpts(item.body, spans(item.body, words))]


def _excerpts(body: str, found: Sequence[Span]) -> Iterator[str]:
    shown, until = 0, 0
    for span in found:
        if span.start < until:
            continue
        start, until = max(until, span.start - AROUND_CHARACTERS), min(len(body), span.end + AROUND_CHARACTERS)
        cut = ("…" if start else "", "…" if until < len(body) else "")
        yield f"{cut[0]}{marked(body, found, start, until)}{cut[1]}"
        shown += 1
        if shown == EXCERPTS_MAX:
            return
