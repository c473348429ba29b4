"""Names in a text as they stand: Aho and Corasick (1975), whole words in scripts that part them, the longest wins."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Protocol, cast

import ahocorasick
import msgspec

from graph_api.knowledge.extraction.folding import folded
from graph_api.knowledge.extraction.text import cjk_characters


class _Automaton(Protocol):
    """What is used of pyahocorasick, which has no types."""

    def add_word(self, key: str, value: str) -> bool: ...

    def make_automaton(self) -> None: ...

    def iter(self, text: str) -> Iterator[tuple[int, str]]: ...


class Found(msgspec.Struct, frozen=True):
    """A name, or its words, at [start, end) of a folded text; `weight` is how many words of the name are there."""

    ids: tuple[str, ...]
    start: int
    end: int
    weight: int
    exact: bool = True


class Names:
    """The names of known things."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        """Take pairs of a name and the id of what bears it; one name may be that of several."""
        bearers: dict[str, set[str]] = defaultdict(set)
        for name, bearer in names:
            bearers[folded(name).text].add(bearer)
        self._ids = {name: tuple(sorted(ids)) for name, ids in bearers.items() if len(name) > 1}
        self._automaton = cast("_Automaton", ahocorasick.Automaton())  # pyright: ignore[reportUnknownMemberType]  # untyped
        for name in self._ids:
            self._automaton.add_word(name, name)
        self._automaton.make_automaton()

    def find(self, text: str) -> list[Found]:
        """Return the names in a folded text that lie in no longer one, in order."""
        whole = [found for found in self._all(text) if _stands_alone(text, found.start, found.end)]
        return longest(whole)

    def _all(self, text: str) -> Iterable[Found]:
        if not self._ids:
            return
        for last, name in self._automaton.iter(text):
            yield Found(self._ids[name], last + 1 - len(name), last + 1, weight=len(name))


def longest(given: Iterable[Found]) -> list[Found]:
    """Return, in order, what overlaps nothing heavier, exacter, shorter or earlier."""
    kept: list[Found] = []
    for found in sorted(given, key=lambda it: (-it.weight, not it.exact, it.end - it.start, it.start, it.ids)):
        if all(found.end <= other.start or other.end <= found.start for other in kept):
            kept.append(found)
    return sorted(kept, key=lambda it: it.start)


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not (start and _is_joined(text[start - 1 : start + 1])) and not _is_joined(text[end - 1 : end + 1])


def _is_joined(pair: str) -> bool:
    """Tell whether two letters or digits belong to one word; Chinese parts no words, so none is broken there."""
    return len(pair) > 1 and pair.isalnum() and not cjk_characters(pair)
