"""When snapshots are written, and which folder is whose: one folder a replica."""

import asyncio
import itertools
import logging
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Final

from graph_api.ops.private import private_folder
from graph_api.projection.commit import Commit
from graph_api.projection.live import LiveState
from graph_api.projection.locks import try_lock
from graph_api.projection.snapshot import write_snapshot
from graph_api.projection.state import State

_log: Final = logging.getLogger(__name__)
FILE_NAME: Final = "state.snapshot"
_REST: Final = 19
"""So many times the time of a snapshot passes before the next: at most a twentieth of the time goes into them."""


@contextmanager
def replica_folder(parent: Path) -> Generator[Path]:
    """Take the first folder that no other replica of this machine holds, until the block ends."""
    for number in itertools.count():
        folder = private_folder(private_folder(parent) / f"replica-{number}")
        with (folder / "lock").open("w") as lock:
            if try_lock(lock):
                yield folder
                return


class Snapshotter:
    """Writes a snapshot after so many commits, and a last one when the replica closes.

    `written` is the revision of the one that is there, if any. Between two of them it rests for many times as long as
    the one took, so that a large state under load is not written all the time.
    """

    def __init__(self, live: LiveState, folder: Path, commits: int, written: int | None = None) -> None:
        self._live = live
        self._path = folder / FILE_NAME
        self._commits = commits
        self._written = written
        self._due = asyncio.Event()

    async def run(self) -> None:
        """Write whenever it is due, until cancelled."""
        unsubscribe = self._live.subscribe(self._notice)
        try:
            while True:
                await self._due.wait()
                self._due.clear()
                began = monotonic()
                await self._write()
                await asyncio.sleep(_REST * (monotonic() - began))
        finally:
            unsubscribe()
            await self._write()

    def _notice(self, state: State, commit: Commit | None) -> None:
        if commit is None or state.revision - (self._written or 0) >= self._commits:
            self._due.set()

    async def _write(self) -> None:
        """Write unless nothing changed; a state with an open import is not whole and waits."""
        state = self._live.state
        if state.open_imports or state.revision == self._written:
            return
        revision = state.revision
        try:
            await write_snapshot(state, self._path)
        except OSError as fault:
            _log.warning("No snapshot could be written: %s", fault)
        self._written = revision  # only now: one that is broken off by the closing is written again by it
