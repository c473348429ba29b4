"""Write CSV so that every reader gets each text back as it was: the csv module leaves a lone carriage return bare."""

import re
from collections.abc import Iterable
from typing import Final

_NEEDS_QUOTES: Final = re.compile(r"[\",\r\n]|^\s|\s$|^$")


def csv_line(cells: Iterable[str]) -> str:
    """Return a line with its end; empty cells stay bare."""
    return ",".join(_cell(cell) for cell in cells) + "\n"


def _cell(cell: str) -> str:
    if cell and _NEEDS_QUOTES.search(cell):
        return '"' + cell.replace('"', '""') + '"'
    return cell
