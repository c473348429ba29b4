"""Paths that the user gave to write to: one that cannot be written is the user's to mend, and found before the work."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from graph_api.kernel.errors import BadUserInput


@contextmanager
def writing(path: Path, place: str) -> Generator[None]:
    """Tell what keeps a path, given at an argument or option, from being written; raises BadUserInput."""
    try:
        yield
    except OSError as fault:
        raise BadUserInput(
            f"{path} cannot be written: {fault.strerror or fault}.",
            suggestion="Give a path that can be.",
            place=(place,),
        ) from fault


def prove_folder(path: Path, place: str) -> None:
    """Make a folder where it is not there; raises BadUserInput where it cannot be."""
    with writing(path, place):
        path.mkdir(parents=True, exist_ok=True)


def prove_file(path: Path, place: str) -> None:
    """Try a file that will be written later and leave things as they were; raises BadUserInput."""
    with writing(path, place):
        was_there = path.exists() or path.is_symlink()
        with path.open("ab"):
            pass
        if not was_there:
            path.unlink()
