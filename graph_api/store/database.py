"""The connection to Neo4j: transactions with a timeout, typed rows, and failures told apart by what to do next."""

# The driver leaves its keyword options untyped.
# pyright: reportUnknownMemberType=false

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, LiteralString, cast

import msgspec
import neo4j
from neo4j.exceptions import AuthError, ConfigurationError, DriverError, Neo4jError
from neo4j.time import Date, DateTime

from graph_api.kernel.errors import Internal, SettingsError, TimedOut, Unavailable
from graph_api.kernel.records import NATIVE_TYPES
from graph_api.ops.settings import Settings
from graph_api.store.address import ServerAddress
from graph_api.store.cypher import ParamsT, Query, RowT

_CONNECT_SECONDS: Final = 5.0
_HANG_SECONDS: Final = 2.0
_POOL_CONNECTIONS: Final = 50
_TIMED_OUT_CODES: Final = ("TransactionTimedOut", "LockAcquisitionTimeout")
_BOOKMARK_CODE: Final = "Bookmark"
_PASSED: Final = NATIVE_TYPES


class OutcomeUnknown(Unavailable):
    """The connection broke while a commit was under way: it may or may not have happened."""


class BookmarksUnreached(Unavailable):
    """The database does not come to have what was read and written before: it lags, or is an older one put back."""


class StatementFailed(Internal):
    """The database refuses a statement for good; sending it again will not help."""


class RowUnreadable(Internal):
    """A row is not of the declared form. Whoever reads without a lock may see a node that is just being removed."""


class Transaction:
    """One explicit transaction; statements run in order."""

    def __init__(self, inner: neo4j.AsyncTransaction) -> None:
        self._inner = inner

    async def run(self, query: Query[ParamsT, RowT], params: ParamsT) -> list[RowT]:
        """Run a statement and return all its rows."""
        result = await self._inner.run(query.text, msgspec.to_builtins(params, builtin_types=_PASSED))
        return [_row(record, query.row) async for record in result]

    async def run_raw(self, query: Query[Any, Any], params: dict[str, Any]) -> list[list[Any]]:
        """Run a statement and return the bare values of its rows, for bulk loads; times are converted nowhere."""
        return await (await self._inner.run(query.text, params)).values()


class Database:
    """A pool of connections to one database. Its bookmarks order what this process reads after what it wrote."""

    def __init__(self, driver: neo4j.AsyncDriver, settings: Settings) -> None:
        self._driver = driver
        self._name = settings.neo4j_database
        self._seconds = settings.transaction_seconds
        self._bookmarks = neo4j.AsyncGraphDatabase.bookmark_manager()

    @asynccontextmanager
    async def transaction(self, *, write: bool, seconds: float | None = None) -> AsyncGenerator[Transaction]:
        """Open a transaction that is committed at the end of the block, or undone where the block raises.

        Raises TimedOut after `seconds` (default: the setting), Unavailable where the database cannot be reached,
        OutcomeUnknown where that happened during the commit, BookmarksUnreached where it could not even begin in that
        time, StatementFailed where a statement is wrong.
        """
        limit = seconds or self._seconds
        access = neo4j.WRITE_ACCESS if write else neo4j.READ_ACCESS
        with _translated():
            async with (
                asyncio.timeout(limit + _HANG_SECONDS) as deadline,
                self._driver.session(
                    database=self._name, default_access_mode=access, bookmark_manager=self._bookmarks
                ) as session,
            ):
                inner = await _begin(session, limit)
                async with inner:
                    yield Transaction(inner)
                    deadline.reschedule(None)
                    await _commit(inner, limit)

    def forget_bookmarks(self) -> None:
        """Give up the order of what comes next after what this process has read and written so far."""
        self._bookmarks = neo4j.AsyncGraphDatabase.bookmark_manager()

    async def read(self, query: Query[ParamsT, RowT], params: ParamsT) -> list[RowT]:
        """Run one reading statement in a transaction of its own."""
        async with self.transaction(write=False) as transaction:
            return await transaction.run(query, params)

    async def write(self, query: Query[ParamsT, RowT], params: ParamsT) -> list[RowT]:
        """Run one writing statement in a transaction of its own."""
        async with self.transaction(write=True) as transaction:
            return await transaction.run(query, params)

    async def run_schema(self, statement: LiteralString) -> None:
        """Run a schema statement, which the database allows only by itself."""
        with _translated():
            async with self._driver.session(database=self._name) as session:
                await (await session.run(statement)).consume()

    async def explain(self, query: Query[Any, Any], params: dict[str, Any]) -> dict[str, Any]:
        """Return the plan of a statement without running it."""
        with _translated():
            async with self._driver.session(database=self._name) as session:
                summary = await (await session.run("EXPLAIN " + query.text, params)).consume()
        return cast("dict[str, Any]", summary.plan or {})

    async def server_version(self) -> str:
        """Return the name and version the server gives itself."""
        with _translated():
            return str((await self._driver.get_server_info()).agent)


