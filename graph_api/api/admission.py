"""Who was let in by a token, and for how long that holds: a socket outlives many a token."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeAlias

import msgspec

from graph_api.kernel.errors import Unauthenticated
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import RecordKey, tag_of
from graph_api.organization.graphql.request import Identity
from graph_api.organization.model import Person
from graph_api.permission.derivation import midnight
from graph_api.permission.tokens import actor_fault
from graph_api.projection.visible import Follower, Visible

_ONE_DAY: Final = timedelta(days=1)
Look: TypeAlias = Callable[[], None]


class Standing(msgspec.Struct, frozen=True):
    """Who is let in now, and for how many seconds until that ends by itself; None where it does not."""

    identity: Identity
    seconds_left: float | None = None


class Admission(msgspec.Struct, frozen=True):
    """Who was let in.

    `stand` tells who that is by now; it raises Unauthenticated once nobody is let in any more: the token was revoked or
    has expired, the person has left. Until the end that it tells, only changes of the records in `rests_on` alter it.
    """

    stand: Callable[[], Standing]
    rests_on: frozenset[RecordKey] = frozenset()

    def identify(self) -> Identity:
        """Return who is let in now; raises Unauthenticated."""
        return self.stand().identity


def standing_of(
    view: GraphView, actor: str, at: datetime, ends_at: datetime | None = None, name: str | None = None
) -> Standing:
    """Return who an actor is, at an instant in UTC, by a token that ends; raises Unauthenticated where that is nobody.

    Whoever leaves is let in until the last day is over.
    """
    if fault := actor_fault(view, actor, at.date()):
        raise Unauthenticated(f"The token lets nobody in: {fault.message}", suggestion="Ask an administrator for one.")
    person = view.node(Person, actor)
    ends = [each for each in (ends_at, _end_of_last_day(person)) if each is not None]
    identity = Identity(actor, name) if person is None else Identity(actor, person.name, actor)
    return Standing(identity, (min(ends) - at).total_seconds() if ends else None)


def _end_of_last_day(person: Person | None) -> datetime | None:
    last = person.last_day if person is not None else None
    return midnight(last + _ONE_DAY) if last is not None and last < last.max else None


def person_key(actor: str) -> RecordKey:
    """Return the key of the person that an actor may be."""
    return (tag_of(Person), actor)


class Followed(Protocol):
    """What is needed of a replica: to be told of every commit."""

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Call `follower` with every commit until the returned function is called."""
        ...


class Admissions:
    """Has those looked at again whose records a commit changed. However many there are, each commit is read once."""

    def __init__(self, replica: Followed) -> None:
        self._replica = replica
        self._looks: dict[RecordKey, dict[Look, None]] = {}
        self._unfollow: Callable[[], None] | None = None

    @property
    def watched(self) -> int:
        """Return the number of records that admissions rest on."""
        return len(self._looks)

    def watch(self, keys: Iterable[RecordKey], look: Look) -> Callable[[], None]:
        """Call `look` when one of the records was changed, until the returned function is called."""
        watched = tuple(keys)
        for key in watched:
            self._looks.setdefault(key, {})[look] = None
        if self._looks and self._unfollow is None:
            self._unfollow = self._replica.follow(self._notice)
        return lambda: self._forget(watched, look)

    def _forget(self, keys: Iterable[RecordKey], look: Look) -> None:
        for key in keys:
            looks = self._looks[key]
            del looks[look]
            if not looks:
                del self._looks[key]
        if not self._looks and self._unfollow is not None:
            self._unfollow()
            self._unfollow = None

    def _notice(self, shown: Visible | None) -> None:
        keys = tuple(self._looks) if shown is None else (change.key for _, change in shown.changes)
        touched = {look: None for key in keys for look in self._looks.get(key, ())}
        for look in touched:
            look()

    @asynccontextmanager
    async def during(self, admission: Admission) -> AsyncGenerator[None]:
        """Give up what is done inside as soon as an admission does not hold any more; raises Unauthenticated then."""
        lost: list[Unauthenticated] = []
        limit = asyncio.timeout(admission.stand().seconds_left)

        def look() -> None:
            if not lost and not limit.expired():
                limit.reschedule(_deadline(admission, lost))

        try:
            async with limit:
                unwatch = self.watch(admission.rests_on, look)
                try:
                    yield
                finally:
                    unwatch()
        except TimeoutError as fault:
            if not limit.expired():
                raise
            raise next(iter(lost), Unauthenticated("The token has expired.", suggestion="Bring a new one.")) from fault


def _deadline(admission: Admission, lost: list[Unauthenticated]) -> float | None:
    """Return when an admission ends by the clock of the event loop: now, where it is lost."""
    now = asyncio.get_running_loop().time()
    try:
        left = admission.stand().seconds_left
    except Unauthenticated as fault:
        lost.append(fault)
        return now
    return None if left is None else now + left
