"""Names in a language, as far as the script of a name tells its language."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from babel.core import get_global

_LATIN: Final = frozenset({"LATIN"})
_HAN: Final = frozenset({"CJK"})
_LETTERS_OF_SCRIPT: Final = {
    "Hans": _HAN,
    "Hant": _HAN,
    "Jpan": frozenset({"CJK", "HIRAGANA", "KATAKANA"}),
    "Kore": frozenset({"HANGUL"}),
    "Cyrl": frozenset({"CYRILLIC"}),
    "Arab": frozenset({"ARABIC"}),
    "Grek": frozenset({"GREEK"}),
    "Hebr": frozenset({"HEBREW"}),
    "Deva": frozenset({"DEVANAGARI"}),
    "Thai": frozenset({"THAI"}),
}


def name_in(language: str, names: Iterable[str]) -> str | None:
    """Return the first name written in the script of a language such as `zh` or `es-MX`; None where there is none."""
    alphabet = _alphabet(language)
    return next((name for name in names if alphabet & _alphabets_in(name)), None)


@lru_cache(maxsize=256)
def _alphabet(language: str) -> frozenset[str]:
    primary = language.replace("-", "_").partition("_")[0].lower()
    likely = get_global("likely_subtags").get(primary, "")
    script = next((part for part in likely.split("_") if part in _LETTERS_OF_SCRIPT), "")
    return _LETTERS_OF_SCRIPT.get(script, _LATIN)


@lru_cache(maxsize=16384)
def _alphabets_in(name: str) -> frozenset[str]:
    return frozenset(unicodedata.name(letter, "").partition(" ")[0] for letter in name if letter.isalpha())
