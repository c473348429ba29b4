"""Importing tuples: however many there are, all become visible at one revision, or none ever does.

They are committed part by part under one import id (`projection/imports.py`). Each part is decided inside the lock, as
any change of tuples is; what it is fixed to belongs to the part that names it first, so that undoing goes backwards.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import uuid4

import msgspec

from graph_api.kernel.commands import Accepted, Context, Decision, InputRejected, Operation, Problem, Refused, rejected
from graph_api.kernel.errors import Conflict
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, Change, Record, upsert
from graph_api.permission.commands import ChangePermissions
from graph_api.permission.decisions import ChangeDecision
from graph_api.permission.ends import Ends
from graph_api.permission.records import Resource
from graph_api.permission.tuples import RelationshipTuple
from graph_api.projection.imports import END, EndImport, ImportStep, ImportSteps, StageImport
from graph_api.projection.port import Importable


class NamedFirst(msgspec.Struct, frozen=True):
    """A tuple to import, and those of its names that no earlier tuple of the import has."""

    asked: RelationshipTuple
    names: tuple[str, ...]


class TuplesImported(msgspec.Struct, frozen=True, kw_only=True):
    """How many tuples were added (or replaced), were there already, and were left out as they are over."""

    added: int
    unchanged: int
    expired: int
    revision: str


class TupleImport:
    """Imports tuples; `ends` and `changing` are those by which the service decides any change of them."""

    def __init__(self, replica: Importable, ends: Ends, changing: ChangeDecision) -> None:
        self._replica = replica
        self._ends = ends
        self._changing = changing

    async def run(
        self, tuples: Sequence[RelationshipTuple], *, actor: str, at: datetime, progress: Callable[[int, int], None]
    ) -> TuplesImported | InputRejected:
        """Import tuples, all or none; `progress` is told how many of how many are committed.

        A tuple that is over is left out. Raises Conflict where the state alters meanwhile so that a tuple cannot stand,
        and what the replica raises.
        """
        view = self._replica.graph
        living = [each for each in tuples if each.expires_at is None or each.expires_at > at]
        if problems := self._changing.problems(view, ChangePermissions(add=tuple(living)), at):
            return rejected([_named(problem, living) for problem in problems])
        new = [each for each in living if not self._stands(view, each)]
        done = 0

        def tell(count: int) -> None:
            nonlocal done
            done += count
            progress(done, len(new))

        revision = await self._replica.import_changes(
            f"import-{uuid4().hex}", [*_named_first(new)], actor=actor, progress=tell, steps=self._steps
        )
        counts = {"added": len(new), "unchanged": len(living) - len(new), "expired": len(tuples) - len(living)}
        return TuplesImported(**counts, revision=revision)

    @property
    def _steps(self) -> ImportSteps:
        stage = Operation("importPermissions", StageImport, self.decide, ImportStep)
        return ImportSteps(stage, END, EndImport())

    def _stands(self, view: GraphView, each: RelationshipTuple) -> bool:
        found = self._ends.find(view, each.key)
        return found is not None and found.tuple == each

    def decide(self, view: GraphView, command: StageImport, context: Context) -> Decision:
        """Stage one part, with what it replaces; raises Conflict where the state has altered against it."""
        part: Sequence[NamedFirst] = command.changes
        asked = ChangePermissions(add=tuple(each.asked for each in part))
        decision = self._changing.decide(view, asked, context)
        if isinstance(decision, Refused):
            assert isinstance(decision.refusal, InputRejected), "tuples are refused for the input only"
            raise Conflict(
                f"The state has altered since the tuples were checked: {decision.refusal.problems[0].message}",
                suggestion="Nothing was imported: import again.",
            )
        ends = self._resources(view, part)
        grants = (change for change in decision.changes if not change.is_node)
        changes = tuple(_with_old(view, change) for change in (*ends, *grants))
        return Accepted(changes, ImportStep(len(changes)))

    def _resources(self, view: GraphView, part: Iterable[NamedFirst]) -> Iterator[AnyChange]:
        """Yield the resources that a part is the first to name; restating one keeps others from removing it."""
        ends = (self._ends.end(view, name) for each in part for name in each.names)
        return (upsert(Resource(id=end)) for end in dict.fromkeys(ends) if self._ends.is_resource(end))


def _with_old(view: GraphView, change: AnyChange) -> AnyChange:
    before: Record | None = view.record(change.key)
    return Change(key=change.key, after=change.after, before=before)


def _named_first(tuples: Iterable[RelationshipTuple]) -> Iterator[NamedFirst]:
    seen: set[str] = set()
    for each in tuples:
        names = (each.user.partition("#")[0], each.object)
        yield NamedFirst(each, tuple(name for name in dict.fromkeys(names) if name not in seen))
        seen.update(names)


def _named(problem: Problem, tuples: Sequence[RelationshipTuple]) -> Problem:
    """Tell a problem by the tuple that it is with, as nobody counts the tuples of a file."""
    _, number, *rest = problem.path
    each = tuples[int(number)]
    return msgspec.structs.replace(problem, path=(f"{each.user} {each.relation} {each.object}", *rest))
