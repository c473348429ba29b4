"""Processes told apart by number and start time, since the system gives numbers out again."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec
import psutil

from graph_api.store.managed.locks import wait_until

_Answer = TypeVar("_Answer")


class ProcessId(msgspec.Struct, frozen=True):
    """One process: its number and its start, in seconds since the system's own start."""

    pid: int
    started: float

    def alive(self) -> bool:
        """Return whether this very process still runs; one that only waits to be buried does not."""
        found = _find(self)
        status = None if found is None else _told(found.status)
        if found is None or status != psutil.STATUS_ZOMBIE:
            return status is not None
        # Its first thread has ended; while others have not, its files are locked and its port is taken.
        return (_told(found.num_threads) or 0) > 1


def process_id(pid: int) -> ProcessId:
    """Identify a process that runs."""
    return ProcessId(pid, _started(psutil.Process(pid)))


def processes_with(arguments: tuple[str, ...]) -> Iterator[ProcessId]:
    """Find the processes of this user that have all these words, exactly so, on their command line."""
    for process in psutil.process_iter():
        line = _told(process.cmdline)
        if not line or not all(argument in line for argument in arguments):
            continue
        if (started := _told(lambda process=process: _started(process))) is not None:
            yield ProcessId(process.pid, started)


def end_process(process: ProcessId, *, seconds: float) -> None:
    """Ask a process to end, and kill it where it has not after that many seconds."""
    _signal(process, "terminate")
    if not wait_until(lambda: not process.alive(), seconds):
        _signal(process, "kill")
        wait_until(lambda: not process.alive(), seconds)


def _find(process: ProcessId) -> psutil.Process | None:
    found = _told(lambda: psutil.Process(process.pid))
    return found if found is not None and _told(lambda: _started(found)) == process.started else None


def _started(process: psutil.Process) -> float:
    # Against the system's start: setting the clock moves both, and must not make another process of this one.
    return round(process.create_time() - psutil.boot_time(), 2)


def _signal(process: ProcessId, verb: str) -> None:
    if (found := _find(process)) is not None:
        _told(getattr(found, verb))


def _told(question: Callable[[], _Answer]) -> _Answer | None:
    """Ask a process that may end at any moment; it answers None then."""
    try:
        return question()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
