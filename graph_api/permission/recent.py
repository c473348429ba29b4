"""What the last commits did to permissions: kept in memory within bounds, for streams that go on from a revision.

It is what permission streams come from. A revision that lies before all that is kept is gone.
"""

import logging
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

import msgspec

from graph_api.kernel.errors import RevisionGone
from graph_api.permission.causes import Cause, CausedChange, caused
from graph_api.permission.derivation import DerivedTable
from graph_api.permission.engine.answering import Asking
from graph_api.permission.projection import PermissionDelta, PermissionProjection
from graph_api.permission.tuples import TupleRules
from graph_api.projection.port import FollowedReplica
from graph_api.projection.state import State
from graph_api.projection.visible import Visible

_log: Final = logging.getLogger(__name__)
_PAGE: Final = 100


class Moment(msgspec.Struct, frozen=True):
    """What one revision did to permissions.

    `switch` is why another model became live, and `rules` what the model that is live since says of tuples. Of more
    changes than may be kept none are: then it is not `whole`.
    """

    revision: str
    at: datetime
    changes: tuple[CausedChange, ...] = ()
    switch: Cause | None = None
    rules: TupleRules | None = None
    whole: bool = True


Witness: TypeAlias = Callable[[Moment | None, Asking | None], None]
"""Called with what a commit did and what answered under a model that it replaced; with None where nobody can tell."""


class RecentLimits(NamedTuple):
    """How many revisions are kept, and how many changes of tuples in all."""

    revisions: int
    changes: int


class OnReplica:
    """What a stream of permission knows of its replica: how far it is, and whether that may be relied on."""

    def __init__(self, replica: FollowedReplica) -> None:
        self.replica: Final = replica

    @property
    def revision(self) -> str:
        """The revision up to which all is told."""
        return self.replica.revision

    @property
    def at(self) -> datetime:
        """The instant of its commit."""
        return self.replica.at

    @property
    def fresh_seconds(self) -> float:
        """How long that may still be relied on (R9)."""
        return self.replica.fresh_seconds

    def ensure_fresh(self) -> None:
        """Raise Unavailable where what is told may be older than allowed (R9)."""
        self.replica.ensure_fresh()

    async def wait_for(self, revision: str) -> None:
        """Return when a revision is told; raises RevisionTimeout, RevisionGone, BadUserInput."""
        await self.replica.wait_for(revision)


class Recent(OnReplica):
    """The recent commits of one replica that changed permissions."""

    def __init__(
        self, replica: FollowedReplica, projection: PermissionProjection, table: DerivedTable, limits: RecentLimits
    ) -> None:
        super().__init__(replica)
        self.projection: Final = projection
        self._table = table
        self._limits = limits
        self._moments: deque[Moment] = deque()
        self._size = 0
        self._floor = replica.revision
        self._delta: PermissionDelta | None = None
        self._witnesses: list[Witness] = []
        # The projection is told of a commit first, and then this.
        self._unfollow = (projection.subscribe(self._keep_delta), replica.follow(self._notice))

    def close(self) -> None:
        """Keep no more."""
        for unfollow in self._unfollow:
            unfollow()

    def __len__(self) -> int:
        return len(self._moments)

    @property
    def size(self) -> int:
        """Return how many changes of tuples are kept."""
        return self._size

    def witness(self, witness: Witness) -> Callable[[], None]:
        """Call `witness` with each commit that changes permissions, while the graph is as it left it."""
        self._witnesses.append(witness)
        return lambda: self._witnesses.remove(witness)

    def follow(self, follower: Callable[[Moment | None], None]) -> Callable[[], None]:
        """Call `follower` with each commit that changes permissions, with None where nobody can tell."""
        return self.witness(lambda moment, replaced: follower(moment))

    async def past(self, after: str) -> AsyncGenerator[Moment]:
        """Yield what came after a revision, as it is asked for, and then how far that goes; raises RevisionGone."""
        while True:
            until = Moment(self.revision, self.at)
            page = self.after(after, _PAGE)
            for moment in page:
                yield moment
                after = moment.revision
            if len(page) < _PAGE:
                break
        if until.revision > after:
            yield until

    def after(self, revision: str, most: int | None = None) -> list[Moment]:
        """Return what came after a revision, the oldest first; raises RevisionGone where not all of it is kept."""
        if revision < self._floor:
            raise RevisionGone(
                "What happened to permissions after this revision is not kept any more.",
                suggestion="List anew and subscribe without a revision.",
            )
        first = bisect_right(self._moments, revision, key=lambda moment: moment.revision)
        last = len(self._moments) if most is None else min(first + most, len(self._moments))
        return [self._moments[number] for number in range(first, last)]

    def _keep_delta(self, state: State, delta: PermissionDelta | None) -> None:
        self._delta = delta

    def _notice(self, shown: Visible | None) -> None:
        """Keep what a commit did. It is called while the state advances, so nothing may be raised."""
        delta, self._delta = self._delta, None
        if shown is None or delta is None:
            return self._forget()
        if not delta.changes and not delta.model_switched:
            return None
        try:
            moment = self._moment(shown, delta)
        except Exception:  # noqa: BLE001  # a fault in telling of a commit may not undo what made it
            _log.exception("What revision %s did to permissions could not be told.", shown.revision)
            return self._forget()
        self._append(moment)
        return self._tell(moment, delta.replaced)

    def _moment(self, shown: Visible, delta: PermissionDelta) -> Moment:
        if len(delta.changes) > self._limits.changes:
            return Moment(shown.revision, shown.at, whole=False)
        pointer = self.projection.pointer
        live = pointer.live if delta.model_switched and pointer is not None else None
        found = caused(shown, delta.changes, self._table, live)
        rules = self.projection.graph.asking.compiled.rules
        return Moment(shown.revision, shown.at, found.changes, found.switch, rules)

    def _append(self, moment: Moment) -> None:
        self._moments.append(moment)
        self._size += len(moment.changes)
        while len(self._moments) > self._limits.revisions or self._size > self._limits.changes:
            gone = self._moments.popleft()
            self._size -= len(gone.changes)
            self._floor = gone.revision

    def _forget(self) -> None:
        self._moments.clear()
        self._size = 0
        self._floor = self.replica.revision
        self._tell(None, None)

    def _tell(self, moment: Moment | None, replaced: Asking | None) -> None:
        for witness in tuple(self._witnesses):
            witness(moment, replaced)
