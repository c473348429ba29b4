"""Reactions (R7): work that a commit caused, done exactly once, on whichever replica, also after a crash.

A decision appends `pending_reaction(...)` to its changes. Every replica sees it and may prepare the answer, but the
command that answers it also removes it, inside the lock: the second to come finds it gone and changes nothing.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec

from graph_api.kernel.commands import Accepted, AnyOperation, Command, Context, Decision, Operation
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import removal
from graph_api.projection.commit import Commit
from graph_api.projection.deciding import Work
from graph_api.projection.imports import Submit
from graph_api.projection.live import LiveState
from graph_api.projection.records import Reaction
from graph_api.projection.state import State

_log: Final = logging.getLogger(__name__)
REACTOR: Final = "system:reactions"
_RETRY_SECONDS: Final = 1.0


class Reacting(Protocol):
    """Prepares the command that answers a kind of reaction. It may take long; it must not change anything itself."""

    async def __call__(self, reaction: Reaction, view: GraphView) -> tuple[AnyOperation, Command]:
        """Return the operation and command that answer the reaction."""
        ...


class AlreadyDone(msgspec.Struct, frozen=True):
    """Another replica has answered the reaction."""


def completing(operation: AnyOperation, reaction_id: str) -> AnyOperation:
    """Return the operation that does the same and removes the reaction, or nothing where it is gone."""

    def decide(view: GraphView, command: Any, context: Context) -> Decision:
        reaction = view.node(Reaction, reaction_id)
        if reaction is None:
            return Accepted((), AlreadyDone())
        decision = operation.decide(view, command, context)
        if not isinstance(decision, Accepted):
            # Refused now means refused for good: the premise is gone, and so the reaction goes.
            return Accepted((removal(reaction),), AlreadyDone())
        return Accepted((*decision.changes, removal(reaction)), decision.outcome)

    return Operation(operation.name, operation.command, decide, operation.outcome)


class ReactionWorker:
    """Answers pending reactions, of each kind the oldest first; each gets so many seconds, else it is tried again."""

    def __init__(self, live: LiveState, submit: Submit, reacting: Mapping[str, Reacting], seconds: float) -> None:
        self._live = live
        self._submit = submit
        self._reacting = reacting
        self._seconds = seconds
        self._came = asyncio.Event()

    async def run(self) -> None:
        """Answer reactions until cancelled; one that fails is tried again."""
        unsubscribe = self._live.subscribe(self._notice)
        self._came.set()
        try:
            while True:
                await self._came.wait()
                self._came.clear()
                if not await self._answer_all():
                    await asyncio.sleep(_RETRY_SECONDS)
                    self._came.set()
        finally:
            unsubscribe()

    def _notice(self, state: State, commit: Commit | None) -> None:
        # What counts is what readers come to see: what an import stages is answered once that is closed.
        if commit is None or any(isinstance(change.after, Reaction) for change in state.effective):
            self._came.set()

    async def _answer_all(self) -> bool:
        pending = sorted(self._live.state.graph.nodes(Reaction), key=lambda reaction: (reaction.revision, reaction.id))
        kinds = [[each for each in pending if each.reaction == kind] for kind in self._reacting]
        # Each kind in its order, and none waits for another: an evaluation is not held up by somebody's slow service.
        return all(await asyncio.gather(*map(self._answer_each, kinds)))

    async def _answer_each(self, pending: list[Reaction]) -> bool:
        return all([await self._answer(reaction) for reaction in pending])

    async def _answer(self, reaction: Reaction) -> bool:
        try:
            async with asyncio.timeout(self._seconds):
                operation, command = await self._reacting[reaction.reaction](reaction, self._live.state.graph)
            await self._submit(Work(operation=completing(operation, reaction.id), command=command, actor=REACTOR))
        except Exception as fault:  # noqa: BLE001  # one that fails, however, may not keep the others from being answered
            _log.warning("The reaction %s failed and is tried again: %s", reaction.id, fault or type(fault).__name__)
            return False
        return True
