"""The permission graph of a replica: it takes what was committed as it is, and prepares models before they are live."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from graph_api.permission.engine.answering import Asking
from graph_api.permission.engine.bindings import Bindings
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.tuples import RelationshipTuple, TupleKey, TupleSource, shape_of


class TupleChange(msgspec.Struct, frozen=True, gc=False):
    """What became of a tuple: None where it was not there before, or is not there any more."""

    key: TupleKey
    source: TupleSource
    before: RelationshipTuple | None
    after: RelationshipTuple | None


class KeptGraph(PermissionGraph):
    """A permission graph that is told what the log says."""

    _prepared: tuple[str, Asking] | None = None

    def fill(self, tuples: Iterable[RelationshipTuple], source: TupleSource) -> None:
        """Put in tuples whose keys differ from each other and from all that are there, as `take` would, but sooner."""
        for each in tuples:
            self._store.put(shape_of(each), each, source)
        self.drop_prepared()
        self.switch_model(self.model)  # compiling looks at all that is there

    def take(self, final: Mapping[TupleKey, RelationshipTuple | None], source: TupleSource) -> list[TupleChange]:
        """Put tuples in place, None for one that is gone, and return what that altered.

        Nothing is refused: whoever committed it has checked it, under the model that was live then. What the live model
        forbids is kept and does not count.
        """
        changes = [TupleChange(key, source, self._stored(key, source), each) for key, each in final.items()]
        changes = [change for change in changes if change.before != change.after]
        for change in changes:
            if change.after is not None:
                self._put(change.after, source)
            elif change.before is not None:
                self._discard(change.before, source)
        return changes

    @property
    def asking(self) -> Asking:
        """What answers questions, under the live model."""
        return self._asking

    def undo(self, changes: Sequence[TupleChange]) -> None:
        """Put back what stood before changes that were taken last; whoever does so redoes them before all else."""
        for change in changes:
            self._place(change, change.before)

    def redo(self, changes: Sequence[TupleChange]) -> None:
        """Take changes again that were undone."""
        for change in changes:
            self._place(change, change.after)

    def _place(self, change: TupleChange, each: RelationshipTuple | None) -> None:
        if each is not None:
            self._put(each, change.source)
        else:
            self._discard(change.key, change.source)

    def _stored(self, key: TupleKey, source: TupleSource) -> RelationshipTuple | None:
        entry = self._store.find(key.user, key.relation, key.object, source)
        return self._store.tuple_of(entry) if entry is not None else None

    def prepare(self, name: str, model: AuthorizationModel) -> None:
        """Compile a model beside the live one, in place of one that was prepared before."""
        self.drop_prepared()
        asking = self._asking_under(model)
        self._beside.append(asking.compiled)
        self._prepared = (name, asking)

    def switch_to(self, name: str, model: AuthorizationModel) -> None:
        """Make a model live: the prepared one where it has that name."""
        prepared = self._prepared
        self.drop_prepared()
        if prepared is not None and prepared[0] == name:
            self._take_over(prepared[1])
        else:
            self.switch_model(model)

    def drop_prepared(self) -> None:
        """Forget the model that was prepared, if there is one."""
        if self._prepared is not None:
            self._beside.remove(self._prepared[1].compiled)
            self._prepared = None

    def count_invalid(self, model: AuthorizationModel | None = None) -> int:
        """Return the number of tuples that a model does not let count, the live one where none is given."""
        bindings = self._asking.compiled if model is None else Bindings(model, self._store)
        return bindings.count_invalid()
