"""Whether a text is a valid experience: long enough, said for the first time, and saying something.

The measures are crude on purpose: they keep out what is written to get past, and judge no content.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from itertools import islice, pairwise
from typing import Final

from graph_api.knowledge.extraction.empty_words import CHINESE, ENGLISH
from graph_api.knowledge.extraction.text import (
    cjk_characters,
    is_mostly_cjk,
    likeness,
    normalised,
    shingles,
    without_cjk,
)

LEAST_CHARACTERS: Final = 40
LEAST_CJK_CHARACTERS: Final = 20
DUPLICATE_LIKENESS: Final = 0.9
REPEATED_CHARACTERS: Final = 8
"""A run of so many characters that was there before is a repetition: about one word and a half."""
REPEATED_CJK_CHARACTERS: Final = 3
"""The same for Han, kana and hangul: longer than nearly every word."""
NEW_SHARE: Final = 0.75
"""A short text may say a quarter again: names and terms come back in honest sentences."""
NEW_BESIDE_TITLE: Final = 0.5
"""Of the least length, so much must stand beside the task's title."""
TELLING_WEIGHT: Final = LEAST_CHARACTERS / 3
"""Of the least length, a third must be words that say something: honest sentences have about a half."""
_WORD_CHARACTERS_COUNTED: Final = 12
"""One long word alone does not tell enough, be it a link or a press on many keys."""
_NEIGHBOUR_SHARE: Final = 0.75
"""Pairs of neighbouring keys: about a tenth in English, nearly all where a finger runs over the keyboard."""
_JUDGED_LETTERS: Final = 4
"""Shorter words are no run of keys: "we" and "op" are words."""
_KEYBOARD_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS: Final = frozenset(pair for row in _KEYBOARD_ROWS for a, b in pairwise(row) for pair in (a + b, b + a))
_WORD: Final = re.compile(r"[^\W\d_]+")
_LATIN: Final = re.compile(r"[a-z]+")
_UNSPEAKABLE: Final = re.compile(r"[^aeiouy]{5}|^[^aeiouy]{4,}$")
_EMPTY_CHINESE: Final = re.compile("|".join(CHINESE))
_NO_LETTER: Final = re.compile(r"[\W_]+")


class Flaw(StrEnum):
    """Why a text is no valid experience."""

    TOO_SHORT = "TOO_SHORT"
    DUPLICATE = "DUPLICATE"
    FILLER = "FILLER"

    @property
    def reason(self) -> str:
        """Say what is wrong, in a sentence for its author."""
        return _REASONS[self]

    @property
    def suggestion(self) -> str:
        """Say what would mend it."""
        return _SUGGESTIONS[self]


_REASONS: Final = {
    Flaw.TOO_SHORT: f"The text has fewer than {LEAST_CHARACTERS} characters ({LEAST_CJK_CHARACTERS} in Chinese, "
    "Japanese or Korean).",
    Flaw.DUPLICATE: "The text is nearly the same as another one by the same author.",
    Flaw.FILLER: "The text has the length but says next to nothing: it repeats itself or the task's title, or is made "
    "of phrases that fit any task.",
}
_SUGGESTIONS: Final = {
    Flaw.TOO_SHORT: "Write one or two sentences: what came up, what was done about it, what to do next time.",
    Flaw.DUPLICATE: "Write what was different this time; what was the same is known already.",
    Flaw.FILLER: "Name what this task taught: a document, an authority, a customer's wish, a cause of delay.",
}


def flaw(text: str, others: Iterable[str], title: str = "") -> Flaw | None:
    """Return why a text is no valid experience beside its author's other texts and the task's title; None where it is.

    Length is counted in NFKC with white space as single blanks and without invisible characters. A near-duplicate has a
    Jaccard index of character shingles above 0.9 with one of the others (Broder 1997).
    """
    plain = normalised(text)
    if len(plain) < least_characters(plain):
        return Flaw.TOO_SHORT
    if is_near_duplicate(text, others):
        return Flaw.DUPLICATE
    return Flaw.FILLER if _says_nothing(plain, normalised(title)) else None


