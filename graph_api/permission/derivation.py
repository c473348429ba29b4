"""Derived tuples: what follows from the organization's graph, by a declared table and nothing else.

Each rule says what one kind of record derives. A rule's tuples name the ends of its record and have a relation that no
other record of these ends derives, so that a derived tuple has one cause. Days are those of UTC: what begins later
than the day that `LivePermission` names is not derived yet, and what ended before it no longer.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from graph_api.kernel.graph import Graph, GraphView
from graph_api.kernel.ids import split_id
from graph_api.kernel.records import AnyChange, Link, Node, Record, RecordKey, tag_of
from graph_api.permission.tuples import RelationshipTuple, TupleKey

_ONE_DAY: Final = timedelta(days=1)


class End(Enum):
    """An end of a relationship."""

    SOURCE = "source"
    TARGET = "target"


class DerivedShape(NamedTuple):
    """Types and relation of the tuples that a rule derives: a plain user on an object, without a condition."""

    user_type: str
    relation: str
    object_type: str


def shapes(*each: tuple[str, str, str]) -> tuple[DerivedShape, ...]:
    """Return the shapes of a rule, each as user type, relation and object type."""
    return tuple(DerivedShape(*shape) for shape in each)


class Derived(NamedTuple):
    """A tuple and the first day on which it counts, where that is known; its expiry says when it ends."""

    tuple: RelationshipTuple
    since: date | None = None


Derive: TypeAlias = Callable[[GraphView, Any], Iterable[Derived]]


class DerivedRule(msgspec.Struct, frozen=True):
    """What records of one kind derive; of a relationship's kind at most one joins two nodes.

    `depends_on` names the nodes at an end of the relationship whose change may change what it derives.
    """

    record: type[Record]
    shapes: tuple[DerivedShape, ...]
    derive: Derive
    depends_on: tuple[tuple[type[Node], End], ...] = ()


class Derivation(NamedTuple):
    """What a record derives on a day, and the next day on which that will be another thing."""

    tuples: tuple[RelationshipTuple, ...]
    changes_on: date | None


NOTHING: Final = Derivation((), None)


def derived(user: str, relation: str, target: str) -> Derived:
    """Derive a tuple that counts as long as its record stands."""
    return Derived(RelationshipTuple(user, relation, target))


def derived_during(user: str, relation: str, target: str, since: date | None, until: date | None) -> Derived:
    """Derive a tuple that counts from one day to another, both included; None is open."""
    ends = midnight(until + _ONE_DAY) if until is not None and until < date.max else None
    return Derived(RelationshipTuple(user, relation, target, expires_at=ends), since)


def midnight(day: date) -> datetime:
    """Return the instant at which a day begins in UTC."""
    return datetime.combine(day, time.min, UTC)


class DerivedTable:
    """All rules of the service; `fixed` tuples are derived from nothing and always there."""

    def __init__(self, rules: Sequence[DerivedRule], fixed: Sequence[RelationshipTuple] = ()) -> None:
        self.fixed = tuple(fixed)
        derived_shapes = (shape for rule in rules for shape in rule.shapes)
        self.shapes = frozenset(derived_shapes) | {_shape_of(each.key) for each in fixed}
        self._by_kind: dict[str, list[DerivedRule]] = defaultdict(list)
        self._by_shape: dict[DerivedShape, list[DerivedRule]] = defaultdict(list)
        self._dependents: dict[str, set[tuple[type[Link], End]]] = defaultdict(set)
        for rule in rules:
            self._by_kind[tag_of(rule.record)].append(rule)
            for shape in rule.shapes:
                self._by_shape[shape].append(rule)
            for node_type, end in rule.depends_on:
                assert issubclass(rule.record, Link), "only a relationship has ends"
                self._dependents[tag_of(node_type)].add((rule.record, end))

    def reads(self, kind: str) -> bool:
        """Tell whether what is derived may depend on records of a kind."""
        return kind in self._by_kind or kind in self._dependents

    def derive(self, view: GraphView, key: RecordKey, day: date) -> Derivation:
        """Return what the record under a key derives on a day."""
        rules = self._by_kind.get(key[0])
        record = view.record(key) if rules else None
        if not rules or record is None:
            return NOTHING
        found = [each for rule in rules for each in rule.derive(view, record)]
        tuples = tuple(each.tuple for each in found if _is_current(each, day))
        return Derivation(tuples, min((later for each in found for later in _turns(each, day)), default=None))

    def keys(self, graph: Graph) -> Iterator[RecordKey]:
        """Yield the keys of all records that may derive something."""
        return (record.key for record in graph.records(self._by_kind))

    def touched(self, view: GraphView, changes: Iterable[AnyChange]) -> Iterable[RecordKey]:
        """Return the keys of what may derive another thing after changes, each once, in order."""
        found: dict[RecordKey, None] = {}
        for change in changes:
            kind = change.key[0]
            if kind in self._by_kind:
                found[change.key] = None
            for link_type, end in self._dependents.get(kind, ()):
                ends = view.outgoing if end is End.SOURCE else view.incoming
                found.update((link.key, None) for link in ends(link_type, change.key[1]))
        return found

    def causes(self, key: TupleKey) -> Iterator[RecordKey]:
        """Yield the keys of records whose change may be why the tuple of a key came or went."""
        for rule in self._by_shape.get(_shape_of(key), ()):
            for record in _records_between(rule.record, key):
                yield record
                for node_type, end in rule.depends_on:
                    yield (tag_of(node_type), record[1] if end is End.SOURCE else record[2])

    def derives(self, view: GraphView, key: TupleKey, day: date) -> bool:
        """Tell whether a tuple is derived on a day."""
        if any(each.key == key for each in self.fixed):
            return True
        found = (
            self.derive(view, record, day)
            for rule in self._by_shape.get(_shape_of(key), ())
            for record in _records_between(rule.record, key)
        )
        return any(each.key == key for derivation in found for each in derivation.tuples)


def _shape_of(key: TupleKey) -> DerivedShape:
    return DerivedShape(split_id(key.user)[0], key.relation, split_id(key.object)[0])


def _is_current(each: Derived, day: date) -> bool:
    begun = each.since is None or each.since <= day
    return begun and (each.tuple.expires_at is None or each.tuple.expires_at > midnight(day))


def _turns(each: Derived, day: date) -> Iterator[date]:
    """Yield the days after `day` on which the tuple begins or has ended."""
    if each.since is not None and each.since > day:
        yield each.since
    ends = each.tuple.expires_at
    if ends is not None and ends > midnight(day):
        yield ends.date() if ends == midnight(ends.date()) else ends.date() + _ONE_DAY


def _records_between(record_type: type[Record], key: TupleKey) -> Iterator[RecordKey]:
    """Yield the keys that a record with the ends of a tuple would have."""
    kind, user, target = tag_of(record_type), key.user, key.object
    if issubclass(record_type, Link):
        yield (kind, user, target, "")
        yield (kind, target, user, "")
    else:
        yield (kind, user)
        yield (kind, target)
