"""Three values: true, false, and unknown for want of context; an error counts only where the answer depends on it.

`false` beats unknown in an intersection, `true` beats it in a union (Kleene).
"""

from collections.abc import Iterable
from typing import Final, TypeAlias

import msgspec

from graph_api.permission.errors import PermissionGraphError

NO_NAMES: Final[frozenset[str]] = frozenset()


class Unknown(msgspec.Struct, frozen=True):
    """It depends on parameters that nobody gave, or on a condition that could not be evaluated."""

    missing: frozenset[str] = NO_NAMES
    error: PermissionGraphError | None = None


Value: TypeAlias = bool | Unknown


def either(values: Iterable[Value]) -> Value:
    """Return the union of values; the rest is not looked at once one is true."""
    result: Value = False
    for value in values:
        if value is True:
            return True
        if value is not False:
            result = value if result is False else merged(result, value)
    return result


def both(values: Iterable[Value]) -> Value:
    """Return the intersection of values; the rest is not looked at once one is false."""
    result: Value = True
    for value in values:
        if value is False:
            return False
        if value is not True:
            result = value if result is True else merged(result, value)
    return result


def merged(first: Value, second: Value) -> Value:
    """Return an unknown value that depends on what two unknown ones depend on."""
    assert isinstance(first, Unknown), "only unknown values are merged"
    assert isinstance(second, Unknown), "only unknown values are merged"
    return Unknown(first.missing | second.missing, first.error or second.error)


def negated(value: Value) -> Value:
    """Return the complement."""
    return value if isinstance(value, Unknown) else not value
