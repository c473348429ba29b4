"""What all types share: nodes, refusals, money, days, and pages of anything."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from msgspec import UNSET as LEFT_OUT
from msgspec import UnsetType
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.enum import StrawberryEnumDefinition

from graph_api.kernel import quantities
from graph_api.kernel.commands import InputRejected as Rejection
from graph_api.organization.graphql.inputs import by_plan
from graph_api.organization.graphql.request import Request
from graph_api.organization.graphql.scalars import CurrencyCode
from graph_api.organization.paging import Listing, Page, Window, turn_to

ValueT = TypeVar("ValueT")
RowT = TypeVar("RowT")
ResultT = TypeVar("ResultT")

First = Annotated[
    int | None,
    strawberry.argument(
        description="Rows wanted from the start, 1 to SWARMGRAPH_PAGE_MAX_ROWS; without `first` and `last`: "
        "SWARMGRAPH_PAGE_DEFAULT_ROWS."
    ),
]
After = Annotated[str | None, strawberry.argument(description="Cursor of the row before the first one wanted.")]
Last = Annotated[
    int | None, strawberry.argument(description="Rows wanted from the end, 1 to SWARMGRAPH_PAGE_MAX_ROWS.")
]
Before = Annotated[str | None, strawberry.argument(description="Cursor of the row behind the last one wanted.")]


def describe_enum(enum: type[Enum], description: str, values: Mapping[str, str], *, name: str | None = None) -> None:
    """Make an enum of the model part of the schema, each of its values described."""
    strawberry.enum(enum, name=name, description=description)
    definition: StrawberryEnumDefinition = getattr(enum, "__strawberry_definition__")  # noqa: B009  # set by the line above
    for value in definition.values:
        value.description = values[value.name]


@strawberry.interface(description="An entity of the organization's graph.")
class Node:
    """An entity."""

    id: strawberry.ID = strawberry.field(
        description='"type:key", unique in the graph; the first colon divides, for example person:ada.'
    )


@strawberry.interface(description="Every outcome other than success: nothing was changed.")
class Refusal:
    """An expected outcome other than success."""

    message: str = strawberry.field(description="What stands against it, in one sentence.")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Where a page lies."""

    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows stand before this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row; null on an empty page.")


@strawberry.type(description="One row of a page.")
class Edge(Generic[ValueT]):
    """A row."""

    cursor: str = strawberry.field(
        description="The row's place in this list with its filter and order, for `after` and `before`. Opaque."
    )
    node: ValueT = strawberry.field(description="What stands there.")


