"""The shingles by which items are compared (Broder 1997), and words by which to find those worth comparing."""

import re
from itertools import chain, islice, zip_longest
from typing import Final

from graph_api.knowledge.extraction import text
from graph_api.knowledge.model import Knowledge
from graph_api.knowledge.search.words import words_of

SHINGLE_CHARACTERS: Final = 5
PIECE_CHARACTERS: Final = 6
_SIGNS: Final = re.compile(r"[\W_]+")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")


def shingles(item: Knowledge) -> frozenset[str]:
    """Return all runs of 5 letters or digits of an item's text, or of its title where it has none.

    Capitals, white space and punctuation count for nothing. A text of fewer is one run.
    """
    return text.shingles(_SIGNS.sub("", (item.body or item.title).casefold()), SHINGLE_CHARACTERS)


def telling_words(item: Knowledge, most: int) -> tuple[str, ...]:
    """Return the longest words of an item: long ones are rare, and what repeats it has most of them.

    A run of Chinese is cut into pieces of 6 characters, as it is found only where it stands whole. Pieces and other
    words take turns, as a copy may have lost one passage.
    """
    found = (word.strip(".,;:!?()\"'") for word in words_of(f"{item.title} {item.body}"))
    words = sorted({piece for word in found for piece in _pieces(word)}, key=lambda word: (-len(word), word))
    chinese = [word for word in words if _CHINESE.search(word)]
    others = [word for word in words if not _CHINESE.search(word)]
    turns = chain.from_iterable(zip_longest(chinese, others))
    return tuple(islice((word for word in turns if word is not None), most))


def _pieces(word: str) -> list[str]:
    if not _CHINESE.search(word):
        return [word] if any(map(str.isalnum, word)) else []
    return [word[place : place + PIECE_CHARACTERS] for place in range(0, len(word), PIECE_CHARACTERS)]
