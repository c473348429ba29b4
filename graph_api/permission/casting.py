"""Cast a context to the types of a condition's parameters, as OpenFGA does with JSON.

Whole numbers may come as 10, 10.0 or "10"; durations as "1h30m"; timestamps as RFC 3339. What does not fit is refused
with 2000. Numbers under `any` become doubles, as JSON has no others.
"""

import ipaddress
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.model import ConditionDefinition, ParameterKind, ParameterType

CONTEXT_VALUES_MAX = 1_000
CONTEXT_CHARACTERS_MAX = 64 * 1024
INT_MAX = 2**63 - 1
UINT_MAX = 2**64 - 1
NUMBER_DIGITS_MAX = 400
# Parsed texts are kept: tuples repeat theirs at every check.
TEXTS_KEPT_MAX = 4096

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,6})?", re.ASCII)
DURATION = re.compile(r"[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)", re.ASCII)
DURATION_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)",
    re.ASCII,
)
CIDR = re.compile(r"[^/\s]+/\d{1,3}", re.ASCII)


class Misfit(Exception):
    """A value has not the type of its parameter."""


def cast_context(definition: ConditionDefinition, context: Mapping[str, Any]) -> dict[str, Any]:
    """Cast what the condition names; the rest of the context belongs to other conditions and is left out."""
    given = {name: context[name] for name in definition.parameters if name in context}
    check_bounds(definition, given)
    return {name: cast_parameter(definition, name, value) for name, value in given.items()}


def cast_parameter(definition: ConditionDefinition, name: str, value: object) -> Any:
    """Cast one value."""
    kind = definition.parameters[name].type
    try:
        return cast_value(kind, value)
    except Misfit as misfit:
        message = f"The parameter `{name}` of condition `{definition.name}` is of type {kind}: {misfit}"
        raise PermissionGraphError(
            Code.VALIDATION_ERROR, message, suggestion=f"Give a value of type {kind}."
        ) from misfit


def check_bounds(definition: ConditionDefinition, given: Mapping[str, Any]) -> None:
    """Refuse a context that is too large to be evaluated with."""
    values, characters, waiting = 0, 0, list(given.values())
    while waiting and values <= CONTEXT_VALUES_MAX and characters <= CONTEXT_CHARACTERS_MAX:
        value = waiting.pop()
        values += 1
        if isinstance(value, str):
            characters += len(value)
        elif isinstance(value, Mapping):
            held = cast("Mapping[object, object]", value)
            waiting += [*held.keys(), *held.values()]
        elif isinstance(value, list | tuple):
            waiting += cast("Sequence[object]", value)
    if waiting or values > CONTEXT_VALUES_MAX or characters > CONTEXT_CHARACTERS_MAX:
        limits = f"{CONTEXT_VALUES_MAX:,} values and {CONTEXT_CHARACTERS_MAX:,} characters"
        message = f"The context of condition `{definition.name}` is too large; at most {limits} are allowed."
        raise PermissionGraphError(Code.VALIDATION_ERROR, message)


def cast_value(kind: ParameterType, value: object) -> Any:
    """Cast a value to a type, or raise `Misfit`."""
    if kind.kind == "list":
        if not isinstance(value, list | tuple):
            raise Misfit(f"{told(value)} is no list.")
        return [cast_value(kind.generics[0], each) for each in cast("Sequence[object]", value)]
    if kind.kind == "map":
        return cast_map(kind.generics[0], value)
    return CASTS[kind.kind](value)


def cast_map(kind: ParameterType, value: object) -> dict[str, Any]:
    """Cast a map, whose keys are strings."""
    if not isinstance(value, Mapping):
        raise Misfit(f"{told(value)} is no map.")
    held = cast("Mapping[object, object]", value)
    return {as_string(key): cast_value(kind, each) for key, each in held.items()}


def told(value: object) -> str:
    """Show a value in a message, shortened."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def as_bool(value: object) -> bool:
    """Take a boolean."""
    if not isinstance(value, bool):
        raise Misfit(f"{told(value)} is no boolean.")
    return value


def as_string(value: object) -> str:
    """Take a string that can be encoded."""
    if not isinstance(value, str):
        raise Misfit(f"{told(value)} is no string.")
    if any("\ud800" <= sign <= "\udfff" for sign in value):
        raise Misfit("it holds half of a surrogate pair.")
    return value


def as_number(value: object) -> Decimal:
    """Take a number, or a string that says one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value) if -UINT_MAX <= value <= UINT_MAX else out_of_range(value)
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(value)
    if isinstance(value, str) and len(value) <= NUMBER_DIGITS_MAX and NUMBER.fullmatch(value):
        return Decimal(value)
    raise Misfit(f"{told(value)} is no number.")


