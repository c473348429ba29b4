"""R9 with a second chance: a process that was busy for a while has not read the log, and is not cut off from it."""

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Final, Protocol

from graph_api.kernel.errors import Unavailable

SECOND_CHANCE_SECONDS: Final = 0.3
"""With the 1,000 ms of R9 and a look at the log this stays below the 1.5 s that a replica has to notice."""
_BETWEEN_SECONDS: Final = 0.02


class Dated(Protocol):
    """What may be older than allowed."""

    def ensure_fresh(self) -> None:
        """Raise Unavailable where it may be older than allowed."""
        ...


async def until_fresh(source: Dated) -> None:
    """Return when the source may answer; raises Unavailable where it does not come to read the log (R9)."""
    until = monotonic() + SECOND_CHANCE_SECONDS
    while monotonic() < until:
        with suppress(Unavailable):
            source.ensure_fresh()
            return
        await asyncio.sleep(_BETWEEN_SECONDS)
    source.ensure_fresh()
