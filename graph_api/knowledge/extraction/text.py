"""Characters of a text: one normal form, scripts, shingles and how alike two texts are."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

CJK_CLASS: Final = (
    "\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff"
    "\uf900-\ufaff\U00020000-\U000323af"
)
"""Han, kana and hangul, as a class of a pattern: one says about as much as two Latin letters."""
_CJK: Final = re.compile(f"[{CJK_CLASS}]")
_SPACE: Final = re.compile(r"\s+")
SHINGLE_CHARACTERS: Final = 3
"""One changed letter changes three shingles: of 200 characters less than 4 %, so that the text stays a duplicate."""


@lru_cache(maxsize=4096)
def normalised(text: str) -> str:
    """Return a text in NFKC, case folded, without invisible characters, white space as single blanks."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    spaced = _SPACE.sub(" ", plain)
    return spaced.strip() if spaced.isprintable() else _SPACE.sub(" ", "".join(filter(str.isprintable, spaced))).strip()


def without_cjk(text: str) -> str:
    """Return a text with a blank for each of its Han, kana and hangul."""
    return _CJK.sub(" ", text)


def cjk_characters(text: str) -> list[str]:
    """Return the Han, kana and hangul of a text, in order."""
    return _CJK.findall(text)


def is_mostly_cjk(text: str) -> bool:
    """Tell whether more than half of the letters are Han, kana or hangul."""
    letters = sum(map(str.isalpha, text))
    return 2 * len(cjk_characters(text)) > letters


def shingles(text: str, characters: int = SHINGLE_CHARACTERS) -> frozenset[str]:
    """Return the distinct runs of some characters; a shorter text is one shingle, an empty one none."""
    if len(text) <= characters:
        return frozenset({text} if text else ())
    return frozenset(text[start : start + characters] for start in range(len(text) - characters + 1))


def likeness(left: frozenset[str], right: frozenset[str]) -> float:
    """Return the Jaccard index of two sets, 0 to 1; that of two empty ones is 1."""
    together = len(left | right)
    return len(left & right) / together if together else 1.0
