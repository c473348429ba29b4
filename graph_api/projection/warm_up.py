"""Warm-up: runs the write path in transactions that are given up, until a cold JVM has compiled it.

Without it the first half minute of a fresh server is several times slower than later.
"""

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from time import monotonic
from typing import Final

from graph_api.kernel.errors import SwarmgraphError
from graph_api.kernel.records import Change, Link, Node
from graph_api.projection.commit import FORMAT
from graph_api.store.database import Database, Transaction
from graph_api.store.graph import plan_by_key, write_changes
from graph_api.store.log import CommitRow, append_commit, read_commits

_ROWS: Final = 20
_GOOD_SECONDS: Final = 0.015
_ROUNDS: Final = 20


class _GivenUp(SwarmgraphError):
    """Undoes a warm-up transaction."""


class _WarmNode(Node, frozen=True, kw_only=True):
    name: str


class _WarmLink(Link, frozen=True, kw_only=True, tag="WARM_UP"):
    """A relationship that never outlives its transaction."""


async def warm_up(database: Database, limit_seconds: float) -> float:
    """Run until the statements are fast, or for `limit_seconds` at most; return the seconds it took."""
    began, last = monotonic(), deque[float](maxlen=_ROUNDS)
    while not is_warm(last) and monotonic() - began < limit_seconds:
        round_began = monotonic()
        try:
            async with database.transaction(write=True) as transaction:
                await _write(transaction)
                raise _GivenUp("warm-up")
        except _GivenUp:
            last.append(monotonic() - round_began)
    return monotonic() - began


def is_warm(rounds: Sequence[float]) -> bool:
    """Say whether the last rounds, in seconds, are as fast as those of a warm server."""
    # Half of them, not all: on a busy machine some round is slow now and then, however warm the server is.
    return len(rounds) >= _ROUNDS and median(rounds) < _GOOD_SECONDS


async def _write(transaction: Transaction) -> None:
    nodes = [_WarmNode(id=f"warm:{number}", name="warm") for number in range(_ROWS)]
    links = [_WarmLink(source=nodes[0].id, target=node.id) for node in nodes[1:]]
    await write_changes(transaction, [Change(key=record.key, after=record) for record in (*nodes, *links)])
    await write_changes(transaction, [Change(key=record.key) for record in (*links, *nodes)])
    await plan_by_key(transaction)
    now = datetime.now(UTC)
    row = CommitRow(0, "", FORMAT, "warm-up", now, ["{}"] * _ROWS, [""] * _ROWS, [""] * _ROWS, "", None, None)
    await append_commit(transaction, row, [])
    await read_commits(transaction, 0, 1)