@strawberry.type(description="One page of a list. Cursors hold places, so inserts between two pages shift nothing.")
class Connection(Generic[ValueT]):
    """A page."""

    edges: list[Edge[ValueT]] = strawberry.field(description="The rows, in order.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    total_count: int = strawberry.field(description="Rows of the whole list, under its filter.")


class SortDirection(Enum):
    """Which end of an order comes first."""

    ASC = "ASC"
    DESC = "DESC"


describe_enum(
    SortDirection,
    "Which end of an order comes first.",
    {"ASC": "Smallest or earliest first.", "DESC": "Largest or latest first."},
)


@strawberry.type(description="An amount in one currency.")
class Money:
    """An amount."""

    amount: Decimal = strawberry.field(description="Units of the currency.")
    currency: CurrencyCode = strawberry.field(description="The currency, ISO 4217.")


@by_plan
@strawberry.input(description="An amount in one currency.")
class MoneyInput:
    """An amount."""

    amount: Decimal = strawberry.field(description="Units of the currency, zero or more.")
    currency: CurrencyCode = strawberry.field(description="The currency, ISO 4217.")


@strawberry.type(description="Whole UTC days, both ends included.")
class Days:
    """Days."""

    starts_on: date = strawberry.field(description="The first day.")
    ends_on: date = strawberry.field(description="The last day, included.")


@by_plan
@strawberry.input(description="Whole UTC days, both ends included.")
class DaysInput:
    """Days."""

    starts_on: date = strawberry.field(description="The first day.")
    ends_on: date = strawberry.field(description="The last day, included; not before the first.")


@strawberry.type(description="One thing wrong with an input.")
class InputProblem:
    """A problem."""

    path: list[str] = strawberry.field(
        description="Where it is, from the input's own fields down; list positions count from 0."
    )
    code: str = strawberry.field(
        description="What kind of fault, for programs, for example UNKNOWN_REFERENCE; docs/errors.md lists all."
    )
    message: str = strawberry.field(description="What is wrong, in one sentence.")
    suggestion: str | None = strawberry.field(description="What would mend it, where that is known.")


@strawberry.type(description="The input contradicts itself or the state; nothing was changed.")
class InputRejected(Refusal):
    """The input cannot be taken."""

    problems: list[InputProblem] = strawberry.field(description="Everything that is wrong with it.")


def rejected(request: Request, refusal: Rejection) -> InputRejected:
    """Show a refusal of an input; sentences that would name what is hidden are replaced or left out."""
    problems = [
        InputProblem(
            path=list(one.path),
            code=one.code,
            message=told(request, one.message),
            suggestion=one.suggestion if one.suggestion and request.may_be_told(one.suggestion) else None,
        )
        for one in refusal.problems
    ]
    return InputRejected(message=refusal.message, problems=problems)


def told(request: Request, sentence: str) -> str:
    """Return a sentence, or a poorer one where it would name what is hidden."""
    return sentence if request.may_be_told(sentence) else "It contradicts something that is not shown to you."


def connection(
    request: Request, listing: Listing[RowT], window: Window, show: Callable[[RowT], ResultT]
) -> Connection[ResultT]:
    """Turn to a page of a listing and show its rows; raises BadUserInput, QueryTooCostly."""
    page = turn_to(listing, window, request.page_limits)
    request.count_rows(len(page.rows))
    return Connection(
        edges=[Edge(cursor=cursor, node=show(row)) for cursor, row in zip(page.cursors, page.rows, strict=True)],
        page_info=page_info_of(page),
        total_count=page.total,
    )


def page_info_of(page: Page[Any]) -> PageInfo:
    """Tell where a page lies."""
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=page.cursors[0] if page.cursors else None,
        end_cursor=page.cursors[-1] if page.cursors else None,
    )


def contribute(shown_type: type, name: str, resolver: Callable[..., Any], description: str) -> None:
    """Add a field to a type of a lower room, which cannot know what a higher one adds to it."""
    definition: StrawberryObjectDefinition = getattr(shown_type, "__strawberry_definition__")  # noqa: B009  # set by Strawberry, unknown to the type checker
    field = strawberry.field(resolver=resolver, description=description)
    field.python_name = name
    field.origin = shown_type
    definition.fields.append(field)


def window(first: int | None, after: str | None, last: int | None = None, before: str | None = None) -> Window:
    """Gather the arguments of a page; left out and null are the same."""
    return Window(given(first), given(after), given(last), given(before))


def given(value: ValueT | None) -> ValueT | None:
    """Return None for an argument that is null or left out."""
    return None if value is strawberry.UNSET else value


def left_out(value: ValueT | None) -> ValueT | UnsetType | None:
    """Tell a field of an input that is left out from one that is null."""
    return LEFT_OUT if value is strawberry.UNSET else value


def read(value: ValueT | None, convert: Callable[[ValueT], ResultT]) -> ResultT | UnsetType | None:
    """Convert a field of an input, telling one that is left out from one that is null."""
    if value is strawberry.UNSET:
        return LEFT_OUT
    return None if value is None else convert(value)


def texts(values: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return a list of texts or ids as a value to compare and hash; None where it is null or left out."""
    present = given(values)
    return None if present is None else tuple(str(value) for value in present)


def show_money(money: quantities.Money | None) -> Money | None:
    """Show an amount."""
    return money and Money(amount=money.amount, currency=CurrencyCode(money.currency))


def show_days(days: quantities.Days) -> Days:
    """Show days."""
    return Days(starts_on=days.starts_on, ends_on=days.ends_on)


def days_of(days: DaysInput) -> quantities.Days:
    """Read days."""
    return quantities.Days(days.starts_on, days.ends_on)


def money_of(money: MoneyInput) -> quantities.Money:
    """Read an amount."""
    return quantities.Money(money.amount, money.currency)
