"""Words of a text with their spans: Latin and other scripts by letters and digits, Chinese by rjieba."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import msgspec
import rjieba

from graph_api.knowledge.extraction.empty_words import CHINESE, ENGLISH
from graph_api.knowledge.extraction.text import CJK_CLASS, cjk_characters

_RUN: Final = re.compile(rf"[{CJK_CLASS}]+|[^\W_{CJK_CLASS}]+")
_EMPTY: Final = ENGLISH | frozenset(CHINESE)
_SUFFIXES: Final = re.compile(
    r"(?<=...)(?:[iy][sz]ations?|[iy][sz]ing|[iy][sz]e[ds]?|ations?|ions?|ings?|ed|ies|es|e|y|s)$"
)
_DOUBLED: Final = re.compile(r"([bdgmnprt])\1$")


class Word(msgspec.Struct, frozen=True):
    """A word in normal form; the span is that in the folded text."""

    text: str
    start: int
    end: int

    @property
    def stem(self) -> str:
        """What is left of an English word without its endings; other words are their own stem."""
        return stem(self.text)

    @property
    def tells(self) -> bool:
        """Tell whether the word says something about the work."""
        return len(self.text) > 1 and not self.text.isdigit() and self.text not in _EMPTY


def words(plain: str) -> list[Word]:
    """Return the words of a text in normal form, in order."""
    return [word for run in _RUN.finditer(plain) for word in _parted(run[0], run.start())]


def _parted(run: str, offset: int) -> Iterator[Word]:
    if not cjk_characters(run[0]):
        yield Word(run, offset, offset + len(run))
        return
    for word, start, end in rjieba.tokenize(run):
        yield Word(word, offset + start, offset + end)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return an English word without its endings, in the manner of Harman's S-stemmer (1991) with -ing, -ed, -ation.

    Crude on purpose: stems are compared only where all words of a name of several words are found together.
    """
    if len(word) < 4 or not (word.isascii() and word.isalpha()):
        return word
    return _DOUBLED.sub(r"\1", _SUFFIXES.sub("", word))