def out_of_range(value: object) -> Decimal:
    """Refuse a number too large for any type."""
    raise Misfit(f"{told(value)} is out of range.")


def as_whole(value: object, least: int, most: int) -> int:
    """Take a whole number of a range."""
    if type(value) is int and least <= value <= most:
        return value
    number = as_number(value)
    if not least <= number <= most:
        out_of_range(value)
    if number != number.to_integral_value():
        raise Misfit(f"{told(value)} is no whole number.")
    return int(number)


def as_double(value: object) -> float:
    """Take a double."""
    number = float(as_number(value))
    if math.isinf(number):
        out_of_range(value)
    return number


def as_duration(value: object) -> timedelta:
    """Take a duration such as 1h30m; what is below a microsecond is cut off."""
    if isinstance(value, timedelta):
        return value
    return parsed_duration(as_string(value))


@lru_cache(TEXTS_KEPT_MAX)
def parsed_duration(text: str) -> timedelta:
    """Parse a duration."""
    if len(text) > NUMBER_DIGITS_MAX or not DURATION.fullmatch(text):
        raise Misfit(f"{told(text)} is no duration such as 1h30m.")
    parts = (Decimal(amount) * NANOSECONDS[unit] for amount, unit in DURATION_PART.findall(text))
    nanoseconds = int(sum(parts, Decimal(0)))
    if nanoseconds > INT_MAX:
        out_of_range(text)
    return timedelta(microseconds=nanoseconds // 1000) * (-1 if text.startswith("-") else 1)


def as_timestamp(value: object) -> datetime:
    """Take a timestamp of RFC 3339; what is below a microsecond is cut off."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    return parsed_timestamp(as_string(value))


@lru_cache(TEXTS_KEPT_MAX)
def parsed_timestamp(text: str) -> datetime:
    """Parse a timestamp, in UTC."""
    match = TIMESTAMP.fullmatch(text)
    if match is None:
        raise Misfit(f"{told(text)} is no timestamp such as 2026-01-31T12:00:00Z.")
    try:
        return datetime.fromisoformat(f"{match[1]}{(match[2] or '.0')[:7]:0<7}{match[3]}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Misfit(f"{told(text)} is no timestamp: {error}.") from error


def as_address(value: object) -> str:
    """Take an IP address, in its shortest form, so that equal ones compare equal."""
    return parsed_address(as_string(value))


@lru_cache(TEXTS_KEPT_MAX)
def parsed_address(text: str) -> str:
    """Parse an IP address."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise Misfit(f"{told(text)} is no IP address.") from error


def as_any(value: object) -> Any:
    """Take any value that JSON has."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return as_double(value)
    if isinstance(value, str):
        return as_string(value)
    any_type = ParameterType("any")
    if isinstance(value, Mapping):
        return cast_map(any_type, cast("Mapping[object, object]", value))
    if isinstance(value, list | tuple):
        return [as_any(each) for each in cast("Sequence[object]", value)]
    raise Misfit(f"{told(value)} is nothing that JSON has.")


CASTS: dict[ParameterKind, Callable[[object], Any]] = {
    "bool": as_bool,
    "string": as_string,
    "int": lambda value: as_whole(value, -INT_MAX - 1, INT_MAX),
    "uint": lambda value: as_whole(value, 0, UINT_MAX),
    "double": as_double,
    "duration": as_duration,
    "timestamp": as_timestamp,
    "ipaddress": as_address,
    "any": as_any,
}


def in_cidr(address: object, network: object) -> bool | None:
    """Tell whether an address lies in a network such as 192.168.0.0/24; None where one of them is none."""
    if not isinstance(address, str) or not isinstance(network, str):
        return None
    try:
        return ipaddress.ip_address(address) in parsed_network(network)
    except ValueError:
        return None


@lru_cache(TEXTS_KEPT_MAX)
def parsed_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Parse a network; a mask that is no number of bits is refused."""
    if not CIDR.fullmatch(text):
        message = "a network is an address, a slash and a number of bits"
        raise ValueError(message)
    return ipaddress.ip_network(text, strict=False)


def ip_address(text: object) -> str | None:
    """Build an address in an expression; None where the text is none."""
    try:
        return as_address(text)
    except Misfit:
        return None
