"""Effective changes: whose access the changes of tuples of a commit altered, worked out on both sides of it.

An access can only differ at the relations of objects that a changed tuple leads to, and only for whom the tuple names
or for those below its userset or its parent. Whatever leads there over tuples that did not change leads there after the
commit as well, so that looking upwards on one side is enough; the others begin with a changed tuple of their own.
Nothing is awaited: the graph is taken back and forth while nobody else asks it.

The clock is not looked at: an expired tuple counts until a commit removes it, so that its end is told once (R8).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final, TypeAlias

from pyroaring import BitMap

from graph_api.permission.answers import DENIED, Decision
from graph_api.permission.causes import Cause, CausedChange
from graph_api.permission.engine.answering import Asking, decision
from graph_api.permission.engine.closures import Nodes
from graph_api.permission.engine.guards import Guards
from graph_api.permission.engine.object_sets import ObjectSets
from graph_api.permission.engine.plans import Node, Plan
from graph_api.permission.engine.previewing import everywhere, redefined
from graph_api.permission.engine.values import Value
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.kept_graph import KeptGraph
from graph_api.permission.recent import Moment
from graph_api.permission.telling import Compared, Sides, Touched, changes_told
from graph_api.permission.tuples import UserKind
from graph_api.permission.watches import AccessChange, Group, Pair, Watch, Watched, changed_node

BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)
Told: TypeAlias = Mapping[Watch, tuple[AccessChange, ...] | None]
"""By watch what one commit altered, None for too much; those to whom nothing happened are left out."""


class Budget:
    """How many changes of tuples and accesses may still be compared."""

    def __init__(self, most: int) -> None:
        self._left = most

    def spend(self, count: int) -> bool:
        """Take a part, or tell that so much is not left."""
        if count > self._left:
            return False
        self._left -= count
        return True


def effective(
    graph: KeptGraph, moments: Sequence[Moment], watched: Watched, budget: Budget, replaced: Asking | None = None
) -> list[Told]:
    """Return what each of the last commits altered for those who watch; the graph is left as it was.

    `replaced` is what answered under the model that the last of them replaced.
    """
    steps = [Comparison(moment, watched, budget, graph.asking, replaced) for moment in moments]
    try:
        for step in reversed(steps):
            step.look_after()
            graph.undo(step.tuples)
            step.look_before()
        return [step.told(graph) for step in steps]
    except BaseException:  # whatever it was, an interrupt too: all questions go to this graph; it is raised again
        for step in steps:
            graph.redo(step.tuples)
        raise


class Comparison:
    """One commit, looked at from both sides."""

    def __init__(
        self, moment: Moment, watched: Watched, budget: Budget, after: Asking, replaced: Asking | None
    ) -> None:
        self._watched = watched
        self._budget = budget
        self._before, self._after = replaced or after, after
        self._switch = moment.switch if replaced is not None else None
        influence = after.compiled.influence
        changes = [
            each
            for each in moment.changes
            if changed_node(each) in watched.inputs and not watched.leaves_out(influence.only_user(each.change.key))
        ]
        self._too_much = not moment.whole or not budget.spend(len(changes))
        self._changes: Sequence[CausedChange] = () if self._too_much else changes
        self._concerned = watched.concerned(changes) if moment.whole and replaced is None else watched.groups
        # To a model that was replaced other tuples may matter.
        taken = self._changes if replaced is None or self._too_much else moment.changes
        self.tuples = [each.change for each in taken]
        self._places: list[Nodes] = []
        self._users: list[BitMap] = [BitMap() for _ in self._changes]
        self._compared = {group: Compared(Touched(), Touched()) for group in watched.groups}
        self._types = after.compiled.store.names.everybody(watched.types)
        self._everybody = BitMap(self._types)

    def look_after(self) -> None:
        """Find where changes lead, and whom those tuples matter to that are there after the commit."""
        watched, influence = self._watched, self._after.compiled.influence
        for each, users in zip(self._changes, self._users, strict=True):
            found = influence.touched((each.change.key,), watched.within)
            self._places.append({node: found[node] for node in watched.nodes & found.keys()})
            if self._places[-1] and each.change.after is not None:
                users.update(influence.users(each.change.key, watched.kinds))

    def look_before(self) -> None:
        """Find whom those tuples matter to that were there before the commit."""
        influence = self._before.compiled.influence
        for each, places, users in zip(self._changes, self._places, self._users, strict=True):
            if places and each.change.before is not None:
                users.update(influence.users(each.change.key, self._watched.kinds))

    def told(self, graph: KeptGraph) -> Told:
        """Tell what differs; the graph is on the side before the commit, and is left on the side after it."""
        if self._too_much:
            return {watch: None for group in self._concerned for watch in group.watches}
        self._gather(graph)
        had = {group: self._decided(self._before, group) for group in self._compared}
        graph.redo(self.tuples)
        has = {group: self._decided(self._after, group) for group in self._compared}
        names = self._after.compiled.store.names
        found: dict[Watch, tuple[AccessChange, ...] | None] = {}
        for group, compared in self._compared.items():
            found.update(changes_told(group, compared, Sides(had[group], has[group]), names))
        return found

    def _gather(self, graph: KeptGraph) -> None:
        """Gather the accesses to compare: at first of users who are watched by themselves, which are few.

        Where everybody is concerned, those whom tuples name on either side are compared apart.
        """
        wild = [self._everybody_in(users) for users in self._users]
        for each, places, users, types in zip(self._changes, self._places, self._users, wild, strict=True):
            for group in self._near(places):
                self._add_own(group, places[group.node], users | group.of_types(types), each.cause)
        for each, places, users in zip(self._changes, self._places, self._users, strict=True):
            for group in self._near(places):
                self._add(group, places[group.node], users, each.cause)
        if any(wild) or self._switch is not None:
            self._name(self._before, wild)
            graph.redo(self.tuples)
            self._name(self._after, wild)
            graph.undo(self.tuples)

    def _near(self, places: Nodes) -> Iterable[Group]:
        return (group for group in self._concerned if group.node in places)

    def _everybody_in(self, users: BitMap) -> tuple[str, ...]:
        """Return the types whose everybody is among some users."""
        return tuple(self._types[number] for number in users & self._everybody)

    def _add(self, group: Group, places: BitMap, users: BitMap, cause: Cause) -> None:
        """Compare some users at those of some objects at which everybody is watched."""
        touched, opened = self._compared[group].everybody, group.open_at(places)
        if self._spend(touched, len(opened) * len(users)):
            for place in opened:
                for user in users:
                    touched.causes.setdefault((place, user), []).append(cause)

    def _add_own(self, group: Group, places: BitMap, users: BitMap, cause: Cause) -> None:
        """Compare those of some users who are watched by themselves."""
        touched = self._compared[group].own
        for user, near in group.own(places, users):
            if self._spend(touched, len(near)):
                for place in near:
                    touched.causes.setdefault((place, user), []).append(cause)

    def _spend(self, touched: Touched, count: int) -> bool:
        """Tell whether so much more can be compared; where it cannot, nothing of it is."""
        if touched.too_many or not self._budget.spend(count):
            touched.too_many = True
            touched.causes.clear()
        return not touched.too_many

    def _name(self, asking: Asking, wild: Sequence[Sequence[str]]) -> None:
        """Compare those whom tuples name on one side, where everybody of their type or the model is concerned."""
        for group in self._watched.groups:
            for each, places, types in zip(self._changes, self._places, wild, strict=True):
                if types and group.node in places:
                    self._add_named(asking, group, places[group.node], types, each.cause)
            if self._switch is not None and group.node in self._redefined:
                self._add_switched(asking, group, self._switch)

    def _add_named(self, asking: Asking, group: Group, places: BitMap, types: Sequence[str], cause: Cause) -> None:
        kinds, descending = {UserKind(each, None) for each in types}, asking.compiled.descending(sure=False)
        for place in group.open_at(places):
            if not self._compared[group].everybody.too_many:
                self._add(group, BitMap((place,)), descending.named(group.node, place, kinds), cause)

    @cached_property
    def _redefined(self) -> set[Node]:
        return redefined(self._before.compiled.model, self._after.compiled.model)

    def _add_switched(self, asking: Asking, group: Group, cause: Cause) -> None:
        """Compare what another model may alter: everything at a relation that means something else in it."""
        objects = everywhere(asking.compiled, (group.node,)).get(group.node, BitMap())
        if self._spend(self._compared[group].everybody, len(group.open_at(objects))):
            self._add_named(asking, group, objects, self._watched.types, cause)
        for user in group.owners:
            self._add_own(group, candidates(asking, group.node, user), BitMap((user,)), cause)

    def _decided(self, asking: Asking, group: Group) -> dict[Pair, Decision]:
        """Decide about all accesses of a group; what the model does not know is denied."""
        compared, plan = self._compared[group], asking.compiled.plans.get(group.node)
        by_user: dict[int, list[int]] = defaultdict(list)
        for place, user in compared.everybody.causes.keys() | compared.own.causes.keys():
            by_user[user].append(place)
        found: dict[Pair, Decision] = {}
        for user, places in by_user.items():
            found.update(((place, user), each) for place, each in _answers(asking, plan, user, places, group.context))
        return found


def _answers(
    asking: Asking, plan: Plan | None, user: int, places: Sequence[int], context: Mapping[str, Any]
) -> Iterable[tuple[int, Decision]]:
    """Decide about one user at several objects."""
    try:
        subject = asking.subject(asking.compiled.store.names.texts[user])
    except PermissionGraphError:
        return ((place, DENIED) for place in places)
    if plan is None:
        return ((place, DENIED) for place in places)
    if len(places) == 1:
        return ((places[0], _answer(asking.value(plan, subject, places[0], context, BEFORE_ALL))),)
    values = asking.values(plan, subject, places, context, BEFORE_ALL)
    return ((place, _answer(value)) for place, value in values.items())


def _answer(value: Value) -> Decision:
    try:
        return decision(value)
    except PermissionGraphError:
        return DENIED


def candidates(asking: Asking, node: Node, user: int) -> BitMap:
    """Return the objects to which a user may have a relation as the tuples are."""
    plan = asking.compiled.plans.get(node)
    if plan is None:
        return BitMap()
    try:
        subject = asking.subject(asking.compiled.store.names.texts[user])
    except PermissionGraphError:
        return BitMap()
    guards = Guards(asking.compiled, {}, BEFORE_ALL)
    return BitMap(ObjectSets(asking.compiled, subject, guards).of(plan).may)
