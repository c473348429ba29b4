"""The organization's graph in Neo4j: writing changes and reading everything back, kind by kind.

Relationships are found by their two ends. A kind whose ends may have very many of them is found by a key instead: it
names its own statements (`find_by_key`), and a constraint of the database makes the key unique.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from graph_api.kernel.records import (
    AnyChange,
    Link,
    Node,
    Record,
    RecordKey,
    RecordRegistry,
    kind_of,
    tag_of,
    to_properties,
)
from graph_api.store.cypher import NoRow, Query, declare
from graph_api.store.database import Database, StatementFailed, Transaction, native

PAGE_NODES: Final = 2000


class RowsParams(msgspec.Struct):
    """Rows with all that a statement needs of a record."""

    rows: list[dict[str, Any]]


class _IdsParams(msgspec.Struct):
    ids: list[str]


class WrittenRow(msgspec.Struct):
    """How many rows were written; fewer than were sent where an end does not exist."""

    written: int


class _PageParams(msgspec.Struct):
    after: str
    limit: int


class _PageRow(msgspec.Struct):
    id: str
    labels: list[str]
    properties: dict[str, Any]
    links: list[list[Any]]


_WRITE_NODES = declare("store/write_nodes", RowsParams, NoRow)
_WRITE_LINKS = declare("store/write_links", RowsParams, WrittenRow)
_REMOVE_LINKS = declare("store/remove_links", RowsParams, NoRow)
_REMOVE_NODES = declare("store/remove_nodes", _IdsParams, NoRow)
_LOAD_PAGE = declare("store/load_page", _PageParams, _PageRow)


class KeyStatements(msgspec.Struct, frozen=True):
    """How one kind of relationship is written and removed by its key, which follows from the record's."""

    write: Query[RowsParams, WrittenRow]
    remove: Query[RowsParams, NoRow]
    key_of: Callable[[RecordKey], str]


_by_key: Final[dict[str, KeyStatements]] = {}


def find_by_key(link_type: type[Link], statements: KeyStatements) -> None:
    """Have a kind of relationship found by its key from now on; call it where the kind is defined."""
    _by_key[tag_of(link_type)] = statements


async def plan_by_key(transaction: Transaction) -> None:
    """Have the database plan the statements of kinds that are found by key, without any row to write."""
    for statements in _by_key.values():
        await transaction.run(statements.write, RowsParams([]))
        await transaction.run(statements.remove, RowsParams([]))


async def write_changes(transaction: Transaction, changes: Iterable[AnyChange]) -> None:
    """Write the last state of every changed key, one statement a kind of change; raises StatementFailed.

    Nodes come before the relationships that need them, and relationships go before their nodes. Those found by key go
    first of all, as one that comes may have the key of one that goes.
    """
    final = {change.key: change for change in changes}.values()
    records = [change.after for change in final if change.after is not None]
    removals = [change for change in final if change.after is None]
    links = [_key_row(change.key) for change in removals if not change.is_node]
    nodes = [record for record in records if isinstance(record, Node)]
    await _remove_links(transaction, [row for row in links if row["type"] in _by_key])
    if nodes:
        await transaction.run(_WRITE_NODES, RowsParams([_node_row(node) for node in nodes]))
    await _write_links(transaction, [_link_row(record) for record in records if isinstance(record, Link)])
    await _remove_links(transaction, [row for row in links if row["type"] not in _by_key])
    if gone := [change.key[1] for change in removals if change.is_node]:
        await transaction.run(_REMOVE_NODES, _IdsParams(gone))


async def _write_links(transaction: Transaction, links: Sequence[dict[str, Any]]) -> None:
    for kind, rows in _by_statement(links):
        write = _by_key[kind].write if kind else _WRITE_LINKS
        (row,) = await transaction.run(write, RowsParams(rows))
        if row.written != len(rows):
            raise StatementFailed(f"{len(rows) - row.written} relationships have an end that does not exist.")


async def _remove_links(transaction: Transaction, links: Sequence[dict[str, Any]]) -> None:
    for kind, rows in _by_statement(links):
        await transaction.run(_by_key[kind].remove if kind else _REMOVE_LINKS, RowsParams(rows))


def _by_statement(links: Sequence[dict[str, Any]]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """Group rows by the kinds that have statements of their own; all others are one group, under no name."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in links:
        groups.setdefault(row["type"] if row["type"] in _by_key else "", []).append(row)
    return groups.items()


def _node_row(node: Node) -> dict[str, Any]:
    return {"id": node.id, "label": kind_of(node), "properties": to_properties(node)}


def _link_row(link: Link) -> dict[str, Any]:
    row = _key_row(link.key)
    properties = to_properties(link)
    del properties["source"], properties["target"]
    own = {name: row[name] for name in ("discriminator", "key") if name in row}
    return row | {"properties": properties | own}


def _key_row(key: RecordKey) -> dict[str, Any]:
    kind, source, target, discriminator = key
    row = {"type": kind, "source": source, "target": target, "discriminator": discriminator}
    return row | {"key": _by_key[kind].key_of(key)} if kind in _by_key else row


async def load_records(
    database: Database, registry: RecordRegistry, half_seen: set[str], page_nodes: int = PAGE_NODES
) -> AsyncGenerator[list[Record]]:
    """Yield all records page by page in the order of node ids; what changes meanwhile may be seen or not.

    It may also be seen by half, as a node without its label: whatever makes no record is left out, and the id of the
    node, or of the relationship's source, is added to `half_seen`.
    """
    after = ""
    read = _page_reader(registry, half_seen)
    while True:
        async with database.transaction(write=False) as transaction:
            params = {"after": after, "limit": page_nodes}
            page = await transaction.run_raw(_LOAD_PAGE, params)
        yield [record for row in page for record in read(row)]
        if len(page) < page_nodes:
            return
        after = page[-1][0]


def _page_reader(registry: RecordRegistry, half_seen: set[str]) -> Callable[[list[Any]], Iterable[Record]]:
    kinds = registry.types.keys()

    def records(row: list[Any]) -> Iterable[Record]:
        node_id, labels, properties, links = row
        kind = next(iter(kinds & set(labels)), "")
        parts = [(kind, properties, {"id": node_id})]
        parts += [(link_type, values, {"source": node_id, "target": target}) for link_type, target, values in links]
        for part, values, ends in parts:
            try:
                yield registry.from_properties(part, native(values) | ends)
            except (KeyError, msgspec.ValidationError):
                half_seen.add(node_id)

    return records