def least_characters(text: str) -> int:
    """Return the least length of a text in its script, characters."""
    return LEAST_CJK_CHARACTERS if is_mostly_cjk(text) else LEAST_CHARACTERS


def is_near_duplicate(text: str, others: Iterable[str]) -> bool:
    """Tell whether a text has a Jaccard index of shingles above 0.9 with any of the others."""
    return _is_near_any(text, tuple(others))


@lru_cache(maxsize=256)
def _is_near_any(text: str, others: tuple[str, ...]) -> bool:
    """Compare a text with all others: in the lock it is asked again what was worked out beside the loop before."""
    mine = shingles(normalised(text))
    # Whatever lacks more than a tenth of the shingles is left out at a fraction of the cost.
    lacking_most = int((1 - DUPLICATE_LIKENESS) * len(mine)) + 1
    some = tuple(islice(mine, 3 * lacking_most))
    near = (plain for plain in map(normalised, others) if _lacking(plain, some) <= lacking_most)
    return any(likeness(mine, shingles(plain)) > DUPLICATE_LIKENESS for plain in near)


def _lacking(plain: str, wanted: Iterable[str]) -> int:
    """Return how many shingles are not in a text."""
    return list(map(plain.__contains__, wanted)).count(False)


@lru_cache(maxsize=1024)
def _says_nothing(plain: str, title: str) -> bool:
    return _repeats_itself(plain) or _repeats_title(plain, title) or telling_weight(plain) < TELLING_WEIGHT


def _repeats_itself(plain: str) -> bool:
    words = _words_alone(plain)
    new = _new_characters(words, "")
    return new < least_characters(plain) and new < NEW_SHARE * len(words)


def _repeats_title(plain: str, title: str) -> bool:
    new = _new_characters(_words_alone(plain), _words_alone(title))
    return new < NEW_BESIDE_TITLE * least_characters(plain)


def _words_alone(plain: str) -> str:
    return _NO_LETTER.sub(" ", plain).strip()


def _new_characters(words: str, known: str) -> int:
    """Return how many characters of a text belong to no run that it, or what is known, had before."""
    size = REPEATED_CJK_CHARACTERS if is_mostly_cjk(words) else REPEATED_CHARACTERS
    seen = set(shingles(known, size)) if known else set[str]()
    covered = [False] * len(words)
    for start in range(len(words) - size + 1):
        run = words[start : start + size]
        if run in seen:
            covered[start : start + size] = [True] * size
        seen.add(run)
    return covered.count(False)


def telling_weight(plain: str) -> int:
    """Return the letters of the distinct words of a normal text that say something; a CJK character counts as two."""
    telling = {word for word in _WORD.findall(without_cjk(plain)) if _tells(word)}
    han = set(cjk_characters(_EMPTY_CHINESE.sub(" ", plain)))
    return sum(map(_counted, telling)) + 2 * len(han)


def _counted(word: str) -> int:
    return min(len(word), _WORD_CHARACTERS_COUNTED) if _LATIN.fullmatch(word) else len(word)


def _tells(word: str) -> bool:
    return len(word) > 1 and word not in ENGLISH and not (_LATIN.fullmatch(word) and _is_mash(word))


def _is_mash(word: str) -> bool:
    """Tell whether a Latin word looks like keys pressed at random: a run along a row, or nothing one could speak."""
    if len(word) < _JUDGED_LETTERS:
        return False
    pairs = [word[start : start + 2] for start in range(len(word) - 1)]
    running = sum(pair in _NEIGHBOURS or pair[0] == pair[1] for pair in pairs)
    return running >= _NEIGHBOUR_SHARE * len(pairs) or bool(_UNSPEAKABLE.search(word))
