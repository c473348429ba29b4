"""File locks that the operating system lets go when their process ends, however it ends (Linux and macOS)."""

import fcntl
from typing import IO, Any


def try_lock(file: IO[Any]) -> bool:
    """Lock a file for this process alone without waiting; say whether that succeeded. Closing the file unlocks it."""
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
