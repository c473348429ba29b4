"""Read CSV files into rows of text that still know their line; nothing is interpreted here.

UTF-8 is strict. A byte order mark is skipped and noted. What is wrong with a row spoils this row only, what is wrong
with the header spoils the file.
"""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

VALUE_CHARACTERS_MAX: Final = 60
_CSV_FIELD_CHARACTERS: Final = 2**31 - 1
_OTHER_ENCODINGS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SURROGATES: Final = ("\udc80", "\udcff")


class ImportLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How large an import may be: bytes of one cell, bytes of one file, and faults told one by one."""

    cell_max_bytes: int = 1_000_000
    file_max_bytes: int = 1_000_000_000
    faults_listed_max: int = 100


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing wrong, or worth a warning: where, which value (shortened), and why; the header is line 1."""

    file: str
    reason: str
    line: int | None = None
    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line is not None else "")
        column = f", column {self.column}" if self.column is not None else ""
        value = f", value {self.value!r}" if self.value is not None else ""
        return f"{place}{column}{value}: {self.reason}"


class RawRow(NamedTuple):
    """The cells of one row and the line it begins on."""

    line: int
    cells: list[str]


class RawFile(msgspec.Struct):
    """A file as read. `unreadable` where its header, or all of it, is of no use; `spoiled` rows have faults."""

    name: str
    columns: list[str] = []
    rows: list[RawRow] = []
    spoiled: list[RawRow] = []
    faults: list[Fault] = []
    notes: list[Fault] = []
    unreadable: bool = False


def shorten(value: str) -> str:
    """Cut a value to what a line of a report can hold; unprintable bytes are shown as escapes."""
    cut = value if len(value) <= VALUE_CHARACTERS_MAX else value[: VALUE_CHARACTERS_MAX - 3] + "..."
    return cut.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def unreadable_file(name: str, reason: str, *, line: int | None = None, column: str | None = None) -> RawFile:
    """Return a file of which nothing can be used, with the reason."""
    return RawFile(name, faults=[Fault(file=name, line=line, column=column, reason=reason)], unreadable=True)


def read_csv(path: Path, limits: ImportLimits) -> RawFile:
    """Read one file; it never raises for what is in the file or for a file that cannot be opened."""
    try:
        size_bytes = path.stat().st_size
        if size_bytes > limits.file_max_bytes:
            return unreadable_file(
                path.name, f"the file has {size_bytes} bytes, where at most {limits.file_max_bytes} are allowed"
            )
        data = path.read_bytes()
    except OSError as fault:
        return unreadable_file(path.name, f"the file cannot be read: {fault.strerror}")
    return parse_csv(path.name, data, limits)


def parse_csv(name: str, data: bytes, limits: ImportLimits) -> RawFile:
    """Parse the bytes of a file."""
    if data.startswith(_OTHER_ENCODINGS):
        return unreadable_file(name, "the file is UTF-16; save it as UTF-8", line=1)
    marked = data.startswith(codecs.BOM_UTF8)
    # Bytes that are no UTF-8 become lone surrogates here, so that each can be told with its line and column.
    text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    file = _parse_text(name, text, limits)
    if marked:
        file.notes.append(Fault(file=name, line=1, reason="a byte order mark at the start was skipped"))
    return file


def _parse_text(name: str, text: str, limits: ImportLimits) -> RawFile:
    file = RawFile(name)
    rows = _rows(file, text)
    header = next(rows, None)
    if header is None:
        return file if file.faults else unreadable_file(name, "the file is empty; it needs a header", line=1)
    file.columns = header.cells
    file.faults.extend(_header_faults(name, header, limits))
    if file.faults:
        file.unreadable = True
        return file
    for row in rows:
        faults = list(_row_faults(name, file.columns, row, limits))
        file.faults.extend(faults)
        (file.spoiled if faults else file.rows).append(row)
    return file


def _rows(file: RawFile, text: str) -> Iterator[RawRow]:
    # The limit of the csv module is for the whole process and aborts a file; cells are measured one by one instead.
    csv.field_size_limit(_CSV_FIELD_CHARACTERS)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            file.faults.append(Fault(file=file.name, line=line, reason=f"the quotes are wrong: {fault}"))
            file.unreadable = file.unreadable or not file.columns
            continue
        if cells:
            yield RawRow(line, cells)


def _header_faults(name: str, header: RawRow, limits: ImportLimits) -> Iterator[Fault]:
    for column, times in Counter(header.cells).items():
        if times > 1:
            yield Fault(
                file=name,
                line=header.line,
                column=shorten(column),
                reason=f"the column stands {times} times in the header",
            )
    for number, column in enumerate(header.cells, start=1):
        if (reason := _text_fault(column, limits)) is not None:
            yield Fault(file=name, line=header.line, column=str(number), value=shorten(column), reason=reason)


def _row_faults(name: str, columns: list[str], row: RawRow, limits: ImportLimits) -> Iterator[Fault]:
    if len(row.cells) != len(columns):
        yield Fault(
            file=name,
            line=row.line,
            column=columns[len(row.cells)] if len(row.cells) < len(columns) else None,
            value=shorten(row.cells[len(columns)]) if len(row.cells) > len(columns) else None,
            reason=f"the row has {len(row.cells)} cells, where the header has {len(columns)}",
        )
    for column, cell in zip(columns, row.cells, strict=False):
        if (reason := _text_fault(cell, limits)) is not None:
            yield Fault(file=name, line=row.line, column=column, value=shorten(cell), reason=reason)


def _text_fault(cell: str, limits: ImportLimits) -> str | None:
    if cell.isascii():
        size_bytes = len(cell)
    elif any(_SURROGATES[0] <= letter <= _SURROGATES[1] for letter in cell):
        return "the text is not UTF-8"
    else:
        size_bytes = len(cell.encode())
    if size_bytes > limits.cell_max_bytes:
        return f"the cell has {size_bytes} bytes, where at most {limits.cell_max_bytes} are allowed"
    if "\0" in cell:
        return "the text holds a NUL character"
    return None


class RawFolder(msgspec.Struct):
    """The files of a folder that have a home, by name, and the names of the other CSV files."""

    name: str
    files: dict[str, RawFile] = {}
    not_used: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def read_folder(folder: Path, known: Iterable[str], limits: ImportLimits) -> RawFolder:
    """Read the known files of a folder; a folder that is not there, or holds none of them, is a fault."""
    title = folder.name or folder.resolve().name  # the name of `.` is empty
    try:
        present = sorted(path.name for path in folder.iterdir() if path.suffix.lower() == ".csv")
    except OSError as fault:
        reason = f"the folder cannot be read: {fault.strerror}"
        return RawFolder(title, faults=(Fault(file=str(folder), reason=reason),))
    used = [name for name in known if name in present]
    other = tuple(name for name in present if name not in used)
    if not used:
        reason = f"the folder holds none of the files {', '.join(known)}"
        return RawFolder(title, not_used=other, faults=(Fault(file=str(folder), reason=reason),))
    return RawFolder(title, {name: read_csv(folder / name, limits) for name in used}, other)
