"""Numbered schema files, applied once each, in order, under the lock of the log head."""

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, LiteralString, cast

import msgspec

from graph_api.kernel.errors import Unavailable
from graph_api.ops.files import project_path
from graph_api.store.cypher import NoParams, NoRow, declare
from graph_api.store.database import Database
from graph_api.store.log import create_head, lock_head

INDEX_WAIT_SECONDS: Final = 300
MIGRATION_SECONDS: Final = 600.0
_ATTEMPTS: Final = 10
_PAUSE_SECONDS: Final = 0.05


class Migration(msgspec.Struct, frozen=True):
    """A file of schema statements with its number and checksum."""

    number: int
    name: str
    checksum: str
    statements: tuple[str, ...]


class _AppliedRow(msgspec.Struct):
    number: int
    name: str
    checksum: str


class _RecordParams(msgspec.Struct):
    number: int
    name: str
    checksum: str
    at: datetime


class _WaitParams(msgspec.Struct):
    seconds: int


_HEAD_CONSTRAINT = declare("store/create_log_head_constraint", NoParams, NoRow)
_READ = declare("store/read_migrations", NoParams, _AppliedRow)
_RECORD = declare("store/record_migration", _RecordParams, NoRow)
_AWAIT = declare("store/await_indexes", _WaitParams, NoRow)


def shipped_migrations() -> list[Migration]:
    """Return the migrations that came with this version, in order."""
    return [_read(path) for path in sorted((project_path("cypher") / "migrations").glob("*.cypher"))]


async def pending_migrations(database: Database) -> list[Migration]:
    """Return the migrations that were not applied yet; raises Unavailable where the graph is newer than the code."""
    applied = {row.number: row for row in await database.read(_READ, NoParams())}
    shipped = shipped_migrations()
    for migration in shipped:
        if (row := applied.get(migration.number)) and row.checksum != migration.checksum:
            raise Unavailable(f"Migration {migration.name} was applied with other statements than this version has.")
    if unknown := applied.keys() - {migration.number for migration in shipped}:
        raise Unavailable(
            f"The graph has migrations {sorted(unknown)} of a newer version.", suggestion="Update swarmgraph."
        )
    return [migration for migration in shipped if migration.number not in applied]


async def migrate(database: Database, *, log_id: str, log_format: int, first_hash: str, at: datetime) -> list[str]:
    """Create the log where there is none, apply what is pending, and return the names of what was applied."""
    await _create_head_constraint(database)
    await create_head(database, log_id, log_format, first_hash, at)
    if not await pending_migrations(database):
        return []
    async with database.transaction(write=True, seconds=MIGRATION_SECONDS) as transaction:
        await lock_head(transaction, "migrate")
        pending = await pending_migrations(database)
        for migration in pending:
            for statement in migration.statements:
                await database.run_schema(cast("LiteralString", statement))
        await database.read(_AWAIT, _WaitParams(INDEX_WAIT_SECONDS))
        for migration in pending:
            await transaction.run(_RECORD, _RecordParams(migration.number, migration.name, migration.checksum, at))
    return [migration.name for migration in pending]


async def _create_head_constraint(database: Database) -> None:
    """Make the constraint; of services that start at once the database refuses all but one, to end their deadlock."""
    for attempt in range(1, _ATTEMPTS):
        try:
            return await database.run_schema(_HEAD_CONSTRAINT.text)
        except Unavailable:
            await asyncio.sleep(_PAUSE_SECONDS * attempt)
    return await database.run_schema(_HEAD_CONSTRAINT.text)


def _read(path: Path) -> Migration:
    text = path.read_text(encoding="utf-8")
    number, _, name = path.stem.partition("_")
    return Migration(int(number), name, hashlib.sha256(text.encode()).hexdigest(), tuple(_statements(text)))


def _statements(text: str) -> Iterator[str]:
    body = "\n".join(line for line in text.splitlines() if not line.startswith("//"))
    return (statement.strip() for statement in body.split(";") if statement.strip())
