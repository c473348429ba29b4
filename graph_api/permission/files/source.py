"""The text of a file that knows its places, and what is told of it."""

import codecs
import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

import msgspec

from graph_api.permission.errors import Code, ModelProblem, PermissionGraphError, refused_model
from graph_api.permission.language.problems import Problems, in_order
from graph_api.permission.model import Position

VALUE_CHARACTERS_MAX: Final = 60
_OTHER_ENCODINGS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class FileLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How large a file may be: bytes of a file of tuples, of one of its cells, and of a file in YAML."""

    file_max_bytes: int = 1_000_000_000
    cell_max_bytes: int = 1_000_000
    yaml_max_bytes: int = 1_000_000


class FileProblem(ModelProblem, frozen=True):
    """One thing wrong in a file; `field` is the column or the field that it is in, where it is in one."""

    field: str | None = None

    def __str__(self) -> str:
        parts = [str(part) for part in (self.file, self.line, self.column) if part is not None]
        field = f"{self.field}: " if self.field is not None else ""
        return f"{':'.join(parts)}{': ' if parts else ''}{field}{self.message} {self.suggestion or ''}".strip()


class Source:
    """A file: its name, its text, and where in it something stands."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] = []

    def place(self, offset: int) -> Position:
        """Return line and column of a character, counted from 1."""
        self._starts = self._starts or [0, *(end.end() for end in _LINE_END.finditer(self.text))]
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1, self.name)

    def line(self, number: int) -> str:
        """Return a line without its end; the first is 1."""
        start = self._starts[number - 1]
        after = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:after].rstrip("\r\n")


def tell(
    problems: Problems,
    kind: str,
    message: str,
    position: Position,
    field: str | None = None,
    suggestion: str | None = None,
) -> None:
    """Add what is wrong at a place of a file."""
    place = (position.line or None, position.column or None, position.file)
    problems.add([FileProblem(kind, message, suggestion, *place, field)])


def decoded(data: bytes | str, name: str, max_bytes: int, problems: Problems) -> Source | None:
    """Decode a file in UTF-8 and skip its byte order mark; tell what cannot be decoded, or is too large."""
    start = Position(1, 1, name)
    size_bytes = len(data) if isinstance(data, bytes) or data.isascii() else len(data.encode("utf-8", "surrogatepass"))
    if size_bytes > max_bytes:
        tell(problems, "too-large", f"The file has {size_bytes:,} bytes; at most {max_bytes:,} are allowed.", start)
        return None
    if isinstance(data, str):
        return Source(name, data.removeprefix("\ufeff"))
    if data.startswith(_OTHER_ENCODINGS):
        tell(problems, "invalid-encoding", "The file is UTF-16.", start, suggestion="Save it as UTF-8.")
        return None
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return Source(name, data.decode())
    except UnicodeDecodeError as error:
        before = Source(name, data[: error.start].decode())
        place = before.place(len(before.text))
        tell(problems, "invalid-encoding", "The text is not UTF-8.", place, suggestion="Save the file as UTF-8.")
        return None


def text_fault(text: str) -> str | None:
    """Say why a text cannot be kept, if it cannot."""
    if "\0" in text:
        return "The text holds a NUL character."
    if not text.isascii() and _SURROGATE.search(text):
        return "The text holds half of a surrogate pair."
    return None


def shortened(value: object) -> str:
    """Show a value in a message, cut where it is long."""
    text = str(value)
    text = text if len(text) <= VALUE_CHARACTERS_MAX else f"{text[: VALUE_CHARACTERS_MAX - 3]}..."
    return text.encode("utf-8", "backslashreplace").decode()


def raise_any(problems: Problems) -> None:
    """Refuse a file if anything was told of it, in the order of the source."""
    if problems.found:
        raise refused_file(in_order(problems.found))


def refused_file(problems: Sequence[ModelProblem]) -> PermissionGraphError:
    """Build the error of a file: 2056 where its model alone is wrong, 2000 otherwise."""
    of_the_file = any(isinstance(each, FileProblem) for each in problems)
    return refused_model(problems, Code.VALIDATION_ERROR if of_the_file else Code.INVALID_AUTHORIZATION_MODEL)
