"""What a replay did, as a value that renders as text and as JSON."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from graph_api.exchange.reading import Fault
from graph_api.exchange.replay.answers import STATE, Access, EndState


class ReplayReport(msgspec.Struct, frozen=True, kw_only=True):
    """All of a replay. `events` are those that can be replayed, `replayed` those that this run did, in `commits`."""

    folder: str
    events: int
    first_at: datetime
    last_at: datetime
    replayed: int
    added: int
    removed: int
    as_they_were: int
    commits: int
    elapsed_seconds: float
    revision: str
    model_id: str
    skipped_count: int
    skipped: tuple[Fault, ...]
    notes: tuple[str, ...]
    end_state: EndState | None = None
    access: tuple[Access, ...] = ()

    @property
    def events_per_second(self) -> float:
        """Events replayed a second, from the first to the last commit."""
        return self.replayed / self.elapsed_seconds if self.elapsed_seconds > 0 else 0.0

    @property
    def is_as_expected(self) -> bool:
        """Say whether the replay ends as its files say, as far as they say it."""
        return self.end_state is None or self.end_state.is_equal


def report_as_json(report: ReplayReport) -> str:
    """Return the whole report as JSON text, with what follows from it."""
    whole = msgspec.to_builtins(report) | {"events_per_second": round(report.events_per_second, 1)}
    if report.end_state is not None:
        whole["end_state"] |= {"is_equal": report.end_state.is_equal}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()


def report_as_text(report: ReplayReport) -> str:
    """Return the report for a reader."""
    lines = (*_replayed(report), *_skipped(report), *map("Note: {}".format, report.notes), *_end(report))
    return "\n".join((*lines, *_access(report.access)))


def _replayed(report: ReplayReport) -> Iterator[str]:
    earlier = report.events - report.replayed
    before = f" {_many(earlier, 'event')} had been replayed before." if earlier else ""
    span = f"{report.first_at.isoformat()} to {report.last_at.isoformat()}"
    yield f"{report.folder}: {_many(report.events, 'event')}, {span}.{before}"
    if report.replayed:
        yield (
            f"Replayed {_many(report.replayed, 'event')} in {_many(report.commits, 'commit')} and "
            f"{report.elapsed_seconds:.1f} s ({report.events_per_second:.0f} events/s): {report.added} added, "
            f"{report.removed} removed, {report.as_they_were} found as they should be."
        )
    else:
        yield "Nothing was left to replay; nothing was changed."


def _skipped(report: ReplayReport) -> Iterator[str]:
    if not report.skipped_count:
        yield "Skipped: nothing."
        return
    yield f"Skipped: {_many(report.skipped_count, 'row')}."
    yield from (f"  {fault}" for fault in report.skipped)
    if (more := report.skipped_count - len(report.skipped)) > 0:
        yield f"  and {more} more"


def _end(report: ReplayReport) -> Iterator[str]:
    end = report.end_state
    if end is None:
        yield f"There is no {STATE} to compare the end with."
    elif end.is_equal:
        yield f"The end equals {STATE}: {_many(end.tuples, 'tuple')}."
    else:
        yield f"The end DIFFERS from {STATE}: {end.missing} missing, {end.unexpected} unexpected."
        yield from (f"  missing: {row}" for row in end.first_missing)
        yield from (f"  unexpected: {row}" for row in end.first_unexpected)


def _access(access: tuple[Access, ...]) -> Iterator[str]:
    for each in access:
        yield f"At {each.at.isoformat()}:{'' if each.organizations else ' nobody was in an organization.'}"
        for one in each.organizations:
            administrators = _many(len(one.administrators), "administrator")
            yield f"  {one.organization}: {_many(len(one.members), 'member')}, {administrators}"


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"
