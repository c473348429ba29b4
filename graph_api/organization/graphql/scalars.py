"""Scalars of the schema: strict in what they take, lossless in what they give."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

CurrencyCode = NewType("CurrencyCode", str)
Revision = NewType("Revision", str)
JSONObject = NewType("JSONObject", dict[str, Any])

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATE_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})")
_DECIMAL: Final = re.compile(r"-?\d{1,40}(\.\d{1,40})?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


def _text(value: object, pattern: re.Pattern[str], form: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise GraphQLError(f"{str(value)[:60]!r} is not of the form {form}, as a string.")
    return value


def _parse_date(value: object) -> date:
    text = _text(value, _DATE, "2026-05-31")
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise GraphQLError(f"There is no day {text}.") from fault


def _parse_date_time(value: object) -> datetime:
    text = _text(value, _DATE_TIME, "2026-05-31T08:30:00+08:00")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise GraphQLError(f"There is no instant {text}.") from fault


def _parse_decimal(value: object) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    try:
        return Decimal(_text(value, _DECIMAL, '"1234.50"'))
    except InvalidOperation as fault:
        raise GraphQLError(f"{value!r} is no number.") from fault


def _parse_currency(value: object) -> CurrencyCode:
    return CurrencyCode(_text(value, _CURRENCY, "USD"))


def _parse_revision(value: object) -> Revision:
    if not isinstance(value, str):
        raise GraphQLError("A revision is a string that an answer carried.")
    return Revision(value)


def _parse_object(value: object) -> JSONObject:
    if not isinstance(value, dict):
        raise GraphQLError("A JSON object is needed.")
    return JSONObject(value)  # pyright: ignore[reportUnknownArgumentType]  # JSON by construction


def _format_date_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _scalar(name: str, description: str, serialize: Callable[[Any], Any], parse: Callable[[Any], Any]) -> Any:
    return strawberry.scalar(name=name, description=description, serialize=serialize, parse_value=parse)


SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    datetime: _scalar(
        "DateTime",
        "An instant by RFC 3339 with its offset from UTC, for example 2026-05-31T08:30:00+08:00; given in UTC.",
        _format_date_time,
        _parse_date_time,
    ),
    date: _scalar("Date", "A day by ISO 8601, for example 2026-05-31.", date.isoformat, _parse_date),
    Decimal: _scalar(
        "Decimal",
        'An exact decimal number as a string, for example "1234.50"; whole numbers may come as integers.',
        lambda number: format(number, "f"),
        _parse_decimal,
    ),
    CurrencyCode: _scalar("CurrencyCode", "A currency by ISO 4217, for example USD.", str, _parse_currency),
    Revision: _scalar(
        "Revision",
        "An opaque token of one state of the organization. Later states have greater tokens, compared as strings.",
        str,
        _parse_revision,
    ),
    JSONObject: _scalar("JSONObject", "A JSON object.", dict, _parse_object),
}
