"""What can go wrong with the managed server, each with its mend."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from graph_api.kernel.errors import Unavailable

Progress = Callable[[str, float | None], None]
_TAIL_LINES: Final = 15
_TAIL_BYTES: Final = 16_384


class InstallFailed(Unavailable):
    """Neo4j could not be installed."""


class ServerFailed(Unavailable):
    """The managed server does not start, or not in time."""


def log_tail(path: Path, lines: int = _TAIL_LINES) -> str:
    """Return the last lines of a log, or nothing where there is none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            text = log.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
