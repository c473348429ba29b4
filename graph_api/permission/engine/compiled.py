"""A model compiled over a store: for each plan and kind of user, the very bitmaps that have to be looked at."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from graph_api.permission.conditions import compile_condition
from graph_api.permission.engine.closures import Closures
from graph_api.permission.engine.components import Components
from graph_api.permission.engine.descending import Descending
from graph_api.permission.engine.holders import Holders
from graph_api.permission.engine.influence import Influence
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


class Compiled:
    """One model over the tuples of a store. It is told of tables and tuples that come and go."""

    def __init__(self, model: AuthorizationModel, store: TupleStore) -> None:
        self.model = model
        self.store = store
        self.conditions = {name: compile_condition(each) for name, each in model.conditions.items()}
        self.rules = TupleRules(model, self.conditions)
        self.plans: Final = Plans(model).by_node
        self._tables: dict[Node, list[Table]] = defaultdict(list)
        self._bounds: dict[tuple[int, UserKind], Bound] = {}
        self._rough: set[int] | None = None
        self._misfits: set[tuple[Table, int, int]] = set()
        for table in store.tables.values():
            self._take(table)
        self.flows = tuple(flows_of(model))
        self.closures = Closures(self)
        self.holders = Holders(self)
        self._descents: dict[bool, Descending] = {}
        self._influence: Influence | None = None
        self._components: Components | None = None

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
        self._rough = None
        self._descents.clear()
        self._influence = None
        self._components = None
        self.holders.clear()
        self.closures.bind()

    def note_change(self, table: Table, user: int, target: int) -> None:
        """Take up that a tuple was added, replaced or taken away."""
        if table.key.guarded:
            self._rough = None
            self._note_fit(table, user, target)
        self.holders.note_change(target)
        self.closures.note_change(table, user)

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

    def tables_of(self, node: Node) -> list[Table]:
        """Return the tables of tuples that count for a relation, of both sources, guarded or not."""
        return self._tables.get(node, [])

    def bound(self, plan: Plan, kind: UserKind) -> Bound:
        """Return what a plan reads for users of a kind."""
        found = self._bounds.get((plan.number, kind))
        if found is None:
            found = self._bounds[plan.number, kind] = self._bind(plan, kind)
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

    def descending(self, *, sure: bool) -> Descending:
        """Return the sure edges downwards, or all."""
        if sure not in self._descents:
            self._descents[sure] = Descending(self, self.flows, sure=sure)
        return self._descents[sure]

    @property
    def influence(self) -> Influence:
        """Return all edges upwards, also into what is subtracted."""
        if self._influence is None:
            self._influence = Influence(self)
        return self._influence

    @property
    def components(self) -> Components:
        """Return the plans in the order of what they rest on."""
        if self._components is None:
            self._components = Components(self)
        return self._components

    def is_rough(self, plan: Plan) -> bool:
        """Tell whether more than sure tuples and unions may decide about a plan."""
        if self._rough is None:
            self._rough = self._find_rough()
        return plan.number in self._rough

    def _find_rough(self) -> set[int]:
        """Return the numbers of plans from which an intersection, an exclusion or a guarded tuple can be reached."""
        above: dict[int, list[Plan]] = defaultdict(list)
        waiting: list[Plan] = []
        for plan in self.plans.values():
            if plan.hard or self._has_guarded(plan):
                waiting.append(plan)
            for child in self._below(plan):
                above[child.number].append(plan)
        found = {plan.number for plan in waiting}
        while waiting:
            for plan in above[waiting.pop().number]:
                if plan.number not in found:
                    found.add(plan.number)
                    waiting.append(plan)
        return found

    def _has_guarded(self, plan: Plan) -> bool:
        relations = (*plan.this, *(via.tupleset for via in plan.via))
        tables = (table for name in relations for table in self.tables_of((plan.type, name)))
        return any(table.key.guarded and table.forward for table in tables)

    def _below(self, plan: Plan) -> Iterable[Plan]:
        yield from plan.calls
        for via in plan.via:
            for parent in via.parents:
                child = self.plans.get((parent, via.computed))
                if child is not None:
                    yield child


def _everybody(table: Table, type_name: str) -> bool:
    return table.key.shape.user == UserKind(type_name, WILDCARD)


def _sure(tables: Iterable[Table]) -> tuple[Edges, ...]:
    return tuple(table.forward for table in tables if not table.key.guarded)


def _guarded(tables: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(table for table in tables if table.key.guarded)
