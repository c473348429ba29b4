"""Read JSON strictly, as nodes that know their place."""

import json
import math
import re
from typing import Any, Final

from graph_api.permission.files.nodes import LEVELS_MAX, Fields, Items, Node, Scalar
from graph_api.permission.files.source import Source, tell
from graph_api.permission.language.problems import Problems

NUMBER_DIGITS_MAX: Final = 400
_BLANKS: Final = re.compile(r"[ \t\r\n]*+")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?([eE][+-]?[0-9]++)?")
_WORD: Final = re.compile(r"[^\s,:\[\]{}\"]{1,40}")
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}
_DECODER: Final = json.JSONDecoder()


class Misread(Exception):
    """The text is no JSON, from an offset on."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


def parse_json(source: Source, problems: Problems, start: int = 0, end: int | None = None) -> Node | None:
    """Parse a part of a text that is one value; tell where it is none."""
    reader = JsonReader(source.text, len(source.text) if end is None else end)
    try:
        node, after = reader.value(reader.skip(start), 1)
        after = reader.skip(after)
        if after < reader.end:
            raise Misread("Something stands behind the end of the value.", after)
        return node
    except Misread as error:
        tell(problems, "invalid-syntax", f"This is no JSON: {error}", source.place(error.offset))
        return None


class JsonReader:
    """Read the values of a text up to its end; each method returns a node and where it ends."""

    def __init__(self, text: str, end: int) -> None:
        self.text = text
        self.end = end

    def skip(self, at: int) -> int:
        """Return where the next thing stands."""
        if at < self.end and self.text[at] > " ":
            return at
        found = _BLANKS.match(self.text, at, self.end)
        return found.end() if found is not None else at

    def sign(self, at: int) -> str:
        """Return the sign that stands there; nothing at the end."""
        return self.text[at] if at < self.end else ""

    def value(self, at: int, level: int) -> tuple[Node, int]:
        """Read a value."""
        if level > LEVELS_MAX:
            raise Misread(f"It is nested more than {LEVELS_MAX} levels deep.", at)
        match self.sign(at):
            case '"':
                return self.string(at)
            case "{":
                return self.fields(at, level)
            case "[":
                return self.items(at, level)
            case "":
                raise Misread("The text ends where a value is wanted.", at)
            case _:
                return self.word(at)

    def string(self, at: int) -> tuple[Scalar, int]:
        """Read a string."""
        try:
            value, after = _DECODER.raw_decode(self.text, at)
        except json.JSONDecodeError as error:
            reason = error.msg.removesuffix(" at").removesuffix(" starting")
            raise Misread(f"{reason}.", min(error.pos, self.end)) from error
        if after > self.end:
            raise Misread("The string does not end.", at)
        return Scalar(at, value, value), after

    def word(self, at: int) -> tuple[Scalar, int]:
        """Read true, false, null or a number."""
        found = _WORD.match(self.text, at, self.end)
        word = found[0] if found is not None else ""
        if word in _WORDS:
            return Scalar(at, _WORDS[word], word), at + len(word)
        number = _NUMBER.match(self.text, at, self.end)
        if number is None:
            raise Misread(f"`{word or self.sign(at)}` is no value.", at)
        return Scalar(at, self.number(number), number[0]), number.end()

    def number(self, found: re.Match[str]) -> int | float:
        """Return the value of a number."""
        if len(found[0]) > NUMBER_DIGITS_MAX:
            raise Misread(f"The number has more than {NUMBER_DIGITS_MAX} digits.", found.start())
        value = int(found[0]) if found[1] is None and found[2] is None else float(found[0])
        if isinstance(value, float) and math.isinf(value):
            raise Misread("The number is out of range.", found.start())
        return value

    def items(self, at: int, level: int) -> tuple[Items, int]:
        """Read a list."""
        found: list[Node] = []
        next_at = self.skip(at + 1)
        while self.sign(next_at) != "]" or found:
            node, next_at = self.value(next_at, level + 1)
            found.append(node)
            next_at = self.skip(next_at)
            if self.sign(next_at) == "]":
                break
            next_at = self.skip(self.expect(",", next_at, "or `]`"))
        return Items(at, tuple(found)), next_at + 1

    def fields(self, at: int, level: int) -> tuple[Fields, int]:
        """Read a map."""
        found: list[tuple[Scalar, Node]] = []
        next_at = self.skip(at + 1)
        while self.sign(next_at) != "}" or found:
            if self.sign(next_at) != '"':
                raise Misread("The name of a field in double quotes is wanted here.", next_at)
            key, next_at = self.string(next_at)
            next_at = self.skip(self.expect(":", self.skip(next_at), "behind the name of a field"))
            node, next_at = self.value(next_at, level + 1)
            found.append((key, node))
            next_at = self.skip(next_at)
            if self.sign(next_at) == "}":
                break
            next_at = self.skip(self.expect(",", next_at, "or `}`"))
        return Fields(at, tuple(found)), next_at + 1

    def expect(self, sign: str, at: int, where: str) -> int:
        """Return where the sign that must stand here ends."""
        if self.sign(at) != sign:
            raise Misread(f"`{sign}` {where} is wanted here.", at)
        return at + 1
