"""Write YAML that every reader takes for the same: plain words where nobody can doubt them, double quotes elsewhere."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from graph_api.permission.files.values import json_text
from graph_api.permission.files.yaml_text import plain_value

# YAML allows no more without a question mark before the key.
SHORT_KEY_CHARACTERS_MAX: Final = 1_000
_PLAIN: Final = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./*@-]|[:#](?=[A-Za-z0-9_*]))*")
_DOUBTFUL: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_NO_BLOCK: Final = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def scalar(text: str) -> str:
    """Write a text on one line."""
    if _PLAIN.fullmatch(text) and text.lower() not in _DOUBTFUL and plain_value(text) == text:
        return text
    return quoted(text)


def quoted(text: str) -> str:
    """Write a text in double quotes."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json_text(text))


def flow(value: object) -> str:
    """Write a value that JSON has on one line."""
    match value:
        case str():
            return scalar(value)
        case Mapping():
            fields = cast("Mapping[str, Any]", value)
            return "{" + ", ".join(f"{_key(key)}: {flow(each)}" for key, each in fields.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(flow(each) for each in cast("Sequence[object]", value)) + "]"
        case _:
            return json_text(value)


def _key(key: str) -> str:
    text = scalar(key)
    return text if len(text) <= SHORT_KEY_CHARACTERS_MAX else f"? {text}"


def block(text: str, indent: str) -> str:
    """Write a text of several lines as it stands, each indented; in double quotes where that cannot be."""
    plain = text.endswith("\n") and not text.endswith("\n\n") and text[0] not in " \n" and not _NO_BLOCK.search(text)
    if not plain:
        return quoted(text)
    lines = (f"{indent}{line}".rstrip(" ") if not line else f"{indent}{line}" for line in text[:-1].split("\n"))
    return "|\n" + "\n".join(lines)
