"""What past commits showed, read from the log page by page."""

from collections.abc import AsyncGenerator

from graph_api.kernel.errors import RevisionGone
from graph_api.kernel.records import AnyChange
from graph_api.projection.commit import CommitCodec, ImportPhase
from graph_api.projection.loading import COMMITS_A_PAGE
from graph_api.projection.visible import Visible, visible
from graph_api.store.database import Database
from graph_api.store.log import CommitRow, read_commits, read_import_revisions


async def past(database: Database, codec: CommitCodec, log_id: str, first: int, last: int) -> AsyncGenerator[Visible]:
    """Yield what the commits from `first` to `last` showed, in order.

    Raises RevisionGone where the log does not hold them any more, Unavailable where it cannot be reached.
    """
    while first <= last:
        rows = await _page(database, log_id, first, min(COMMITS_A_PAGE, last - first + 1))
        for row in rows:
            yield visible(codec.open(row), await _staged(database, codec, row))
        first += len(rows)


async def _page(database: Database, log_id: str, first: int, limit: int) -> list[CommitRow]:
    async with database.transaction(write=False) as transaction:
        rows = await read_commits(transaction, first, limit)
    held = [(row.log_id, row.revision) for row in rows]
    if not rows or held != [(log_id, first + number) for number in range(len(rows))]:
        raise RevisionGone(
            "The log does not hold what came after this revision.",
            suggestion="List anew and subscribe without a revision.",
        )
    return rows


async def _staged(database: Database, codec: CommitCodec, closing: CommitRow) -> list[AnyChange]:
    """Return the changes of the import that a commit closes, in order; none where it closes none."""
    changes: list[AnyChange] = []
    if closing.import_phase != ImportPhase.CLOSED or closing.import_id is None:
        return changes
    async with database.transaction(write=False) as transaction:
        for revision in await read_import_revisions(transaction, closing.import_id):
            (row,) = await read_commits(transaction, revision, 1)
            if row.revision < closing.revision:
                # The same id may have been given to an earlier import, which was undone or closed before.
                changes = [] if row.import_phase == ImportPhase.OPENED else changes
                changes.extend(codec.open(row).changes)
    return changes
