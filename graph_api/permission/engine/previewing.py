"""Previews: whose access a change of tuples or of the model would alter, worked out before anything is written."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice
from typing import Final, TypeAlias

from pyroaring import BitMap

from graph_api.permission.answers import ALLOWED, DENIED, AccessDelta, Allowed, Conditional, Decision
from graph_api.permission.engine.answering import Asking, decision
from graph_api.permission.engine.closures import Nodes, merge
from graph_api.permission.engine.compiled import Compiled
from graph_api.permission.engine.guards import Guards
from graph_api.permission.engine.names import NOBODY, Names
from graph_api.permission.engine.object_sets import NONE, Extent
from graph_api.permission.engine.plans import Node, reachable, sources_of
from graph_api.permission.engine.tables import TupleStore
from graph_api.permission.engine.user_sets import Everybody, UserSets
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.tuples import WILDCARD, RelationshipTuple, TupleKey, UserKind, user_kind

Place: TypeAlias = tuple[Node, int]
Supposing: TypeAlias = Callable[[], AbstractContextManager[None]]
PLACES_AT_ONCE: Final = 5_000
"""Bounds what is held of both sides at a time."""


def redefined(before: AuthorizationModel, after: AuthorizationModel) -> set[Node]:
    """Return the relations that mean something else in another model, those that rest on them included."""
    first, second = _definitions(before), _definitions(after)
    changed = {node for node in first.keys() | second.keys() if first.get(node) != second.get(node)}
    above: dict[Node, set[Node]] = {}
    for model in (before, after):
        for target, source in sources_of(model):
            above.setdefault(source, set()).add(target)
    return reachable(above, changed)


def _definitions(model: AuthorizationModel) -> dict[Node, object]:
    return {
        (each.name, relation.name): (
            relation.rewrite,
            frozenset(relation.restrictions),
            [model.conditions[one.condition] for one in relation.restrictions if one.condition is not None],
        )
        for each in model.types.values()
        for relation in each.relations.values()
    }


def everywhere(compiled: Compiled, nodes: Iterable[Node]) -> Nodes:
    """Return relations on all objects of their types that any tuple names."""
    objects: dict[str, BitMap] = {}
    for table in compiled.store.tables.values():
        shape = table.key.shape
        objects.setdefault(shape.type, BitMap()).update(table.forward)
        if shape.user.relation is None:
            objects.setdefault(shape.user.type, BitMap()).update(table.backward)
    return {node: objects[node[0]] for node in nodes if node[0] in objects}


def joined(parts: Iterable[Nodes]) -> Nodes:
    """Return the union of nodes."""
    found: Nodes = {}
    for part in parts:
        for node, places in part.items():
            merge(found, node, places)
    return found


class Side:
    """Access as it is, or as it would be; asked while the tuples are so."""

    def __init__(self, asking: Asking, at: datetime, everybody: Everybody) -> None:
        self._asking = asking
        self._compiled = asking.compiled
        self._at = at
        self._sets = UserSets(asking.compiled, Guards(asking.compiled, {}, at), None, everybody)
        self._kinds = {UserKind(name, None) for name in asking.compiled.model.types}

    def users(self, place: Place) -> Extent:
        """Return who surely has a relation to an object, and who may; nobody where the model does not know it."""
        node, target = place
        plan = self._compiled.plans.get(node)
        return NONE if plan is None else self._sets.of(plan, target)

    def named(self, place: Place) -> BitMap:
        """Return the plain users named below an object, everybody of a type included."""
        node, target = place
        if node not in self._compiled.plans:
            return BitMap()
        return self._compiled.descending(sure=False).named(node, target, self._kinds)

    def decision(self, place: Place, users: Extent, number: int) -> Decision:
        """Decide about a user; what cannot be decided is denied."""
        if number in users.sure:
            return ALLOWED
        if number not in users.may:
            return DENIED
        (node, target), compiled = place, self._compiled
        try:
            subject = self._asking.subject(compiled.store.names.texts[number])
            return decision(self._asking.value(compiled.plans[node], subject, target, {}, self._at))
        except PermissionGraphError:
            return DENIED


class Comparison:
    """Access to some objects on both sides. `supposing` makes the tuples be as they would be, for a while."""

    def __init__(self, now: Side, then: Side, everybody: BitMap, supposing: Supposing) -> None:
        self._now = now
        self._then = then
        self._everybody = everybody
        self._supposing = supposing

    def deltas(self, names: Names, places: Iterable[Place]) -> Iterator[AccessDelta]:
        """Yield whose access differs, some places at a time."""
        waiting = iter(places)
        while some := list(islice(waiting, PLACES_AT_ONCE)):
            yield from self._compared(names, some)

    def _compared(self, names: Names, places: list[Place]) -> Iterator[AccessDelta]:
        with self._supposing():
            after = [self._then.users(place) for place in places]
        before = [self._now.users(place) for place in places]
        contested = [_contested(*pair) for pair in zip(before, after, strict=True)]
        # Everybody stands for each user of the type; told are those whom some tuple below the object names.
        wide = [number for number, users in enumerate(contested) if users & self._everybody]
        named = {number: self._now.named(places[number]) for number in wide}
        with self._supposing():
            for number in wide:
                contested[number] &= named[number] | self._then.named(places[number])
            new = list(_decisions(self._then, places, after, contested))
        for ((node, target), user, then), (_, _, now) in zip(
            new, _decisions(self._now, places, before, contested), strict=True
        ):
            if now != then:
                yield AccessDelta(names.texts[user], node[1], names.texts[target], now, then)


def _contested(before: Extent, after: Extent) -> BitMap:
    """Return the users whose access may differ."""
    return BitMap((before.may | after.may) - (before.sure & after.sure))


def _decisions(
    side: Side, places: list[Place], extents: list[Extent], contested: list[BitMap]
) -> Iterator[tuple[Place, int, Decision]]:
    for place, extent, users in zip(places, extents, contested, strict=True):
        for number in users:
            yield place, number, side.decision(place, extent, number)


def known_users(store: TupleStore, changes: Iterable[RelationshipTuple | TupleKey]) -> Everybody:
    """Return a look-up of the plain users of a type, and everybody, that tuples name before or after changes."""
    kept: dict[str, BitMap] = {}
    extra = [(user_kind(each.user), each.user) for each in changes]

    def find(type_name: str) -> BitMap:
        kinds = {UserKind(type_name, None), UserKind(type_name, WILDCARD)}
        found = BitMap(store.names.find(user) for kind, user in extra if kind in kinds)
        for table in store.tables.values():
            if table.key.shape.user in kinds:
                found.update(table.backward)
        found.discard(NOBODY)
        return found

    def everybody(type_name: str) -> BitMap:
        if type_name not in kept:
            kept[type_name] = find(type_name)
        return kept[type_name]

    return everybody


def rank(answer: Decision) -> int:
    """Order decisions: denied, conditional, allowed."""
    return 2 if isinstance(answer, Allowed) else int(isinstance(answer, Conditional))
