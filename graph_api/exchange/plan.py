"""Plan an import: the rows of a folder become records, or all that is wrong with them is told. Pure.

It looks at the folder, at the stored nodes that its rows may refer to, and at what these have booked.
"""

from collections.abc import Sequence

import msgspec

from graph_api.exchange.bookings import settle_bookings
from graph_api.exchange.checking import CheckedFile, check_file
from graph_api.exchange.cycles import by_file, find_cycles
from graph_api.exchange.drafting import Draft, Planned
from graph_api.exchange.reading import Fault, RawFolder
from graph_api.exchange.report import ImportReport
from graph_api.exchange.tables import HIERARCHIES, TABLES
from graph_api.kernel.graph import GraphView


class ImportPlan(msgspec.Struct, frozen=True):
    """What a folder becomes. `records` are in the order of the files; there are none where anything is wrong,
    unless invalid rows are skipped. `rejects` holds every fault, the report only the first ones.
    """

    records: tuple[Planned, ...]
    rejects: tuple[Fault, ...]
    report: ImportReport

    @property
    def acceptable(self) -> bool:
        """Say whether this may be loaded."""
        return bool(self.records) or not self.rejects


def plan_import(
    folder: RawFolder, view: GraphView | None = None, *, skip_invalid: bool = False, faults_listed_max: int = 100
) -> ImportPlan:
    """Plan the import of a folder into the state that the view shows (none: an empty one)."""
    checked = [
        (table, check_file(table.kind, folder.files[table.kind.file]))
        for table in TABLES
        if table.kind.file in folder.files
    ]
    files = [file for _, file in checked]
    draft = Draft(files, view)
    hierarchies = by_file(HIERARCHIES)
    for file in files:
        if (hierarchy := hierarchies.get(file.kind.file)) is not None:
            draft.withdraw(file, find_cycles(hierarchy, file, draft.view))
    for table, file in checked:
        table.convert(file, draft)
    settle_bookings(draft, files)
    return _conclude(folder, files, draft, skip_invalid=skip_invalid, listed=faults_listed_max)


def _conclude(
    folder: RawFolder, files: Sequence[CheckedFile], draft: Draft, *, skip_invalid: bool, listed: int
) -> ImportPlan:
    errors = [*folder.faults, *(fault for file in files for fault in file.faults), *draft.faults]
    if skip_invalid:
        errors += draft.cascaded
    order = {file.kind.file: number for number, file in enumerate(files)}

    def place(fault: Fault) -> tuple[int, int]:
        return order.get(fault.file, -1), fault.line or 0

    errors.sort(key=place)
    warnings = sorted((*draft.warnings, *(fault for file in files for fault in file.warnings)), key=place)
    loads = not errors or (skip_invalid and not folder.faults)
    report = ImportReport(
        folder=folder.name,
        rows_read={file.name: len(file.rows) + len(file.spoiled) for file in folder.files.values()},
        error_count=len(errors),
        errors=tuple(errors[:listed]),
        rejected_rows=len({(fault.file, fault.line) for fault in errors}) if skip_invalid else 0,
        warning_count=len(warnings),
        warnings=tuple(warnings[:listed]),
        notes=tuple(str(note) for file in folder.files.values() for note in file.notes),
        not_used_columns={file.kind.file: file.not_used for file in files if file.not_used},
        not_used_files=folder.not_used,
    )
    return ImportPlan(tuple(draft.records.values()) if loads else (), tuple(errors), report)
