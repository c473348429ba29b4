"""Tuples as CSV: in the columns of OpenFGA's command line, or with user and object whole; `expires_at` is ours."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graph_api.permission.casting import Misfit, parsed_timestamp
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.files.csv_text import Cell, rows
from graph_api.permission.files.fields import FieldReader
from graph_api.permission.files.json_text import parse_json
from graph_api.permission.files.source import FileLimits, Source, shortened, tell, text_fault
from graph_api.permission.files.tuple_fields import RELATION, RELATION_HINT, Placed
from graph_api.permission.language.problems import Problems
from graph_api.permission.language.text import nearest
from graph_api.permission.tuples import Condition, RelationshipTuple, object_type, user_kind

PARTS: Final = ("user_type", "user_id", "relation", "object_type", "object_id")
WHOLE: Final = ("user", "relation", "object")
OPTIONAL: Final = ("user_relation", "condition_name", "condition_context", "expires_at")
KNOWN: Final = (*dict.fromkeys((*PARTS, *WHOLE, *OPTIONAL)),)
COLUMNS: Final = (*PARTS[:2], "user_relation", *PARTS[2:], "condition_name", "condition_context", "expires_at")


def read_csv(source: Source, problems: Problems, limits: FileLimits) -> Iterator[Placed]:
    """Yield the tuples of a file; a row in which something is wrong is told and left out."""
    lines = rows(source, problems)
    header = next(lines, None)
    if header is None:
        if not problems.found:
            tell(problems, "missing-field", "The file is empty; it needs a header.", source.place(0))
        return
    reader = CsvReader(source, problems, limits, header)
    if problems.found:
        return
    for row in lines:
        found = reader.read(row)
        if found is not None:
            yield found


class CsvReader:
    """Read the rows below one header."""

    def __init__(self, source: Source, problems: Problems, limits: FileLimits, header: list[Cell]) -> None:
        self._source = source
        self._problems = problems
        self._limits = limits
        self._columns = [cell.text.strip() for cell in header]
        self._whole = "user" in self._columns
        self._clean = source.text.isascii() and text_fault(source.text) is None
        self._check_header(header)

    def _tell(self, kind: str, message: str, cell: Cell, field: str | None, suggestion: str | None = None) -> None:
        tell(self._problems, kind, message, self._source.place(cell.offset), field, suggestion)

    def _check_header(self, header: list[Cell]) -> None:
        seen = set[str]()
        for name, cell in zip(self._columns, header, strict=True):
            if name not in KNOWN:
                suggestion = nearest(name, KNOWN) or f"Known are {', '.join(COLUMNS)}; or {', '.join(WHOLE)}."
                self._tell("unknown-field", "There is no such column.", cell, shortened(name), suggestion)
            elif name in seen:
                self._tell("duplicated-error", "The column stands twice.", cell, name)
            elif self._whole and name in (*PARTS, "user_relation") and name not in WHOLE:
                self._tell("wrong-value", "The column does not go with `user`.", cell, name, "Leave one of them out.")
            seen.add(name)
        for name in WHOLE if self._whole else PARTS:
            if name not in seen:
                self._tell("missing-field", "The column is missing.", header[0], name)
        if "condition_context" in seen and "condition_name" not in seen:
            self._tell("missing-field", "The column goes with condition_context.", header[0], "condition_name")

    def read(self, row: list[Cell]) -> Placed | None:
        """Read a row; None where something was told."""
        told = len(self._problems.found)
        self._check_cells(row)
        if len(self._problems.found) > told:
            return None
        cells = dict(zip(self._columns, row, strict=True))
        user, target = (self._whole_names if self._whole else self._joined_names)(cells)
        if not RELATION.fullmatch(cells["relation"].text):
            self._wrong("relation", cells, "It is no name of a relation.", RELATION_HINT)
        condition = self._condition(cells)
        expires_at = self._instant(cells)
        if user is None or target is None or len(self._problems.found) > told:
            return None
        found = RelationshipTuple(user, cells["relation"].text, target, condition, expires_at)
        return Placed(found, self._source.place(row[0].offset))

    def _check_cells(self, row: list[Cell]) -> None:
        columns = self._columns
        if len(row) != len(columns):
            message = f"The row has {len(row)} cells, where the header has {len(columns)}."
            missing = len(row) < len(columns)
            cell = row[-1] if missing else row[len(columns)]
            self._tell("wrong-value", message, cell, columns[len(row)] if missing else None)
        for name, cell in zip(columns, row, strict=False):
            fault = self._fault(cell.text)
            if fault is not None:
                self._tell(fault[0], fault[1], cell, name)

    def _fault(self, text: str) -> tuple[str, str] | None:
        largest = self._limits.cell_max_bytes
        if len(text) * 4 > largest and (size := len(text.encode("utf-8", "surrogatepass"))) > largest:
            return "too-large", f"The cell has {size:,} bytes; at most {largest:,} are allowed."
        fault = None if self._clean else text_fault(text)
        return ("invalid-encoding", fault) if fault is not None else None

    def _wrong(self, field: str, cells: Mapping[str, Cell], message: str, suggestion: str | None = None) -> None:
        empty = not cells[field].text
        kind, message = ("missing-field", "It is empty.") if empty else ("wrong-value", message)
        self._tell(kind, message, cells[field], field, None if empty else suggestion)

    def _whole_names(self, cells: Mapping[str, Cell]) -> tuple[str | None, str | None]:
        user = self._name(cells["user"].text, user_kind, "user", cells)
        return user, self._name(cells["object"].text, object_type, "object", cells)

    def _joined_names(self, cells: Mapping[str, Cell]) -> tuple[str | None, str | None]:
        relation = cells["user_relation"].text if "user_relation" in cells else ""
        user = self._joined("user", f"#{relation}" if relation else "", user_kind, cells)
        return user, self._joined("object", "", object_type, cells)

    def _joined(self, what: str, suffix: str, check: Any, cells: Mapping[str, Cell]) -> str | None:
        kind, key = cells[f"{what}_type"].text, cells[f"{what}_id"].text
        empty = [f"{what}_{part}" for part, text in (("type", kind), ("id", key)) if not text]
        for field in empty:
            self._wrong(field, cells, "")
        return None if empty else self._name(f"{kind}:{key}{suffix}", check, f"{what}_id", cells)

    def _name(self, name: str, check: Any, field: str, cells: Mapping[str, Cell]) -> str | None:
        try:
            check(name)
        except PermissionGraphError as error:
            self._wrong(field, cells, error.message, error.suggestion)
            return None
        return name

    def _condition(self, cells: Mapping[str, Cell]) -> Condition | None:
        name = cells.get("condition_name")
        context = cells.get("condition_context")
        if name is None or not name.text:
            if context is not None and context.text:
                message = "The context belongs to a condition, whose name is empty."
                self._tell("missing-field", message, name or context, "condition_name")
            return None
        return Condition(name.text, self._context(context) if context is not None and context.text.strip() else {})

    def _context(self, cell: Cell) -> dict[str, Any]:
        # The place within the cell cannot be told in the file, as its quotes are doubled there.
        inner = Problems()
        source = Source(self._source.name, cell.text)
        node = parse_json(source, inner)
        context = FieldReader(source, inner).context(node, "condition_context") if node is not None else {}
        for each in inner.found:
            self._tell(each.name, each.message, cell, "condition_context", each.suggestion)
        return context

    def _instant(self, cells: Mapping[str, Cell]) -> Any:
        cell = cells.get("expires_at")
        if cell is None or not cell.text:
            return None
        try:
            return parsed_timestamp(cell.text)
        except Misfit as misfit:
            self._tell("wrong-value", str(misfit), cell, "expires_at")
            return None
