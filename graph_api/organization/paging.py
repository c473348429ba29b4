"""Keyset pages: a cursor holds the place of its row in the order, so that inserts before it move nothing."""

import base64
import binascii
import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, Generic, TypeAlias, TypeVar

import msgspec

from graph_api.kernel.errors import BadUserInput, QueryTooCostly

RowT = TypeVar("RowT")
PlaceKey: TypeAlias = tuple[Any, ...]
"""The place of a row: values that order the list and end in something unique."""

_SCOPE_BYTES: Final = 6


class Window(msgspec.Struct, frozen=True):
    """Which rows are asked for: `first` after `after`, or `last` before `before`."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


class PageLimits(msgspec.Struct, frozen=True):
    """Rows of a page where none is asked, and the most that may be asked."""

    default_rows: int
    max_rows: int


class Listing(msgspec.Struct, Generic[RowT], frozen=True):
    """A list in the ascending order of its rows' places, which are of `place_type`.

    `scope` names the list, its filter and its order: a cursor is good for one scope only.
    """

    rows: Sequence[RowT]
    place: Callable[[RowT], PlaceKey]
    place_type: Any
    scope: str


class Page(msgspec.Struct, Generic[RowT], frozen=True):
    """Rows with their cursors, whether others stand before and after, and how many there are in all."""

    rows: list[RowT]
    cursors: list[str]
    has_previous: bool
    has_next: bool
    total: int


def turn_to(listing: Listing[RowT], window: Window, limits: PageLimits) -> Page[RowT]:
    """Return the page asked for; raises BadUserInput for a bad cursor or count, QueryTooCostly for too many rows."""
    _check_counts(window, limits)
    low, high = _bounds(listing, window)
    if window.last is not None:
        low = max(low, high - window.last)
    else:
        high = min(high, low + (window.first or limits.default_rows))
    rows = list(listing.rows[low:high])
    return Page(
        rows=rows,
        cursors=[_cursor(listing, row) for row in rows],
        has_previous=low > 0,
        has_next=high < len(listing.rows),
        total=len(listing.rows),
    )


def _bounds(listing: Listing[RowT], window: Window) -> tuple[int, int]:
    """Return the range of rows between the two cursors."""
    low, high = 0, len(listing.rows)
    if window.after is not None:
        low = bisect_right(listing.rows, _place(listing, "after", window.after), key=listing.place)
    if window.before is not None:
        high = bisect_left(listing.rows, _place(listing, "before", window.before), key=listing.place)
    return low, max(low, high)


def _check_counts(window: Window, limits: PageLimits) -> None:
    if window.first is not None and window.last is not None:
        raise BadUserInput("Both `first` and `last` are given.", suggestion="Give one of them.")
    for name, count in (("first", window.first), ("last", window.last)):
        if count is not None and count < 1:
            raise BadUserInput(f"`{name}` is {count}.", suggestion=f"Ask for 1 to {limits.max_rows} rows.")
        if count is not None and count > limits.max_rows:
            raise QueryTooCostly(f"`{name}` is {count}.", suggestion=f"A page has at most {limits.max_rows} rows.")


def _cursor(listing: Listing[RowT], row: RowT) -> str:
    place = msgspec.json.encode((_tag(listing.scope), listing.place(row)))
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def _place(listing: Listing[RowT], name: str, cursor: str) -> PlaceKey:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        tag, place = msgspec.json.decode(text, type=tuple[str, listing.place_type])
    except (binascii.Error, ValueError, msgspec.DecodeError) as fault:
        raise BadUserInput(
            f"`{name}` is no cursor of this list.", suggestion="Send back a cursor as it came."
        ) from fault
    if any(isinstance(part, Decimal) and not part.is_finite() for part in place):
        raise BadUserInput(f"`{name}` is no cursor of this list.")
    if tag != _tag(listing.scope):
        raise BadUserInput(
            f"`{name}` is a cursor of another list, filter or order.",
            suggestion="Keep filter and order while paging, or begin again without a cursor.",
        )
    return place


def _tag(scope: str) -> str:
    return hashlib.blake2b(scope.encode(errors="surrogatepass"), digest_size=_SCOPE_BYTES).hexdigest()
