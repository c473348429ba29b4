"""Words that are one slip of the keyboard away from a known one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

LEAST_LETTERS: Final = 6
"""Of shorter words too many are one letter away from another word: "rail" and "mail"."""


class Spelling:
    """Known words, found by words with one letter more, fewer, other or exchanged with its neighbour (Damerau 1964)."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(word for word in known if _is_judged(word))
        self._shortened: dict[str, set[str]] = defaultdict(set)
        for word in self._known:
            for shorter in _without_one(word):
                self._shortened[shorter].add(word)

    def meant(self, word: str) -> str:
        """Return the only known word within one slip, or the word itself."""
        if word in self._known or not _is_judged(word):
            return word
        near = {known for known in self._candidates(word) if is_one_slip(word, known)}
        return near.pop() if len(near) == 1 else word

    def _candidates(self, word: str) -> set[str]:
        """Return a superset: two words within one slip are the same with one letter taken out of one or both."""
        shorter = set(_without_one(word))
        found = {known for key in (word, *shorter) for known in self._shortened.get(key, ())}
        return found | (shorter & self._known)


def _is_judged(word: str) -> bool:
    return len(word) >= LEAST_LETTERS and word.isascii() and word.isalpha()


def _without_one(word: str) -> Iterator[str]:
    return (word[:place] + word[place + 1 :] for place in range(len(word)))


def is_one_slip(left: str, right: str) -> bool:
    """Tell whether one letter more, fewer, other, or two neighbours exchanged, make the one word the other."""
    if left == right or abs(len(left) - len(right)) > 1:
        return False
    same = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    rest, other = left[same:], right[same:]
    exchanged = len(rest) > 1 and rest[1::-1] == other[:2] and rest[2:] == other[2:]
    return exchanged or rest[1:] == other[1:] or rest[1:] == other or rest == other[1:]
