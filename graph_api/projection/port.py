"""What the rooms above need of a replica: read one consistent state, wait for a revision, have a command decided."""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from graph_api.kernel.commands import AnyOperation, Command, Refused
from graph_api.kernel.graph import Graph, GraphView
from graph_api.projection.imports import ImportSteps
from graph_api.projection.replica import Committed
from graph_api.projection.visible import Follower, Visible


class ReplicaPort(Protocol):
    """The committed state of one replica, and the only way to change it."""

    @property
    def graph(self) -> Graph:
        """The committed state; two reads agree where nothing is awaited between them."""
        ...

    @property
    def revision(self) -> str:
        """The token of that state; later states have greater tokens."""
        ...

    def ensure_fresh(self) -> None:
        """Raise Unavailable where the state may be older than allowed (R9)."""
        ...

    async def wait_for(self, revision: str) -> None:
        """Return when the state has the revision; raises RevisionTimeout, RevisionGone, BadUserInput."""
        ...

    async def submit(
        self,
        operation: AnyOperation,
        command: Command,
        *,
        actor: str,
        idempotency_key: str | None = None,
        timeout_seconds: float | None = None,
    ) -> Committed | Refused:
        """Decide a command on the newest state and commit it; when it returns, `graph` shows what was committed.

        Raises BadUserInput (the key is blank or too long), Conflict (it was used for another input), TimedOut,
        Unavailable, and what the decision raises.
        """
        ...


class FollowedReplica(ReplicaPort, Protocol):
    """A replica whose commits can be followed, from now on and from any revision of its log."""

    @property
    def at(self) -> datetime:
        """The instant of the commit that made the state."""
        ...

    @property
    def fresh_seconds(self) -> float:
        """How long the state may still be answered from, unless the log is read before (R9)."""
        ...

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Call `follower` with what each commit shows, at once and in order, until the returned function is called.

        It is called with None where the state was loaded anew: what it was told before may not have happened.
        """
        ...

    def past(self, after: str) -> AsyncGenerator[Visible]:
        """Yield what each commit after a revision showed, in order, up to the revision of the state as of the call.

        Raises RevisionGone where the log is another one, Unavailable where it cannot be reached.
        """
        ...


class Importable(Protocol):
    """What an import needs of a replica: the state, its revision, and a way to commit many changes as one."""

    @property
    def graph(self) -> GraphView:
        """The committed state."""
        ...

    @property
    def revision(self) -> str:
        """The token of that state."""
        ...

    async def import_changes(
        self,
        import_id: str,
        changes: Sequence[Any],
        *,
        actor: str,
        progress: Callable[[int], None],
        steps: ImportSteps,
    ) -> str:
        """Commit all changes or none, tell `progress` how many each part had, and return the revision with them.

        `steps` say how a part becomes changes, and what must hold at the end.
        """
        ...
