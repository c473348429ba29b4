"""Names as small numbers, so that sets of users and objects are bitmaps."""

from collections.abc import Iterable
from typing import Final

from pyroaring import AbstractBitMap, BitMap

from graph_api.permission.tuples import WILDCARD, split_userset, user_kind

NOBODY: Final = 0
"""The number of no name: it is in no bitmap, and stands for names that no tuple holds."""


class Names:
    """Users and objects by number; a userset also by its object and relation. Numbers are never given up."""

    def __init__(self) -> None:
        self.texts: list[str] = [""]
        self.numbers: dict[str, int] = {}
        self._usersets: dict[tuple[str, str], dict[int, int]] = {}
        self._parts: dict[int, tuple[str, str, int]] = {}

    def __len__(self) -> int:
        return len(self.numbers)

    def find(self, name: str) -> int:
        """Return the number of a name, or NOBODY."""
        return self.numbers.get(name, NOBODY)

    def everybody(self, types: Iterable[str]) -> dict[int, str]:
        """Return the types of which some tuple has named everybody, by the number that stands for them."""
        found = {self.numbers.get(f"{each}:{WILDCARD}", NOBODY): each for each in types}
        found.pop(NOBODY, None)
        return found

    def intern(self, name: str) -> int:
        """Return the number of a name; a new name gets the next one."""
        number = self.numbers.get(name)
        if number is None:
            number = len(self.texts)
            self.texts.append(name)
            self.numbers[name] = number
            if "#" in name:
                self._note_userset(name, number)
        return number

    def _note_userset(self, name: str, number: int) -> None:
        kind = user_kind(name)
        target, relation = split_userset(name)
        owner = self.intern(target)
        self._usersets.setdefault((kind.type, relation), {})[owner] = number
        self._parts[number] = (kind.type, relation, owner)

    def userset(self, node: tuple[str, str], owner: int) -> int:
        """Return the number of the userset `object#relation`, given type and relation, and the object's number."""
        number = self._usersets.get(node, _NONE).get(owner)
        return self.intern(f"{self.texts[owner]}#{node[1]}") if number is None else number

    def all_usersets(self, node: tuple[str, str], owners: BitMap) -> BitMap:
        """Return the numbers of the usersets of all of some objects; those without a number get one."""
        return BitMap([self.userset(node, owner) for owner in owners])

    def usersets_of(self, node: tuple[str, str], owners: AbstractBitMap) -> BitMap:
        """Return the numbers of the usersets of some objects, as far as they have any."""
        known = self._usersets.get(node, _NONE)
        if len(owners) > len(known):
            return BitMap(number for owner, number in known.items() if owner in owners)
        return BitMap(known[owner] for owner in owners if owner in known)

    def parts(self, number: int) -> tuple[str, str, int]:
        """Return type, relation and object of a userset."""
        return self._parts[number]


_NONE: Final[dict[int, int]] = {}
