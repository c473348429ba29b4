"""What the rooms above need of a replica: read one consistent state, wait for a revision, have a command decided."""

from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from typing import Protocol

from graph_api.kernel.commands import AnyOperation, Command, Refused
from graph_api.kernel.graph import Graph
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
