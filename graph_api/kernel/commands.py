"""Commands and what becomes of them: values that a pure `decide` takes and gives.

A capability declares one `Operation` a verb. Its `decide` sees the exact state, the command and the context;
it has no IO, no clock and no chance, and answers with `Accepted` or `Refused`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from graph_api.kernel.graph import GraphView
from graph_api.kernel.problems import ProblemCode
from graph_api.kernel.records import AnyChange


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong with an input: where (`path` into the input), what (`code`, `message`) and what would mend it."""

    path: tuple[str, ...]
    code: ProblemCode
    message: str
    suggestion: str | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An expected outcome other than success; capabilities add their own kinds."""

    message: str


class InputRejected(Refusal, frozen=True, kw_only=True, tag=True):
    """The input contradicts itself or the state; nothing was changed."""

    problems: tuple[Problem, ...]


def rejected(problems: list[Problem]) -> InputRejected:
    """Build the refusal that tells all problems of an input."""
    count = len(problems)
    return InputRejected(
        message=f"{count} problem{'s' * (count != 1)} in the input; nothing was changed.",
        problems=tuple(problems),
    )


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What somebody asks to be done; plain data, hashed for idempotency."""

    @property
    def asked(self) -> Any:
        """What an idempotency key stands for; a command that carries what was worked out from it leaves that out."""
        return self


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What `decide` may know beside state and command: who asks, and the instant and number of the commit to be."""

    at: datetime
    actor: str
    revision: int


class Accepted(msgspec.Struct, frozen=True):
    """The changes to make, and the outcome to tell (a struct of the operation's `outcome` type)."""

    changes: tuple[AnyChange, ...]
    outcome: Any


class Refused(msgspec.Struct, frozen=True):
    """Nothing is changed, and why."""

    refusal: Refusal


Decision: TypeAlias = Accepted | Refused

CommandT = TypeVar("CommandT", bound=Command)


class Operation(msgspec.Struct, Generic[CommandT], frozen=True):
    """A verb of a capability: its name in the log, its command, its pure decision and the type of its outcome."""

    name: str
    command: type[CommandT]
    decide: Callable[[GraphView, CommandT, Context], Decision]
    outcome: type[Any]


AnyOperation: TypeAlias = Operation[Any]
