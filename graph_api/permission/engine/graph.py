"""The permission graph: tuples under a model that changes while questions are asked.

PermissionGraph    write and switch; check, lists, expand, explain, preview. Not for several threads at once.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeAlias

from pyroaring import BitMap

from graph_api.permission.answers import (
    Decision,
    Denied,
    Explanation,
    ListedUsers,
    Preview,
    UsersetTree,
    Written,
)
from graph_api.permission.engine.answering import Asking, decision
from graph_api.permission.engine.compiled import Compiled
from graph_api.permission.engine.expanding import Expansion
from graph_api.permission.engine.explaining import deciding, told
from graph_api.permission.engine.granting import Granting, fewest
from graph_api.permission.engine.listing import list_objects, list_users
from graph_api.permission.engine.previewing import (
    Comparison,
    Side,
    everywhere,
    joined,
    known_users,
    rank,
    redefined,
)
from graph_api.permission.engine.refusing import Removal, check_tuple, refuse_costly, refuse_doubles
from graph_api.permission.engine.tables import Entry, Table, TupleStore, stored
from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.parsing import ParsedModel, parse_model
from graph_api.permission.tuples import RelationshipTuple, StoredTuple, TupleSource, object_type, shape_of

ModelSource: TypeAlias = str | Mapping[str, Any] | AuthorizationModel | ParsedModel
CONTEXTUAL_TUPLES_MAX: Final = 100
EXPLAINED_NODES_MAX: Final = 2_000
NO_CONTEXT: Final[Mapping[str, Any]] = {}


def utc_now() -> datetime:
    """Return the clock's time in UTC."""
    return datetime.now(UTC)


