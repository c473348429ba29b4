"""A model compiled over a store: its bindings, and what is worked out from them when it is first asked for."""

from collections import defaultdict
from collections.abc import Iterable

from graph_api.permission.engine.bindings import Bindings
from graph_api.permission.engine.closures import Closures
from graph_api.permission.engine.components import Components
from graph_api.permission.engine.descending import Descending
from graph_api.permission.engine.holders import Holders
from graph_api.permission.engine.influence import Influence
from graph_api.permission.engine.plans import Plan
from graph_api.permission.engine.tables import Table, TupleStore
from graph_api.permission.model import AuthorizationModel


class Compiled(Bindings):
    """One model over the tuples of a store. It is told of tables and tuples that come and go."""

    def __init__(self, model: AuthorizationModel, store: TupleStore) -> None:
        super().__init__(model, store)
        self.closures = Closures(self)
        self.holders = Holders(self)
        self._rough: set[int] | None = None
        self._descents: dict[bool, Descending] = {}
        self._influence: Influence | None = None
        self._components: Components | None = None

    def note_table(self, table: Table) -> None:
        """Take up a table that was just made."""
        super().note_table(table)
        self._rough = None
        self._descents.clear()
        self._influence = None
        self._components = None
        self.holders.clear()
        self.closures.bind()

    def note_change(self, table: Table, user: int, target: int) -> None:
        """Take up that a tuple was added, replaced or taken away."""
        super().note_change(table, user, target)
        if table.key.guarded:
            self._rough = None
        self.holders.note_change(target)
        self.closures.note_change(table, user)

    def descending(self, *, sure: bool) -> Descending:
        """Return the sure edges downwards, or all."""
        if sure not in self._descents:
            self._descents[sure] = Descending(self, self.flows, sure=sure)
        return self._descents[sure]

    @property
    def influence(self) -> Influence:
        """Return all edges upwards, also into what is subtracted."""
        if self._influence is None:
            self._influence = Influence(self, self.descending(sure=False))
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
