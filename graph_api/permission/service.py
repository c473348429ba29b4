"""Permission as the doors use it: change tuples, write models. Every question goes to the graph in memory."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, Generic, TypeVar

import msgspec

from graph_api.kernel.commands import InputRejected, Refused, rejected
from graph_api.kernel.errors import QueryTooCostly, TimedOut, Unavailable
from graph_api.kernel.records import Node
from graph_api.ops.settings import Settings
from graph_api.permission.answers import Preview
from graph_api.permission.commands import (
    AuthorizationModelRejected,
    ChangePermissions,
    ModelSource,
    PermissionsChanged,
    SetUp,
    WriteModel,
    model_rejected,
)
from graph_api.permission.core import Core, shipped_core
from graph_api.permission.decisions import ChangeDecision
from graph_api.permission.derivation import DerivedRule, DerivedTable
from graph_api.permission.ends import Ends
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.errors import ModelProblem, PermissionGraphError
from graph_api.permission.history import PermissionHistory
from graph_api.permission.importing import TupleImport
from graph_api.permission.keeper import PERMISSION_KEEPER, PermissionKeeper
from graph_api.permission.kept_graph import KeptGraph
from graph_api.permission.live_model import live_permission, model_text, read_model, stored_model
from graph_api.permission.model_decisions import SET_UP, WriteModelDecision
from graph_api.permission.parsing import ParsedModel
from graph_api.permission.projection import PermissionDelta, PermissionProjection
from graph_api.permission.recent import Recent, RecentLimits
from graph_api.permission.records import AuthorizationModelRecord
from graph_api.permission.replaying import ReplayDecision
from graph_api.permission.streams import AccessLimits, PermissionStreams
from graph_api.permission.tuples import RelationshipTuple, TupleKey
from graph_api.projection.replica import Replica, utc_now
from graph_api.projection.state import State
from graph_api.projection.stream import stream_limits
from graph_api.projection.tasks import owned_tasks

ValueT = TypeVar("ValueT", covariant=True)
_TAIL_LOOKS: Final = 2
"""So many looks at the log a replica gets to see a pending model before it goes live."""


class Declared(msgspec.Struct, frozen=True):
    """What the rooms declare for permission: their kinds of entities, what these derive, and tuples for good."""

    entities: tuple[type[Node], ...]
    rules: tuple[DerivedRule, ...]
    fixed: tuple[RelationshipTuple, ...] = ()


class Answered(msgspec.Struct, Generic[ValueT], frozen=True):
    """A value and the revision that shows it."""

    value: ValueT
    revision: str


class ModelLive(msgspec.Struct, frozen=True, kw_only=True):
    """A model was written and made live, unless another one was written after it.

    So many tuples it does not let count, and this is doubtful about it.
    """

    model_id: str
    invalid_tuples: int
    warnings: tuple[ModelProblem, ...]


class Permissions:
    """Permission on one replica."""

    def __init__(self, replica: Replica, declared: Declared, settings: Settings, clock: Callable[[], datetime]) -> None:
        table = DerivedTable(declared.rules, declared.fixed)
        self.core = Core(shipped_core(), table.shapes)
        self.projection = PermissionProjection(replica.live, table, clock)
        self.recent = Recent(replica, self.projection, table, _recent_limits(settings))
        self.streams = PermissionStreams(self.recent, stream_limits(settings), _access_limits(settings))
        self._replica = replica
        self._settings = settings
        self._clock = clock
        ends = Ends(declared.entities)
        self._deciding = ChangeDecision(ends, table)
        self.replaying = ReplayDecision(ends, self._deciding)
        self.importing = TupleImport(replica, ends, self._deciding)
        self._change = self._deciding.operation
        self._history = PermissionHistory(replica, table, settings.history_seconds)
        self.projection.subscribe(self._follow_log)
        self._write = WriteModelDecision(self.core).operation

    @property
    def graph(self) -> KeptGraph:
        """The permission graph as of the replica's revision; raises Unavailable where no model is live."""
        return self.projection.graph

    @property
    def live_model_id(self) -> str:
        """The id of the live model; raises Unavailable where there is none."""
        pointer = self.projection.pointer
        if pointer is None or pointer.live is None:
            raise Unavailable("No authorization model is live yet.", suggestion="The service writes one at its start.")
        return pointer.live

    def follow(self, follower: Callable[[], None]) -> Callable[[], None]:
        """Call `follower` after every commit that changed permissions until the returned function is called."""

        def listen(state: State, delta: PermissionDelta | None) -> None:
            if delta is None or delta.changes or delta.model_switched:
                follower()

        return self.projection.subscribe(listen)

    def _follow_log(self, state: State, delta: PermissionDelta | None) -> None:
        if delta is None:
            self._history.forget()

    def now(self) -> datetime:
        """Return the instant that expiries are compared with."""
        return self._clock()

    async def graph_at(self, at: datetime) -> PermissionGraph:
        """Return the graph as it was at an instant, or the present one for an instant that is not over."""
        return self.graph if at >= self.now() else await self._history.graph_at(at)

    def model_record(self, model_id: str | None) -> AuthorizationModelRecord | None:
        """Return a model as stored, the live one where no id is given."""
        return stored_model(self._replica.graph, model_id or self.live_model_id)

    def preview(self, add: Sequence[RelationshipTuple], remove: Sequence[TupleKey]) -> Preview | InputRejected:
        """Tell whose access a change of tuples would alter; raises QueryTooCostly."""
        command = ChangePermissions(add=tuple(add), remove=tuple(remove))
        self._check_size(command)
        if problems := self._deciding.problems(self._replica.graph, command, self.now()):
            return rejected(problems)
        return self._previewed(add, remove, None)

    async def preview_model(self, source: ModelSource) -> Preview | AuthorizationModelRejected:
        """Tell whose access another model would alter; raises QueryTooCostly."""
        try:
            parsed = await asyncio.to_thread(self.core.complete, source)
        except PermissionGraphError as fault:
            return model_rejected(fault)
        return self._previewed((), (), parsed)

    def _previewed(
        self, add: Sequence[RelationshipTuple], remove: Sequence[TupleKey], model: ParsedModel | None
    ) -> Preview:
        most = self._settings.preview_places_max
        try:
            return self.graph.preview(add, remove, model, at=self.now(), places_max=most)
        except PermissionGraphError as fault:
            raise QueryTooCostly(fault.message, suggestion=fault.suggestion or "") from fault

    async def change(
        self, command: ChangePermissions, *, actor: str, idempotency_key: str | None = None
    ) -> Answered[PermissionsChanged | InputRejected]:
        """Change explicit tuples, all or none; raises QueryTooCostly, and what `submit` of a replica raises."""
        self._check_size(command)
        done = await self._replica.submit(self._change, command, actor=actor, idempotency_key=idempotency_key)
        if isinstance(done, Refused):
            assert isinstance(done.refusal, InputRejected), "tuples are refused for the input only"
            return Answered(done.refusal, self._replica.revision)
        return Answered(done.outcome, done.revision)

    def _check_size(self, command: ChangePermissions) -> None:
        if command.size > (most := self._settings.tuples_a_request_max):
            raise QueryTooCostly(
                f"The request names {command.size} tuples.", suggestion=f"At most {most} are allowed: split it."
            )

    async def write_model(
        self, source: ModelSource, *, actor: str, idempotency_key: str | None = None
    ) -> Answered[ModelLive | AuthorizationModelRejected]:
        """Write a model and wait until it is live; raises TimedOut, and what `submit` of a replica raises."""
        try:
            parsed = await asyncio.to_thread(self.core.complete, source)
        except PermissionGraphError as fault:
            return Answered(model_rejected(fault), self._replica.revision)
        command = WriteModel(source=source, text=model_text(parsed.model))
        done = await self._replica.submit(self._write, command, actor=actor, idempotency_key=idempotency_key)
        if isinstance(done, Refused):
            assert isinstance(done.refusal, AuthorizationModelRejected), "a model is refused for what it lacks only"
            return Answered(done.refusal, self._replica.revision)
        written: str = done.outcome.model_id
        await self._until_settled(written)
        # Another model may have been written since; what is told is of this one.
        replaced = None if self.live_model_id == written else parsed.model
        invalid = self.graph.count_invalid(replaced)
        live = ModelLive(model_id=written, invalid_tuples=invalid, warnings=parsed.warnings)
        return Answered(live, self._replica.revision)

    async def set_up(self) -> None:
        """Write the core module as the first model; renew one that is or becomes live and lacks some of it."""
        view = self._replica.graph
        pointer = live_permission(view)
        if pointer is None:
            await self._replica.submit(SET_UP, SetUp(text=model_text(self.core.model)), actor=PERMISSION_KEEPER)
        elif (stored := stored_model(view, pointer.pending or pointer.live)) is not None:
            await self._renew(stored.source)

    async def _renew(self, source: str) -> None:
        try:
            model = read_model(source).model
            if not self.core.missing(model):
                return
            text = model_text(self.core.renewed(model))
        except PermissionGraphError as fault:
            raise Unavailable(
                f"The live authorization model does not fit this version: {fault}",
                suggestion="Write one that fits with the version that it was written for, then start this one.",
            ) from fault
        command = WriteModel(source=ModelSource(dsl=text), text=text)
        await self._replica.submit(self._write, command, actor=PERMISSION_KEEPER)

    async def _until_settled(self, model_id: str) -> None:
        """Wait until a model is not pending any more: it is live, or another one was written after it."""
        seconds = self._settings.mutation_seconds
        try:
            async with asyncio.timeout(seconds):
                while True:
                    moved, pointer = self.projection.moved, self.projection.pointer
                    if pointer is None or pointer.pending != model_id:
                        return
                    await moved.wait()
        except TimeoutError as fault:
            raise TimedOut(
                f"The model {model_id} is written and was not live within {seconds:g} s; it will be.",
                suggestion="Look at the live model in a moment, or ask again with the same idempotency key.",
            ) from fault


