"""What an import found and did, as a value that renders as text and as JSON."""

from collections.abc import Iterator
from typing import Final

import msgspec

from graph_api.exchange.reading import Fault

_WARNINGS_AS_TEXT_MAX: Final = 10


class KindCounts(msgspec.Struct, frozen=True):
    """Records of one kind that an import made, altered and found as they were."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """All of an import. Lists of faults are cut, their totals are not; `revision` is None where nothing was loaded.

    `rows_read` and `not_used_columns` are by file; `rejected_rows` counts the rows left out by a skipping import.
    """

    folder: str
    loaded: bool = False
    revision: str | None = None
    rows_read: dict[str, int] = {}
    counts: dict[str, KindCounts] = {}
    replaced: int = 0
    error_count: int = 0
    errors: tuple[Fault, ...] = ()
    rejected_rows: int = 0
    warning_count: int = 0
    warnings: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    not_used_columns: dict[str, tuple[str, ...]] = {}
    not_used_files: tuple[str, ...] = ()
    elapsed_seconds: float = 0.0

    @property
    def rows_per_second(self) -> float:
        """Rows read a second, over the whole import."""
        return sum(self.rows_read.values()) / self.elapsed_seconds if self.elapsed_seconds > 0 else 0.0

    @property
    def change_count(self) -> int:
        """Records made, altered or replaced."""
        return self.replaced + sum(count.created + count.changed for count in self.counts.values())


def report_as_json(report: ImportReport) -> str:
    """Return the whole report as JSON text, with `rows_per_second`."""
    whole = msgspec.to_builtins(report) | {"rows_per_second": round(report.rows_per_second, 1)}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()


def report_as_text(report: ImportReport) -> str:
    """Return the report for a reader."""
    return "\n".join(
        (
            _headline(report),
            *_counts(report),
            *_faults("error", report.error_count, report.errors),
            *_faults("warning", report.warning_count, report.warnings[:_WARNINGS_AS_TEXT_MAX]),
            *_not_used(report),
            *(f"Note: {note}" for note in report.notes),
        )
    )


def _headline(report: ImportReport) -> str:
    rows = sum(report.rows_read.values())
    seconds = f"{rows} rows in {report.elapsed_seconds:.1f} s ({report.rows_per_second:.0f} rows/s)"
    if not report.loaded:
        return f"Nothing was loaded from {report.folder}: {_plural(report.error_count, 'error')} in {seconds}."
    rejected = f", {_plural(report.rejected_rows, 'row')} rejected" if report.rejected_rows else ""
    return f"Loaded {report.folder}: {_plural(report.change_count, 'change')} from {seconds}{rejected}."


def _counts(report: ImportReport) -> Iterator[str]:
    for kind, count in report.counts.items():
        yield f"  {kind}: {count.created} created, {count.changed} changed, {count.unchanged} unchanged"
    if report.replaced:
        yield f"  relationships replaced by others: {report.replaced}"


def _faults(word: str, count: int, listed: tuple[Fault, ...]) -> Iterator[str]:
    if not count:
        return
    yield f"{_plural(count, word)}:"
    yield from (f"  {fault}" for fault in listed)
    if (more := count - len(listed)) > 0:
        yield f"  and {more} more"


def _not_used(report: ImportReport) -> Iterator[str]:
    for file, columns in report.not_used_columns.items():
        yield f"Not used in {file}: {', '.join(columns)}"
    if report.not_used_files:
        yield f"Not used: {', '.join(report.not_used_files)}"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"
