"""A deadline on the process's monotonic clock."""

import time


class Deadline:
    """So many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def remaining_seconds(self) -> float:
        """Seconds left, at least 0."""
        return max(0.0, self._end - time.monotonic())

    @property
    def has_passed(self) -> bool:
        """Say whether no time is left."""
        return self.remaining_seconds <= 0.0


class NoTurn(Exception):
    """Nothing that could solve became free before the deadline."""