@asynccontextmanager
async def open_database(address: ServerAddress, settings: Settings) -> AsyncGenerator[Database]:
    """Connect to a server and close the connections at the end; raises Unavailable, SettingsError."""
    auth = (address.username, address.password) if address.password is not None else None
    with _translated():
        driver = neo4j.AsyncGraphDatabase.driver(
            address.uri,
            auth=auth,
            connection_timeout=_CONNECT_SECONDS,
            max_connection_pool_size=_POOL_CONNECTIONS,
            connection_acquisition_timeout=settings.transaction_seconds,
            notifications_min_severity="OFF",
            telemetry_disabled=True,
        )
    async with driver:
        with _translated():
            await driver.verify_connectivity()
        yield Database(driver, settings)


async def _begin(session: neo4j.AsyncSession, seconds: float) -> neo4j.AsyncTransaction:
    try:
        async with asyncio.timeout(seconds):
            return await session.begin_transaction(timeout=seconds)
    except TimeoutError as fault:
        raise BookmarksUnreached("Neo4j does not come to have what was read and written before.") from fault


async def _commit(inner: neo4j.AsyncTransaction, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await inner.commit()
    except (DriverError, OSError, TimeoutError) as fault:
        raise OutcomeUnknown("The connection to Neo4j broke during a commit.") from fault


@contextmanager
def _translated() -> Generator[None]:
    try:
        yield
    except TimeoutError as fault:
        raise TimedOut("Neo4j did not answer in time.") from fault
    except (AuthError, ConfigurationError) as fault:
        raise SettingsError(
            f"Neo4j refuses the connection: {fault}", suggestion="Check NEO4J_URI, NEO4J_USERNAME and NEO4J_PASSWORD."
        ) from fault
    except Neo4jError as fault:
        raise _meaning(fault) from fault
    except (DriverError, OSError) as fault:
        raise Unavailable(
            "Neo4j cannot be reached.", suggestion="`swarmgraph doctor` tells what is missing."
        ) from fault


def _meaning(fault: Neo4jError) -> Exception:
    if any(code in (fault.code or "") for code in _TIMED_OUT_CODES):
        return TimedOut("A Neo4j transaction took too long and was undone.")
    if _BOOKMARK_CODE in (fault.code or ""):
        return BookmarksUnreached(f"Neo4j does not have what was read and written before: {fault.message}")
    if fault.is_retryable():
        return Unavailable(f"Neo4j asks to try again: {fault.message}")
    return StatementFailed(f"Neo4j refuses a statement: {fault.message}")


def native(value: Any) -> Any:
    """Turn the driver's dates and times into Python's, also inside lists and maps."""
    if isinstance(value, DateTime | Date):
        return value.to_native()
    if isinstance(value, dict):
        return {key: native(inner) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]  # a map of the database has values of any type
    if isinstance(value, list):
        return [native(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]  # likewise a list
    return value


def _row(record: neo4j.Record, row: type[RowT]) -> RowT:
    try:
        return msgspec.convert(native(record.data()), type=row, builtin_types=_PASSED)
    except msgspec.ValidationError as fault:
        raise RowUnreadable(f"A row of Neo4j cannot be read: {fault}") from fault
