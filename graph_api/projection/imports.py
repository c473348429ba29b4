"""Large imports: many commits under one import id that become visible together, or are undone together.

Staging commits write the graph and keep the values they replaced; replicas hold their changes back until the closing
commit. An import whose process died is undone from those old values.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from graph_api.kernel.commands import Accepted, AnyOperation, Command, Context, Decision, Operation
from graph_api.kernel.errors import Conflict
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import Change
from graph_api.projection.commit import ImportPhase
from graph_api.projection.deciding import Work
from graph_api.projection.locks import try_lock
from graph_api.projection.state import State


class StageImport(Command, frozen=True, kw_only=True):
    """Write these changes and keep what they replace; what a change is, only the decision knows."""

    changes: tuple[Any, ...]


class RestoreImport(Command, frozen=True, kw_only=True):
    """Write back what these staged changes replaced, the last one first."""

    changes: tuple[Any, ...]


class EndImport(Command, frozen=True, kw_only=True):
    """Close or drop an import."""


class ImportStep(msgspec.Struct, frozen=True):
    """A step of an import was committed; so many changes were made by it."""

    changes: int


def decide_stage(view: GraphView, command: StageImport, context: Context) -> Decision:
    """Keep the changes that alter something, each with the record it replaces."""
    with_old = (
        Change(key=change.key, after=change.after, before=view.record(change.key)) for change in command.changes
    )
    changes = tuple(change for change in with_old if change.after != change.before)
    return Accepted(changes, ImportStep(len(changes)))


def decide_restore(view: GraphView, command: RestoreImport, context: Context) -> Decision:
    """Put every old value back."""
    changes = tuple(Change(key=change.key, after=change.before) for change in reversed(command.changes))
    return Accepted(changes, ImportStep(len(changes)))


def decide_end(view: GraphView, command: EndImport, context: Context) -> Decision:
    """Change nothing but the import's phase."""
    return Accepted((), ImportStep(0))


STAGE: Final = Operation("stageImport", StageImport, decide_stage, ImportStep)
RESTORE: Final = Operation("restoreImport", RestoreImport, decide_restore, ImportStep)
END: Final = Operation("endImport", EndImport, decide_end, ImportStep)


class ImportSteps(NamedTuple):
    """How an import is decided: a part of it, and whether it may be closed once all parts are staged."""

    stage: Operation[StageImport]
    close: AnyOperation
    closing: Command


CHANGES: Final = ImportSteps(STAGE, END, EndImport())
"""The parts are changes, and every import may be closed."""


class Submit(Protocol):
    """Commits a work and returns the revision that has it; raises what the committer raises."""

    async def __call__(self, work: Work) -> int:
        """Commit."""
        ...


class Importer:
    """Carries imports out, and undoes those that nobody carries on."""

    def __init__(self, submit: Submit, state: Callable[[], State], locks: Path, chunk_changes: int) -> None:
        self._submit = submit
        self._state = state
        self._locks = locks
        self._chunk = chunk_changes

    async def run(
        self,
        import_id: str,
        changes: Sequence[Any],
        actor: str,
        progress: Callable[[int], None],
        steps: ImportSteps = CHANGES,
    ) -> int:
        """Commit all changes as one import and return the revision that shows them; undo them where one fails."""
        async with self._alive(import_id):
            try:
                phase = ImportPhase.OPENED
                for chunk in _chunks(changes, self._chunk):
                    work = Work(operation=steps.stage, command=StageImport(changes=chunk), actor=actor)
                    await self._step(work, import_id, phase)
                    progress(len(chunk))
                    phase = ImportPhase.STAGED
                closing = Work(operation=steps.close, command=steps.closing, actor=actor)
                return await self._step(closing, import_id, ImportPhase.CLOSED)
            except BaseException:  # also where the import is cancelled: half an import must not stay
                await self.undo(import_id, actor)
                raise

    async def undo(self, import_id: str, actor: str) -> None:
        """Write back all old values of an open import and drop it; one that another replica ended is left alone."""
        staged = self._state().staged(import_id)
        if import_id not in self._state().open_imports:
            return
        try:
            for chunk in reversed(list(_chunks(staged, self._chunk))):
                work = Work(operation=RESTORE, command=RestoreImport(changes=chunk), actor=actor)
                await self._step(work, import_id, ImportPhase.RESTORED)
            await self._step(_end(actor), import_id, ImportPhase.UNDONE)
        except Conflict:
            return

    def abandoned(self, now: datetime, lease_seconds: float) -> list[str]:
        """Return the open imports whose process is gone: its lock is free here, or it was silent for too long."""
        state = self._state()
        return [name for name in state.open_imports if self._is_abandoned(state, name, now, lease_seconds)]

    def _is_abandoned(self, state: State, import_id: str, now: datetime, lease_seconds: float) -> bool:
        path = self._locks / f"{import_id}.lock"
        if not path.exists():
            return state.staged_at(import_id) + timedelta(seconds=lease_seconds) < now
        with path.open("r+") as file:
            return try_lock(file)

    async def _step(self, work: Work, import_id: str, phase: ImportPhase) -> int:
        return await self._submit(msgspec.structs.replace(work, import_id=import_id, import_phase=phase))

    @asynccontextmanager
    async def _alive(self, import_id: str) -> AsyncGenerator[None]:
        """Hold a lock that the operating system lets go when this process ends, however it ends."""
        self._locks.mkdir(parents=True, exist_ok=True)
        path = self._locks / f"{import_id}.lock"
        with path.open("w") as file:
            if not try_lock(file):
                raise Conflict(f"The import {import_id} is under way already.")
            try:
                yield
            finally:
                path.unlink(missing_ok=True)


def _end(actor: str) -> Work:
    return Work(operation=END, command=EndImport(), actor=actor)


def _chunks(changes: Sequence[Any], size: int) -> Iterator[tuple[Any, ...]]:
    return (tuple(changes[start : start + size]) for start in range(0, len(changes), size))