class PermissionGraph:
    """Relationship tuples under an authorization model, and every question about them.

    `at` is an aware instant that expiries are compared with (2000 for one without offset); left out, it is now. Errors
    are `PermissionGraphError` with OpenFGA's number in `.code`.
    """

    def __init__(self, model: ModelSource, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._store = TupleStore()
        self._asking = self._asking_under(parsed(model).model)
        self._beside: list[Compiled] = []
        self._store.on_table = self._note_table

    @property
    def model(self) -> AuthorizationModel:
        """Return the live model."""
        return self._asking.compiled.model

    def __len__(self) -> int:
        return self._store.size

    def _note_table(self, table: Table) -> None:
        for compiled in (self._asking.compiled, *self._beside):
            compiled.note_table(table)

    def write(
        self,
        add: Iterable[RelationshipTuple] = (),
        remove: Iterable[Removal] = (),
        *,
        source: TupleSource = TupleSource.EXPLICIT,
    ) -> Written:
        """Add (or replace) and remove tuples of a source, all or nothing; raises 2000 and 2004.

        Adding what is there and removing what is not changes nothing and is no error.
        """
        added, removed = list(add), list(remove)
        refuse_doubles([*added, *removed])
        for each in added:
            check_tuple(self._asking.compiled, each)
        counts = [self._put(each, source) for each in added]
        gone = [self._discard(each, source) for each in removed]
        return Written(sum(counts), sum(gone), len(counts) + len(gone) - sum(counts) - sum(gone))

    def _put(self, each: RelationshipTuple, source: TupleSource) -> bool:
        found = self._store.find(each.user, each.relation, each.object, source)
        if found is not None:
            if self._store.tuple_of(found) == each:
                return False
            self._take_out(found)
        shape = shape_of(each)
        self._note(self._store.put(shape, each, source))
        return True

    def _discard(self, each: Removal, source: TupleSource) -> bool:
        found = self._store.find(each.user, each.relation, each.object, source)
        if found is not None:
            self._take_out(found)
        return found is not None

    def _take_out(self, entry: Entry) -> None:
        self._store.discard(entry)
        self._note(entry)

    def _note(self, entry: Entry) -> None:
        for compiled in (self._asking.compiled, *self._beside):
            compiled.note_change(entry.table, entry.user, entry.target)

    def switch_model(self, model: ModelSource) -> None:
        """Take another model; tuples stay, and those that it forbids do not count while it is live."""
        self._take_over(self._asking_under(parsed(model).model))

    def _asking_under(self, model: AuthorizationModel) -> Asking:
        return Asking(Compiled(model, self._store), self._clock)

    def _take_over(self, asking: Asking) -> None:
        asking.compiled.closures.adopt(self._asking.compiled.closures)
        self._asking = asking

    def check(
        self,
        user: str,
        relation: str,
        object: str,
        *,
        context: Mapping[str, Any] | None = None,
        contextual_tuples: Sequence[RelationshipTuple] = (),
        at: datetime | None = None,
    ) -> Decision:
        """Decide whether `user` has `relation` to `object`; raises 2000, and for contextual tuples 2021, 2022, 2027."""
        instant = None if at is None else self._instant(at)
        if not contextual_tuples:
            return self._asking.check(user, relation, object, context or NO_CONTEXT, instant)
        with self._supposing(contextual_tuples):
            return self._asking.check(user, relation, object, context or NO_CONTEXT, instant)

    def _instant(self, at: datetime | None) -> datetime:
        if at is None:
            return self._clock()
        if at.tzinfo is None:
            raise PermissionGraphError(
                Code.VALIDATION_ERROR, "`at` has no offset from UTC.", suggestion="Give an aware instant."
            )
        return at

    def list_objects(
        self,
        user: str,
        relation: str,
        type: str,
        *,
        context: Mapping[str, Any] | None = None,
        contextual_tuples: Sequence[RelationshipTuple] = (),
        at: datetime | None = None,
    ) -> list[str]:
        """List all objects of a type to which `user` has `relation`, sorted; raises 2000, 2021, 2022."""
        with self._supposing(contextual_tuples):
            return list_objects(self._asking, user, relation, type, context or NO_CONTEXT, self._instant(at))

    def list_users(
        self,
        object: str,
        relation: str,
        *,
        filters: Iterable[str],
        context: Mapping[str, Any] | None = None,
        contextual_tuples: Sequence[RelationshipTuple] = (),
        at: datetime | None = None,
    ) -> list[str]:
        """List the users of the kinds in `filters` (`user`, `group#member`) that have `relation`, sorted.

        Whoever has it is there if any tuple below the object names him; `user:*` stands for everybody else of the
        type. Raises 2000, 2021, 2022.
        """
        found = self.list_users_and_excluded(
            object, relation, filters=filters, context=context, contextual_tuples=contextual_tuples, at=at
        )
        return found.users

    def list_users_and_excluded(
        self,
        object: str,
        relation: str,
        *,
        filters: Iterable[str],
        context: Mapping[str, Any] | None = None,
        contextual_tuples: Sequence[RelationshipTuple] = (),
        at: datetime | None = None,
    ) -> ListedUsers:
        """List users as `list_users` does, and whom each `type:*` among them leaves out."""
        with self._supposing(contextual_tuples):
            return list_users(self._asking, object, relation, filters, context or NO_CONTEXT, self._instant(at))

    def read(
        self, user: str | None = None, relation: str | None = None, object: str | None = None
    ) -> list[StoredTuple]:
        """Return the tuples that match, of both sources, sorted; those that the live model forbids are not valid."""
        compiled = self._asking.compiled
        found = (
            stored(self._store, entry, valid=compiled.valid(entry.table, entry.user, entry.target))
            for entry in self._store.matching(user, relation, object)
        )
        return sorted(found, key=lambda each: (each.tuple.key, each.source))

    def expand(self, object: str, relation: str, *, at: datetime | None = None) -> UsersetTree:
        """Return what a relation of an object is made of, one level deep, root first; raises 2000.

        Conditions are not looked at; expired tuples are left out.
        """
        type_name = object_type(object)
        self._asking.plan(type_name, relation)
        return Expansion(self._asking.compiled, object, self._instant(at)).tree((type_name, relation))

    def explain(
        self,
        user: str,
        relation: str,
        object: str,
        *,
        context: Mapping[str, Any] | None = None,
        contextual_tuples: Sequence[RelationshipTuple] = (),
        at: datetime | None = None,
    ) -> Explanation:
        """Tell why a check comes out as it does, and for a denial the fewest tuples that would grant it."""
        instant = self._instant(at)
        with self._supposing(contextual_tuples):
            solution = self._asking.solution(user, relation, object, context or NO_CONTEXT, instant)
            answer = decision(solution.value(solution.program.root))
            entries = deciding(solution, answer)
            path = tuple(self._store.tuple_of(entry) for entry in entries)
            sources = tuple(entry.table.key.source for entry in entries)
            grants: tuple[RelationshipTuple, ...] = ()
            if isinstance(answer, Denied):
                grants = self._granting(user, relation, object, context or NO_CONTEXT, instant)
        return Explanation(answer, path, sources, grants, told(user, relation, object, answer, path, grants), instant)

    def _granting(
        self, user: str, relation: str, target: str, context: Mapping[str, Any], at: datetime
    ) -> tuple[RelationshipTuple, ...]:
        """Return the first suggestion that holds when it is tried out, without what it does not need."""

        def grants(missing: Sequence[RelationshipTuple]) -> bool:
            with self.hypothesis(missing):
                try:
                    return self._asking.check(user, relation, target, context, at).allowed
                except PermissionGraphError:  # a condition that could not be evaluated would decide
                    return False

        wide = self._asking.solution(user, relation, target, context, at, nodes_max=EXPLAINED_NODES_MAX)
        suggestions = Granting(wide, user, target).suggestions()
        return fewest((missing for missing in suggestions if grants(missing)), grants)

    def preview(
        self,
        add: Iterable[RelationshipTuple] = (),
        remove: Iterable[Removal] = (),
        model: ModelSource | None = None,
        *,
        at: datetime | None = None,
        places_max: int | None = None,
    ) -> Preview:
        """Tell whose access a change would alter, without making it; raises what the change itself would.

        Users are those that the tuples name, and everybody of a type (`user:*`) as such. Raises 2002 where more than
        `places_max` relations of objects would have to be compared.
        """
        added, removed, instant = list(add), list(remove), self._instant(at)
        refuse_doubles([*added, *removed])
        new = ParsedModel(self.model) if model is None else parsed(model)
        now = self._asking
        then = now if model is None else self._asking_under(new.model)
        for each in added:
            check_tuple(then.compiled, each)
        with self._noticing(then.compiled):
            return self._preview(now, then, added, removed, new, instant, places_max)

    def _preview(
        self,
        now: Asking,
        then: Asking,
        added: list[RelationshipTuple],
        removed: list[Removal],
        new: ParsedModel,
        at: datetime,
        places_max: int | None,
    ) -> Preview:
        changes = [*added, *removed]
        nodes = [now.compiled.influence.touched(changes)]
        with self.hypothesis(added, removed):
            nodes.append(then.compiled.influence.touched(changes))
            nodes.append(everywhere(then.compiled, redefined(now.compiled.model, then.compiled.model)))
            places = joined(nodes)
            refuse_costly(places, places_max)
            invalid = then.compiled.count_invalid()
            everybody = known_users(self._store, changes)
        found = sorted(
            Comparison(
                Side(now, at, everybody),
                Side(then, at, everybody),
                BitMap(self._store.names.everybody(now.compiled.model.types.keys() | then.compiled.model.types)),
                partial(self.hypothesis, added, removed),
            ).deltas(self._store.names, ((node, place) for node, some in places.items() for place in some)),
            key=lambda each: (each.object, each.relation, each.user),
        )
        gains = sum(rank(each.after) > rank(each.before) for each in found)
        losses = sum(rank(each.after) < rank(each.before) for each in found)
        return Preview(gains, losses, invalid, new.warnings, tuple(found))

    @contextmanager
    def _noticing(self, compiled: Compiled) -> Generator[None]:
        """Tell another compiled model of what changes, for a while."""
        if compiled is self._asking.compiled:
            yield
            return
        self._beside.append(compiled)
        try:
            yield
        finally:
            self._beside.remove(compiled)

    @contextmanager
    def _supposing(self, tuples: Sequence[RelationshipTuple]) -> Generator[None]:
        """Hold contextual tuples for the length of a question, in place of stored ones of the same key."""
        if not tuples:
            yield
            return
        self._check_contextual(tuples)
        with self.hypothesis(tuples):
            yield

    def _check_contextual(self, tuples: Sequence[RelationshipTuple]) -> None:
        if len(tuples) > CONTEXTUAL_TUPLES_MAX:
            raise PermissionGraphError(
                Code.EXCEEDED_ENTITY_LIMIT,
                f"{len(tuples)} contextual tuples are given.",
                suggestion=f"At most {CONTEXTUAL_TUPLES_MAX} are allowed: write those that stay.",
            )
        refuse_doubles(tuples, Code.DUPLICATE_CONTEXTUAL_TUPLE)
        for each in tuples:
            self._asking.compiled.rules.check(each)

    @contextmanager
    def hypothesis(self, add: Sequence[RelationshipTuple], remove: Sequence[Removal] = ()) -> Generator[None]:
        """Hold a change of explicit tuples for a while; they were checked before."""
        keys = [(each.user, each.relation, each.object) for each in (*add, *remove)]
        before = [self._store.find(*key, TupleSource.EXPLICIT) for key in keys]
        try:
            for each in add:
                self._put(each, TupleSource.EXPLICIT)
            for each in remove:
                self._discard(each, TupleSource.EXPLICIT)
            yield
        finally:
            for key, entry in zip(keys, before, strict=True):
                now = self._store.find(*key, TupleSource.EXPLICIT)
                if now != entry:
                    if now is not None:
                        self._take_out(now)
                    if entry is not None:
                        self._store.restore(entry)
                        self._note(entry)


def parsed(model: ModelSource) -> ParsedModel:
    """Parse and validate a model, unless it is parsed."""
    if isinstance(model, ParsedModel):
        return model
    return ParsedModel(model) if isinstance(model, AuthorizationModel) else parse_model(model)
