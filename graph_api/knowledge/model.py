"""Records of knowledge items and of how they are made, used and cited."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from graph_api.kernel.records import Link, Node, Record


class KnowledgeState(StrEnum):
    """DRAFT is seen by its swarm only, CONFIRMED by the organization, RETIRED is kept for the history."""

    DRAFT = "DRAFT"
    CONFIRMED = "CONFIRMED"
    RETIRED = "RETIRED"


class KnowledgeMethod(StrEnum):
    """How an item came to be."""

    WRITTEN = "WRITTEN"
    EXTRACTED = "EXTRACTED"
    EXTRACTED_AND_EDITED = "EXTRACTED_AND_EDITED"
    IMPORTED = "IMPORTED"


class Quote(msgspec.Struct, frozen=True, array_like=True):
    """What a draft rests on: characters of a note or document from `start` up to `end`, which is not included."""

    source_id: str
    start: int
    end: int


class Knowledge(Node, frozen=True, kw_only=True):
    """A document or experience; `characters` is the length of its text, which imports may know without the text.

    `confirmed_at` is when its author stood for it. A draft tells what made it (`extractor`, name and version), how sure
    that was (`confidence`, 0 to 1) and what each line of it rests on (`quotes`, a JSON list of `Quote`).
    """

    entity_type: ClassVar[str] = "knowledge"
    title: str
    kind: str | None = None
    language: str | None = None
    state: KnowledgeState = KnowledgeState.CONFIRMED
    method: KnowledgeMethod = KnowledgeMethod.IMPORTED
    created_at: datetime | None = None
    characters: int | None = None
    body: str = ""
    confirmed_at: datetime | None = None
    extractor: str | None = None
    confidence: float | None = None
    quotes: str | None = None


def read_quotes(text: str | None) -> tuple[Quote, ...]:
    """Return the quotes of an item; raises msgspec.DecodeError where the text is not theirs."""
    return () if text is None else msgspec.json.decode(text, type=tuple[Quote, ...])


def quotes_text(quotes: Iterable[Quote]) -> str | None:
    """Return quotes as an item keeps them."""
    rows = tuple(quotes)
    return msgspec.json.encode(rows).decode() if rows else None


class RecordedBy(Link, frozen=True, kw_only=True, tag="RECORDED_BY"):
    """An item was written by a person."""


class From(Link, frozen=True, kw_only=True, tag="FROM"):
    """An item comes from the work on a task."""


class ExperienceOf(Link, frozen=True, kw_only=True, tag="EXPERIENCE_OF"):
    """An item is what its author learned in a swarm."""


class Waived(Link, frozen=True, kw_only=True, tag="WAIVED"):
    """A person (source) need not write down what was learned in a swarm: why, and by which actor that was said."""

    reason: str
    by: str
    at: datetime


class Note(Node, frozen=True, kw_only=True):
    """What a member wrote down while the swarm worked: experience is drafted from it, and only the swarm reads it."""

    entity_type: ClassVar[str] = "note"
    text: str
    language: str | None = None
    created_at: datetime


class NoteOf(Link, frozen=True, kw_only=True, tag="NOTE_OF"):
    """A note was written in a swarm."""


class NoteBy(Link, frozen=True, kw_only=True, tag="NOTE_BY"):
    """A note was written by a person."""


class About(Link, frozen=True, kw_only=True, tag="ABOUT"):
    """An item is about a customer."""


class Teaches(Link, frozen=True, kw_only=True, tag="TEACHES"):
    """An item teaches a skill."""


class Cites(Link, frozen=True, kw_only=True, tag="CITES"):
    """An item cites another; `dated` is False where the date was taken from the citing item."""

    at: datetime | None = None
    basis: str | None = None
    dated: bool = True


class Used(Link, frozen=True, kw_only=True, tag="USED"):
    """A person used an item, for a task where known; basis "derived" where only the task's use is recorded."""

    task: str = ""
    at: datetime | None = None
    basis: str | None = None

    @property
    def discriminator(self) -> str:
        """The task's id."""
        return self.task


class Merged(Link, frozen=True, kw_only=True, tag="MERGED_INTO"):
    """An item was found to say what another one says: it is RETIRED, and its uses and citations stay where they are."""


RECORDS: Final[tuple[type[Record], ...]] = (
    *(Knowledge, RecordedBy, From, About, Teaches, Cites, Used, Merged),
    *(ExperienceOf, Waived, Note, NoteOf, NoteBy),
)
