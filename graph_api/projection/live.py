"""The state that this process answers from: one owner, advanced in commit order, with those who wait for it."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import TypeAlias

from graph_api.kernel.errors import RevisionGone, RevisionTimeout, Unavailable
from graph_api.projection.commit import Commit
from graph_api.projection.revision import number_of, token
from graph_api.projection.state import State

Listener: TypeAlias = Callable[[State, Commit | None], None]
"""Called after each commit with the new state, and with None instead of a commit after a reload."""


class LiveState:
    """The current state; `advance` and `replace` await nothing, so no reader sees half a commit."""

    def __init__(self, state: State, staleness_max_seconds: float) -> None:
        self.state = state
        self._staleness_max = staleness_max_seconds
        self._seen = monotonic()
        self._listeners: list[Listener] = []
        self._moved = asyncio.Event()

    @property
    def revision(self) -> str:
        """Return the token of the current revision."""
        return token(self.state.log_id, self.state.revision)

    @property
    def fresh_seconds(self) -> float:
        """Return how long the state may still be answered from, unless the log is read before."""
        return max(0.0, self._seen + self._staleness_max - monotonic())

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every commit until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def advance(self, commit: Commit) -> None:
        """Fold a commit unless it was folded already: the committer and the tail may both bring it."""
        if commit.revision > self.state.revision:
            self.state.evolve(commit)
            self._announce(commit)

    def replace(self, state: State) -> None:
        """Take a newly loaded state, after the log was found to be another one."""
        self.state = state
        self._announce(None)

    def seen(self) -> None:
        """Note that the log was just read: the state is up to date as of now."""
        self._seen = monotonic()

    def ensure_fresh(self) -> None:
        """Raise Unavailable where the log was not read for longer than allowed (R9)."""
        silent = monotonic() - self._seen
        if silent > self._staleness_max:
            raise Unavailable(
                f"This replica has not reached the log for {silent:.1f} s and may not answer.",
                suggestion="Try again; `swarmgraph doctor` tells whether Neo4j is up.",
            )

    async def wait_for(self, revision: str, seconds: float) -> None:
        """Wait until the state has a revision; raises RevisionTimeout, RevisionGone, BadUserInput."""
        wanted = number_of(revision, self.state.log_id)
        try:
            async with asyncio.timeout(seconds):
                while self.state.revision < wanted:
                    await self._moved.wait()
        except TimeoutError as fault:
            raise RevisionTimeout(
                f"Revision {revision} did not arrive within {seconds:g} s.", suggestion="Try again."
            ) from fault
        if not revision.startswith(self.state.log_id[:8]):
            raise RevisionGone("The log was replaced while waiting.", suggestion="Read again without a revision.")

    def _announce(self, commit: Commit | None) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
        for listener in tuple(self._listeners):
            listener(self.state, commit)
