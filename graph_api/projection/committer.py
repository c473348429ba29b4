"""The committer: one a process, turns waiting commands into commits, many at a time (R1, R3, R4).

One Neo4j transaction locks the log head, catches up, decides, writes the graph and appends the commit. The base state
evolves only after the database said yes. Where the database's answer is lost, the batch is looked up before anything
is tried again.
"""

import asyncio
import logging
import os
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from graph_api.kernel.errors import CorruptLog, Internal, RateLimited, SwarmgraphError, TimedOut, Unavailable
from graph_api.projection.commit import SALT_BYTES, Commit, CommitCodec, Draft, ImportPhase
from graph_api.projection.deciding import (
    Answer,
    Guard,
    Limits,
    Outcome,
    Refusing,
    Unguarded,
    Work,
    commit_time,
    decide_batch,
)
from graph_api.projection.live import LiveState
from graph_api.projection.loading import locked_head, replay
from graph_api.store.database import Database, Transaction
from graph_api.store.graph import write_changes
from graph_api.store.log import append_commit, find_batch

_log: Final = logging.getLogger(__name__)
_RETRY_FIRST_SECONDS: Final = 0.02
_RETRY_LAST_SECONDS: Final = 1.0
_GROUP_COMMANDS: Final = 1000


class _Waiting(msgspec.Struct):
    work: Work
    answer: asyncio.Future[Outcome | Refusing]


class _Attempt(msgspec.Struct):
    """A batch under way: its id, and the answers to give once it is known to be committed."""

    batch_id: str
    answers: Sequence[Answer] = ()


class LogReplaced(Unavailable):
    """The log is not the one the state was folded from; the tail loads it again."""


class Committer:
    """Decides and commits the works that are given to `submit`, in the order they came."""

    def __init__(
        self, database: Database, codec: CommitCodec, live: LiveState, limits: Limits, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._codec = codec
        self._live = live
        self._limits = limits
        self._clock = clock
        self.guard: Guard = Unguarded()
        self._waiting: deque[_Waiting] = deque()
        self._came = asyncio.Event()
        self._holder = f"committer {uuid.uuid4().hex[:12]}"

    async def submit(self, work: Work, seconds: float) -> Outcome | Refusing:
        """Wait until a work is committed or refused.

        Raises RateLimited where too many wait, TimedOut, Conflict, Unavailable, and what `decide` raises.
        """
        if len(self._waiting) >= self._limits.commands_waiting:
            raise RateLimited(f"{len(self._waiting)} commands wait already.", suggestion="Try again in a moment.")
        answer: asyncio.Future[Outcome | Refusing] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(work, answer))
        self._came.set()
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError as fault:
            raise TimedOut(
                f"The command was not confirmed within {seconds:g} s; it may still have been carried out.",
                suggestion="Ask again with the same idempotency key: it is then carried out at most once.",
            ) from fault

    async def run(self) -> None:
        """Commit what waits until cancelled; then refuse what still waits."""
        try:
            while True:
                await self._came.wait()
                self._came.clear()
                while batch := self._next_batch():
                    await self._commit_or_split(batch)
        finally:
            _fail(self._waiting, Unavailable("The service is stopping."))

    def _next_batch(self) -> list[_Waiting]:
        """Take what waits, in order; a step of an import is a commit of its own."""
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < _GROUP_COMMANDS:
            alone = self._waiting[0].work.import_id is not None
            if alone and batch:
                break
            waiting = self._waiting.popleft()
            if not waiting.answer.done():
                batch.append(waiting)
                if alone:
                    break
        return batch

    async def _commit_or_split(self, batch: Sequence[_Waiting]) -> None:
        """Commit a batch; where it fails for good, command by command, so that a poisoned one fails alone."""
        try:
            await self._commit_until_known(batch)
        except Exception as fault:  # noqa: BLE001  # whatever went wrong belongs to the commands, never to the committer
            if len(batch) > 1 and not isinstance(fault, Unavailable):
                for single in batch:
                    await self._commit_or_split([single])
                return
            _log.warning("A commit of %d commands failed: %s", len(batch), fault)
            _fail(batch, fault if isinstance(fault, SwarmgraphError) else Internal(f"The commit failed: {fault}"))

    async def _commit_until_known(self, batch: Sequence[_Waiting]) -> None:
        """Try until the database accepts or refuses for good, or nobody waits any more."""
        attempt, pause = _Attempt(uuid.uuid4().hex), _RETRY_FIRST_SECONDS
        while any(not waiting.answer.done() for waiting in batch):
            try:
                await self._try(batch, attempt)
            except (Unavailable, TimedOut) as fault:
                _log.info("Commit %s is tried again: %s", attempt.batch_id, fault.message)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _RETRY_LAST_SECONDS)
            else:
                self._give(batch, attempt.answers)
                return

    async def _try(self, batch: Sequence[_Waiting], attempt: _Attempt) -> None:
        async with self._database.transaction(write=True) as transaction:
            await self._catch_up(transaction)
            if attempt.answers and await find_batch(transaction, attempt.batch_id) is not None:
                return
            commit = self._decide(batch, attempt)
            if commit is not None:
                if commit.import_phase is not ImportPhase.CLOSED:
                    await write_changes(transaction, commit.changes)
                await append_commit(transaction, commit.row, self._open_imports(commit))
        if commit is not None:
            self._live.advance(commit)
        self._live.seen()

    async def _catch_up(self, transaction: Transaction) -> None:
        try:
            head = await locked_head(transaction, self._holder)
            await replay(transaction, self._codec, self._live.state.revision, self._live.advance)
        except CorruptLog as fault:
            raise LogReplaced(f"The log is not the one that was loaded: {fault.message}") from fault
        state = self._live.state
        if (head.log_id, head.revision, head.hash) != (state.log_id, state.revision, state.hash):
            raise LogReplaced("The log is not the one that was loaded; it is being loaded again.")

    def _decide(self, batch: Sequence[_Waiting], attempt: _Attempt) -> Commit | None:
        state = self._live.state
        at = commit_time(self._clock(), state.at)
        decided = decide_batch(state, [waiting.work for waiting in batch], at, self._limits, self.guard)
        attempt.answers = decided.answers
        if not decided.entries:
            return None
        first = batch[0].work
        draft = Draft(
            batch_id=attempt.batch_id,
            entries=decided.entries,
            import_id=first.import_id,
            import_phase=first.import_phase,
        )
        salts = os.urandom(SALT_BYTES * len(draft.entries))
        row = self._codec.seal(
            draft, previous=state.hash, log_id=state.log_id, revision=state.revision + 1, at=at, salts=salts
        )
        return Commit(row, decided.entries, 0)

    def _open_imports(self, commit: Commit) -> list[str]:
        others = [name for name in self._live.state.open_imports if name != commit.row.import_id]
        stays_open = commit.import_phase not in (None, ImportPhase.CLOSED, ImportPhase.UNDONE)
        return [*others, commit.row.import_id] if stays_open and commit.row.import_id else others

    def _give(self, batch: Sequence[_Waiting], answers: Sequence[Answer]) -> None:
        for waiting, answer in zip(batch, answers, strict=False):
            if waiting.answer.done():
                continue
            if isinstance(answer, SwarmgraphError):
                waiting.answer.set_exception(answer)
            else:
                waiting.answer.set_result(answer)
        self._waiting.extendleft(reversed(batch[len(answers) :]))


def _fail(waiting: Iterable[_Waiting], fault: SwarmgraphError) -> None:
    for one in waiting:
        if not one.answer.done():
            one.answer.set_exception(fault)
