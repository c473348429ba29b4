"""The guard inside the lock: who may do what, on the very state that a commit is decided on.

A right that was revoked while a command waited does not serve it, and neither does one that an earlier command of the
same commit takes away: what those commands change is held in the permission graph until the batch is decided.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

from graph_api.kernel.errors import Forbidden
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange
from graph_api.permission.holding import exists, holds
from graph_api.permission.projection import PermissionProjection
from graph_api.projection.deciding import Judge, Work

SYSTEM: Final = "system:"
"""Actors of the service itself; no token stands for one."""


class Right(NamedTuple):
    """A relation to an object."""

    relation: str
    object: str

    def __str__(self) -> str:
        return f"{self.relation} on {self.object}"


Needed: TypeAlias = tuple[Right, ...]
"""Rights of which one is enough."""
Exists: TypeAlias = Callable[[str], bool]
Needs: TypeAlias = Callable[[Any, Exists], Iterable[Needed]]
"""What a command needs, one right of each tuple; it may ask whether an entity is there before the command."""


class CommandGuard:
    """Judges every command by the rights that its operation needs; an operation that declares none is refused."""

    def __init__(self, projection: PermissionProjection, needs: Mapping[str, Needs]) -> None:
        self._projection = projection
        self._needs = needs

    @contextmanager
    def judging(self) -> Generator[Judge]:
        """Begin a batch; what it took up is undone in the end."""
        with self._projection.supposing() as supposed:
            yield _Judge(self._projection, self._needs, supposed)


class _Judge:
    def __init__(
        self,
        projection: PermissionProjection,
        needs: Mapping[str, Needs],
        supposed: Callable[[GraphView, Sequence[AnyChange]], bool],
    ) -> None:
        self._projection = projection
        self._needs = needs
        self._supposed = supposed

    def check(self, work: Work, at: datetime) -> None:
        if work.actor.startswith(SYSTEM):
            return
        needs = self._needs.get(work.operation.name)
        if needs is None:
            raise Forbidden(f"Nobody is allowed to ask for {work.operation.name} here.")
        graph = self._projection.graph
        for needed in needs(work.command, lambda entity: exists(graph, entity, at)):
            if not any(holds(graph, work.actor, right.relation, right.object, at) for right in needed):
                raise lacking(work.actor, needed)

    def advance(self, view: GraphView, changes: Sequence[AnyChange]) -> bool:
        return self._supposed(view, changes)


def lacking(actor: str, needed: Needed) -> Forbidden:
    """Build the error of a viewer who lacks a right."""
    return Forbidden(
        f"{actor} has not the right that this takes: {' or '.join(map(str, needed))}.",
        suggestion="Ask an administrator for it.",
    )
