"""Names of several words where these stand close together in any form and order, also with a slip of the keyboard."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from graph_api.knowledge.extraction.names import Found
from graph_api.knowledge.extraction.text import normalised
from graph_api.knowledge.extraction.typing_errors import Spelling
from graph_api.knowledge.extraction.words import Word, stem, words

_CONNECTING: Final = frozenset(
    {"a", "an", "and", "at", "by", "de", "en", "for", "in", "of", "on", "the", "to", "und", "y", "的", "和", "与", "在"}
)
_STRETCH: Final = 2
"""Words of a name of n words lie within 2 n + 1 words, so that each may have a neighbour of its own."""
_STOPS: Final = frozenset(".!?;:。！？；：")


class LooseNames:
    """The words of names with at least two that do not merely connect; one alone would be found in other meanings."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        """Take pairs of a name and the id of what bears it."""
        self._ids: dict[frozenset[str], set[str]] = defaultdict(set)
        self._with: dict[str, set[frozenset[str]]] = defaultdict(set)
        known: set[str] = set()
        for name, bearer in names:
            parts = [word.text for word in words(normalised(name)) if word.text not in _CONNECTING]
            if len(stems := frozenset(map(stem, parts))) > 1:
                known |= set(parts)
                self._ids[stems].add(bearer)
                for part in stems:
                    self._with[part].add(stems)
        self._spelling = Spelling(known)

    def find(self, text: str, given: Sequence[Word]) -> list[Found]:
        """Return where the words of a name are together in a sentence of a folded text, the closest place of each."""
        places = self._places(given)
        there = {stems for part in places for stems in self._with[part] if all(each in places for each in stems)}
        found = (self._closest(stems, text, given, places) for stems in there)
        return sorted((it for it in found if it), key=lambda it: (it.start, it.end, it.ids))

    def _places(self, given: Sequence[Word]) -> dict[str, list[int]]:
        places: dict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(given):
            part = word.stem if word.stem in self._with else stem(self._spelling.meant(word.text))
            if part in self._with:
                places[part].append(place)
        return dict(places)

    def _closest(
        self, stems: frozenset[str], text: str, given: Sequence[Word], places: dict[str, list[int]]
    ) -> Found | None:
        hits = sorted((place, part) for part in stems for place in places[part])
        spans = _spans(hits, len(stems))
        close = [(last - first, first, last) for first, last in spans if last - first <= _STRETCH * len(stems)]
        for _, first, last in sorted(close):
            start, end = given[first].start, given[last].end
            if _STOPS.isdisjoint(text[start:end]):
                return Found(tuple(sorted(self._ids[stems])), start, end, weight=len(stems), exact=False)
        return None


def _spans(hits: Sequence[tuple[int, str]], needed: int) -> list[tuple[int, int]]:
    """Return, for each last place, the shortest run of places that has all parts and ends there."""
    latest: dict[str, int] = {}
    spans: list[tuple[int, int]] = []
    for place, part in hits:
        latest[part] = place
        if len(latest) == needed:
            spans.append((min(latest.values()), place))
    return spans
