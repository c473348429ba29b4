"""The port's second implementation: the whole state in this process, each command one commit, nothing on disk.

It runs the same pure decisions on the same graph as the real replica; what it lacks is the database and other replicas.
"""

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta

import msgspec

from graph_api.kernel.commands import AnyOperation, Command, Context, Refused
from graph_api.kernel.errors import Conflict, RevisionTimeout, Unavailable
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Record, upsert
from graph_api.ops.settings import Settings
from graph_api.projection.commit import CommandEntry
from graph_api.projection.deciding import check_key
from graph_api.projection.replica import Committed
from graph_api.projection.revision import number_of, token
from graph_api.projection.visible import Follower, Visible

LOG_ID = "memory00"
KEY_CHARACTERS_MAX = Settings().idempotency_key_max_characters
FRESH_SECONDS = 60.0
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class MemoryReplica:
    """A replica of nothing but itself."""

    def __init__(self, *records: Record) -> None:
        self.graph = Graph()
        self.graph.apply(upsert(record) for record in records)
        self.number = 1
        self.start = START
        self.is_fresh = True
        self.commits: list[tuple[str, str, int]] = []
        self.log: list[Visible] = []
        self.followers: list[Follower] = []
        self._kept: dict[tuple[str, str, str], tuple[bytes, Committed]] = {}

    @property
    def revision(self) -> str:
        return token(LOG_ID, self.number)

    def ensure_fresh(self) -> None:
        if not self.is_fresh:
            raise Unavailable("This replica has not reached the log.", suggestion="Try again.")

    @property
    def at(self) -> datetime:
        return self.log[-1].at if self.log else self.start

    @property
    def fresh_seconds(self) -> float:
        return FRESH_SECONDS if self.is_fresh else 0.0

    def follow(self, follower: Follower) -> Callable[[], None]:
        self.followers.append(follower)
        return lambda: self.followers.remove(follower)

    def tell(self, shown: Visible | None) -> None:
        """Tell those who follow what a commit shows, or that the log was replaced."""
        for follower in tuple(self.followers):
            follower(shown)

    async def past(self, after: str) -> AsyncGenerator[Visible]:
        until = self.revision
        for shown in self.log:
            if after < shown.revision <= until:
                yield shown

    async def wait_for(self, revision: str) -> None:
        if number_of(revision, LOG_ID) > self.number:
            raise RevisionTimeout(f"Revision {revision} did not arrive.", suggestion="Try again.")

    async def submit(
        self,
        operation: AnyOperation,
        command: Command,
        *,
        actor: str,
        idempotency_key: str | None = None,
        timeout_seconds: float | None = None,
    ) -> Committed | Refused:
        check_key(idempotency_key, KEY_CHARACTERS_MAX)
        kept_under, told = (actor, operation.name, idempotency_key or ""), msgspec.msgpack.encode(command.asked)
        if idempotency_key is not None and kept_under in self._kept:
            asked, earlier = self._kept[kept_under]
            if asked != told:
                raise Conflict(f"The key {idempotency_key!r} was used for another input.", suggestion="Take a new key.")
            return earlier
        at = self.start + timedelta(seconds=self.number)
        decision = operation.decide(self.graph, command, Context(at=at, actor=actor, revision=self.number + 1))
        if isinstance(decision, Refused):
            return decision
        self.graph.apply(decision.changes)
        self.number += bool(decision.changes)
        self.commits.append((operation.name, actor, len(decision.changes)))
        if decision.changes:
            entry = CommandEntry(operation.name, actor)
            self.log.append(Visible(self.revision, at, [(entry, change) for change in decision.changes]))
            self.tell(self.log[-1])
        committed = Committed(decision.outcome, self.revision)
        if idempotency_key is not None:
            self._kept[kept_under] = (told, committed)
        return committed
