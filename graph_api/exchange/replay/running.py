"""Replay a folder: its model beside what is live, then its events in order, each instant by commands of its own.

Commands are asked for ahead, so that many of them go into one commit. A replay that was killed goes on where it ended.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec

from graph_api.exchange.importing import Progress
from graph_api.exchange.reading import ImportLimits
from graph_api.exchange.replay.answers import Access, compare_end, who_had_access
from graph_api.exchange.replay.events import Batch, Event, EventKind, History, batches, read_history
from graph_api.exchange.replay.model import beside, replay_model
from graph_api.exchange.replay.names import Names
from graph_api.exchange.replay.pace import Pace
from graph_api.exchange.replay.report import ReplayReport
from graph_api.kernel.commands import AnyOperation, Command, InputRejected, Refused
from graph_api.kernel.errors import BadUserInput, Conflict
from graph_api.kernel.graph import GraphView
from graph_api.kernel.ids import entity_id
from graph_api.permission.commands import AuthorizationModelRejected, ModelSource, PermissionsChanged
from graph_api.permission.language.writing import write_json
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.records import Replay
from graph_api.permission.replaying import BEGIN_REPLAY, BeginReplay, ReplayEvents
from graph_api.permission.service import Permissions
from graph_api.projection.replica import Committed, Replica

ACTOR: Final = "system:replay"
EVENTS_A_COMMAND: Final = 500
EVENTS_AHEAD: Final = 2000
STEPS_A_SECOND: Final = 4
"""So often a second events pass, at least, where a rate is given that allows it."""
_DIGITS: Final = 32


class ReplayOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to replay: at most so many events a second, and which instants to tell of afterwards."""

    events_a_second: float | None = None
    asked: tuple[datetime, ...] = ()
    commit_seconds: float = 60.0
    limits: ImportLimits = ImportLimits()

    @property
    def events_a_command(self) -> int:
        """How many events of one instant go together."""
        rate = self.events_a_second
        return EVENTS_A_COMMAND if rate is None else max(1, min(EVENTS_A_COMMAND, int(rate / STEPS_A_SECOND)))


async def replay_folder(
    replica: Replica, permissions: Permissions, folder: Path, *, progress: Progress, options: ReplayOptions
) -> ReplayReport:
    """Replay what was not replayed yet, compare the end with what the folder says, and tell who had access.

    Raises BadUserInput where the folder is of no use, Conflict where it differs from what was replayed of it or where
    the live model contradicts it, and what the replica raises.
    """
    model = await asyncio.to_thread(replay_model, permissions.core)
    names = Names(model)
    history = await asyncio.to_thread(read_history, folder, names, permissions.now(), options.limits)
    if not history.events:
        told = f": {history.skipped[0]}" if history.skipped else ""
        raise BadUserInput(f"{folder} holds no event that can be replayed{told}.", place=(str(folder),))
    run = _Run(replica, permissions, history.events, progress, options)
    if run.after < len(history.events):
        await run.begin(model)
        await run.replay()
    return msgspec.structs.replace(
        run.report(folder, history),
        end_state=compare_end(folder, replica.graph, names, options.limits),
        access=await _access(permissions, history.events[0].at, options.asked),
    )


async def _access(permissions: Permissions, first: datetime, asked: Iterable[datetime]) -> tuple[Access, ...]:
    # Before the first event there need not have been a model to answer by.
    return tuple([who_had_access(await permissions.graph_at(at), at) if at >= first else Access(at=at) for at in asked])


def replay_id(events: tuple[Event, ...]) -> str:
    """Return the id under which is noted how far a history is replayed: it follows from the first event."""
    return entity_id(Replay.entity_type, events[0].digest[:_DIGITS])


def replayed(view: GraphView, events: tuple[Event, ...]) -> int:
    """Return how many events of a history are replayed; raises Conflict where those were other ones."""
    noted = view.node(Replay, replay_id(events))
    if noted is None or noted.events == 0:
        return 0
    if noted.events > len(events) or events[noted.events - 1].digest != noted.digest:
        raise Conflict(
            f"The first {noted.events} events are not those that were replayed before.",
            suggestion="Replay the folder as it was (newer events may be added), or replay into another database.",
        )
    return noted.events


class _Run:
    """One run of a replay."""

    def __init__(
        self,
        replica: Replica,
        permissions: Permissions,
        events: tuple[Event, ...],
        progress: Progress,
        options: ReplayOptions,
    ) -> None:
        self._replica = replica
        self._permissions = permissions
        self._events = events
        self._progress = progress
        self._options = options
        self._operation = permissions.replaying.operation
        self._id = replay_id(events)
        self._waiting: deque[tuple[Batch, asyncio.Task[Committed]]] = deque()
        self.after = replayed(replica.graph, events)
        self._done = self.after
        self._outcomes: list[Committed] = []
        self._seconds = 0.0

    async def begin(self, model: AuthorizationModel) -> None:
        """Have the model live, from the first event on, and find out what others have replayed meanwhile."""
        model_id = await self._make_live(beside(self._permissions.graph.model, model))
        command = BeginReplay(replay_id=self._id, model_id=model_id)
        await self._submit(BEGIN_REPLAY, command, self._events[0].at)
        self.after = self._done = replayed(self._replica.graph, self._events)

    async def _make_live(self, model: AuthorizationModel) -> str:
        if model == self._permissions.graph.model:
            return self._permissions.live_model_id
        answer = await self._permissions.write_model(ModelSource(json=write_json(model)), actor=ACTOR)
        if isinstance(answer.value, AuthorizationModelRejected):
            reason = answer.value.problems[0].message
            raise Conflict(f"The model of the history does not go with the live one: {reason}")
        return answer.value.model_id

    async def replay(self) -> None:
        """Replay what is left, asking ahead."""
        began, pace = monotonic(), Pace(self._options.events_a_second)
        try:
            for batch in batches(self._events, self.after, self._options.events_a_command):
                await pace.wait(len(batch.events))
                self._waiting.append((batch, asyncio.create_task(self._replay(batch))))
                await self._settle(EVENTS_AHEAD)
            await self._settle(0)
        finally:
            await self._give_up()
        self._seconds = monotonic() - began

    async def _replay(self, batch: Batch) -> Committed:
        command = ReplayEvents(
            replay_id=self._id,
            after=batch.after,
            events=len(batch.events),
            digest=batch.events[-1].digest,
            add=batch.tuples(EventKind.ADD),
            remove=tuple(each.key for each in batch.tuples(EventKind.REMOVE)),
        )
        return await self._submit(self._operation, command, batch.at)

    async def _submit(self, operation: AnyOperation, command: Command, at: datetime) -> Committed:
        seconds = self._options.commit_seconds
        done = await self._replica.submit(operation, command, actor=ACTOR, timeout_seconds=seconds, occurred_at=at)
        if isinstance(done, Refused):
            problems = done.refusal.problems if isinstance(done.refusal, InputRejected) else ()
            raise Conflict(
                " ".join((f"Events of {at.isoformat()} were refused.", *(each.message for each in problems[:1]))),
                suggestion="Another model may have become live meanwhile. Replay again: it goes on where it ended.",
            )
        return done

    async def _settle(self, events_ahead: int) -> None:
        """Wait until at most so many events are asked for and not answered; take up what is answered anyway."""
        while self._waiting and (self._asked() - self._done > events_ahead or self._waiting[0][1].done()):
            batch, task = self._waiting[0]
            self._outcomes.append(await task)
            self._waiting.popleft()
            self._done += len(batch.events)
            self._progress(self._done, len(self._events))

    def _asked(self) -> int:
        last = self._waiting[-1][0]
        return last.after + len(last.events)

    async def _give_up(self) -> None:
        """Wait for no answer any more; what was committed stays, and is noted as replayed."""
        for _, task in self._waiting:
            task.cancel()
        await asyncio.gather(*(task for _, task in self._waiting), return_exceptions=True)

    def report(self, folder: Path, history: History) -> ReplayReport:
        """Return what this run did."""
        changed: list[PermissionsChanged] = [each.outcome for each in self._outcomes]
        return ReplayReport(
            folder=folder.name or folder.resolve().name,
            events=len(history.events),
            first_at=history.events[0].at,
            last_at=history.events[-1].at,
            replayed=self._done - self.after,
            added=sum(each.added for each in changed),
            removed=sum(each.removed for each in changed),
            as_they_were=sum(each.unchanged for each in changed),
            commits=len({each.revision for each in self._outcomes}),
            elapsed_seconds=self._seconds,
            revision=self._replica.revision,
            model_id=self._permissions.live_model_id,
            skipped_count=len(history.skipped),
            skipped=history.skipped[: self._options.limits.faults_listed_max],
            notes=history.notes,
        )
