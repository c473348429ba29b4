"""What a commit shows: the changes that can be seen from its revision on, each with the command that made it.

An import shows everything at its closing commit and nothing before.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeAlias

import msgspec

from graph_api.kernel.records import AnyChange
from graph_api.projection.commit import REDACTED, CommandEntry, Commit, ImportPhase
from graph_api.projection.revision import token

Attributed: TypeAlias = tuple[CommandEntry | None, AnyChange]
"""A change and the command that made it; None where that command was erased from the log."""


class Visible(msgspec.Struct, frozen=True):
    """The changes that became visible with one revision, in order; none with most commits of an import."""

    revision: str
    at: datetime
    changes: Sequence[Attributed] = ()


Follower: TypeAlias = Callable[[Visible | None], None]
"""Called with what each commit shows, in order, and with None where the state was loaded anew."""


def visible(commit: Commit, staged: Iterable[AnyChange]) -> Visible:
    """Return what a commit shows; `staged` are the changes of the import that it closes, if it closes one."""
    changes: Sequence[Attributed] = ()
    if commit.import_phase is None:
        changes = tuple(attributed(commit))
    elif commit.import_phase is ImportPhase.CLOSED:
        closing = next((entry.command for entry in commit.entries if entry.command is not None), None)
        changes = tuple((closing, change) for change in staged)
    return Visible(token(commit.row.log_id, commit.revision), commit.row.at, changes)


def attributed(commit: Commit) -> Iterator[Attributed]:
    """Yield the changes of a commit, each with the command that made it."""
    readable, command = iter(commit.entries), None
    for text in commit.row.entries:
        if text == REDACTED:
            command = None  # it may have been the command: whose changes follow is known again from the next one on
            continue
        entry = next(readable)
        command = entry.command or command
        if entry.change is not None:
            yield command, entry.change
