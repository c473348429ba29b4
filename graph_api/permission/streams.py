"""The two streams of permission: what became of tuples, and what became of the access that somebody watches."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from graph_api.kernel.errors import RateLimited, RevisionGone
from graph_api.permission.effective import Budget, Told, effective
from graph_api.permission.engine.answering import Asking
from graph_api.permission.recent import Moment, OnReplica, Recent
from graph_api.permission.tuples import RelationshipTuple, TupleRules, TupleSource, shape_of
from graph_api.permission.watches import AccessChange, Watch, Watched, watch_of
from graph_api.projection.stream import Feed, Message, StreamLimits, TooMany


class TupleTold(msgspec.Struct, frozen=True):
    """A tuple that was added or removed; `valid` where the model that was live then let it count."""

    added: bool
    tuple: RelationshipTuple
    source: TupleSource
    valid: bool
    actor: str | None


class AccessMoment(msgspec.Struct, frozen=True):
    """What one revision did to the access that somebody watches; None for too much. A fault says that nobody knows."""

    revision: str
    at: datetime
    changes: tuple[AccessChange, ...] | None = ()
    fault: Exception | None = None


AccessFollower: TypeAlias = Callable[[AccessMoment | None], None]


class AccessLimits(msgspec.Struct, frozen=True):
    """How many may watch; how much is compared for all of them at a commit, and for one who resumes."""

    watches: int
    a_commit: int
    a_resumption: int


def tuples_told(moment: Moment) -> Iterator[TupleTold]:
    """Yield what became of tuples; one that was replaced is removed and added. Raises TooMany."""
    if not moment.whole:
        raise TooMany
    for caused in moment.changes:
        change, command = caused.change, caused.cause.command
        actor = command.actor if command is not None else None
        for added, each in ((False, change.before), (True, change.after)):
            if each is not None:
                yield TupleTold(added, each, change.source, _counts(moment.rules, each), actor)


def _counts(rules: TupleRules | None, each: RelationshipTuple) -> bool:
    if rules is None or not rules.allows(shape_of(each)):
        return False
    return each.condition is None or rules.fits(each.condition)


class AccessWatch:
    """Works out at every commit what it altered for all who watch: once for all of them."""

    def __init__(self, recent: Recent, limits: AccessLimits) -> None:
        self._recent = recent
        self._limits = limits
        self._followers: dict[Watch, list[AccessFollower]] = {}
        self._watched: tuple[Asking, Watched] | None = None
        self._unwitness: Callable[[], None] | None = None

    @property
    def followers(self) -> int:
        """Return how many follow."""
        return sum(map(len, self._followers.values()))

    def follow(self, watch: Watch, follower: AccessFollower) -> Callable[[], None]:
        """Call `follower` with what each commit altered, until the returned function is called; raises RateLimited."""
        if self.followers >= self._limits.watches:
            raise RateLimited(
                f"{self._limits.watches} watch access already.", suggestion="Try again later, or watch whole types."
            )
        if watch not in self._followers:
            self._followers[watch] = []
            self._watched = None
        self._followers[watch].append(follower)
        self._unwitness = self._unwitness or self._recent.witness(self._notice)
        return lambda: self._leave(watch, follower)

    def _leave(self, watch: Watch, follower: AccessFollower) -> None:
        self._followers[watch].remove(follower)
        if not self._followers[watch]:
            del self._followers[watch]
            self._watched = None
        if not self._followers and self._unwitness is not None:
            self._unwitness()
            self._unwitness = None

    def _notice(self, moment: Moment | None, replaced: Asking | None) -> None:
        """Tell all who follow what a commit altered. It is called while the state advances: nothing may be raised."""
        told: Told = {}
        fault: Exception | None = None
        if moment is not None:
            try:
                told = self._told(moment, replaced)
            except Exception as error:  # noqa: BLE001  # a fault in telling of a commit may not undo what made it
                fault = error
        for watch in tuple(told if moment is not None and fault is None else self._followers):
            shown = moment and AccessMoment(moment.revision, moment.at, told.get(watch, ()), fault)
            for follower in tuple(self._followers[watch]):
                follower(shown)

    def _told(self, moment: Moment, replaced: Asking | None) -> Told:
        graph = self._recent.projection.graph
        if self._watched is None or self._watched[0] is not graph.asking:
            self._watched = (graph.asking, Watched(graph.asking.compiled, self._followers))
        (told,) = effective(graph, [moment], self._watched[1], Budget(self._limits.a_commit), replaced)
        return told

    def past(self, watch: Watch, after: str) -> list[AccessMoment]:
        """Return what the commits after a revision altered, and in the end how far that goes; raises RevisionGone.

        The graph is taken back through all of them at once, and forward again.
        """
        moments = self._recent.after(after)
        if any(moment.switch is not None or not moment.whole for moment in moments):
            raise _gone("Another model became live, or too much was changed at once, after this revision.")
        graph = self._recent.projection.graph
        budget = Budget(self._limits.a_resumption)
        steps = effective(graph, moments, Watched(graph.asking.compiled, (watch,)), budget)
        told = [
            AccessMoment(moment.revision, moment.at, step[watch])
            for moment, step in zip(moments, steps, strict=True)
            if watch in step
        ]
        if any(each.changes is None for each in told):
            raise _gone("Too much has happened to what is watched after this revision.")
        return [*told, AccessMoment(self._recent.revision, self._recent.at)]


def _gone(message: str) -> RevisionGone:
    return RevisionGone(message, suggestion="List anew and subscribe without a revision.")


class WatchSource(OnReplica):
    """One watch as something to subscribe to."""

    def __init__(self, recent: Recent, access: AccessWatch, watch: Watch) -> None:
        super().__init__(recent.replica)
        self._access = access
        self._watch = watch

    def follow(self, follower: AccessFollower) -> Callable[[], None]:
        """Call `follower` with what each commit altered, with None where nobody can tell; raises RateLimited."""
        return self._access.follow(self._watch, follower)

    async def past(self, after: str) -> AsyncGenerator[AccessMoment]:
        """Yield what the commits after a revision altered, and then how far that goes; raises RevisionGone."""
        for each in self._access.past(self._watch, after):
            yield each


def access_told(moment: AccessMoment) -> tuple[AccessChange, ...]:
    """Return what a commit altered; raises TooMany, and the fault that it could not be worked out for."""
    if moment.fault is not None:
        raise moment.fault
    if moment.changes is None:
        raise TooMany
    return moment.changes


class PermissionStreams:
    """Both streams of one replica."""

    def __init__(self, recent: Recent, limits: StreamLimits, access: AccessLimits) -> None:
        self._recent = recent
        self._limits = limits
        self._tuples = Feed(recent, lambda moment: tuple(tuples_told(moment)), limits)
        self._access = AccessWatch(recent, access)

    @property
    def subscribers(self) -> int:
        """Return how many subscribe now."""
        return self._tuples.subscribers + self._access.followers

    def tuple_changes(self, after: str | None) -> AsyncGenerator[Message[TupleTold]]:
        """Yield what became of tuples after a revision, or from now on; raises what messages of a feed do."""
        return self._tuples.messages(after)

    def watch(
        self,
        relation: str,
        *,
        object: str | None = None,
        type: str | None = None,
        user: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Watch:
        """Return what is watched; raises 2000, 2021 and 2022 where the live model knows no such thing."""
        asking = self._recent.projection.graph.asking
        return watch_of(asking, relation, object=object, type=type, user=user, context=context)

    def access_changes(self, watch: Watch, after: str | None) -> AsyncGenerator[Message[AccessChange]]:
        """Yield what became of the access that is watched; also raises RateLimited where too many watch."""
        source = WatchSource(self._recent, self._access, watch)
        return Feed(source, access_told, self._limits).messages(after)
