"""The index of texts that Neo4j keeps: it changes in the very transaction that changes an item."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec

from graph_api.kernel.errors import RevisionGone
from graph_api.knowledge.search.port import Sought, StoredText, TextReading
from graph_api.knowledge.search.words import any_word, every_word
from graph_api.projection.revision import token
from graph_api.store.cypher import declare
from graph_api.store.database import Database, Transaction
from graph_api.store.log import HEAD_ID, read_head


class _FindParams(msgspec.Struct):
    query: str
    skip: int
    limit: int
    head_id: str = HEAD_ID


class _AmongParams(msgspec.Struct):
    query: str
    skip: int
    limit: int
    ids: list[str]
    head_id: str = HEAD_ID


class _FoundRow(msgspec.Struct):
    ids: list[str]
    log_id: str
    revision: int


class _IdsParams(msgspec.Struct):
    ids: list[str]


class _TextRow(msgspec.Struct):
    id: str
    title: str
    body: str


_FIND = declare("knowledge/find_by_text", _FindParams, _FoundRow)
_FIND_AMONG = declare("knowledge/find_among_by_text", _AmongParams, _FoundRow)
_READ = declare("knowledge/read_texts", _IdsParams, _TextRow)


class StoredReading:
    """One look, within one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._revision: str | None = None

    async def hits(self, sought: Sought, skip: int, limit: int) -> Sequence[str]:
        """Return hits, the best first."""
        if not sought.words:
            return ()
        query = every_word(sought.words) if sought.every else any_word(sought.words)
        if sought.among is None:
            params = _FindParams(query, skip, limit)
            rows = await self._transaction.run_raw(_FIND, msgspec.structs.asdict(params))
        else:
            among = _AmongParams(query, skip, limit, list(sought.among))
            rows = await self._transaction.run_raw(_FIND_AMONG, msgspec.structs.asdict(among))
        if not rows:
            raise _gone()
        # Bare values: turning a thousand ids into rows takes longer than finding them.
        ids, log_id, number = rows[0]
        self._revision = token(log_id, number)
        return ids

    async def texts(self, ids: Sequence[str]) -> Mapping[str, StoredText]:
        """Return texts by id."""
        rows = await self._transaction.run(_READ, _IdsParams(list(ids))) if ids else ()
        return {row.id: StoredText(row.title, row.body) for row in rows}

    async def revision(self) -> str:
        """Return the head of the log as of the last hits: what they rest on was written under its lock."""
        if self._revision is None:
            head = await read_head(self._transaction)
            if head is None:
                raise _gone()
            self._revision = token(head.log_id, head.revision)
        return self._revision


def _gone() -> RevisionGone:
    return RevisionGone("The log is gone.", suggestion="Try again.")


class StoredTexts:
    """The index in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[TextReading]:
        """Begin to look; raises TimedOut, Unavailable."""
        async with self._database.transaction(write=False) as transaction:
            yield StoredReading(transaction)
