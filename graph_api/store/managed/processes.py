"""Processes told apart by number and start time, since the system gives numbers out again."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import msgspec
import psutil

from graph_api.store.managed.locks import wait_until


class ProcessId(msgspec.Struct, frozen=True):
    """One process: its number and its start, seconds since 1970 as the system tells it."""

    pid: int
    started: float

    def alive(self) -> bool:
        """Return whether this very process still runs; one that only waits to be buried does not."""
        found = _find(self.pid)
        return found is not None and found.create_time() == self.started and found.status() != psutil.STATUS_ZOMBIE


def process_id(pid: int) -> ProcessId:
    """Identify a process that runs."""
    return ProcessId(pid, psutil.Process(pid).create_time())


def processes_with(arguments: tuple[str, ...]) -> Iterator[ProcessId]:
    """Find the processes of this user that have all these words, exactly so, on their command line."""
    for process in psutil.process_iter():
        line = _told(process.cmdline)
        if line and all(argument in line for argument in arguments):
            yield ProcessId(process.pid, process.create_time())


def end_process(process: ProcessId, *, seconds: float) -> None:
    """Ask a process to end, and kill it where it has not after that many seconds."""
    _signal(process, "terminate")
    if not wait_until(lambda: not process.alive(), seconds):
        _signal(process, "kill")
        wait_until(lambda: not process.alive(), seconds)


def memory_available_bytes() -> int:
    """Return the memory that new processes may take without swapping."""
    return int(psutil.virtual_memory().available)


def _find(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _signal(process: ProcessId, verb: str) -> None:
    found = _find(process.pid)
    if found is not None and found.create_time() == process.started:
        _told(getattr(found, verb))


def _told(question: Callable[[], Any]) -> list[str]:
    try:
        return cast("list[str]", question())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []
