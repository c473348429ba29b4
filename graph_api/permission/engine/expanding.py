"""Expansion: what a relation of an object is made of, one level deep, as a flat tree."""

from collections.abc import Iterator
from datetime import datetime

from graph_api.permission.answers import UsersetNode, UsersetOperation, UsersetTree
from graph_api.permission.engine.compiled import Compiled
from graph_api.permission.engine.names import NOBODY
from graph_api.permission.engine.plans import Node
from graph_api.permission.model import (
    ComputedUserset,
    Exclusion,
    Intersection,
    Rewrite,
    This,
    TupleToUserset,
    Union,
)


class Expansion:
    """Build the tree of one relation of one object; conditions are not looked at, expired tuples are left out."""

    def __init__(self, compiled: Compiled, target: str, at: datetime) -> None:
        self._compiled = compiled
        self._target = target
        self._place = compiled.store.names.find(target)
        self._at = at
        self._nodes: list[UsersetNode] = []

    def tree(self, node: Node) -> UsersetTree:
        """Return the tree, root first."""
        self._add(node, self._compiled.model.types[node[0]].relations[node[1]].rewrite, None)
        return UsersetTree(tuple(self._nodes))

    def _add(self, node: Node, rewrite: Rewrite, parent: int | None) -> None:
        match rewrite:
            case This():
                names = sorted(self._assigned(node))
                users = tuple(name for name in names if "#" not in name)
                self._put(parent, "USERS", users, tuple(name for name in names if "#" in name))
            case ComputedUserset(name):
                self._put(parent, "COMPUTED", (), (f"{self._target}#{name}",))
            case TupleToUserset(tupleset, computed):
                parents = sorted(self._assigned((node[0], tupleset)))
                usersets = tuple(f"{each}#{computed}" for each in parents if self._has(each, computed))
                self._put(parent, "TUPLE_TO_USERSET", (), usersets)
            case Union(children):
                self._join(node, parent, "UNION", children)
            case Intersection(children):
                self._join(node, parent, "INTERSECTION", children)
            case Exclusion(base, subtract):
                self._join(node, parent, "EXCLUSION", (base, subtract))

    def _has(self, user: str, relation: str) -> bool:
        return (user.partition(":")[0], relation) in self._compiled.plans

    def _put(
        self, parent: int | None, operation: UsersetOperation, users: tuple[str, ...], usersets: tuple[str, ...]
    ) -> None:
        self._nodes.append(UsersetNode(parent, operation, users, usersets))

    def _join(self, node: Node, parent: int | None, operation: UsersetOperation, children: tuple[Rewrite, ...]) -> None:
        self._put(parent, operation, (), ())
        index = len(self._nodes) - 1
        for child in children:
            self._add(node, child, index)

    def _assigned(self, node: Node) -> Iterator[str]:
        texts = self._compiled.store.names.texts
        for table in self._compiled.tables_of(node) if self._place != NOBODY else ():
            for user in table.forward.get(self._place, ()):
                guard = table.guards.get((user, self._place))
                expired = guard is not None and guard.expires_at is not None and self._at >= guard.expires_at
                if not expired and self._compiled.valid(table, user, self._place):
                    yield texts[user]
