"""Streams of changes: one message a revision, in order, without gap or double, resumable from any revision of the log.

A subscriber that names a revision first gets from the log what came after it, page by page, as slowly as it takes
them. Once it has what the state has, messages come from the commits as they are folded, through a queue of its own:
nothing is awaited between the last look at the log and the opening of the queue, so that the seam has no gap.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import aclosing, contextmanager, suppress
from datetime import datetime
from time import monotonic
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

import msgspec

from graph_api.kernel.errors import Internal, RevisionGone, SwarmgraphError
from graph_api.ops.settings import Settings
from graph_api.projection.freshness import until_fresh
from graph_api.projection.revision import canonical

_log: Final = logging.getLogger(__name__)
_SHORTEST_WAIT_SECONDS: Final = 0.01

ItemT = TypeVar("ItemT")


class Shown(Protocol):
    """What is known of one revision."""

    @property
    def revision(self) -> str:
        """The revision."""
        ...

    @property
    def at(self) -> datetime:
        """The instant of its commit."""
        ...


ShownT = TypeVar("ShownT", bound=Shown)
ShownT_co = TypeVar("ShownT_co", bound=Shown, covariant=True)
Keep: TypeAlias = Callable[[ItemT], bool]


class Message(msgspec.Struct, Generic[ItemT], frozen=True):
    """What one revision brought; after `overflow`, all there is has to be listed again at this revision."""

    revision: str
    at: datetime
    items: tuple[ItemT, ...] = ()
    overflow: bool = False


class StreamLimits(NamedTuple):
    """What may wait for one subscriber, and after how long a silence it is told how far it is."""

    messages: int
    items: int
    silence_seconds: float


def stream_limits(settings: Settings) -> StreamLimits:
    """Return the limits of one subscriber."""
    return StreamLimits(
        messages=settings.subscription_queue_max,
        items=settings.subscription_changes_max,
        silence_seconds=settings.subscription_silence_seconds,
    )


class Source(Protocol[ShownT_co]):
    """Where a stream comes from: commits, from now on and from any revision that is still known."""

    @property
    def revision(self) -> str:
        """The revision up to which commits were told."""
        ...

    @property
    def at(self) -> datetime:
        """The instant of its commit."""
        ...

    @property
    def fresh_seconds(self) -> float:
        """How long what was told may still be relied on, unless the log is read before (R9)."""
        ...

    def ensure_fresh(self) -> None:
        """Raise Unavailable where what was told may be older than allowed (R9)."""
        ...

    async def wait_for(self, revision: str) -> None:
        """Return when commits were told up to a revision; raises RevisionTimeout, RevisionGone, BadUserInput."""
        ...

    def follow(self, follower: Callable[[ShownT_co | None], None]) -> Callable[[], None]:
        """Call `follower` with each commit, at once and in order, until the returned function is called.

        It is called with None where what was told before may not have happened. Commits that show nothing may be left
        out.
        """
        ...

    def past(self, after: str) -> AsyncGenerator[ShownT_co]:
        """Yield the commits after a revision in order, and in the end the last one as of the call or a later one.

        Commits between that show nothing may be left out. Raises RevisionGone where they are not known any more.
        """
        ...


class TooMany(Exception):
    """What a commit shows is too much to be told: whoever follows has to list anew."""


class Feed(Generic[ItemT]):
    """One kind of stream of one replica: what commits mean is derived once for all who subscribe."""

    def __init__(
        self, source: Source[ShownT], derive: Callable[[ShownT], Sequence[ItemT]], limits: StreamLimits
    ) -> None:
        self._source: Source[Any] = source
        self._derive: Callable[[Any], Sequence[ItemT]] = derive
        self._limits = limits
        self._queues: list[_Queue[ItemT]] = []
        self._unfollow: Callable[[], None] | None = None

    @property
    def subscribers(self) -> int:
        """Return how many subscribe now."""
        return len(self._queues)

    @property
    def waiting(self) -> int:
        """Return how many messages wait to be taken."""
        return sum(queue.waiting for queue in self._queues)

    async def messages(
        self, after: str | None = None, keep: Keep[ItemT] | None = None
    ) -> AsyncGenerator[Message[ItemT]]:
        """Yield what came after a revision, then what comes; without one, what comes from now on.

        The first message without items tells that all before it was told. Ends by raising BadUserInput,
        RevisionGone, RevisionTimeout (it is later than any here), Unavailable (R9), and what `derive` raises.
        """
        await until_fresh(self._source)
        position = self._source.revision
        if after is not None:
            position = canonical(after, position)
            await self._source.wait_for(position)
        with self._joined(_Queue(keep, self._limits)) as queue:
            async with aclosing(self._replayed(position, queue)) as replayed:
                async for message in replayed:
                    yield message
            while True:
                yield await self._next(queue)

    async def _replayed(self, position: str, queue: "_Queue[ItemT]") -> AsyncGenerator[Message[ItemT]]:
        """Yield messages from the log until it has no more, then open the queue and tell the revision."""
        told_at = monotonic()
        while position < self._source.revision:
            async with aclosing(self._source.past(position)) as commits:
                async for shown in commits:
                    queue.raise_fault()
                    await until_fresh(self._source)
                    position = shown.revision
                    message = queue.message(shown, self._items(shown))
                    if message is None and monotonic() - told_at > self._limits.silence_seconds:
                        message = Message(shown.revision, shown.at)
                    if message is not None:
                        yield message
                        told_at = monotonic()
        queue.open()
        yield self._moved()

    def _items(self, shown: Shown) -> tuple[ItemT, ...] | None:
        """Return what a commit shows, None where that is too much."""
        try:
            return tuple(self._derive(shown))
        except TooMany:
            return None

    async def _next(self, queue: "_Queue[ItemT]") -> Message[ItemT]:
        quiet_until = monotonic() + self._limits.silence_seconds
        while True:
            await until_fresh(self._source)
            if queue.take_overflow():
                return self._moved(overflow=True)
            if (message := queue.take()) is not None:
                return message
            if (left := quiet_until - monotonic()) <= 0:
                return self._moved()
            await queue.wait(max(min(left, self._source.fresh_seconds), _SHORTEST_WAIT_SECONDS))

    def _moved(self, *, overflow: bool = False) -> Message[ItemT]:
        """Return the message that only tells the revision: nothing that waits is older."""
        return Message(self._source.revision, self._source.at, (), overflow)

    @contextmanager
    def _joined(self, queue: "_Queue[ItemT]") -> Generator["_Queue[ItemT]"]:
        self._queues.append(queue)
        self._unfollow = self._unfollow or self._source.follow(self._notice)
        try:
            yield queue
        finally:
            self._queues.remove(queue)
            if not self._queues and self._unfollow is not None:
                self._unfollow()
                self._unfollow = None

    def _notice(self, shown: Shown | None) -> None:
        """Hand on what a commit shows. It is called while the state advances, so nothing may be raised."""
        if shown is None:
            return self._end(
                RevisionGone(
                    "The log was replaced, as after a restored backup.",
                    suggestion="List anew and subscribe without a revision.",
                )
            )
        try:
            items = self._items(shown)
        except SwarmgraphError as fault:
            return self._end(fault)
        except Exception as fault:  # noqa: BLE001  # a fault in telling of a commit may not undo what made it
            _log.exception("What revision %s means could not be derived.", shown.revision)
            return self._end(Internal(f"Revision {shown.revision} could not be derived: {fault}"))
        for queue in self._queues:
            queue.put(shown, items)
        return None

    def _end(self, fault: SwarmgraphError) -> None:
        for queue in self._queues:
            queue.end(fault)


class _Queue(Generic[ItemT]):
    """What waits for one subscriber; closed until it has what the log has."""

    def __init__(self, keep: Keep[ItemT] | None, limits: StreamLimits) -> None:
        self._keep = keep
        self._limits = limits
        self._messages: deque[Message[ItemT]] = deque()
        self._items = 0
        self._is_open = False
        self._has_overflowed = False
        self._fault: SwarmgraphError | None = None
        self._came = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Return how many messages wait."""
        return len(self._messages)

    def open(self) -> None:
        """Take what commits bring from now on."""
        self.raise_fault()
        self._is_open = True

    def message(self, shown: Shown, items: tuple[ItemT, ...] | None) -> Message[ItemT] | None:
        """Return the message about one revision, or None where nothing of it is wanted."""
        if items is None:
            return Message(shown.revision, shown.at, (), overflow=True)
        wanted = items if self._keep is None else tuple(item for item in items if self._keep(item))
        if len(wanted) > self._limits.items:
            return Message(shown.revision, shown.at, (), overflow=True)
        return Message(shown.revision, shown.at, wanted) if wanted else None

    def put(self, shown: Shown, items: tuple[ItemT, ...] | None) -> None:
        """Let a message wait; where too many do, drop them all: the subscriber is told so instead."""
        message = self.message(shown, items) if self._is_open and not self._has_overflowed else None
        if message is None:
            return
        self._messages.append(message)
        self._items += len(message.items)
        if len(self._messages) > self._limits.messages or self._items > self._limits.items:
            self._messages.clear()
            self._items = 0
            self._has_overflowed = True
        self._came.set()

    def end(self, fault: SwarmgraphError) -> None:
        """Let the stream end with an error, whatever still waits."""
        self._fault = self._fault or fault
        self._came.set()

    def raise_fault(self) -> None:
        """Raise what ended the stream."""
        if self._fault is not None:
            raise self._fault

    def take_overflow(self) -> bool:
        """Say whether messages were dropped; from here on they are not."""
        self.raise_fault()
        overflowed, self._has_overflowed = self._has_overflowed, False
        return overflowed

    def take(self) -> Message[ItemT] | None:
        """Take the oldest message, or None where none waits."""
        self._came.clear()
        if not self._messages:
            return None
        message = self._messages.popleft()
        self._items -= len(message.items)
        return message

    async def wait(self, seconds: float) -> None:
        """Wait until something came, but not for longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._came.wait()
