"""What the supervisor says of itself, in a file that is always whole."""

import enum
import os
import time
from pathlib import Path

import msgspec

from graph_api.store.managed.processes import ProcessId


class Phase(enum.StrEnum):
    """Where the managed server is in its life."""

    INSTALLING = "installing"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class ServerState(msgspec.Struct, frozen=True):
    """The supervisor's report; `at` is seconds since 1970, `fraction` is 0..1 where it is known."""

    phase: Phase
    at: float
    supervisor: ProcessId | None = None
    server: ProcessId | None = None
    bolt_port: int | None = None
    restarts: int = 0
    doing: str = ""
    fraction: float | None = None
    error: str | None = None
    mend: str = ""
    neo4j_version: str = ""

    def speaks(self) -> bool:
        """Return whether the supervisor that wrote this still runs."""
        return self.supervisor is not None and self.supervisor.alive()


def read_state(path: Path) -> ServerState | None:
    """Return the last report, or None where there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ServerState)
    except (OSError, msgspec.DecodeError):
        return None


def write_state(path: Path, state: ServerState) -> None:
    """Replace the report at once: a reader sees the old or the new one, never a part."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    draft.replace(path)


def now() -> float:
    """Return the time for a report, seconds since 1970."""
    return time.time()
