"""Plan an import: the rows of a folder become records, or all that is wrong with them is told. Pure.

`plan_import` looks at the folder (and at the stored nodes that its rows may refer to), `diff` at what would change.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from graph_api.exchange.checking import CheckedFile, check_file
from graph_api.exchange.cycles import by_file, find_cycles
from graph_api.exchange.drafting import Draft, Planned
from graph_api.exchange.reading import Fault, RawFolder
from graph_api.exchange.report import ImportReport, KindCounts
from graph_api.exchange.tables import HIERARCHIES, SINGLE_LINKS, TABLES
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, Change, Record, kind_of
from graph_api.organization.model import HasSkill, SkillBasis

_SAID = (SkillBasis.DECLARED, SkillBasis.CONFIRMED)


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


class Difference(msgspec.Struct, frozen=True):
    """The changes that make a state hold a plan, nodes first, in order of their keys; counts by kind."""

    changes: tuple[AnyChange, ...]
    counts: dict[str, KindCounts]
    replaced: int


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


def diff(view: GraphView, records: Iterable[Planned]) -> Difference:
    """Compare planned records with a state; only what differs becomes a change, with the value before."""
    changes: list[AnyChange] = []
    tally: Counter[tuple[str, str]] = Counter()
    for planned in sorted(records, key=_order):
        before = view.record(planned.record.key)
        after = planned.record if before is None else _merged(before, planned)
        outcome = "created" if before is None else "unchanged" if before == after else "changed"
        tally[kind_of(planned.record), outcome] += 1
        if before is None:
            changes.extend(_replaced(view, planned.record))
        if before != after:
            changes.append(Change(key=after.key, after=after, before=before))
    kinds = {kind for kind, _ in tally}
    counts = {
        kind: KindCounts(tally[kind, "created"], tally[kind, "changed"], tally[kind, "unchanged"])
        for kind in sorted(kinds)
    }
    return Difference(tuple(changes), counts, sum(change.after is None for change in changes))


def _order(planned: Planned) -> tuple[int, tuple[str, ...]]:
    key = planned.record.key
    return len(key), key


def _merged(before: Record, planned: Planned) -> Record:
    carried = planned.carried
    # What a person or a manager said about a level outranks what was counted.
    if _is_counted(planned.record) and isinstance(before, HasSkill) and before.basis in _SAID:
        carried = carried - {"level", "basis", "since"}
    return msgspec.structs.replace(before, **{field: getattr(planned.record, field) for field in carried})


def _is_counted(record: Record) -> bool:
    return isinstance(record, HasSkill) and record.basis is SkillBasis.DERIVED


def _replaced(view: GraphView, record: Record) -> Iterator[AnyChange]:
    if isinstance(record, SINGLE_LINKS):
        for link in sorted(view.outgoing(type(record), record.source), key=lambda link: link.key):
            if link.target != record.target:
                yield Change(key=link.key, before=link)
