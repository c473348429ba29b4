"""Texts that are nearly the same, found among many without comparing each with each.

The index holds of each text only its rarest shingles: two texts whose Jaccard index exceeds t share one of the first
|x| - ceil(t |x|) + 1 of them in one order of all (prefix filtering; Chaudhuri, Ganti, Kaushik 2006).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from math import ceil

from graph_api.knowledge.extraction.text import likeness, normalised, shingles
from graph_api.knowledge.extraction.validity import DUPLICATE_LIKENESS


def near_duplicates(texts: Mapping[str, str], above: float = DUPLICATE_LIKENESS) -> list[tuple[str, str]]:
    """Return the pairs of ids whose texts have a Jaccard index of shingles above a bound (0 to 1), in order of ids."""
    sets = {one: shingles(normalised(text)) for one, text in texts.items()}
    found = (pair for pair in _candidates(sets, above) if likeness(sets[pair[0]], sets[pair[1]]) > above)
    return sorted(found)


def _candidates(sets: Mapping[str, frozenset[str]], above: float) -> Iterator[tuple[str, str]]:
    frequency = Counter(shingle for each in sets.values() for shingle in each)
    index: dict[str, list[str]] = defaultdict(list)
    for one in sorted(sets):
        shingled = sets[one]
        rarest = sorted(shingled, key=lambda shingle: (frequency[shingle], shingle))
        seen: set[str] = set()
        for shingle in rarest[: len(rarest) - ceil(above * len(rarest)) + 1]:
            seen.update(other for other in index[shingle] if _may_be_alike(len(sets[other]), len(shingled), above))
            index[shingle].append(one)
        yield from ((other, one) for other in seen)


def _may_be_alike(left: int, right: int, above: float) -> bool:
    return min(left, right) > above * max(left, right)
