"""What search needs of an index of texts, whichever keeps it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol


class StoredText(NamedTuple):
    """The text of an item as the index has it."""

    title: str
    body: str


class Sought(NamedTuple):
    """Words to find: every one of them, or any; among all items, or some."""

    words: tuple[str, ...]
    every: bool = True
    among: tuple[str, ...] | None = None


class TextReading(Protocol):
    """One look at the index."""

    async def hits(self, sought: Sought, skip: int, limit: int) -> Sequence[str]:
        """Return the ids of at most `limit` items behind the first `skip`, the best first.

        Fewer than `limit` are the last ones. A word is found where it stands, whatever the case of its letters; a run
        of Chinese anywhere within a longer one. No character of a word has a meaning of its own. There is no guarantee
        on the order of items that are equally good. No word, or none but words without a meaning of their own, finds
        nothing.
        """
        ...

    async def texts(self, ids: Sequence[str]) -> Mapping[str, StoredText]:
        """Return the texts of items by id; those that are not there are left out."""
        ...

    async def revision(self) -> str:
        """Return the token of a revision of the log that has all that the hits rest on."""
        ...


class TextIndex(Protocol):
    """The texts of all knowledge items, hidden ones and drafts too: who sees what is no matter of the index."""

    def reading(self) -> AbstractAsyncContextManager[TextReading]:
        """Begin to look; raises TimedOut, Unavailable."""
        ...
