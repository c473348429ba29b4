"""Checking a whole log from its first commit to its head."""

from collections.abc import AsyncGenerator

import msgspec

from graph_api.kernel.errors import CorruptLog
from graph_api.projection.commit import FIRST_HASH, Commit, CommitCodec, check_chain
from graph_api.projection.loading import COMMITS_A_PAGE, locked_head
from graph_api.store.database import Database
from graph_api.store.log import read_commits


class LogReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was checked: commits and entries, how many entries are redacted, and the head's hash."""

    log_id: str
    commits: int
    entries: int
    redacted: int
    hash: str


async def commits_from(database: Database, codec: CommitCodec, first: int) -> AsyncGenerator[Commit]:
    """Yield the commits of a log from a revision on, in order."""
    while True:
        async with database.transaction(write=False) as transaction:
            rows = await read_commits(transaction, first, COMMITS_A_PAGE)
        for row in rows:
            yield codec.open(row)
        if len(rows) < COMMITS_A_PAGE:
            return
        first = rows[-1].revision + 1


async def verify_log(database: Database, codec: CommitCodec) -> LogReport:
    """Check every hash, number and instant of the log; raises CorruptLog at the first that is wrong."""
    async with database.transaction(write=True) as transaction:
        head = await locked_head(transaction, "verify")
    commits = entries = redacted = 0
    previous, at = FIRST_HASH, None
    async for commit in commits_from(database, codec, 1):
        row = commit.row
        if row.revision > head.revision:
            break
        if row.revision != commits + 1 or row.log_id != head.log_id or (at is not None and row.at <= at):
            raise CorruptLog(
                f"Commit {row.revision} is out of order, of another log, or not later than the one before."
            )
        check_chain(previous, row)
        commits, entries, redacted = commits + 1, entries + len(row.entries), redacted + commit.redacted
        previous, at = row.hash, row.at
    if (commits, previous) != (head.revision, head.hash):
        raise CorruptLog(f"The head is at revision {head.revision}, the commits end at {commits}.")
    return LogReport(log_id=head.log_id, commits=commits, entries=entries, redacted=redacted, hash=head.hash)
