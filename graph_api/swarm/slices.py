"""Reading much of the state on the event loop without holding it: in slices, and all of one revision."""

import asyncio
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Final, Protocol, TypeVar

RowT = TypeVar("RowT")
SLICE_SECONDS: Final = 0.005
"""Others on the loop wait no longer than this and one step for a read of any size."""
TRIES: Final = 3
"""So often a read begins again because the state moved on; then it is made at one go, so that it ends at all."""


class Moving(Protocol):
    """A state that moves on."""

    @property
    def revision(self) -> str:
        """The token of what is read now."""
        ...


async def read_in_slices(state: Moving, steps: Callable[[], Iterable[RowT]]) -> list[RowT]:
    """Return all that `steps` yields, read from the state of one revision, which stands when this returns."""
    for _ in range(TRIES):
        found = await _in_slices(state, steps())
        if found is not None:
            return found
    return list(steps())


async def _in_slices(state: Moving, steps: Iterable[RowT]) -> list[RowT] | None:
    """Return all of the steps, or None where the state moved on between them."""
    found: list[RowT] = []
    revision, pause = state.revision, monotonic() + SLICE_SECONDS
    for one in steps:
        found.append(one)
        if monotonic() > pause:
            await asyncio.sleep(0)
            if state.revision != revision:
                return None
            pause = monotonic() + SLICE_SECONDS
    return found
