"""The port of extraction: what is given to whoever makes a draft, and what is had back."""

from typing import Protocol

import msgspec

from graph_api.knowledge.extraction.dictionary import Dictionary
from graph_api.knowledge.extraction.frequencies import Frequencies


class SourceText(msgspec.Struct, frozen=True):
    """A note or a document."""

    id: str
    text: str


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What one member's draft may be made of, and what the organization knows.

    `notes` are the member's own of the swarm, `documents` those of the task, `others` the member's other texts of
    experience, of which a draft must be no near-duplicate.
    """

    notes: tuple[SourceText, ...] = ()
    documents: tuple[SourceText, ...] = ()
    task_title: str = ""
    others: tuple[str, ...] = ()
    dictionary: Dictionary = Dictionary()
    corpus: Frequencies = Frequencies()

    @property
    def texts(self) -> tuple[SourceText, ...]:
        """Notes, then documents."""
        return self.notes + self.documents

    def text_of(self, source_id: str) -> str | None:
        """Return the text of an id, or None."""
        return next((source.text for source in self.texts if source.id == source_id), None)


class Claim(msgspec.Struct, frozen=True):
    """A statement of a draft; what it rests on stands at [start, end) of the text of a source."""

    text: str
    source_id: str
    start: int
    end: int


class Extraction(msgspec.Struct, frozen=True, kw_only=True):
    """A draft of one member's experience; `body` is empty where the source does not give a valid one.

    `skill_ids` and `customer_ids` are in the order of ids, `terms` most telling first. `confidence`, 0 to 1, orders
    drafts and is no probability. `made_by` names what really made it, as one extractor may fall back to another.
    """

    title: str
    body: str
    language: str | None
    skill_ids: tuple[str, ...] = ()
    customer_ids: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    confidence: float
    made_by: str


class Extractor(Protocol):
    """Makes a draft out of a source.

    The same source gives the same draft wherever the extractor is deterministic. A body, where there is one, is valid
    beside `others`. Each claim's span is in the source that it names. Ids are those of the dictionary. It never raises
    for what the source holds or for what a foreign service answers, and ends in bounded time.
    """

    @property
    def name_and_version(self) -> str:
        """Name and version, as drafts carry them: `offline 1`."""
        ...

    async def extract(self, source: Source) -> Extraction:
        """Return a draft."""
        ...
