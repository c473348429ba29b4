"""Write a state as a folder of CSV files that imports to the same state. The same state gives the same bytes.

Every file is written, also one without rows, so that an older export in the folder leaves nothing behind; a rare one
without rows is removed instead.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple

from graph_api.exchange.cells import format_items
from graph_api.exchange.csv_text import csv_line
from graph_api.exchange.rows import USED_BY_KNOWLEDGE, USED_BY_PERSON
from graph_api.kernel.graph import GraphView
from graph_api.kernel.ids import natural_key
from graph_api.kernel.records import Link, Node
from graph_api.knowledge.model import (
    About,
    Cites,
    ExperienceOf,
    From,
    Knowledge,
    Merged,
    Note,
    NoteBy,
    NoteOf,
    RecordedBy,
    Teaches,
    Used,
    Waived,
)
from graph_api.organization.model import (
    BelongsTo,
    Broader,
    Customer,
    For,
    HasSkill,
    Organization,
    PartOf,
    Person,
    Precedes,
    ReportsTo,
    Requires,
    Skill,
    Task,
    TiedTo,
    Unit,
    WorkedOn,
)
from graph_api.swarm.model import MemberOf, Staffs, Swarm
from graph_api.swarm.reorganising.model import Reorganization

Row = tuple[Any, ...]
RowsOf = Callable[[GraphView], Iterable[Row]]


class Sheet(NamedTuple):
    """A file to write: its columns, and its rows as values in their order; a rare one is there only with rows."""

    file: str
    columns: tuple[str, ...]
    rows: RowsOf
    is_rare: bool = False


def export_folder(view: GraphView, folder: Path) -> dict[str, int]:
    """Write all files into a folder, made where it is not there, and return the number of rows of each."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {sheet.file: _write(sheet, view, folder / sheet.file) for sheet in SHEETS if _is_wanted(sheet, view)}
    for sheet in SHEETS:
        if sheet.file not in written:
            (folder / sheet.file).unlink(missing_ok=True)
    return written


def export_texts(view: GraphView) -> dict[str, str]:
    """Return the texts of all files by name."""
    return {sheet.file: "".join(_lines(sheet, view)) for sheet in SHEETS if _is_wanted(sheet, view)}


def _is_wanted(sheet: Sheet, view: GraphView) -> bool:
    return not sheet.is_rare or any(True for _ in sheet.rows(view))


def _write(sheet: Sheet, view: GraphView, path: Path) -> int:
    # Whole or not at all: a reader, or a stop in the middle, never meets half a file.
    waiting = path.with_name(f".{path.name}.part")
    rows = 0
    with waiting.open("w", encoding="utf-8", newline="") as file:
        for line in _lines(sheet, view):
            file.write(line)
            rows += 1
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(path)
    return rows - 1  # the header is none


def _lines(sheet: Sheet, view: GraphView) -> Iterator[str]:
    yield csv_line(sheet.columns)
    for row in sheet.rows(view):
        yield csv_line(map(cell_text, row))


