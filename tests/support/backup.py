"""Copying a whole database and putting the copy back: what restoring a backup does to the graph."""

from typing import Any

import msgspec

from graph_api.store.cypher import NoParams, NoRow, Query
from graph_api.store.database import Database
from tests.support.cleaning import empty


class _Rows(msgspec.Struct):
    rows: list[dict[str, Any]]


def _query(text: Any, mode: str, params: Any) -> Query[Any, Any]:
    return Query(name="tests/backup", mode=mode, plan="reads everything", text=text, params=params, row=NoRow)


_NODES = _query("MATCH (n) WHERE NOT n:Migration RETURN elementId(n), labels(n), properties(n)", "read", NoParams)
_LINKS = _query("MATCH (a)-[r]->(b) RETURN elementId(a), elementId(b), type(r), properties(r)", "read", NoParams)
_PUT_NODES = _query(
    "UNWIND $rows AS row CREATE (n:$(row.labels)) SET n = row.properties, n.was = row.id", "write", _Rows
)
_PUT_LINKS = _query(
    "UNWIND $rows AS row MATCH (a {was: row.a}) MATCH (b {was: row.b}) CREATE (a)-[r:$(row.type)]->(b) "
    "SET r = row.properties",
    "write",
    _Rows,
)
_FORGET = _query("MATCH (n) REMOVE n.was", "write", NoParams)


async def copy(database: Database) -> tuple[list[list[Any]], list[list[Any]]]:
    """Read everything."""
    async with database.transaction(write=False) as transaction:
        return await transaction.run_raw(_NODES, {}), await transaction.run_raw(_LINKS, {})


async def restore(database: Database, backup: tuple[list[list[Any]], list[list[Any]]]) -> None:
    """Empty the database and put a copy back."""
    nodes = [{"id": row[0], "labels": row[1], "properties": row[2]} for row in backup[0]]
    links = [{"a": row[0], "b": row[1], "type": row[2], "properties": row[3]} for row in backup[1]]
    await empty(database)
    async with database.transaction(write=True) as transaction:
        await transaction.run_raw(_PUT_NODES, {"rows": nodes})
        await transaction.run_raw(_PUT_LINKS, {"rows": links})
        await transaction.run_raw(_FORGET, {})
