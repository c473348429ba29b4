"""Checks of single fields: each yields the problems of one value, with where it is and what would mend it."""

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from typing import Final

from msgspec import UnsetType

from graph_api.kernel.commands import Problem
from graph_api.kernel.graph import GraphView
from graph_api.kernel.ids import encode_key, id_fault, split_id
from graph_api.kernel.quantities import Days, Money, currencies, timezones
from graph_api.kernel.records import Node
from graph_api.organization.model import LEVEL_MAX, LEVEL_MIN

TEXT_CHARACTERS_MAX: Final = 500
BODY_CHARACTERS_MAX: Final = 100_000
AMOUNT_DIGITS_MAX: Final = 15
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_NEAR_AMONG: Final = 10_000
_SEARCHES_MAX: Final = 5


def check_id(path: tuple[str, ...], entity: str, entity_type: str) -> Iterator[Problem]:
    """Yield a problem where this is no id of that type."""
    if fault := id_fault(entity, entity_type):
        kind, key = split_id(entity)
        suggestion = f"{kind}:{encode_key(key)}" if kind == entity_type and key else f"{entity_type}:your-key"
        yield Problem(path, "INVALID_ID", fault, f"For example {suggestion}")


class References:
    """Checks of references against one state; only the first few unknown ones get a suggestion, as each is a search."""

    def __init__(self, view: GraphView) -> None:
        self._view = view
        self._searches_left = _SEARCHES_MAX

    def check(
        self, path: tuple[str, ...], node_type: type[Node], entity: str, coming: Collection[str] = ()
    ) -> Iterator[Problem]:
        """Yield a problem where the entity neither exists nor comes with the same request."""
        if self._view.node(node_type, entity) is None and entity not in coming:
            message = f"There is no {node_type.entity_type} {entity!r}."
            yield Problem(path, "UNKNOWN_REFERENCE", message, self._nearest(node_type, entity))

    def _nearest(self, node_type: type[Node], entity: str) -> str | None:
        """Return a sentence with the most similar id that exists, or None; very large kinds are not searched."""
        if self._searches_left == 0 or self._view.count(node_type) > _NEAR_AMONG:
            return None
        self._searches_left -= 1
        near = difflib.get_close_matches(entity, [node.id for node in self._view.nodes(node_type)], n=1)
        return f"Did you mean {near[0]}?" if near else None


def check_name(path: tuple[str, ...], name: str | UnsetType | None, *, exists: bool) -> Iterator[Problem]:
    """Yield a problem where a new entity has no name, or a name is empty."""
    if isinstance(name, UnsetType):
        if not exists:
            yield Problem(path, "REQUIRED", "A new entity needs a name.")
    elif name is None or not name.strip():
        yield Problem(path, "REQUIRED", "A name may not be empty.")


def check_text(path: tuple[str, ...], text: str | UnsetType | None) -> Iterator[Problem]:
    """Yield a problem where a text is empty, too long or cannot be stored."""
    if not isinstance(text, str):
        return
    if not text.strip():
        yield Problem(path, "EMPTY", "An empty text says nothing.", "Give null to clear it.")
    if len(text) > TEXT_CHARACTERS_MAX:
        yield Problem(path, "TOO_LONG", f"{len(text)} characters; at most {TEXT_CHARACTERS_MAX} are kept.")
    yield from check_characters(path, text)


def check_body(path: tuple[str, ...], text: str) -> Iterator[Problem]:
    """Yield a problem where a text of any kind, a whole document too, is too long or cannot be stored."""
    if len(text) > BODY_CHARACTERS_MAX:
        yield Problem(path, "TOO_LONG", f"{len(text)} characters; at most {BODY_CHARACTERS_MAX} are kept.")
    yield from check_characters(path, text)


def check_characters(path: tuple[str, ...], text: str) -> Iterator[Problem]:
    """Yield a problem where a text holds what cannot be stored."""
    if "\x00" in text or any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        yield Problem(path, "INVALID_TEXT", "The text holds a character that cannot be stored.")


def check_country(path: tuple[str, ...], country: str | UnsetType | None) -> Iterator[Problem]:
    """Yield a problem where a country is no code of two capital letters."""
    if isinstance(country, str) and not _COUNTRY.fullmatch(country):
        yield Problem(path, "INVALID_COUNTRY", f"{country!r} is no code of two capital letters.", "For example MX")


def check_timezone(path: tuple[str, ...], timezone: str | UnsetType | None) -> Iterator[Problem]:
    """Yield a problem where a zone is not in the IANA database."""
    if isinstance(timezone, str) and timezone not in timezones():
        near = difflib.get_close_matches(timezone, timezones(), n=1)
        suggestion = f"Did you mean {near[0]}?" if near else "For example America/Mexico_City"
        yield Problem(path, "INVALID_TIMEZONE", f"{timezone!r} is no IANA time zone.", suggestion)


def check_money(path: tuple[str, ...], money: Money | UnsetType | None) -> Iterator[Problem]:
    """Yield problems of an amount that is negative or no number, or of an unknown currency."""
    if not isinstance(money, Money):
        return
    if not money.amount.is_finite() or money.amount < 0:
        yield Problem((*path, "amount"), "INVALID_AMOUNT", f"{money.amount} is no amount of zero or more.")
    elif not _has_few_digits(money.amount):
        message = f"At most {AMOUNT_DIGITS_MAX} digits may stand before the point, and as many behind it."
        yield Problem((*path, "amount"), "INVALID_AMOUNT", message)
    if money.currency not in currencies():
        yield Problem((*path, "currency"), "INVALID_CURRENCY", f"{money.currency!r} is no ISO 4217 code.")


def _has_few_digits(amount: Decimal) -> bool:
    exponent = amount.as_tuple().exponent
    return isinstance(exponent, int) and amount.adjusted() < AMOUNT_DIGITS_MAX and exponent >= -AMOUNT_DIGITS_MAX


def check_share(path: tuple[str, ...], share: float | UnsetType | None) -> Iterator[Problem]:
    """Yield a problem where a share is not between 0 and 1."""
    if isinstance(share, float | int) and not 0 <= share <= 1:
        yield Problem(path, "OUT_OF_RANGE", f"{share:g} is not between 0 and 1.")


def check_level(path: tuple[str, ...], level: int) -> Iterator[Problem]:
    """Yield a problem where a level is not on the scale."""
    if not LEVEL_MIN <= level <= LEVEL_MAX:
        yield Problem(path, "OUT_OF_RANGE", f"Level {level} is not between {LEVEL_MIN} and {LEVEL_MAX}.")


def check_days(path: tuple[str, ...], days: Days) -> Iterator[Problem]:
    """Yield a problem where days end before they start."""
    if days.ends_on < days.starts_on:
        yield Problem(path, "INVALID_DAYS", f"{days.ends_on} is before {days.starts_on}.")


def check_distinct(path: tuple[str, ...], ids: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each id that was named before."""
    seen: set[str] = set()
    for number, entity in enumerate(ids):
        if entity in seen:
            yield Problem((*path, str(number)), "DUPLICATE", f"{entity!r} is named twice.")
        seen.add(entity)
