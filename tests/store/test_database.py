"""Transactions and migrations on the real server."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from graph_api.kernel.errors import TimedOut, Unavailable
from graph_api.ops.settings import load_settings
from graph_api.store.address import ServerAddress
from graph_api.store.cypher import NoParams, Query
from graph_api.store.database import Database, StatementFailed, open_database
from graph_api.store.migrations import migrate, pending_migrations, shipped_migrations
from tests.support.cleaning import empty

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Value(msgspec.Struct):
    value: int


def query(text: str, mode: str = "read") -> Query[NoParams, Value]:
    return Query(name="tests/query", mode=mode, plan="", text=text, params=NoParams, row=Value)  # pyright: ignore[reportArgumentType]  # a test's own text


async def test_a_block_that_raises_undoes_its_transaction(database: Database) -> None:
    await empty(database)
    with pytest.raises(ZeroDivisionError):
        await create_and_fail(database)
    (row,) = await database.read(query("MATCH (n:Probe) RETURN count(n) AS value"), NoParams())
    assert row.value == 0


async def create_and_fail(database: Database) -> None:
    async with database.transaction(write=True) as transaction:
        await transaction.run(query("CREATE (n:Probe) RETURN 1 AS value"), NoParams())
        raise ZeroDivisionError


async def test_a_wrong_statement_fails_for_good(database: Database) -> None:
    with pytest.raises(StatementFailed):
        await database.read(query("RETURN nothing AS value"), NoParams())


async def test_a_statement_that_takes_too_long_is_ended(database: Database) -> None:
    slow = query("UNWIND range(1, 100000000) AS i WITH i WHERE i % 7 = 0 RETURN sum(i * i) AS value")
    with pytest.raises(TimedOut):
        await run_for(database, slow, seconds=1.0)


async def run_for(database: Database, slow: Query[NoParams, Value], seconds: float) -> None:
    async with database.transaction(write=False, seconds=seconds) as transaction:
        await transaction.run(slow, NoParams())


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    nowhere = ServerAddress("bolt://127.0.0.1:9", "neo4j", None)
    with pytest.raises(Unavailable, match="cannot be reached"):
        async with open_database(nowhere, load_settings(neo4j_uri=None)):
            pass


async def test_migrations_are_applied_once_and_recorded(database: Database) -> None:
    await empty(database)
    names = [migration.name for migration in shipped_migrations()]
    applied = await migrate(database, log_id="a" * 32, log_format=1, first_hash="0", at=AT)
    again = await migrate(database, log_id="b" * 32, log_format=1, first_hash="0", at=AT)
    assert (applied, again) == (names, [])
    assert await pending_migrations(database) == []


async def test_services_that_start_at_once_on_an_empty_database_begin_one_log(database: Database) -> None:
    for _ in range(3):
        await empty(database)
        await database.run_schema("DROP CONSTRAINT log_head_id IF EXISTS")
        starting = [
            migrate(database, log_id=f"{number}" * 32, log_format=1, first_hash="0", at=AT) for number in range(8)
        ]
        applied = await asyncio.gather(*starting)
        assert sorted(map(len, applied)) == [0] * 7 + [len(shipped_migrations())]
        (row,) = await database.read(query("MATCH (head:LogHead) RETURN count(head) AS value"), NoParams())
        assert row.value == 1


async def test_a_graph_of_a_newer_version_is_refused(database: Database) -> None:
    await empty(database)
    await migrate(database, log_id="a" * 32, log_format=1, first_hash="0", at=AT)
    newer = "CREATE (:Migration {number: 999, name: 'future', checksum: ''}) RETURN 1 AS value"
    await database.write(query(newer, "write"), NoParams())
    with pytest.raises(Unavailable, match="newer version"):
        await pending_migrations(database)
    await empty(database)


async def test_an_altered_migration_is_refused(database: Database) -> None:
    await empty(database)
    await migrate(database, log_id="a" * 32, log_format=1, first_hash="0", at=AT)
    altered = "MATCH (m:Migration {number: 1}) SET m.checksum = 'other' RETURN 1 AS value"
    await database.write(query(altered, "write"), NoParams())
    with pytest.raises(Unavailable, match="other statements"):
        await pending_migrations(database)
    await empty(database)
