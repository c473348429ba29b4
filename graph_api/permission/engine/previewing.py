"""Previews: whose access a change of tuples or of the model would alter, worked out before anything is written."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

import msgspec
from pyroaring import BitMap

from graph_api.permission.answers import DENIED, AccessDelta, Allowed, Conditional, Decision
from graph_api.permission.engine.answering import Asking, decision
from graph_api.permission.engine.closures import Nodes, merge
from graph_api.permission.engine.compiled import Compiled
from graph_api.permission.engine.plans import Node, reachable, sources_of
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.tuples import UserKind

Place: TypeAlias = tuple[Node, int]


class Members(msgspec.Struct, frozen=True):
    """Who is named below each place, and who of them surely is in it: plain users and everybody of a type."""

    sure: dict[Place, BitMap]
    named: dict[Place, BitMap]


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


def members(asking: Asking, nodes: Nodes) -> Members:
    """Gather who is named below each place."""
    compiled = asking.compiled
    kinds = {UserKind(name, None) for name in compiled.model.types}
    sure, named = Members({}, {}), compiled.descending(sure=False)
    surely = compiled.descending(sure=True)
    for node, places in nodes.items():
        for place in places if node in compiled.plans else ():
            sure.sure[node, place] = surely.named(node, place, kinds)
            sure.named[node, place] = named.named(node, place, kinds)
    return sure


def contested(before: Members, after: Members) -> dict[Place, BitMap]:
    """Return, by place, the users whose access may differ."""
    none = BitMap()
    found: dict[Place, BitMap] = {}
    for place in before.named.keys() | after.named.keys():
        named = before.named.get(place, none) | after.named.get(place, none)
        settled = before.sure.get(place, none) & after.sure.get(place, none)
        found[place] = named - settled
    return found


def decisions(asking: Asking, users: Mapping[Place, BitMap], at: datetime) -> dict[tuple[Place, int], Decision]:
    """Decide for each place and user; what the model does not know is denied."""
    texts = asking.compiled.store.names.texts
    found: dict[tuple[Place, int], Decision] = {}
    for (node, place), numbers in users.items():
        plan = asking.compiled.plans.get(node)
        for number in numbers:
            try:
                subject = asking.subject(texts[number])
                found[(node, place), number] = (
                    DENIED if plan is None else decision(asking.value(plan, subject, place, {}, at))
                )
            except PermissionGraphError:
                found[(node, place), number] = DENIED
    return found


def deltas(
    compiled: Compiled, before: Mapping[tuple[Place, int], Decision], after: Mapping[tuple[Place, int], Decision]
) -> list[AccessDelta]:
    """Return what differs, sorted by object, relation and user."""
    texts = compiled.store.names.texts
    found = [
        AccessDelta(texts[user], node[1], texts[place], old, after[(node, place), user])
        for ((node, place), user), old in before.items()
        if old != after[(node, place), user]
    ]
    return sorted(found, key=lambda each: (each.object, each.relation, each.user))


def rank(answer: Decision) -> int:
    """Order decisions: denied, conditional, allowed."""
    return 2 if isinstance(answer, Allowed) else int(isinstance(answer, Conditional))
