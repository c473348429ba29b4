"""The tail: looks at the log every few milliseconds and folds what other replicas committed (R9, R11)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

from graph_api.kernel.errors import CorruptLog, SwarmgraphError
from graph_api.projection.commit import CommitCodec, check_chain
from graph_api.projection.live import LiveState
from graph_api.projection.loading import locked_head
from graph_api.projection.state import State
from graph_api.store.database import BookmarksUnreached, Database
from graph_api.store.log import CommitRow, read_commits

_log: Final = logging.getLogger(__name__)
_COMMITS_A_LOOK: Final = 200
_IDLE_AFTER_SECONDS: Final = 1.0


class Tail:
    """Follows the log and notices when it is another one: emptied, or restored from a backup."""

    def __init__(
        self,
        database: Database,
        codec: CommitCodec,
        live: LiveState,
        reload: Callable[[], Awaitable[State]],
        *,
        pause_seconds: float,
        idle_seconds: float,
    ) -> None:
        self._database = database
        self._codec = codec
        self._live = live
        self._reload = reload
        self._pause = pause_seconds
        self._idle = idle_seconds
        self._trouble = ""

    async def run(self) -> None:
        """Follow the log until cancelled. Trouble with the database is logged and tried again."""
        busy_at = monotonic()
        while True:
            try:
                if await self._look():
                    busy_at = monotonic()
                self._tell("")
            except BookmarksUnreached as fault:
                # A restored backup never comes to have what it lost. Only here: a load needs the order of its reads.
                self._tell(f"The log is read anew from whatever the database holds: {fault.message}")
                self._database.forget_bookmarks()
            except SwarmgraphError as fault:
                self._tell(f"The log could not be read: {fault.message}")
            idle = monotonic() - busy_at > _IDLE_AFTER_SECONDS
            await asyncio.sleep(self._idle if idle else self._pause)

    def _tell(self, trouble: str) -> None:
        """Log trouble when it begins, when it becomes another, and when it is over: not at every look."""
        if trouble and trouble != self._trouble:
            _log.warning("%s", trouble)
        elif self._trouble and not trouble:
            _log.warning("The log is read again.")
        self._trouble = trouble

    async def _look(self) -> bool:
        """Fold what is new; say whether there was anything. The newest known commit is read again and compared."""
        known, known_hash = self._live.state.revision, self._live.state.hash
        async with self._database.transaction(write=False) as transaction:
            rows = await read_commits(transaction, max(known, 1), _COMMITS_A_LOOK)
        if known and (not rows or rows[0].revision != known or rows[0].hash != known_hash):
            return await self._confirm()
        try:
            return self._fold(rows)
        except CorruptLog:
            return await self._confirm()

    def _fold(self, rows: list[CommitRow]) -> bool:
        """Advance by the commits that follow one another; a gap is left for the next look."""
        before = self._live.state.revision
        for row in rows:
            state = self._live.state
            if row.revision <= state.revision:
                continue
            if row.revision != state.revision + 1:
                break
            check_chain(state.hash, row)
            self._live.advance(self._codec.open(row))
        self._live.seen()
        return self._live.state.revision > before

    async def _confirm(self) -> bool:
        """Look again under the head's lock, as an unlocked reader may see half; load anew if the log is another one."""
        async with self._database.transaction(write=True) as transaction:
            await locked_head(transaction, "tail")
            state = self._live.state
            rows = await read_commits(transaction, max(state.revision, 1), _COMMITS_A_LOOK)
        if state.revision == 0 or (rows and rows[0].revision == state.revision and rows[0].hash == state.hash):
            return self._fold(rows)
        _log.warning("The log is not the one that was loaded, as after a restored backup: loading again.")
        self._live.replace(await self._reload())
        self._live.seen()
        return True
