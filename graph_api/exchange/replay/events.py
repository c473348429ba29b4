"""The events of a history, read from its folder: what can be replayed, what is skipped and why."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import msgspec
from pydantic import PlainValidator

from graph_api.exchange.cells import Instant, read_choice
from graph_api.exchange.checking import CheckedFile, FileKind, Placed, check_file
from graph_api.exchange.reading import Fault, ImportLimits, read_csv
from graph_api.exchange.replay.names import Names, Row
from graph_api.exchange.rows import CsvRow
from graph_api.kernel.errors import BadUserInput
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.tuples import RelationshipTuple, TupleKey

EVENTS: Final = "permission_events.csv"
PAGE: Final = "README.md"
_DEFECTS: Final = re.compile(r"^#+ [^\n]*\bdefects\b[^\n]*\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
_OF_EVENTS: Final = re.compile(r"^- (.*\bevents?\b.*)$", re.MULTILINE | re.IGNORECASE)


class EventKind(StrEnum):
    """What becomes of the tuple."""

    ADD = "add"
    REMOVE = "remove"


class EventRow(CsvRow):
    """A tuple that was added or removed."""

    timestamp: Instant
    subject: str
    relation: str
    object: str
    op: Annotated[EventKind, PlainValidator(read_choice(EventKind))]


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event; `digest` is a hash of it and of all events before."""

    at: datetime
    kind: EventKind
    tuple: RelationshipTuple
    digest: str


class History(NamedTuple):
    """The events that can be replayed, in the order of their instants; what is skipped, and what else is to be told."""

    events: tuple[Event, ...]
    skipped: tuple[Fault, ...]
    notes: tuple[str, ...]


class _Dated(NamedTuple):
    at: datetime
    kind: EventKind
    tuple: RelationshipTuple
    row: Row


def read_history(folder: Path, names: Names, now: datetime, limits: ImportLimits) -> History:
    """Read the events of a folder; raises BadUserInput where their file is not there or is of no use."""
    file = read_rows(folder / EVENTS, EventRow, limits)
    found = [_event(names, file, placed, now) for placed in file.rows]
    usable = [each for each in found if not isinstance(each, Fault)]
    skipped = (*file.faults, *(each for each in found if isinstance(each, Fault)))
    ordered = sorted(usable, key=lambda event: event.at)
    return History(tuple(_chained(ordered)), skipped, tuple(_notes(folder, file, is_sorted=ordered == usable)))


def read_rows(path: Path, row: type[CsvRow], limits: ImportLimits) -> CheckedFile:
    """Read a file of rows that may come twice; raises BadUserInput where its header, or all of it, is of no use."""
    file = check_file(FileKind(path.name, row, None), read_csv(path, limits))
    if file.unreadable:
        raise BadUserInput(f"{file.faults[0]}.", place=(str(path),))
    return file


def _event(names: Names, file: CheckedFile, placed: Placed, now: datetime) -> _Dated | Fault:
    row: EventRow = placed.row
    named: Row = (row.subject, row.relation, row.object)
    if row.timestamp > now:
        return file.fault(placed, "timestamp", "it has not happened yet", row.timestamp.isoformat())
    try:
        return _Dated(row.timestamp, row.op, names.tuple_of(named), named)
    except PermissionGraphError as fault:
        return file.fault(placed, "relation", _as_reason(fault), " ".join(named))


def _as_reason(fault: PermissionGraphError) -> str:
    return fault.message[:1].lower() + fault.message[1:].rstrip(".")


def _chained(events: Iterable[_Dated]) -> Iterator[Event]:
    hashed = hashlib.sha256()
    for each in events:
        hashed.update(msgspec.json.encode((each.at, each.kind, each.row)))
        yield Event(each.at, each.kind, each.tuple, hashed.hexdigest())


def _notes(folder: Path, file: CheckedFile, *, is_sorted: bool) -> Iterator[str]:
    if not is_sorted:
        yield f"The rows of {EVENTS} are not in the order of time; they are replayed in that order."
    if file.not_used:
        yield f"Not used in {EVENTS}: {', '.join(file.not_used)}."
    yield from (f"{PAGE} says: {defect}" for defect in known_defects(folder))


def known_defects(folder: Path) -> list[str]:
    """Return what the page of a set tells of the defects of its events."""
    page = folder / PAGE
    text = page.read_text(encoding="utf-8", errors="replace") if page.is_file() else ""
    section = _DEFECTS.search(text)
    return _OF_EVENTS.findall(section[1]) if section is not None else []


class Batch(msgspec.Struct, frozen=True):
    """Events of one instant that are replayed together: those behind the first `after`, no tuple twice."""

    after: int
    events: tuple[Event, ...]

    @property
    def at(self) -> datetime:
        """When they occurred."""
        return self.events[0].at

    def tuples(self, kind: EventKind) -> tuple[RelationshipTuple, ...]:
        """Return the tuples that they add, or remove."""
        return tuple(event.tuple for event in self.events if event.kind is kind)


def batches(events: tuple[Event, ...], after: int, events_max: int) -> Iterator[Batch]:
    """Cut what comes behind the first `after` events into batches of at most `events_max`."""
    start = after
    keys: set[TupleKey] = set()
    for number in range(after, len(events)):
        each = events[number]
        alike = each.at == events[start].at and each.tuple.key not in keys
        if number > start and (number - start >= events_max or not alike):
            yield Batch(start, events[start:number])
            start = number
            keys.clear()
        keys.add(each.tuple.key)
    if start < len(events):
        yield Batch(start, events[start:])
