"""Import a folder: read and plan it off the event loop, compare it with the state, commit what differs."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol
from uuid import uuid4

import msgspec

from graph_api.exchange.bookings import refuse_clashes, relevant
from graph_api.exchange.csv_text import csv_line
from graph_api.exchange.difference import diff
from graph_api.exchange.drafting import Planned
from graph_api.exchange.plan import ImportPlan, plan_import
from graph_api.exchange.reading import Fault, ImportLimits, read_folder
from graph_api.exchange.report import ImportReport
from graph_api.exchange.tables import FILES
from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, upsert
from graph_api.knowledge.model import ExperienceOf, Knowledge, Waived
from graph_api.ops.settings import Settings
from graph_api.projection.imports import ImportStep, ImportSteps, StageImport
from graph_api.projection.port import Importable
from graph_api.projection.records import pending_reaction
from graph_api.swarm.life.closing import EXTRACT
from graph_api.swarm.model import Swarm, SwarmState

REJECTS_HEADER = ("file", "line", "column", "value", "reason")


class CloseImport(Command, frozen=True, kw_only=True):
    """Close an import, if what it books fits what others have booked meanwhile."""

    records: tuple[Any, ...]


def decide_stage_records(view: GraphView, command: StageImport, context: Context) -> Decision:
    """Merge planned records into what is stored now: what was saved since the plan was made stays where it can.

    What a swarm that comes as closing may have taught is drafted as of one that closes here, and one of which an
    experience or a waiver comes is looked at again: where nobody owes any more it is over.
    """
    changes = diff(view, command.changes).changes
    swarms = sorted({swarm for change in changes for swarm in _owing_anew(view, change)})
    reactions = (upsert(pending_reaction(EXTRACT, swarm, context.revision)) for swarm in swarms)
    return Accepted((*changes, *reactions), ImportStep(len(changes)))


def _owing_anew(view: GraphView, change: AnyChange) -> Iterator[str]:
    """Yield the swarms of which a change alters who owes, where they close."""
    match change.after:
        case Swarm(id=swarm, state=SwarmState.CLOSING):
            before = view.node(Swarm, swarm)
            yield from (swarm,) if before is None or before.state is not SwarmState.CLOSING else ()
        case ExperienceOf(target=swarm) | Waived(target=swarm):
            yield from _closing(view, swarm)
        case Knowledge(id=item):
            yield from (one for link in view.outgoing(ExperienceOf, item) for one in _closing(view, link.target))
        case _:
            pass


def _closing(view: GraphView, swarm_id: str) -> Iterator[str]:
    swarm = view.node(Swarm, swarm_id)
    if swarm is not None and swarm.state is SwarmState.CLOSING:
        yield swarm.id


def decide_close(view: GraphView, command: CloseImport, context: Context) -> Decision:
    """Change nothing but the import's phase; raises Conflict where a booking no longer fits, or experience is owed."""
    refuse_clashes(view, command.records)
    return Accepted((), ImportStep(0))


STAGE_RECORDS: Final = Operation("stageImport", StageImport, decide_stage_records, ImportStep)
CLOSE: Final = Operation("endImport", CloseImport, decide_close, ImportStep)


class Progress(Protocol):
    """Is told how many records of how many are committed."""

    def __call__(self, done: int, total: int) -> None:
        """Show it."""
        ...


class Imported(NamedTuple):
    """The report, and every fault in full where the report lists only the first."""

    report: ImportReport
    rejects: tuple[Fault, ...]


def limits_of(settings: Settings) -> ImportLimits:
    """Return the limits that the settings give."""
    return ImportLimits(
        cell_max_bytes=settings.import_cell_max_bytes,
        file_max_bytes=settings.import_file_max_bytes,
        faults_listed_max=settings.import_faults_listed_max,
    )


async def import_folder(
    replica: Importable,
    folder: Path,
    *,
    actor: str,
    progress: Progress,
    skip_invalid: bool = False,
    limits: ImportLimits | None = None,
    import_id: str | None = None,
) -> Imported:
    """Import a folder, all of it or nothing; with `skip_invalid` all but the rows that are wrong.

    What is wrong is in the report, not raised. Raises what the replica raises.
    """
    started = time.perf_counter()
    plan = await asyncio.to_thread(_plan, replica.graph, folder, skip_invalid, limits or ImportLimits())
    if not plan.acceptable:
        return Imported(_timed(plan.report, started), plan.rejects)
    found = diff(replica.graph, plan.records)
    revision = await replica.import_changes(
        import_id or f"import-{uuid4().hex}",
        found.planned,
        actor=actor,
        progress=_Steps(progress, len(found.planned)),
        steps=_steps(plan.records),
    )
    report = msgspec.structs.replace(
        plan.report, loaded=True, revision=revision, counts=found.counts, replaced=found.replaced
    )
    return Imported(_timed(report, started), plan.rejects)


def _plan(view: GraphView, folder: Path, skip_invalid: bool, limits: ImportLimits) -> ImportPlan:
    raw = read_folder(folder, FILES, limits)
    return plan_import(raw, view, skip_invalid=skip_invalid, faults_listed_max=limits.faults_listed_max)


def _steps(records: Iterable[Planned]) -> ImportSteps:
    return ImportSteps(STAGE_RECORDS, CLOSE, CloseImport(records=relevant(records)))


def _timed(report: ImportReport, started: float) -> ImportReport:
    return msgspec.structs.replace(report, elapsed_seconds=time.perf_counter() - started)


class _Steps:
    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def __call__(self, changes: int) -> None:
        self._done += changes
        self._progress(self._done, self._total)


def write_rejects(rejects: Iterable[Fault], path: Path) -> None:
    """Write faults as CSV, one a row."""
    lines = [csv_line(REJECTS_HEADER)]
    for fault in rejects:
        line = "" if fault.line is None else str(fault.line)
        lines.append(csv_line((fault.file, line, fault.column or "", fault.value or "", fault.reason)))
    path.write_bytes("".join(lines).encode())
