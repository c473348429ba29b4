"""One replica of the service: it opens the log, loads the state, follows the log and commits commands.

`open_replica` is the only way to get one; every task it starts is awaited and stopped when it closes.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from graph_api.kernel.commands import AnyOperation, Command, Refused
from graph_api.kernel.errors import CorruptLog, Internal, SwarmgraphError
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import RecordRegistry
from graph_api.ops.private import private_folder
from graph_api.ops.settings import Settings
from graph_api.projection.commit import FIRST_HASH, FORMAT, Commit, CommitCodec
from graph_api.projection.committer import Committer
from graph_api.projection.deciding import Guard, Limits, Refusing, Work, check_key
from graph_api.projection.forgetting import FORGET, ForgetOutcomes
from graph_api.projection.imports import CHANGES, Importer, ImportSteps
from graph_api.projection.live import Listener, LiveState
from graph_api.projection.loading import catch_up, cold_load
from graph_api.projection.past import past
from graph_api.projection.reactions import Reacting, ReactionWorker
from graph_api.projection.revision import number_of, token
from graph_api.projection.snapshot import read_snapshot
from graph_api.projection.snapshots import FILE_NAME, Snapshotter, replica_folder
from graph_api.projection.state import State
from graph_api.projection.tail import Tail
from graph_api.projection.tasks import owned_tasks
from graph_api.projection.visible import Follower, Visible, visible
from graph_api.projection.warm_up import warm_up
from graph_api.store.address import ServerAddress
from graph_api.store.database import Database, open_database
from graph_api.store.migrations import migrate

_log: Final = logging.getLogger(__name__)
Clock: TypeAlias = Callable[[], datetime]
IMPORTER: Final = "system:imports"
KEEPER: Final = "system:keeper"
_FORGET_SECONDS: Final = 3600.0


class Committed(msgspec.Struct, frozen=True):
    """A command was carried out: its outcome, and the revision that shows it."""

    outcome: Any
    revision: str


def utc_now() -> datetime:
    """Return the clock's time in UTC."""
    return datetime.now(UTC)