def cell_text(value: Any) -> str:
    """Write a value so that its column's reader gives it back; None is an empty cell."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case tuple():
            return format_items(value)  # pyright: ignore[reportUnknownArgumentType]  # the fields are tuples of texts
        case _:
            return str(value)


def _values(record: Node | Link, fields: Iterable[str]) -> Row:
    return tuple(getattr(record, field) for field in fields)


def _targets(view: GraphView, link: type[Link], source: str) -> tuple[str, ...]:
    return tuple(natural_key(target) for target in sorted(found.target for found in view.outgoing(link, source)))


def _single(view: GraphView, link: type[Link], source: str) -> str | None:
    return next(iter(_targets(view, link, source)), None)


def _links(view: GraphView, source: type[Node], link: type[Link]) -> Iterator[Link]:
    for node in view.nodes(source):
        yield from sorted(view.outgoing(link, node.id), key=lambda found: found.key)


def _ends(link: Link) -> tuple[str, str]:
    return natural_key(link.source), natural_key(link.target)


def _node_rows(node: type[Node], fields: tuple[str, ...], *related: tuple[type[Link], bool]) -> RowsOf:
    def rows(view: GraphView) -> Iterator[Row]:
        for record in view.nodes(node):
            joined = (
                _single(view, link, record.id) if single else _targets(view, link, record.id)
                for link, single in related
            )
            yield (natural_key(record.id), *_values(record, fields), *joined)

    return rows


def _link_rows(source: type[Node], link: type[Link], fields: tuple[str, ...], *, turned: bool = False) -> RowsOf:
    def rows(view: GraphView) -> Iterator[Row]:
        for record in _links(view, source, link):
            start, end = _ends(record)
            yield (*((end, start) if turned else (start, end)), *_values(record, fields))

    return rows


def _organization_rows(view: GraphView) -> Iterator[Row]:
    return ((record.name, record.synthetic) for record in view.nodes(Organization))


def _unit_role_rows(view: GraphView) -> Iterator[Row]:
    for link in _links(view, Person, BelongsTo):
        person, unit = _ends(link)
        since, until, roles = _values(link, ("since", "until", "roles"))
        for role in roles or (None,):
            yield unit, person, role, since, until


def _use_rows(view: GraphView) -> Iterator[Row]:
    for link in _links(view, Person, Used):
        person, item = _ends(link)
        task, at, basis = _values(link, ("task", "at", "basis"))
        yield item, USED_BY_PERSON, person, natural_key(task) if task else None, at, basis, None
    for link in _links(view, Knowledge, Cites):
        citing, cited = _ends(link)
        at, basis, dated = _values(link, ("at", "basis", "dated"))
        yield cited, USED_BY_KNOWLEDGE, citing, None, at, basis, dated


def _booking_rows(view: GraphView) -> Iterator[Row]:
    for link in _links(view, Person, MemberOf):
        person, swarm = _ends(link)
        roles, *rest = _values(link, ("roles", *_BOOKING))
        yield swarm, person, tuple(natural_key(role) for role in roles), *rest


def _reorganization_rows(view: GraphView) -> Iterator[Row]:
    for record in view.nodes(Reorganization):
        state, created_at, *decided, found = _values(record, ("state", "created_at", *_DECIDED, "found"))
        swarm = None if record.swarm_id is None else natural_key(record.swarm_id)
        yield natural_key(record.id), natural_key(record.task), state, created_at, *decided, swarm, found


_PERSON: Final = (
    "name",
    "kind",
    "city",
    "country",
    "timezone",
    "day_rate",
    "currency",
    "capacity",
    "absences",
    "last_day",
)
_TASK: Final = (
    *("title", "kind", "release", "result", "value", "currency", "effort_days"),
    *("opened_at", "due_at", "closed_at", "family", "regulations", "demand"),
)
_CUSTOMER: Final = ("name", "country", "city", "timezone", "tier", "adoption_period")
_KNOWLEDGE: Final = (
    *("title", "kind", "language", "state", "method", "created_at", "characters"),
    *("body", "confirmed_at", "extractor", "confidence", "quotes"),
)
_NOTE: Final = ("text", "language", "created_at")
_WAIVER: Final = ("reason", "by", "at")
_SWARM: Final = (
    *("state", "formed_at", "starts_on", "ends_on", "ties_as_of"),
    *("reminded_on", "closed_at", "owed_reminded_on", "dissolved_at"),
)
_REQUIRES: Final = ("seats", "level", "weight", "critical")
_HOLDING: Final = ("level", "basis", "since", "count")
_BOOKING: Final = ("since", "until", "share_permille", "left_at", "left_because")
_WORK: Final = ("role", "since", "until")
_DECIDED: Final = ("decided_at", "decided_by", "reason")

SHEETS: Final = (
    Sheet("organization.csv", ("name", "synthetic"), _organization_rows),
    Sheet(
        "skills.csv",
        ("id", "name", "aliases", "kind", "broader"),
        _node_rows(Skill, ("name", "aliases", "kind"), (Broader, False)),
    ),
    Sheet("units.csv", ("id", "name", "kind", "parent"), _node_rows(Unit, ("name", "kind"), (PartOf, True))),
    Sheet("customers.csv", ("id", *_CUSTOMER), _node_rows(Customer, _CUSTOMER)),
    Sheet("people.csv", ("id", *_PERSON, "manager"), _node_rows(Person, _PERSON, (ReportsTo, True))),
    Sheet("tasks.csv", ("id", "task_state", *_TASK, "customer"), _node_rows(Task, ("state", *_TASK), (For, True))),
    Sheet("person_skill.csv", ("person", "skill", *_HOLDING), _link_rows(Person, HasSkill, _HOLDING)),
    Sheet("unit_roles.csv", ("unit", "person", "role", "since", "until"), _unit_role_rows),
    Sheet("task_skill.csv", ("task", "skill", *_REQUIRES), _link_rows(Task, Requires, _REQUIRES)),
    Sheet("task_member.csv", ("task", "person", *_WORK), _link_rows(Person, WorkedOn, _WORK, turned=True)),
    Sheet("task_order.csv", ("task", "next"), _link_rows(Task, Precedes, ())),
    Sheet("customer_tie.csv", ("source", "target", "tie"), _link_rows(Customer, TiedTo, ("tie",))),
    Sheet(
        "knowledge.csv",
        ("id", *_KNOWLEDGE, "authors", "tasks", "customers", "skills", "merged_into"),
        _node_rows(
            Knowledge,
            _KNOWLEDGE,
            *((link, False) for link in (RecordedBy, From, About, Teaches)),
            (Merged, True),
        ),
    ),
    Sheet("knowledge_use.csv", ("knowledge", "used_by_kind", "used_by", "task", "at", "basis", "dated"), _use_rows),
    Sheet("swarms.csv", ("id", *_SWARM, "task"), _node_rows(Swarm, _SWARM, (Staffs, True))),
    Sheet("swarm_member.csv", ("swarm", "person", "roles", *_BOOKING), _booking_rows),
    Sheet("experience.csv", ("knowledge", "swarm"), _link_rows(Knowledge, ExperienceOf, ()), is_rare=True),
    Sheet("experience_waiver.csv", ("person", "swarm", *_WAIVER), _link_rows(Person, Waived, _WAIVER), is_rare=True),
    Sheet(
        "notes.csv",
        ("id", *_NOTE, "swarm", "author"),
        _node_rows(Note, _NOTE, (NoteOf, True), (NoteBy, True)),
        is_rare=True,
    ),
    Sheet(
        "reorganizations.csv",
        ("id", "task", "state", "created_at", *_DECIDED, "swarm", "found"),
        _reorganization_rows,
        is_rare=True,
    ),
)
"""The files in the order in which they are written."""
