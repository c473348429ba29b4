"""The state of one replica: the graph at a revision, and the imports that are still open."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from graph_api.kernel.errors import CorruptLog
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import AnyChange, Change, Record, kind_of
from graph_api.projection.commit import Commit, ImportPhase, check_chain
from graph_api.store.log import HeadRow


class State:
    """The fold of all commits up to `revision`. It changes only by `evolve`, which awaits nothing.

    `effective` is what the last commit made readers see, in order: its changes, or all of the import that it closed;
    nothing where it staged an import or dropped one.
    """

    def __init__(self, head: HeadRow) -> None:
        self.graph = Graph()
        self.log_id = head.log_id
        self.revision = head.revision
        self.hash = head.hash
        self.at: datetime = head.at
        self.effective: Sequence[AnyChange] = ()
        self._staged: dict[str, list[AnyChange]] = {import_id: [] for import_id in head.open_imports}
        self._reserved: dict[str, set[str]] = {import_id: set() for import_id in head.open_imports}
        self._staged_at: dict[str, datetime] = dict.fromkeys(head.open_imports, head.at)

    @property
    def open_imports(self) -> list[str]:
        """Return the ids of the imports that are open, in the order they began."""
        return list(self._staged)

    def staged(self, import_id: str) -> list[AnyChange]:
        """Return what an open import has staged so far, in order."""
        return self._staged.get(import_id, [])

    def staged_at(self, import_id: str) -> datetime:
        """Return when an open import was heard of last."""
        return self._staged_at[import_id]

    def reserved_by(self, ids: Iterable[str], *, but: str | None = None) -> str | None:
        """Return the open import, other than `but`, that holds one of these entities; None where there is none."""
        wanted = set(ids)
        holding = (name for name, held in self._reserved.items() if name != but and not held.isdisjoint(wanted))
        return next(holding, None)

    def evolve(self, commit: Commit) -> None:
        """Fold the next commit; raises CorruptLog where it does not follow the last one."""
        row = commit.row
        if row.log_id != self.log_id or row.revision != self.revision + 1:
            raise CorruptLog(f"Commit {row.revision} does not follow revision {self.revision}.")
        check_chain(self.hash, row)
        self.effective = self._fold(commit)
        self.graph.apply(self.effective)
        self.revision, self.hash, self.at = row.revision, row.hash, row.at

    def stage(self, commit: Commit) -> None:
        """Take up a staging commit that lies before the revision a load began at."""
        self._stage(commit.row.import_id or "", commit)

    def _fold(self, commit: Commit) -> Sequence[AnyChange]:
        """Return what the commit changes for readers; what it stages or drops is noted."""
        import_id = commit.row.import_id or ""
        match commit.import_phase:
            case None:
                return tuple(commit.changes)
            case ImportPhase.RESTORED:  # readers never saw what was replaced; a load may have read it
                self.graph.apply(commit.changes)
                return ()
            case ImportPhase.OPENED | ImportPhase.STAGED:
                self._stage(import_id, commit)
                return ()
            case ImportPhase.CLOSED:
                return self._drop(import_id)
            case ImportPhase.UNDONE:
                self._drop(import_id)
                return ()

    def _stage(self, import_id: str, commit: Commit) -> None:
        changes = list(commit.changes)
        # A load may have read values that the import has written already: the old ones are put back until it closes.
        self.graph.apply(Change(key=change.key, after=change.before) for change in changes)
        self._staged.setdefault(import_id, []).extend(changes)
        self._staged_at[import_id] = commit.row.at
        self._reserved.setdefault(import_id, set()).update(part for change in changes for part in entities_of(change))

    def _drop(self, import_id: str) -> list[AnyChange]:
        self._reserved.pop(import_id, None)
        self._staged_at.pop(import_id, None)
        return self._staged.pop(import_id, [])


def entities_of(change: AnyChange) -> tuple[str, ...]:
    """Return the entities a change touches: the node, or both ends of the relationship."""
    return change.key[1:2] if change.is_node else change.key[1:3]


def digest(graph: Graph) -> str:
    """Return a hash over every record in canonical order: two replicas have one digest if they hold the same state."""
    hashed = hashlib.sha256()
    encoder = msgspec.msgpack.Encoder()
    for record in graph.records():
        # All values, as encoding the record itself leaves out a default where it is the very object, not its equal.
        hashed.update(encoder.encode((kind_of(record), *msgspec.structs.astuple(record))))
    return hashed.hexdigest()


def differences(first: Graph, second: Graph, limit: int = 10) -> Mapping[str, tuple[Record | None, Record | None]]:
    """Return the first keys under which two graphs differ, with both values: for messages of checks that failed."""
    keys = {record.key for graph in (first, second) for record in graph.records()}
    unequal = (key for key in sorted(keys) if first.record(key) != second.record(key))
    return {
        " ".join(key): (first.record(key), second.record(key)) for key, _ in zip(unequal, range(limit), strict=False)
    }