class Replica:
    """What the rest of the service sees: the committed state, and a way to change it."""

    def __init__(
        self, database: Database, codec: CommitCodec, live: LiveState, committer: Committer, settings: Settings
    ) -> None:
        self.database = database
        self.live = live
        self._codec = codec
        self._committer = committer
        self._settings = settings
        locks = private_folder(settings.data_dir / "imports")
        self._importer = Importer(self.commit, lambda: live.state, locks, settings.import_chunk_changes)
        self._undoing = asyncio.Lock()

    @property
    def graph(self) -> Graph:
        """The committed state. Read it without awaiting in between wherever two reads must agree."""
        return self.live.state.graph

    @property
    def revision(self) -> str:
        """The token of that state."""
        return self.live.revision

    @property
    def first_revision(self) -> str:
        """The token before the first commit of the log."""
        return token(self.live.state.log_id, 0)

    @property
    def at(self) -> datetime:
        """The instant of the commit that made that state."""
        return self.live.state.at

    @property
    def fresh_seconds(self) -> float:
        """How long that state may still be answered from, unless the log is read before (R9)."""
        return self.live.fresh_seconds

    def ensure_fresh(self) -> None:
        """Raise Unavailable where this replica is too far behind to answer (R9)."""
        self.live.ensure_fresh()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every commit until the returned function is called."""
        return self.live.subscribe(listener)

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Call `follower` with what each commit shows until the returned function is called."""

        def listen(state: State, commit: Commit | None) -> None:
            follower(None if commit is None else visible(commit, state.effective))

        return self.live.subscribe(listen)

    def past(self, after: str) -> AsyncGenerator[Visible]:
        """Yield what the commits after a revision showed, up to the state's; raises RevisionGone, Unavailable."""
        state = self.live.state
        return past(self.database, self._codec, state.log_id, number_of(after, state.log_id) + 1, state.revision)

    def guard_with(self, guard: Guard) -> None:
        """Have every command judged inside the lock from now on."""
        self._committer.guard = guard

    async def wait_for(self, revision: str) -> None:
        """Wait until the state has a revision; raises RevisionTimeout, RevisionGone, BadUserInput."""
        await self.live.wait_for(revision, self._settings.revision_wait_seconds)

    async def submit(
        self,
        operation: AnyOperation,
        command: Command,
        *,
        actor: str,
        idempotency_key: str | None = None,
        timeout_seconds: float | None = None,
        occurred_at: datetime | None = None,
    ) -> Committed | Refused:
        """Have a command decided and committed; a replay says when it occurred in the past (R6).

        Raises BadUserInput (the key is blank or too long), Conflict (it was used for another input), TimedOut,
        Unavailable, and what the decision raises.
        """
        check_key(idempotency_key, self._settings.idempotency_key_max_characters)
        work = Work(
            operation=operation,
            command=command,
            actor=actor,
            idempotency_key=idempotency_key,
            occurred_at=occurred_at,
        )
        answer = await self._committer.submit(work, timeout_seconds or self._settings.mutation_seconds)
        if isinstance(answer, Refusing):
            return Refused(answer.refusal)
        return Committed(answer.outcome, token(self.live.state.log_id, answer.revision))

    async def import_changes(
        self,
        import_id: str,
        changes: Sequence[Any],
        *,
        actor: str,
        progress: Callable[[int], None],
        steps: ImportSteps = CHANGES,
    ) -> str:
        """Commit many changes as one import, all or nothing, and return the revision that shows them.

        `progress` is told the number of changes after each part. No changes make no commit. `steps` decide what
        a change is; without them it is one of a record.
        """
        if not changes:
            return self.revision
        return token(self.live.state.log_id, await self._importer.run(import_id, changes, actor, progress, steps))

    async def undo_abandoned_imports(self) -> list[str]:
        """Undo the imports whose process is gone and return their ids."""
        async with self._undoing:  # the watch may look while the start, or an earlier look, is still at it
            abandoned = self._importer.abandoned(utc_now(), self._settings.import_lease_seconds)
            for import_id in abandoned:
                _log.warning("The import %s was left half done and is undone.", import_id)
                await self._importer.undo(import_id, IMPORTER)
            return abandoned

    async def watch_imports(self) -> None:
        """Undo abandoned imports now and then, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.import_lease_seconds / 2)
            try:
                await self.undo_abandoned_imports()
            except SwarmgraphError as fault:
                _log.warning("An abandoned import could not be undone yet: %s", fault.message)

    async def forget_old_outcomes(self) -> None:
        """Forget outcomes that are too old to be asked for again, once an hour, until cancelled."""
        while True:
            await asyncio.sleep(_FORGET_SECONDS)
            command = ForgetOutcomes(idempotency_days=self._settings.idempotency_days)
            try:
                await self.commit(Work(operation=FORGET, command=command, actor=KEEPER))
            except SwarmgraphError as fault:
                _log.warning("Old outcomes could not be forgotten yet: %s", fault.message)

    async def commit(self, work: Work) -> int:
        """Commit the work of a background task and return the revision that has it."""
        answer = await self._committer.submit(work, self._settings.background_commit_seconds)
        if isinstance(answer, Refusing):
            raise Internal(f"{work.operation.name} was refused: {answer.refusal.message}")
        return answer.revision


@asynccontextmanager
async def open_replica(
    settings: Settings,
    registry: RecordRegistry,
    address: ServerAddress,
    *,
    reacting: Mapping[str, Reacting] | None = None,
    clock: Clock = utc_now,
    warm: bool = False,
) -> AsyncGenerator[Replica]:
    """Open a replica: migrate, load (from a snapshot where the log confirms it), warm up, follow, commit.

    Raises Unavailable where the server cannot be reached, CorruptLog where its log cannot be read.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(address, settings))
        await migrate(database, log_id=uuid.uuid4().hex, log_format=FORMAT, first_hash=FIRST_HASH, at=clock())
        codec = CommitCodec(registry)
        folder = stack.enter_context(replica_folder(settings.data_dir / "snapshots"))

        async def load() -> State:
            state, _ = await _load(database, registry, codec, folder)
            return state

        state, written = await _load(database, registry, codec, folder)
        live = LiveState(state, settings.staleness_max_ms / 1000)
        if warm:
            _log.info("The write path was warmed up for %.1f s.", await warm_up(database, settings.warm_up_seconds))
        committer = Committer(database, codec, live, _limits(settings), clock)
        replica = Replica(database, codec, live, committer, settings)
        tail = Tail(
            database, codec, live, load,
            pause_seconds=settings.tail_ms / 1000, idle_seconds=settings.tail_idle_ms / 1000,
        )  # fmt: skip
        snapshotter = Snapshotter(live, folder, settings.snapshot_commits, written)
        worker = ReactionWorker(live, replica.commit, reacting or {}, settings.background_commit_seconds)
        await stack.enter_async_context(
            owned_tasks(
                commit=committer.run(), tail=tail.run(), imports=replica.watch_imports(),
                reactions=worker.run(), outcomes=replica.forget_old_outcomes(), snapshots=snapshotter.run(),
            )
        )  # fmt: skip
        live.seen()
        await replica.undo_abandoned_imports()
        yield replica


async def _load(
    database: Database, registry: RecordRegistry, codec: CommitCodec, folder: Path
) -> tuple[State, int | None]:
    """Return the state, and the revision of the snapshot that it was loaded from."""
    state = read_snapshot(folder / FILE_NAME, registry)
    if state is not None:
        written = state.revision
        try:
            await catch_up(database, codec, state)
        except CorruptLog as fault:
            _log.warning("The snapshot does not belong to this log and is not used: %s", fault.message)
        else:
            return state, written
    return await cold_load(database, registry, codec), None


def _limits(settings: Settings) -> Limits:
    return Limits(
        changes_a_commit=settings.changes_a_commit_max,
        changes_a_command=settings.changes_a_command_max,
        idempotency_days=settings.idempotency_days,
        commands_waiting=settings.commands_waiting_max,
    )
