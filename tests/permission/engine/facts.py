"""Tuples as plain data, so that the same tables can be put to the engine, to the naive evaluator and to the API."""

from datetime import datetime
from typing import Any, TypeAlias

import msgspec

Key: TypeAlias = tuple[str, str, str]
Context: TypeAlias = dict[str, Any]


class Fact(msgspec.Struct, frozen=True):
    """A tuple: times are texts of RFC 3339, as in JSON."""

    user: str
    relation: str
    object: str
    condition: str | None = None
    context: Context = {}
    expires_at: str | None = None

    @property
    def key(self) -> Key:
        return self.user, self.relation, self.object

    def __str__(self) -> str:
        condition = f" with {self.condition} {self.context or ''}".rstrip() if self.condition else ""
        return " ".join(self.key) + condition + (f" until {self.expires_at}" if self.expires_at else "")


def fact(text: str, condition: str | None = None, expires_at: str | None = None, **context: Any) -> Fact:
    """Read `user relation object`, in the order in which a tuple is spoken."""
    user, relation, target = text.split(" ")
    return Fact(user, relation, target, condition, context, expires_at)


def facts(*texts: str) -> tuple[Fact, ...]:
    return tuple(map(fact, texts))


def instant(text: str) -> datetime:
    """Read a time of a table."""
    return datetime.fromisoformat(text)
