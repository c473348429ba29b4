"""Folders and files that only their owner may look into."""

import os
from pathlib import Path
from typing import BinaryIO, Final

_FOLDER: Final = 0o700
_FILE: Final = 0o600


def private_folder(path: Path) -> Path:
    """Make a folder for its owner alone, or close one that was open to others, and return it."""
    path.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    if path.stat().st_mode & ~_FOLDER & 0o777:
        path.chmod(_FOLDER)
    return path


def write_private(path: Path) -> BinaryIO:
    """Open a file for writing, readable by its owner alone even where it lay there open to others."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE)
    os.fchmod(descriptor, _FILE)
    return os.fdopen(descriptor, "wb")
