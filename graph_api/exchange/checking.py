"""Check the rows of one file against its declaration: columns, cells, contradictions and duplicates."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from pydantic import AliasChoices, ValidationError

from graph_api.exchange.cells import format_items
from graph_api.exchange.reading import Fault, RawFile, RawRow, shorten
from graph_api.exchange.rows import CsvRow
from graph_api.kernel.records import Node, Record


class FileKind(NamedTuple):
    """A file of the format: its rows, the fields that identify one, and the kind of node it declares, if any.

    A cell of a `lenient` field that cannot be used is left empty, with the warning that stands beside the field.
    """

    file: str
    row: type[CsvRow]
    key: tuple[str, ...] | None
    node: type[Node] | None = None
    lenient: Mapping[str, str] = {}


class Placed(NamedTuple):
    """A valid row and the line it begins on."""

    line: int
    row: Any


class CheckedFile(msgspec.Struct):
    """The valid rows of a file; `columns` is the header's name of each field; `rejected` is by natural id."""

    kind: FileKind
    columns: dict[str, str] = {}
    not_used: tuple[str, ...] = ()
    rows: list[Placed] = []
    rejected: dict[str, int] = {}
    faults: list[Fault] = []
    warnings: list[Fault] = []
    unreadable: bool = False

    def fault(self, placed: Placed, field: str, reason: str, value: str | None = None) -> Fault:
        """Build what is wrong with, or worth a warning at, a field of a row."""
        shown = value if value is not None else _as_text(getattr(placed.row, field))
        return Fault(
            file=self.kind.file,
            line=placed.line,
            column=self.columns.get(field, field),
            value=None if shown is None else shorten(shown),
            reason=reason,
        )

    def carried(self, record_type: type[Record]) -> frozenset[str]:
        """Return the fields of a record that this file has columns for."""
        return frozenset(record_type.__struct_fields__) & self.columns.keys() - {"id", "source", "target"}


def check_file(kind: FileKind, raw: RawFile) -> CheckedFile:
    """Check one file."""
    columns = _match_columns(kind.row, raw.columns)
    used = set(columns.values())
    checked = CheckedFile(
        kind,
        columns=columns,
        not_used=tuple(column for column in raw.columns if column not in used),
        faults=list(raw.faults),
        unreadable=raw.unreadable,
    )
    if not raw.unreadable:
        checked.faults.extend(_missing_columns(kind, columns, raw.columns))
        checked.unreadable = len(checked.faults) > len(raw.faults)
    if not checked.unreadable:
        _check_rows(checked, raw)
    return checked


def _names(row: type[CsvRow], field: str) -> Sequence[str]:
    alias = row.model_fields[field].validation_alias
    return [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [field]


def _match_columns(row: type[CsvRow], header: Iterable[str]) -> dict[str, str]:
    present = set(header)
    found = ((field, [name for name in _names(row, field) if name in present]) for field in row.model_fields)
    return {field: names[0] for field, names in found if names}


def _missing_columns(kind: FileKind, columns: dict[str, str], header: list[str]) -> Iterator[Fault]:
    hint = "; the cells seem to be separated by ; instead of ," if len(header) == 1 and ";" in header[0] else ""
    for field, info in kind.row.model_fields.items():
        if info.is_required() and field not in columns:
            names = " or ".join(_names(kind.row, field))
            yield Fault(
                file=kind.file, line=1, column=_names(kind.row, field)[0], reason=f"the header lacks {names}{hint}"
            )


def _check_rows(checked: CheckedFile, raw: RawFile) -> None:
    fields = [(raw.columns.index(column), field) for field, column in checked.columns.items()]
    place = next((index for index, field in fields if field == "id"), None)
    seen: dict[tuple[object, ...], int] = {}
    for spoiled in raw.spoiled:
        _reject(checked, spoiled, place)
    for row in raw.rows:
        values = {field: cell for index, field in fields if (cell := row.cells[index])}
        faults = list(_take(checked, row, values, seen))
        checked.faults.extend(faults)
        if faults:
            _reject(checked, row, place)


def _reject(checked: CheckedFile, row: RawRow, place: int | None) -> None:
    if place is not None and place < len(row.cells):
        checked.rejected.setdefault(row.cells[place], row.line)


def _take(
    checked: CheckedFile, row: RawRow, values: dict[str, str], seen: dict[tuple[object, ...], int]
) -> Iterator[Fault]:
    try:
        placed = Placed(row.line, checked.kind.row.model_validate(values, by_name=True))
    except ValidationError as fault:
        yield from _cell_faults(checked, row.line, values, fault)
        return
    found = list(placed.row.contradictions())
    yield from (checked.fault(placed, field, reason) for field, reason in found)
    twin = _twin(checked.kind, placed, seen)
    if twin is not None:
        yield _twin_fault(checked, placed, twin)
    if not found and twin is None:
        checked.rows.append(placed)
        checked.warnings.extend(_doubts(checked, placed, values))


def _doubts(checked: CheckedFile, placed: Placed, values: dict[str, str]) -> Iterator[Fault]:
    for field, reason in checked.kind.lenient.items():
        if field in values and getattr(placed.row, field) is None:
            yield checked.fault(placed, field, f"{reason}; it was left empty", values[field])


def _cell_faults(checked: CheckedFile, line: int, values: dict[str, str], fault: ValidationError) -> Iterator[Fault]:
    for error in fault.errors(include_url=False, include_context=False):
        field = str(error["loc"][0])
        value = values.get(field)
        yield Fault(
            file=checked.kind.file,
            line=line,
            column=checked.columns.get(field, field),
            value=None if value is None else shorten(value),
            reason="the cell is empty" if error["type"] == "missing" else error["msg"],
        )


def _twin(kind: FileKind, placed: Placed, seen: dict[tuple[object, ...], int]) -> int | None:
    if kind.key is None:
        return None
    first = seen.setdefault(tuple(getattr(placed.row, field) for field in kind.key), placed.line)
    return None if first == placed.line else first


def _twin_fault(checked: CheckedFile, placed: Placed, twin: int) -> Fault:
    key = checked.kind.key or ()
    if not key:
        return Fault(file=checked.kind.file, line=placed.line, reason=f"there is one row already, at line {twin}")
    value = ", ".join(str(getattr(placed.row, field)) for field in key)
    return Fault(
        file=checked.kind.file,
        line=placed.line,
        column=", ".join(checked.columns.get(field, field) for field in key),
        value=shorten(value),
        reason=f"the same stands already at line {twin}",
    )


def _as_text(value: object) -> str | None:
    if isinstance(value, tuple):
        return format_items(value)  # pyright: ignore[reportUnknownArgumentType]  # rows hold tuples of texts only
    return None if value is None else str(value)
