"""What a cell may hold: each type reads text and says in words why it cannot."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any, Final, TypeVar

import msgspec
from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from graph_api.kernel.commands import Problem
from graph_api.kernel.ids import KEY_LENGTH_MAX, encode_key
from graph_api.kernel.quantities import Money, currencies, timezones
from graph_api.knowledge.model import KnowledgeMethod, KnowledgeState, Quote
from graph_api.organization.checks import check_body, check_country, check_money, check_text
from graph_api.organization.model import LEVEL_MAX, LEVEL_MIN, TaskState, format_days, parse_days
from graph_api.swarm.decisions import regulation_problems
from graph_api.swarm.model import Demand, LeaveReason, SwarmState
from graph_api.swarm.reorganising.model import Evaluation, ReorganizationState

LIST_SEPARATOR: Final = ";"
WHOLE_MAX: Final = 2**53
LONGEST_MONTH_DAYS: Final = 31
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE: Final = re.compile(r"-?\d{1,18}", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_FLAGS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_ANY_CURRENCY: Final = "USD"
EnumT = TypeVar("EnumT", bound=StrEnum)


def unusable(reason: str) -> PydanticCustomError:
    """Build the error of a cell that cannot be read."""
    return PydanticCustomError("unusable", "{reason}", {"reason": reason})


def as_reason(problem: Problem) -> str:
    """Return what a check says, as it stands within a line of a report."""
    return problem.message[:1].lower() + problem.message[1:].rstrip(".")


def read_text(cell: str) -> str:
    """Read a text as long as one that a command may save; one of spaces only stays what it is."""
    for problem in check_text((), cell):
        if problem.code != "EMPTY":
            raise unusable(as_reason(problem))
    return cell


def read_long_text(cell: str) -> str:
    """Read the text of an item."""
    for problem in check_body((), cell):
        raise unusable(as_reason(problem))
    return cell


def read_country(cell: str) -> str | None:
    """Read a country's code; what is none, such as a name, is unknown."""
    return None if any(check_country((), cell)) else cell


def read_identifier(cell: str) -> str:
    """Read a natural id."""
    length = len(encode_key(cell))
    if length > KEY_LENGTH_MAX:
        raise unusable(f"the id takes {length} characters once encoded, where at most {KEY_LENGTH_MAX} are allowed")
    return cell


def read_day(cell: str) -> date:
    """Read a day written YYYY-MM-DD."""
    text = cell.strip()
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError as fault:
        raise unusable(f"there is no such day: {fault}") from None
    raise unusable("a day is written YYYY-MM-DD")


