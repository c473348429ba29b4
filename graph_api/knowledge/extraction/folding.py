"""A text in normal form that knows where each of its characters came from."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from graph_api.knowledge.extraction.text import normalised


class Folded(msgspec.Struct, frozen=True):
    """NFKC and case folded; `starts` and `ends` hold, for each character, the span of its origin."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the origin for one that is not empty."""
        return self.starts[start], self.ends[end - 1]


def folded(text: str) -> Folded:
    """Return a text in normal form with the span of each character; white space is one blank, the invisible nothing."""
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end, char in _normal_characters(text):
        if char == " " and (not chars or chars[-1] == " "):
            continue
        chars.append(char)
        starts.append(start)
        ends.append(end)
    if chars and chars[-1] == " ":
        chars.pop()
    return Folded("".join(chars), tuple(starts[: len(chars)]), tuple(ends[: len(chars)]))


def _normal_characters(text: str) -> Iterator[tuple[int, int, str]]:
    for start, end in _clusters(text):
        for char in _normal(text[start:end]):
            yield start, end, char


@lru_cache(maxsize=16_384)
def _normal(cluster: str) -> str:
    return " " if cluster.isspace() else normalised(cluster)


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of letters with the marks that follow them, as these may be one character in normal form."""
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or not unicodedata.combining(text[place]):
            yield start, place
            start = place
