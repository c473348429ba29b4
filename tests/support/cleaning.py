"""Emptying the database between tests."""

from graph_api.store.cypher import NoParams, NoRow, Query
from graph_api.store.database import Database

_EMPTY: Query[NoParams, NoRow] = Query(
    name="tests/empty",
    mode="write",
    plan="reads everything, and means to",
    text="MATCH (node) CALL (node) { DETACH DELETE node } IN TRANSACTIONS OF 10000 ROWS",
    params=NoParams,
    row=NoRow,
)


async def empty(database: Database) -> None:
    """Delete every node and relationship; constraints stay."""
    await database.run_schema(_EMPTY.text)
