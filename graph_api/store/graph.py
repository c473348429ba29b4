"""The organization's graph in Neo4j: writing changes and reading everything back, kind by kind."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from graph_api.kernel.records import AnyChange, Link, Node, Record, RecordRegistry, kind_of, to_properties
from graph_api.store.cypher import NoRow, declare
from graph_api.store.database import Database, StatementFailed, Transaction, native

PAGE_NODES: Final = 2000


class _RowsParams(msgspec.Struct):
    rows: list[dict[str, Any]]


class _IdsParams(msgspec.Struct):
    ids: list[str]


class _WrittenRow(msgspec.Struct):
    written: int


class _PageParams(msgspec.Struct):
    after: str
    limit: int


class _PageRow(msgspec.Struct):
    id: str
    labels: list[str]
    properties: dict[str, Any]
    links: list[list[Any]]


_WRITE_NODES = declare("store/write_nodes", _RowsParams, NoRow)
_WRITE_LINKS = declare("store/write_links", _RowsParams, _WrittenRow)
_REMOVE_LINKS = declare("store/remove_links", _RowsParams, NoRow)
_REMOVE_NODES = declare("store/remove_nodes", _IdsParams, NoRow)
_LOAD_PAGE = declare("store/load_page", _PageParams, _PageRow)


async def write_changes(transaction: Transaction, changes: Iterable[AnyChange]) -> None:
    """Write the last state of every changed key, one statement a kind of change; raises StatementFailed.

    Nodes come before the relationships that need them, and relationships go before their nodes.
    """
    final = {change.key: change for change in changes}.values()
    await _write_upserts(transaction, [change.after for change in final if change.after is not None])
    await _write_removals(transaction, [change for change in final if change.after is None])


async def _write_upserts(transaction: Transaction, records: Sequence[Record]) -> None:
    nodes = [_node_row(record) for record in records if isinstance(record, Node)]
    links = [_link_row(record) for record in records if isinstance(record, Link)]
    if nodes:
        await transaction.run(_WRITE_NODES, _RowsParams(nodes))
    if links:
        (row,) = await transaction.run(_WRITE_LINKS, _RowsParams(links))
        if row.written != len(links):
            raise StatementFailed(f"{len(links) - row.written} relationships have an end that does not exist.")


async def _write_removals(transaction: Transaction, removals: Sequence[AnyChange]) -> None:
    if links := [_key_row(change) for change in removals if not change.is_node]:
        await transaction.run(_REMOVE_LINKS, _RowsParams(links))
    if nodes := [change.key[1] for change in removals if change.is_node]:
        await transaction.run(_REMOVE_NODES, _IdsParams(nodes))


def _node_row(node: Node) -> dict[str, Any]:
    return {"id": node.id, "label": kind_of(node), "properties": to_properties(node)}


def _link_row(link: Link) -> dict[str, Any]:
    properties = to_properties(link)
    source, target = properties.pop("source"), properties.pop("target")
    properties["discriminator"] = link.discriminator
    return {
        "type": kind_of(link),
        "source": source,
        "target": target,
        "discriminator": link.discriminator,
        "properties": properties,
    }


def _key_row(change: AnyChange) -> dict[str, Any]:
    kind, source, target, discriminator = change.key
    return {"type": kind, "source": source, "target": target, "discriminator": discriminator}


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
