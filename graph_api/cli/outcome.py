"""How a command ends: its exit code, and what it says where it could not do what was asked."""

from enum import IntEnum
from typing import Final

from graph_api.kernel.errors import SwarmgraphError


class ExitCode(IntEnum):
    """Exit codes of every command.

    0 done; 1 refused or failed, nothing was changed; 2 the command or its input cannot be understood;
    3 the database cannot be reached or did not answer in time; 4 a fault of ours; 130 interrupted by Ctrl-C.
    """

    DONE = 0
    REFUSED = 1
    BAD_INPUT = 2
    UNAVAILABLE = 3
    FAULT = 4
    INTERRUPTED = 130


_BY_CODE: Final = {
    "BAD_USER_INPUT": ExitCode.BAD_INPUT,
    "UNAVAILABLE": ExitCode.UNAVAILABLE,
    "TIMEOUT": ExitCode.UNAVAILABLE,
    "REVISION_TIMEOUT": ExitCode.UNAVAILABLE,
    "RATE_LIMITED": ExitCode.UNAVAILABLE,
    "INTERNAL": ExitCode.FAULT,
}


def exit_code_of(fault: SwarmgraphError) -> ExitCode:
    """Return the exit code of an error; what is not listed was refused."""
    return _BY_CODE.get(fault.code, ExitCode.REFUSED)


def paragraph(fault: SwarmgraphError) -> str:
    """Say in one paragraph what happened (with its code and place) and what to do about it."""
    place = f" (at {'.'.join(fault.place)})" if fault.place else ""
    return f"{fault.code}: {fault.message}{place} {fault.suggestion}".strip()