@asynccontextmanager
async def open_permissions(
    replica: Replica, declared: Declared, settings: Settings, *, clock: Callable[[], datetime] = utc_now
) -> AsyncGenerator[Permissions]:
    """Open permission on a replica: follow its log, write the first model, and keep what time and switches ask for.

    Raises Unavailable where the live model does not fit this version.
    """
    permissions = Permissions(replica, declared, settings, clock)
    keeper = PermissionKeeper(replica, permissions.projection, clock, settings.tail_idle_ms / 1000 * _TAIL_LOOKS)
    try:
        await permissions.set_up()
        async with owned_tasks(expiry=keeper.expire(), models=keeper.switch()):
            yield permissions
    finally:
        permissions.recent.close()
        permissions.projection.close()


def _recent_limits(settings: Settings) -> RecentLimits:
    return RecentLimits(settings.permission_revisions_kept_max, settings.permission_changes_kept_max)


def _access_limits(settings: Settings) -> AccessLimits:
    return AccessLimits(
        watches=settings.access_watches_max,
        a_commit=settings.access_comparisons_a_commit_max,
        a_resumption=settings.access_comparisons_a_resumption_max,
    )


def entities_of(*records: Sequence[type]) -> tuple[type[Node], ...]:
    """Return the kinds of nodes among the records of rooms."""
    return tuple(each for room in records for each in room if issubclass(each, Node))
