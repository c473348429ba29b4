"""Read CSV as RFC 4180 has it, as cells that know their place, and write it so that every text comes back."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from graph_api.permission.files.source import Source, tell
from graph_api.permission.language.problems import Problems

_QUOTED: Final = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')
_BARE: Final = re.compile(r'[^,"\r\n]*+')
_END: Final = re.compile(r"\r\n|\n|\r|\Z")
_REST: Final = re.compile(r"[^\r\n]*+")
_NEEDS_QUOTES: Final = re.compile(r"[\",\r\n]|^\s|\s$")


class Cell(NamedTuple):
    """The text of a cell and where it begins."""

    text: str
    offset: int


def rows(source: Source, problems: Problems) -> Iterator[list[Cell]]:
    """Yield the rows; blank lines are skipped, a row with wrong quotes is told and left out."""
    at, text = 0, source.text
    while at < len(text) and not problems.full:
        row, at = _row(source, at, problems)
        end = _END.match(text, at)
        at = end.end() if end is not None else len(text)
        if row is not None and (len(row) > 1 or row[0].text.strip()):
            yield row


def _row(source: Source, at: int, problems: Problems) -> tuple[list[Cell] | None, int]:
    line = _REST.match(source.text, at)
    if line is not None and '"' not in line[0]:
        return _bare(line[0], at), line.end()
    return _quoted(source, at, problems)


def _bare(line: str, at: int) -> list[Cell]:
    row = list[Cell]()
    for text in line.split(","):
        row.append(Cell(text, at))
        at += len(text) + 1
    return row


def _quoted(source: Source, at: int, problems: Problems) -> tuple[list[Cell] | None, int]:
    text, row = source.text, list[Cell]()
    while True:
        quoted = _QUOTED.match(text, at)
        found = quoted or _BARE.match(text, at)
        assert found is not None, "a bare cell may be empty"
        row.append(Cell(quoted[1].replace('""', '"') if quoted else found[0], at))
        at = found.end()
        if text[at : at + 1] == ",":
            at += 1
            continue
        if at == len(text) or text[at] in "\r\n":
            return row, at
        return None, _told(source, at, quoted is not None, row, problems)


def _told(source: Source, at: int, quoted: bool, row: list[Cell], problems: Problems) -> int:
    """Tell wrong quotes and return where to go on: at the end of the line, or nowhere."""
    if not quoted and source.text[at] == '"' and not row[-1].text:
        tell(problems, "invalid-syntax", "The quotes of this cell are never closed.", source.place(at))
        return len(source.text)
    message = (
        "Something stands behind the closing quotes."
        if quoted
        else "Quotes stand within a cell that does not begin with them."
    )
    tell(problems, "invalid-syntax", message, source.place(at), suggestion="Double the quotes within a quoted cell.")
    rest = _REST.match(source.text, at)
    return rest.end() if rest is not None else at


def csv_line(cells: Iterable[str]) -> str:
    """Return a line with its end; empty cells stay bare."""
    return ",".join(_cell(cell) for cell in cells) + "\n"


def _cell(cell: str) -> str:
    if _NEEDS_QUOTES.search(cell):
        return '"' + cell.replace('"', '""') + '"'
    return cell