def read_instant(cell: str) -> datetime:
    """Read a timestamp with offset, or a day, which stands for its midnight; both as UTC."""
    text = cell.strip()
    if _DAY.fullmatch(text):
        day = read_day(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise unusable("a time is written YYYY-MM-DDTHH:MM:SS with Z or an offset, or as a day YYYY-MM-DD") from None
    if instant.tzinfo is None:
        raise unusable("the time has no offset from UTC, such as Z or +08:00")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise unusable("the time lies outside the years 1 to 9999") from None


def read_writing_day(cell: str) -> datetime | None:
    """Read the time of a writing; a day that no calendar has, such as 31 June, is unknown.

    Such dates stand in real archives, where they were typed by hand into names of files.
    """
    try:
        return read_instant(cell)
    except PydanticCustomError:
        if _DAY.fullmatch(cell.strip()) and 1 <= int(cell.strip()[8:]) <= LONGEST_MONTH_DAYS:
            return None
        raise


def read_amount(cell: str) -> Decimal:
    """Read an amount of money, zero or more."""
    text = cell.strip()
    try:
        amount = Decimal(text) if _NUMBER.fullmatch(text) else None
    except InvalidOperation:  # pragma: no cover  # the pattern lets only numbers through
        amount = None
    if amount is None:
        raise unusable("an amount is a decimal number such as 1250.50, without separators of thousands or a currency")
    if amount < 0:
        raise unusable("an amount of money cannot be negative")
    for problem in check_money((), Money(amount, _ANY_CURRENCY)):
        raise unusable(as_reason(problem))
    return Decimal(f"{amount:f}")  # as it is exported: 1E+3 and 1000 are one amount, but not one text in the log


def read_currency(cell: str) -> str:
    """Read an ISO 4217 code."""
    if cell not in currencies():
        raise unusable("this is no ISO 4217 currency code, such as CNY or USD")
    return cell


def read_timezone(cell: str) -> str:
    """Read the name of a time zone."""
    if cell not in timezones():
        raise unusable("this is no IANA time zone, such as Asia/Shanghai")
    return cell


def read_flag(cell: str) -> bool:
    """Read a yes or no."""
    flag = _FLAGS.get(cell.strip().lower())
    if flag is None:
        raise unusable("this is neither true nor false (also 1, 0, yes, no)")
    return flag


def read_whole(least: int, most: int = WHOLE_MAX) -> Callable[[str], int]:
    """Return a reader of whole numbers between two bounds, both included."""

    def read(cell: str) -> int:
        text = cell.strip()
        if not _WHOLE.fullmatch(text):
            raise unusable("this is no whole number")
        if not least <= int(text) <= most:
            bounds = f"between {least} and {most}" if most < WHOLE_MAX else f"at least {least}"
            raise unusable(f"the number must be {bounds}")
        return int(text)

    return read


def read_number(most: float | None = None) -> Callable[[str], float]:
    """Return a reader of numbers from 0, up to a bound where one is given."""

    def read(cell: str) -> float:
        text = cell.strip()
        if not _NUMBER.fullmatch(text) or not isfinite(float(text)):
            raise unusable("this is no number")
        if float(text) < 0 or (most is not None and float(text) > most):
            raise unusable(
                "the number must be at least 0" if most is None else f"the number must be between 0 and {most:g}"
            )
        return float(text)

    return read


def read_choice(choices: type[EnumT]) -> Callable[[str], EnumT]:
    """Return a reader of one of several words."""

    def read(cell: str) -> EnumT:
        try:
            return choices(cell.strip())
        except ValueError:
            raise unusable(f"this is none of {', '.join(choices)}") from None

    return read


def read_items(cell: str) -> tuple[str, ...]:
    """Read a list: items separated by `;`, or a JSON array of texts where an item holds one or has outer spaces."""
    if not cell.startswith("["):
        return tuple(item for part in cell.split(LIST_SEPARATOR) if (item := part.strip()))
    try:
        return msgspec.json.decode(cell, type=tuple[str, ...])
    except msgspec.DecodeError:
        raise unusable("a list that begins with [ is a JSON array of texts") from None


def read_regulations(cell: str) -> tuple[str, ...]:
    """Read a list of rules, each with the authority that made it."""
    items = read_items(cell)
    for problem in (problem for item in items for problem in regulation_problems(item, ())):
        raise unusable(as_reason(problem))
    return items


def format_items(items: tuple[str, ...]) -> str:
    """Write a list so that `read_items` gives it back."""
    plain = LIST_SEPARATOR.join(items)
    kept = not plain.startswith("[") and tuple(plain.split(LIST_SEPARATOR)) == items
    if not items or (kept and all(item == item.strip() and item for item in items)):
        return plain
    return msgspec.json.encode(items).decode()


def read_absences(cell: str) -> tuple[str, ...]:
    """Read intervals of days, each `first/last` with both included."""
    return tuple(_interval(item) for item in read_items(cell))


def _interval(item: str) -> str:
    first, separator, last = item.partition("/")
    if not separator:
        raise unusable("an absence is written YYYY-MM-DD/YYYY-MM-DD, first and last day")
    read_day(first)
    read_day(last)
    days = parse_days(f"{first.strip()}/{last.strip()}")
    if days.ends_on < days.starts_on:
        raise unusable("an absence ends before it begins")
    return format_days(days)


def read_json(kind: Any, what: str) -> Callable[[str], str]:
    """Return what reads the JSON text of something."""

    def read(cell: str) -> str:
        try:
            msgspec.json.decode(cell, type=kind)
        except msgspec.DecodeError as fault:
            raise unusable(f"this is no {what} in JSON: {fault}") from None
        return cell

    return read


Identifier = Annotated[str, PlainValidator(read_identifier)]
Text = Annotated[str, PlainValidator(read_text)]
LongText = Annotated[str, PlainValidator(read_long_text)]
Country = Annotated[str | None, PlainValidator(read_country)]
Day = Annotated[date, PlainValidator(read_day)]
Instant = Annotated[datetime, PlainValidator(read_instant)]
WritingDay = Annotated[datetime | None, PlainValidator(read_writing_day)]
Amount = Annotated[Decimal, PlainValidator(read_amount)]
Currency = Annotated[str, PlainValidator(read_currency)]
Timezone = Annotated[str, PlainValidator(read_timezone)]
Flag = Annotated[bool, PlainValidator(read_flag)]
Share = Annotated[float, PlainValidator(read_number(1.0))]
Effort = Annotated[float, PlainValidator(read_number())]
Level = Annotated[int, PlainValidator(read_whole(LEVEL_MIN, LEVEL_MAX))]
Weight = Annotated[int, PlainValidator(read_whole(1, 3))]
Permille = Annotated[int, PlainValidator(read_whole(0, 1000))]
Positive = Annotated[int, PlainValidator(read_whole(1))]
Natural = Annotated[int, PlainValidator(read_whole(0))]
Items = Annotated[tuple[str, ...], PlainValidator(read_items)]
Regulations = Annotated[tuple[str, ...], PlainValidator(read_regulations)]
Absences = Annotated[tuple[str, ...], PlainValidator(read_absences)]
DemandText = Annotated[str, PlainValidator(read_json(Demand, "demand"))]
QuotesText = Annotated[str, PlainValidator(read_json(tuple[Quote, ...], "list of quotes"))]
EvaluationText = Annotated[str, PlainValidator(read_json(Evaluation, "evaluation"))]
TaskStateCell = Annotated[TaskState, PlainValidator(read_choice(TaskState))]
LeaveReasonCell = Annotated[LeaveReason, PlainValidator(read_choice(LeaveReason))]
SwarmStateCell = Annotated[SwarmState, PlainValidator(read_choice(SwarmState))]
ReorganizationStateCell = Annotated[ReorganizationState, PlainValidator(read_choice(ReorganizationState))]
KnowledgeStateCell = Annotated[KnowledgeState, PlainValidator(read_choice(KnowledgeState))]
KnowledgeMethodCell = Annotated[KnowledgeMethod, PlainValidator(read_choice(KnowledgeMethod))]
