"""The pace of a replay: so many events a second and no more."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic


class Pace:
    """Holds events back. At any time since the first `wait` no more have passed than the rate allows, and one batch."""

    def __init__(
        self,
        events_a_second: float | None,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rate = events_a_second
        self._clock = clock
        self._sleep = sleep
        self._began: float | None = None
        self._passed = 0

    async def wait(self, events: int) -> None:
        """Return when so many more events may pass."""
        if self._rate is None:
            return
        self._began = self._clock() if self._began is None else self._began
        due = self._began + self._passed / self._rate
        self._passed += events
        if (pause := due - self._clock()) > 0:
            await self._sleep(pause)
