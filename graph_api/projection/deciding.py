"""Deciding a batch of commands: pure, one after the other, each on what the ones before it left."""

import hashlib
import logging
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, TypeAlias

import msgspec

from graph_api.kernel.commands import Accepted, AnyOperation, Command, Context, Refusal, Refused
from graph_api.kernel.errors import BadUserInput, Conflict, Internal, QueryTooCostly, SwarmgraphError
from graph_api.kernel.graph import GraphView, Overlay
from graph_api.kernel.records import AnyChange, upsert
from graph_api.projection.commit import CommandEntry, Entry, ImportPhase, entries_of
from graph_api.projection.records import Remembered, remembered_id
from graph_api.projection.state import State, entities_of

_log: Final = logging.getLogger(__name__)


class Limits(msgspec.Struct, frozen=True):
    """Changes that close a group, changes one command may make, days a key is remembered, commands that may wait."""

    changes_a_commit: int
    changes_a_command: int
    idempotency_days: int
    commands_waiting: int


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One command that waits to be decided."""

    operation: AnyOperation
    command: Command
    actor: str
    idempotency_key: str | None = None
    occurred_at: datetime | None = None
    import_id: str | None = None
    import_phase: ImportPhase | None = None


class Outcome(msgspec.Struct, frozen=True):
    """A command was carried out: its outcome, and the revision that has it."""

    outcome: Any
    revision: int


class Refusing(msgspec.Struct, frozen=True):
    """A command was refused on the state of this revision."""

    refusal: Refusal
    revision: int


Answer: TypeAlias = Outcome | Refusing | SwarmgraphError


class Decided(msgspec.Struct, frozen=True):
    """Answers to the first works of a batch, and the commit that makes them true."""

    answers: tuple[Answer, ...]
    entries: tuple[Entry[Any], ...]
    changes: tuple[AnyChange, ...]


class Judge(Protocol):
    """Says inside the lock who may do what, on the state as the commands before have left it."""

    def check(self, work: Work, at: datetime) -> None:
        """Raise Forbidden where the actor of a work may not do it at the instant of the commit."""
        ...

    def advance(self, view: GraphView, changes: Sequence[AnyChange]) -> bool:
        """Take up what a command changed; `view` shows it. False: nothing more can be judged before the commit."""
        ...


class Guard(Protocol):
    """Judges batches. What a judge has taken up is forgotten in the end: the base state evolves after the commit."""

    def judging(self) -> AbstractContextManager[Judge]:
        """Begin a batch."""
        ...


class Unguarded:
    """Lets everybody do everything: for a replica without permissions, such as that of a test or of a benchmark."""

    def check(self, work: Work, at: datetime) -> None:
        """Let it pass."""

    def advance(self, view: GraphView, changes: Sequence[AnyChange]) -> bool:
        """Go on."""
        return True

    @contextmanager
    def judging(self) -> Generator[Judge]:
        """Begin a batch."""
        yield self


def commit_time(now: datetime, previous: datetime) -> datetime:
    """Return the instant of the next commit (R6): the clock's, but always later than the last commit's."""
    return max(now, previous + timedelta(microseconds=1)).astimezone(UTC)


def decide_batch(state: State, batch: Sequence[Work], at: datetime, limits: Limits, guard: Guard) -> Decided:
    """Decide works in order until the commit holds enough changes; the rest is left for the next."""
    overlay = Overlay(state.graph)
    answers: list[Answer] = []
    entries: list[Entry[Any]] = []
    changes: list[AnyChange] = []
    with guard.judging() as judge:
        for number, work in enumerate(batch, start=1):
            answer, made = _decide(state, overlay, work, at, limits, judge)
            answers.append(answer)
            if made or _is_import_step(work, answer):
                overlay.apply(made)
                changes.extend(made)
                entries.extend(entries_of(CommandEntry(work.operation.name, work.actor, work.occurred_at), made))
            if len(changes) >= limits.changes_a_commit or number == len(batch):
                break  # nothing is judged after this one
            if made and not judge.advance(overlay, made):
                break
    return Decided(tuple(answers), tuple(entries), tuple(changes))


def _decide(
    state: State, overlay: Overlay, work: Work, at: datetime, limits: Limits, judge: Judge
) -> tuple[Answer, tuple[AnyChange, ...]]:
    try:
        judge.check(work, at)
        if (earlier := _remembered(overlay, work, at, limits)) is not None:
            return earlier, ()
        _check_import_step(state, work)
        decision = work.operation.decide(
            overlay, work.command, Context(at=at, actor=work.actor, revision=state.revision + 1)
        )
        if isinstance(decision, Refused):
            return Refusing(decision.refusal, state.revision), ()
        changes = _allowed(state, work, decision, at, limits)
    except SwarmgraphError as fault:
        return fault, ()
    except Exception as fault:  # noqa: BLE001  # a fault in one decision must not take its neighbours in the batch along
        _log.exception("The decision of %s failed.", work.operation.name)
        return Internal(f"The decision of {work.operation.name} failed: {fault}"), ()
    commits = bool(changes) or work.import_id is not None
    return Outcome(decision.outcome, state.revision + commits), changes


def _allowed(state: State, work: Work, decision: Accepted, at: datetime, limits: Limits) -> tuple[AnyChange, ...]:
    if len(decision.changes) > limits.changes_a_command:
        raise QueryTooCostly(
            f"{work.operation.name} would make {len(decision.changes)} changes.",
            suggestion=f"At most {limits.changes_a_command} are allowed: split the request.",
        )
    _refuse_reserved(state, decision.changes, work.import_id)
    if work.idempotency_key is None:
        return decision.changes
    return (*decision.changes, upsert(_remember(work, decision.outcome, state.revision + 1, at)))


def _check_import_step(state: State, work: Work) -> None:
    """Refuse a step of an import that another replica has ended, and a second opening."""
    if work.import_id is None:
        return
    is_open = work.import_id in state.open_imports
    if is_open == (work.import_phase is ImportPhase.OPENED):
        raise Conflict(
            f"The import {work.import_id} is {'open already' if is_open else 'not open any more'}.",
            suggestion="It was silent for too long and was undone: import again.",
        )


def _is_import_step(work: Work, answer: Answer) -> bool:
    return work.import_id is not None and isinstance(answer, Outcome)


def _refuse_reserved(state: State, changes: Sequence[AnyChange], own_import: str | None) -> None:
    if not state.open_imports:
        return
    touched = (entity for change in changes for entity in entities_of(change))
    if import_id := state.reserved_by(touched, but=own_import):
        raise Conflict(
            f"The import {import_id} is changing the same entities.", suggestion="Try again when it has ended."
        )


def _remember(work: Work, outcome: Any, revision: int, at: datetime) -> Remembered:
    return Remembered(
        id=remembered_id(work.actor, work.operation.name, work.idempotency_key or ""),
        input_hash=input_hash(work.command),
        outcome=msgspec.json.encode(outcome).decode(),
        revision=revision,
        at=at,
    )


def _remembered(overlay: Overlay, work: Work, at: datetime, limits: Limits) -> Outcome | None:
    if work.idempotency_key is None:
        return None
    node_id = remembered_id(work.actor, work.operation.name, work.idempotency_key)
    found = overlay.node(Remembered, node_id)
    if found is None or is_forgotten(found, at, limits.idempotency_days):
        return None
    if found.input_hash != input_hash(work.command):
        raise Conflict(
            f"The idempotency key {work.idempotency_key!r} was used for another input.",
            suggestion="Use a new key for a new request.",
        )
    return Outcome(msgspec.json.decode(found.outcome, type=work.operation.outcome), found.revision)


def check_key(key: str | None, characters_max: int) -> None:
    """Raise BadUserInput where a key is given that stands for nothing, or is longer than what is kept."""
    if key is None or (key.strip() and len(key) <= characters_max):
        return
    fault = f"has {len(key)} characters" if key.strip() else "is blank"
    raise BadUserInput(
        f"The idempotency key {fault}.",
        suggestion=f"Give one of 1 to {characters_max} characters, or leave it out.",
        place=("idempotencyKey",),
    )


def is_forgotten(remembered: Remembered, at: datetime, idempotency_days: int) -> bool:
    """Say whether a remembered outcome is too old to count, by the commit's time (R5)."""
    return remembered.at + timedelta(days=idempotency_days) <= at


def input_hash(command: Command) -> str:
    """Return a hash of what a command asks."""
    return hashlib.sha256(msgspec.json.encode(command.asked, order="deterministic")).hexdigest()
