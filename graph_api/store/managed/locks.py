"""Locks between processes by flock, which the system frees when a process dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

POLL_SECONDS: Final = 0.05


class FileLock:
    """A lock on one file. It belongs to the open file: a child that inherits the descriptor holds it too."""

    def __init__(self, path: Path, descriptor: int | None = None) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600) if descriptor is None else descriptor

    @property
    def descriptor(self) -> int:
        """Return the open file, to hand the lock to a child process."""
        return self._descriptor

    def try_shared(self) -> bool:
        """Take the lock together with others, unless somebody has it alone."""
        return self._try(fcntl.LOCK_SH)

    def try_exclusive(self) -> bool:
        """Take the lock alone, unless anybody has it."""
        return self._try(fcntl.LOCK_EX)

    def unlock(self) -> None:
        """Give the lock back, for all processes that share this descriptor."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file; the lock is free once no process has this descriptor open."""
        os.close(self._descriptor)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def file_lock(path: Path) -> Generator[FileLock]:
    """Open a lock and close it at the end of the block."""
    lock = FileLock(path)
    try:
        yield lock
    finally:
        lock.close()


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Look at a condition again and again; return whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
