"""What is asked of the circuit-breaker, and what became of it."""

from typing import Any

import msgspec

from graph_api.kernel.commands import Command
from graph_api.knowledge.model import Quote


class AddNote(Command, frozen=True, kw_only=True):
    """Write something down while a swarm lives; the actor is its author. A text has at most so many bytes (UTF-8)."""

    note_id: str
    swarm_id: str
    text: str
    language: str | None = None
    text_bytes_max: int
    notes_max: int

    @property
    def asked(self) -> Any:
        """The limits and the id are the service's own."""
        return (self.swarm_id, self.text, self.language)


class RecordExperience(Command, frozen=True, kw_only=True):
    """Write down what a member learned; of anybody but the actor it is a draft, for that member to confirm."""

    knowledge_id: str
    swarm_id: str
    person_id: str | None = None
    title: str
    body: str
    skill_ids: tuple[str, ...] | None = None
    language: str | None = None
    body_bytes_max: int
    experiences_max: int

    @property
    def asked(self) -> Any:
        """The limits and the id are the service's own."""
        return (self.swarm_id, self.person_id, self.title, self.body, self.skill_ids, self.language)


class ConfirmExperience(Command, frozen=True, kw_only=True):
    """Stand for a draft, as it is or altered; None: it stays as it is."""

    knowledge_id: str
    title: str | None = None
    body: str | None = None
    body_bytes_max: int

    @property
    def asked(self) -> Any:
        """The limit is the service's own."""
        return (self.knowledge_id, self.title, self.body)


class WaiveExperience(Command, frozen=True, kw_only=True):
    """Let a member off, and say why."""

    swarm_id: str
    person_id: str
    reason: str


class DissolveSwarm(Command, frozen=True, kw_only=True):
    """End a swarm for good, as soon as nobody owes experience."""

    swarm_id: str


class NewDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine found that a member may have learned; `extractor` is its name and version."""

    knowledge_id: str
    person_id: str
    title: str
    body: str
    language: str | None
    skill_ids: tuple[str, ...]
    customer_ids: tuple[str, ...]
    extractor: str
    confidence: float
    quotes: tuple[Quote, ...] = ()


class RecordDrafts(Command, frozen=True, kw_only=True):
    """Keep drafts for members of a swarm that closed; where nobody owes anything it is over."""

    swarm_id: str
    drafts: tuple[NewDraft, ...]


class NoteAdded(msgspec.Struct, frozen=True, tag=True):
    """The note is kept."""

    note_id: str


class ExperienceRecorded(msgspec.Struct, frozen=True, tag=True):
    """The experience is kept; its swarm is over where it was the last that was owed."""

    knowledge_id: str


class ExperienceWaived(msgspec.Struct, frozen=True, tag=True):
    """The member owes nothing any more."""

    swarm_id: str
    person_id: str


class SwarmEnding(msgspec.Struct, frozen=True, tag=True):
    """The swarm is over, or it closes and waits for the experience of these members."""

    swarm_id: str
    owing: tuple[str, ...]


class DraftsRecorded(msgspec.Struct, frozen=True, tag=True):
    """These drafts wait for their authors."""

    swarm_id: str
    knowledge_ids: tuple[str, ...]
