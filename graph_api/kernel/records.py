"""Records: what nodes and relationships are made of, and the changes that make, alter and remove them.

A record carries the full value of one node or one relationship. Its kind is the Neo4j label or relationship type.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Final, Generic, TypeAlias, TypeVar, Union

import msgspec

NODE_KEY_PARTS: Final = 2
NATIVE_TYPES: Final = (date, datetime)

RecordKey: TypeAlias = tuple[str, ...]
"""(kind, id) of a node, (kind, source, target, discriminator) of a relationship."""


class Node(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag=True, tag_field="record"):
    """A node with label Entity and its kind; `id` is `type:key` and unique."""

    entity_type: ClassVar[str] = ""

    id: str

    @property
    def key(self) -> RecordKey:
        """(kind, id)."""
        return (kind_of(self), self.id)


class Link(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag=True, tag_field="record"):
    """A relationship from `source` to `target`; `discriminator` tells several of a kind between the same ends apart."""

    source: str
    target: str

    @property
    def discriminator(self) -> str:
        """Empty where at most one relationship of the kind joins two nodes."""
        return ""

    @property
    def key(self) -> RecordKey:
        """(kind, source, target, discriminator)."""
        return (kind_of(self), self.source, self.target, self.discriminator)


Record: TypeAlias = Node | Link


def kind_of(record: Record) -> str:
    """Return the label or relationship type of a record."""
    return tag_of(type(record))


def tag_of(record_type: type[Record]) -> str:
    """Return the label or relationship type of a class of records."""
    return str(record_type.__struct_config__.tag)


RecordT = TypeVar("RecordT")


class Change(msgspec.Struct, Generic[RecordT], frozen=True, gc=False, omit_defaults=True):
    """An upsert (`after` given) or a removal of one record; `before` is kept by imports, which may be undone."""

    key: RecordKey
    after: RecordT | None = None
    before: RecordT | None = None

    @property
    def is_node(self) -> bool:
        """True for a node, False for a relationship."""
        return len(self.key) == NODE_KEY_PARTS


AnyChange: TypeAlias = Change[Record]


def upsert(record: Record) -> AnyChange:
    """Build the change that makes or alters a record."""
    return Change(key=record.key, after=record)


def removal(record: Record) -> AnyChange:
    """Build the change that removes a record; whoever removes a node removes its relationships too, one by one."""
    return Change(key=record.key)


class RecordRegistry:
    """All kinds of records the process knows, with the codec for each. Built once, at the composition root."""

    def __init__(self, types: Iterable[type[Record]]) -> None:
        self.types: Mapping[str, type[Record]] = {tag_of(record_type): record_type for record_type in types}
        self.union: Any = Union[tuple(self.types.values())]  # noqa: UP007  # the tuple is known at run time only

    def from_properties(self, kind: str, properties: Mapping[str, Any]) -> Record:
        """Build a record from the properties of a node or relationship; raises msgspec.ValidationError."""
        return msgspec.convert(properties, type=self.types[kind], builtin_types=NATIVE_TYPES)


def to_properties(record: Record) -> dict[str, Any]:
    """Return the properties of a record as the database holds them; unknown ones are left out, never null."""
    properties = msgspec.to_builtins(record, builtin_types=NATIVE_TYPES)
    del properties["record"]
    return properties
