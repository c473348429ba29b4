"""What somebody typed as words to find, and as a query of the index in which nothing of it is syntax."""

import re
from collections.abc import Sequence
from typing import Final

from graph_api.kernel.commands import Problem
from graph_api.organization.checks import check_characters

_WORD: Final = re.compile(r"[^\s\u3000-\u303f\u2010-\u2027\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+")
"""Whatever stands between white space and Chinese punctuation: "KEP-1287" is one word, and so is a run of Chinese."""
_SYNTAX: Final = re.compile(r'(["\\])')
"""Within quotes nothing else means anything to the index."""
TITLE_BOOST: Final = 3
"""A word in the title tells more of what an item is about; there are more of them in bodies, which makes them rare."""


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, each once, in order; what has no letter or digit is none."""
    found = (word for word in _WORD.findall(text) if any(character.isalnum() for character in word))
    return tuple(dict.fromkeys(found))


def every_word(words: Sequence[str]) -> str:
    """Return the query for items that hold every word, each in the title or in the body."""
    return " ".join(f"+({_in_any_text(word)})" for word in words)


def any_word(words: Sequence[str]) -> str:
    """Return the query for items that hold some of the words; the more of them, the better."""
    return " ".join(map(_in_any_text, words))


def _in_any_text(word: str) -> str:
    quoted = _SYNTAX.sub(r"\\\1", word)
    return f'title:"{quoted}"^{TITLE_BOOST} body:"{quoted}"'


def text_problems(path: tuple[str, ...], text: str, characters_max: int, words_max: int) -> Sequence[Problem]:
    """Return what is wrong with a text to search for."""
    problems: list[Problem] = []
    if len(text) > characters_max:
        message = f"{len(text)} characters; at most {characters_max} are searched for."
        problems.append(Problem(path, "TOO_LONG", message))
    if (count := len(words_of(text))) > words_max:
        problems.append(Problem(path, "TOO_MANY", f"{count} words; at most {words_max} are searched for."))
    return [*problems, *check_characters(path, text)]
