"""The skills and customers that the organization knows, found in texts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final

import msgspec

from graph_api.knowledge.extraction.folding import Folded, folded
from graph_api.knowledge.extraction.loose_names import LooseNames
from graph_api.knowledge.extraction.names import Found, Names, longest
from graph_api.knowledge.extraction.text import normalised
from graph_api.knowledge.extraction.typing_errors import Spelling
from graph_api.knowledge.extraction.words import Word, words

_SHORT_NAME_LETTERS_MIN: Final = 4


class Known(msgspec.Struct, frozen=True):
    """A skill or customer with its name and aliases, in any language."""

    id: str
    names: tuple[str, ...]


class Mention(msgspec.Struct, frozen=True):
    """A skill or customer at [start, end) of a text; `exact` where a name stands there as it is."""

    id: str
    start: int
    end: int
    exact: bool


class Dictionary(msgspec.Struct, frozen=True, dict=True):
    """What is known; its indexes are built once, so keep it as long as names do not change."""

    skills: tuple[Known, ...] = ()
    customers: tuple[Known, ...] = ()

    def skills_in(self, text: str) -> list[Mention]:
        """Return the skills named in a text, in order: by a name, or by its words close together in any form."""
        plain = folded(text)
        given = words(plain.text)
        exact, loose = self._skill_names
        return _mentions(plain, [*_weighed(exact.find(plain.text), given), *loose.find(plain.text, given)])

    def customers_in(self, text: str) -> list[Mention]:
        """Return the customers named in a text, in order: by a name, or by its first word where only one begins so."""
        plain = folded(text)
        return _mentions(plain, [*self._customer_names.find(plain.text), *self._short_named(text, plain)])

    @cached_property
    def skill_ids(self) -> frozenset[str]:
        """The ids of all skills."""
        return frozenset(skill.id for skill in self.skills)

    @cached_property
    def customer_ids(self) -> frozenset[str]:
        """The ids of all customers."""
        return frozenset(customer.id for customer in self.customers)

    @cached_property
    def _skill_names(self) -> tuple[Names, LooseNames]:
        pairs = _pairs(self.skills)
        return Names(pairs), LooseNames(pairs)

    @cached_property
    def _customer_names(self) -> Names:
        return Names(_pairs(self.customers))

    @cached_property
    def _short_names(self) -> dict[str, str]:
        """First words of names that are in no other customer's name, by the customer's id."""
        parts = [(customer.id, words(normalised(name))) for customer in self.customers for name in customer.names]
        bearers = Counter(word for _, word in {(bearer, word.text) for bearer, name in parts for word in name})
        first = {name[0].text: bearer for bearer, name in parts if name}
        return {word: bearer for word, bearer in first.items() if bearers[word] == 1 and _may_stand_for_all(word)}

    @cached_property
    def _short_spelling(self) -> Spelling:
        return Spelling(self._short_names)

    def _short_named(self, text: str, plain: Folded) -> Iterable[Found]:
        for word in words(plain.text):
            bearer = self._short_names.get(self._short_spelling.meant(word.text))
            if bearer and _is_capitalised(text, plain, word):
                yield Found((bearer,), word.start, word.end, weight=1, exact=False)


def _pairs(known: Sequence[Known]) -> list[tuple[str, str]]:
    return [(name, each.id) for each in known for name in each.names]


def _may_stand_for_all(word: str) -> bool:
    return len(word) >= _SHORT_NAME_LETTERS_MIN and word.isalpha()


def _is_capitalised(text: str, plain: Folded, word: Word) -> bool:
    return text[plain.starts[word.start]].isupper()


def _weighed(found: Iterable[Found], given: Sequence[Word]) -> Iterable[Found]:
    """Weigh names by their words, as loose ones are."""
    for each in found:
        inside = sum(each.start <= word.start and word.end <= each.end for word in given)
        yield msgspec.structs.replace(each, weight=max(1, inside))


def _mentions(plain: Folded, found: Iterable[Found]) -> list[Mention]:
    return [
        Mention(bearer, *plain.span(each.start, each.end), each.exact) for each in longest(found) for bearer in each.ids
    ]
