"""Tuples in memory: one table a shape, as bitmaps from objects to users and back.

A model allows or forbids a shape as a whole, so that switching models touches no tuple. Tuples that always count are
kept apart from those that are guarded by a condition or an expiry. R14: a table is a keyed set, and nothing is counted
on its side; what follows from it is worked out when it is asked for.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple, TypeAlias

import msgspec
from pyroaring import BitMap

from graph_api.permission.engine.names import NOBODY, Names
from graph_api.permission.tuples import (
    Condition,
    RelationshipTuple,
    Shape,
    StoredTuple,
    TupleSource,
    UserKind,
    object_type,
    user_kind,
)

Edges: TypeAlias = dict[int, BitMap]


class Guard(msgspec.Struct, frozen=True, gc=False):
    """What has to hold for a guarded tuple to count."""

    condition: Condition | None
    expires_at: datetime | None


class TableKey(NamedTuple):
    """What the tuples of a table have in common."""

    shape: Shape
    source: TupleSource
    guarded: bool


class Table:
    """The tuples of one shape and source, all of them guarded or none."""

    __slots__ = ("backward", "forward", "guards", "key")

    def __init__(self, key: TableKey) -> None:
        self.key = key
        self.forward: Edges = {}
        self.backward: Edges = {}
        self.guards: dict[tuple[int, int], Guard] = {}

    def has(self, user: int, target: int) -> bool:
        """Tell whether a user has a tuple on an object."""
        users = self.forward.get(target)
        return users is not None and user in users

    def put(self, user: int, target: int, guard: Guard | None) -> None:
        """Add a tuple, or replace its guard."""
        _add(self.forward, target, user)
        _add(self.backward, user, target)
        if guard is not None:
            self.guards[user, target] = guard

    def discard(self, user: int, target: int) -> None:
        """Take a tuple away."""
        _remove(self.forward, target, user)
        _remove(self.backward, user, target)
        self.guards.pop((user, target), None)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Yield user and object of each tuple."""
        return ((user, target) for target, users in self.forward.items() for user in users)


def _add(edges: Edges, end: int, other: int) -> None:
    found = edges.get(end)
    if found is None:
        edges[end] = BitMap((other,))
    else:
        found.add(other)


def _remove(edges: Edges, end: int, other: int) -> None:
    found = edges[end]
    found.remove(other)
    if not found:
        del edges[end]


class Entry(NamedTuple):
    """A tuple as the tables hold it: its table, the numbers of user and object, and its guard."""

    table: Table
    user: int
    target: int
    guard: Guard | None


_Slot: TypeAlias = tuple[str, str, UserKind, TupleSource]


class TupleStore:
    """All tuples of a graph, of both sources. `on_table` is called when a table is made."""

    def __init__(self) -> None:
        self.names = Names()
        self.tables: dict[TableKey, Table] = {}
        self._slots: dict[_Slot, list[Table]] = {}
        self.size = 0
        self.on_table: Callable[[Table], None] | None = None

    def find(self, user: str, relation: str, target: str, source: TupleSource) -> Entry | None:
        """Return the tuple of a key, or None."""
        numbers = self.names.find(user), self.names.find(target)
        if NOBODY in numbers:
            return None
        for table in self._slots.get((object_type(target), relation, user_kind(user), source), ()):
            if table.has(*numbers):
                return Entry(table, *numbers, table.guards.get(numbers))
        return None

    def put(self, shape: Shape, each: RelationshipTuple, source: TupleSource) -> Entry:
        """Add a tuple that is not there."""
        guarded = each.condition is not None or each.expires_at is not None
        guard = Guard(each.condition, each.expires_at) if guarded else None
        table = self._table(TableKey(shape, source, guarded))
        entry = Entry(table, self.names.intern(each.user), self.names.intern(each.object), guard)
        self.restore(entry)
        return entry

    def restore(self, entry: Entry) -> None:
        """Put an entry into its table."""
        entry.table.put(entry.user, entry.target, entry.guard)
        self.size += 1

    def discard(self, entry: Entry) -> None:
        """Take an entry out of its table."""
        entry.table.discard(entry.user, entry.target)
        self.size -= 1

    def _table(self, key: TableKey) -> Table:
        table = self.tables.get(key)
        if table is None:
            table = self.tables[key] = Table(key)
            shape = key.shape
            self._slots.setdefault((shape.type, shape.relation, shape.user, key.source), []).append(table)
            if self.on_table is not None:
                self.on_table(table)
        return table

    def tuple_of(self, entry: Entry) -> RelationshipTuple:
        """Return a tuple as it was written."""
        texts, guard = self.names.texts, entry.guard
        return RelationshipTuple(
            texts[entry.user],
            entry.table.key.shape.relation,
            texts[entry.target],
            guard.condition if guard is not None else None,
            guard.expires_at if guard is not None else None,
        )

    def matching(self, user: str | None, relation: str | None, target: str | None) -> Iterator[Entry]:
        """Yield the tuples that match what is given."""
        number = None if user is None else self.names.find(user)
        place = None if target is None else self.names.find(target)
        for table in self.tables.values():
            if relation is None or table.key.shape.relation == relation:
                for pair in _pairs(table, number, place):
                    yield Entry(table, *pair, table.guards.get(pair))


def _pairs(table: Table, user: int | None, target: int | None) -> Iterator[tuple[int, int]]:
    if user is None and target is None:
        yield from table.pairs()
    elif target is None:
        yield from ((user or NOBODY, place) for place in table.backward.get(user or NOBODY, ()))
    else:
        users = table.forward.get(target, ())
        yield from ((number, target) for number in users if user in (None, number))


def stored(store: TupleStore, entry: Entry, *, valid: bool) -> StoredTuple:
    """Tell a tuple, its source and whether it counts."""
    return StoredTuple(store.tuple_of(entry), entry.table.key.source, valid)
