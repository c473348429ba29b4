"""A model bound to a store: for each plan and kind of user, the very bitmaps that have to be looked at."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from graph_api.permission.conditions import compile_condition
from graph_api.permission.engine.plans import Hard, Node, Plan, Plans, flows_of
from graph_api.permission.engine.tables import Edges, Guard, Table, TupleStore
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.tuples import WILDCARD, Shape, TupleRules, UserKind


class Bound(msgspec.Struct, eq=False, gc=False):
    """What a plan reads for users of one kind.

    Sure tuples as bitmaps by object: naming the user (`direct`), everybody (`wild`), a userset (`subjects`), a parent.
    Guarded ones as tables. `leaf` says that only its own tuples matter.
    """

    relations: tuple[str, ...]
    direct: tuple[Edges, ...]
    wild: tuple[Edges, ...]
    subjects: tuple[Edges, ...]
    parents: tuple[tuple[Edges, Plan], ...]
    calls: tuple[Plan, ...]
    hard: tuple[Hard, ...]
    guarded_direct: tuple[Table, ...]
    guarded_wild: tuple[Table, ...]
    guarded_subjects: tuple[Table, ...]
    guarded_parents: tuple[tuple[Table, Plan], ...]
    guarded: tuple[Table, ...]
    leaf: bool


class Bindings:
    """Which tables of a store a model reads, and what each of its plans reads of them."""

    def __init__(self, model: AuthorizationModel, store: TupleStore) -> None:
        self.model = model
        self.store = store
        self.conditions = {name: compile_condition(each) for name, each in model.conditions.items()}
        self.rules = TupleRules(model, self.conditions)
        self.plans: Final = Plans(model).by_node
        self.flows = tuple(flows_of(model))
        self._tables: dict[Node, list[Table]] = defaultdict(list)
        self._bounds: dict[UserKind, dict[int, Bound]] = defaultdict(dict)
        self._misfits: set[tuple[Table, int, int]] = set()
        for table in store.tables.values():
            self._take(table)

    def _take(self, table: Table) -> None:
        shape = table.key.shape
        if not self.rules.allows(shape):
            return
        self._tables[shape.type, shape.relation].append(table)
        if shape.condition is not None:
            unfit = (pair for pair, guard in table.guards.items() if not self._fits(guard))
            self._misfits.update((table, *pair) for pair in unfit)

    def _fits(self, guard: Guard) -> bool:
        condition = guard.condition
        return condition is None or not condition.context or self.rules.fits(condition)

    def note_table(self, table: Table) -> None:
        """Take up a table that was just made."""
        self._take(table)
        self._bounds.clear()

    def note_change(self, table: Table, user: int, target: int) -> None:
        """Take up that a tuple was added, replaced or taken away."""
        if table.key.guarded:
            self._note_fit(table, user, target)

    def _note_fit(self, table: Table, user: int, target: int) -> None:
        guard = table.guards.get((user, target))
        if guard is None or self._fits(guard):
            self._misfits.discard((table, user, target))
        elif self.rules.allows(table.key.shape):
            self._misfits.add((table, user, target))

    def valid(self, table: Table, user: int, target: int) -> bool:
        """Tell whether the model lets a tuple count."""
        return self.rules.allows(table.key.shape) and (table, user, target) not in self._misfits

    def allows(self, shape: Shape) -> bool:
        """Tell whether tuples of a shape may count."""
        return self.rules.allows(shape)

    def count_invalid(self) -> int:
        """Return the number of tuples that the model does not let count."""
        return sum(
            sum(not self.valid(table, *pair) for pair in table.guards)
            if self.allows(table.key.shape)
            else sum(len(users) for users in table.forward.values())
            for table in self.store.tables.values()
        )

    def tables_of(self, node: Node) -> list[Table]:
        """Return the tables of tuples that count for a relation, of both sources, guarded or not."""
        return self._tables.get(node, [])

    def bound(self, plan: Plan, kind: UserKind) -> Bound:
        """Return what a plan reads for users of a kind."""
        bounds = self._bounds[kind]
        found = bounds.get(plan.number)
        if found is None:
            found = bounds[plan.number] = self._bind(plan, kind)
        return found

    def _bind(self, plan: Plan, kind: UserKind) -> Bound:
        tables = self.assigned(plan)
        direct = [table for table in tables if table.key.shape.user == kind]
        wild = [table for table in tables if kind.relation is None and _everybody(table, kind.type)]
        subjects = [table for table in tables if table.key.shape.user.relation not in (None, WILDCARD)]
        parents = list(self.parents(plan))
        guarded = _guarded((*direct, *wild, *subjects, *(table for table, _ in parents)))
        return Bound(
            relations=plan.relations,
            direct=_sure(direct),
            wild=_sure(wild),
            subjects=_sure(subjects),
            parents=tuple((table.forward, child) for table, child in parents if not table.key.guarded),
            calls=plan.calls,
            hard=plan.hard,
            guarded_direct=_guarded(direct),
            guarded_wild=_guarded(wild),
            guarded_subjects=_guarded(subjects),
            guarded_parents=tuple((table, child) for table, child in parents if table.key.guarded),
            guarded=guarded,
            leaf=not (parents or plan.calls or plan.hard),
        )

    def assigned(self, plan: Plan) -> list[Table]:
        """Return the tables of tuples that are in a plan as such."""
        return [table for name in plan.this for table in self.tables_of((plan.type, name))]

    def parents(self, plan: Plan) -> Iterator[tuple[Table, Plan]]:
        """Yield the tables of parents, each with the plan that has to hold for the parent."""
        for via in plan.via:
            for table in self.tables_of((plan.type, via.tupleset)):
                user = table.key.shape.user
                child = self.plans.get((user.type, via.computed))
                if child is not None and user.relation is None:
                    yield table, child


def _everybody(table: Table, type_name: str) -> bool:
    return table.key.shape.user == UserKind(type_name, WILDCARD)


def _sure(tables: Iterable[Table]) -> tuple[Edges, ...]:
    return tuple(table.forward for table in tables if not table.key.guarded)


def _guarded(tables: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(table for table in tables if table.key.guarded)
