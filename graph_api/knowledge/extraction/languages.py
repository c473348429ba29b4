"""Which language a text is in: by its script, else by the function words of languages that the organization writes."""

import re
from typing import Final

from graph_api.knowledge.extraction.text import is_mostly_cjk, normalised

_KANA: Final = re.compile("[\u3040-\u30ff]")
_HANGUL: Final = re.compile("[\uac00-\ud7af]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_FREQUENT: Final = {
    "de": "der die das und ist nicht mit von den ein eine zu im auf für dem wird sich auch bei wir",
    "en": "the and is of to in a for was with not on it we that this are by be as at from",
    "es": "el la los las de que y en un una no se con por para del es al lo su más",
    "fr": "le la les de des et est un une que pas dans pour sur du au avec il nous ne",
    "id": "yang dan di ke dari untuk tidak ini itu dengan kami pada akan sudah ada juga oleh",
    "pt": "o a os as de que e em um uma não se com por para do da no na ao mais",
}
_FUNCTION_WORDS: Final = {code: frozenset(known.split()) for code, known in _FREQUENT.items()}


def language_of(text: str) -> str | None:
    """Return the ISO 639 code of a text's language, or None where nothing tells it."""
    if is_mostly_cjk(text):
        return "ja" if _KANA.search(text) else "ko" if _HANGUL.search(text) else "zh"
    found = _WORD.findall(normalised(text))
    counts = {code: sum(word in known for word in found) for code, known in _FUNCTION_WORDS.items()}
    best = max(counts.values())
    tied = [code for code, count in counts.items() if count == best]
    return tied[0] if best and len(tied) == 1 else None
