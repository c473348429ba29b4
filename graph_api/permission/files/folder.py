"""Open store files and the files that they name: nothing else of this package touches a path."""

from pathlib import Path

from graph_api.permission.files.model_files import Fetch
from graph_api.permission.files.source import FileLimits
from graph_api.permission.files.store_reading import ReadStore, read_store


def read_store_at(path: Path, *, limits: FileLimits | None = None, anywhere: bool = False) -> ReadStore:
    """Read a store file; raise `OSError` where it cannot be opened, `PermissionGraphError` with its problems.

    The files that it names must lie in its folder or below, unless they may be anywhere.
    """
    limits = limits or FileLimits()
    data = content(path, limits.file_max_bytes)
    return read_store(data, path.as_posix(), fetching(path.parent, limits, anywhere=anywhere), limits)


def fetching(folder: Path, limits: FileLimits, *, anywhere: bool = False) -> Fetch:
    """Return what opens the files that a store file of a folder names."""
    home = folder.resolve()

    def fetch(name: str) -> bytes:
        # Links are followed before anything is compared: where a file lies counts, not how it is called.
        path = Path(name).resolve()
        if not anywhere and not path.is_relative_to(home):
            raise OSError(0, "it lies outside the folder of the store file")
        return content(path, limits.file_max_bytes)

    return fetch


def content(path: Path, max_bytes: int) -> bytes:
    """Read a regular file; a pipe or a device could be read without an end."""
    if path.exists() and not path.is_file():
        raise OSError(0, "it is no regular file")
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise OSError(0, f"it has more than {max_bytes:,} bytes")
    return data
