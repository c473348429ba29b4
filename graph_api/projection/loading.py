"""Cold start (R2): the graph page by page while others write, then the log from where the load began.

A load may see a change, miss it, or see half of a commit, and even half of a node. Replaying every commit since its
beginning corrects all of that, as changes carry full values under keys.
"""

from collections.abc import Callable
from typing import Final

from graph_api.kernel.errors import CorruptLog, Unavailable
from graph_api.kernel.records import Change, RecordRegistry
from graph_api.projection.commit import Commit, CommitCodec
from graph_api.projection.state import State, entities_of
from graph_api.store.database import Database, Transaction
from graph_api.store.graph import load_records
from graph_api.store.log import HeadRow, lock_head, read_commits, read_head, read_import_revisions

COMMITS_A_PAGE: Final = 100


async def locked_head(transaction: Transaction, holder: str) -> HeadRow:
    """Lock the head and then read it; raises Unavailable where there is no log."""
    await lock_head(transaction, holder)
    head = await read_head(transaction)
    if head is None:
        raise Unavailable("The database holds no log.", suggestion="It was emptied or never set up: start the service.")
    return head


async def cold_load(database: Database, registry: RecordRegistry, codec: CommitCodec) -> State:
    """Load the whole state from the graph and bring it up to a head read under the lock."""
    async with database.transaction(write=True) as transaction:
        head = await locked_head(transaction, "load")
    state, half_seen = State(head), set[str]()
    async for records in load_records(database, registry, half_seen):
        state.graph.apply(Change(key=record.key, after=record) for record in records)
    for import_id in head.open_imports:
        await _stage_open_import(database, codec, state, import_id, head.revision)

    def advance(commit: Commit) -> None:
        state.evolve(commit)
        half_seen.difference_update(part for change in commit.changes for part in entities_of(change))

    await catch_up(database, codec, state, advance)
    if half_seen:
        raise CorruptLog(
            f"The graph holds what cannot be read and no commit is writing: {', '.join(sorted(half_seen)[:10])}."
        )
    return state


async def catch_up(
    database: Database, codec: CommitCodec, state: State, advance: Callable[[Commit], None] | None = None
) -> None:
    """Replay what the log holds after the state's revision, up to a head read under the lock."""
    async with database.transaction(write=True) as transaction:
        head = await locked_head(transaction, "catch up")
        await replay(transaction, codec, state.revision, advance or state.evolve)
    if head.log_id != state.log_id or head.revision != state.revision or head.hash != state.hash:
        raise CorruptLog(f"The log ends at revision {head.revision}, its commits lead to {state.revision}.")


async def replay(
    transaction: Transaction, codec: CommitCodec, revision: int, advance: Callable[[Commit], None]
) -> None:
    """Bring all commits after `revision` to `advance`, in order; the head must be locked by the transaction."""
    while rows := await read_commits(transaction, revision + 1, COMMITS_A_PAGE):
        for row in rows:
            advance(codec.open(row))
        if len(rows) < COMMITS_A_PAGE:
            return
        revision = rows[-1].revision


async def _stage_open_import(database: Database, codec: CommitCodec, state: State, import_id: str, newest: int) -> None:
    async with database.transaction(write=False) as transaction:
        for revision in await read_import_revisions(transaction, import_id):
            if revision <= newest:
                (row,) = await read_commits(transaction, revision, 1)
                state.stage(codec.open(row))
