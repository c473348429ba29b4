"""The change log in Neo4j: its head, which orders all writers, and its commits.

R1: a writing transaction locks the head first and reads it afterwards.
"""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from graph_api.store.cypher import NoRow, declare
from graph_api.store.database import Database, Transaction

HEAD_ID: Final = "log"


class CommitRow(msgspec.Struct, frozen=True):
    """One commit as stored: parallel lists of entries, their salts and hashes; a redacted entry and its salt are ""."""

    revision: int
    log_id: str
    format: int
    batch_id: str
    at: datetime
    entries: list[str]
    salts: list[str]
    hashes: list[str]
    hash: str
    import_id: str | None
    import_phase: str | None


class HeadRow(msgspec.Struct, frozen=True):
    """The newest revision with its hash, and the imports that are still open."""

    log_id: str
    format: int
    revision: int
    hash: str
    at: datetime
    open_imports: list[str]


class _HeadParams(msgspec.Struct):
    head_id: str = HEAD_ID


class _LockParams(msgspec.Struct):
    holder: str
    head_id: str = HEAD_ID


class _CreateParams(msgspec.Struct):
    log_id: str
    format: int
    hash: str
    at: datetime
    head_id: str = HEAD_ID


class _LogIdRow(msgspec.Struct):
    log_id: str


class _RangeParams(msgspec.Struct):
    first: int
    limit: int


class _ImportParams(msgspec.Struct):
    import_id: str


class _RevisionRow(msgspec.Struct):
    revision: int


class _BatchParams(msgspec.Struct):
    batch_id: str


class _AppendParams(msgspec.Struct):
    commit: dict[str, Any]
    open_imports: list[str]
    head_id: str = HEAD_ID


_CREATE_HEAD = declare("store/create_head", _CreateParams, _LogIdRow)
_LOCK_HEAD = declare("store/lock_head", _LockParams, NoRow)
_READ_HEAD = declare("store/read_head", _HeadParams, HeadRow)
_READ_COMMITS = declare("store/read_commits", _RangeParams, CommitRow)
_READ_IMPORT = declare("store/read_import_revisions", _ImportParams, _RevisionRow)
_FIND_BATCH = declare("store/find_batch", _BatchParams, _RevisionRow)
_APPEND = declare("store/append_commit", _AppendParams, NoRow)


async def create_head(database: Database, log_id: str, log_format: int, first_hash: str, at: datetime) -> str:
    """Create the head of an empty log and return the log's id, which is another where a log was there already."""
    rows = await database.write(_CREATE_HEAD, _CreateParams(log_id=log_id, format=log_format, hash=first_hash, at=at))
    return rows[0].log_id


async def lock_head(transaction: Transaction, holder: str) -> None:
    """Take the lock that every writer takes first; it is held until the transaction ends."""
    await transaction.run(_LOCK_HEAD, _LockParams(holder=holder))


async def read_head(transaction: Transaction) -> HeadRow | None:
    """Read the head; None where there is no log."""
    rows = await transaction.run(_READ_HEAD, _HeadParams())
    return rows[0] if rows else None


async def read_commits(transaction: Transaction, first: int, limit: int) -> list[CommitRow]:
    """Read at most `limit` commits from revision `first` on, in order."""
    return await transaction.run(_READ_COMMITS, _RangeParams(first=first, limit=limit))


async def read_import_revisions(transaction: Transaction, import_id: str) -> list[int]:
    """Return the revisions of the commits that staged an import, in order."""
    return [row.revision for row in await transaction.run(_READ_IMPORT, _ImportParams(import_id=import_id))]


async def find_batch(transaction: Transaction, batch_id: str) -> int | None:
    """Return the revision under which a batch was committed, or None."""
    rows = await transaction.run(_FIND_BATCH, _BatchParams(batch_id=batch_id))
    return rows[0].revision if rows else None


async def append_commit(transaction: Transaction, commit: CommitRow, open_imports: list[str]) -> None:
    """Append a commit and move the head to it."""
    properties = {name: value for name, value in msgspec.structs.asdict(commit).items() if value is not None}
    await transaction.run(_APPEND, _AppendParams(commit=properties, open_imports=open_imports))


def utc(moment: datetime) -> datetime:
    """Return the same instant with the offset of UTC."""
    return moment.astimezone(UTC)
