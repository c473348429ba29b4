"""Sentences of a text with their spans, in English and Chinese."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

_STOP: Final = re.compile(
    r"""(?x)
    [。！？；…]+ [”’」』）)"']*                # Chinese marks end a sentence wherever they stand
    | [.!?]+ ["'”’)\]]* (?=\s|$)              # Latin ones only before white space: 1.9 and UN38.3 go on
    | \n+
    """
)
_ABBREVIATION: Final = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Nr|No|St|vs|etc|approx|incl|e\.g|i\.e|z\.B|Co|Ltd|Inc|Art|Sr|Sra)\.$"
)
CHARACTERS_MAX: Final = 400
"""What is longer is no sentence but a table or a text without full stops."""
_BULLET: Final = re.compile(r"^(?:[-*]\s+|[•·]\s*|\d{1,2}(?:[.)]\s+|、))")


class Sentence(msgspec.Struct, frozen=True):
    """A sentence as it stands in its source."""

    text: str
    source_id: str
    start: int
    end: int


def sentences(source_id: str, text: str) -> list[Sentence]:
    """Return the sentences of a text, in order, without outer blanks and marks of lists."""
    trimmed = (_trimmed(text, start, end) for piece in _pieces(text) for start, end in _cut(text, *piece))
    return [Sentence(text[start:end], source_id, start, end) for start, end in trimmed if start < end]


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for stop in _STOP.finditer(text):
        if _ABBREVIATION.search(text[start : stop.end()]) and stop.end() < len(text):
            continue
        yield start, stop.end()
        start = stop.end()
    yield start, len(text)


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut what goes on for too long without an end, at a blank where there is one."""
    while end - start > CHARACTERS_MAX:
        blank = text.rfind(" ", start + 1, start + CHARACTERS_MAX)
        middle = blank if blank > start else start + CHARACTERS_MAX
        yield start, middle
        start = middle
    yield start, end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    bullet = _BULLET.match(piece[left:])
    return start + left + (bullet.end() if bullet else 0), start + len(piece.rstrip())
