"""Records that the write path keeps for itself: remembered outcomes and pending reactions."""

import hashlib
from datetime import datetime
from typing import ClassVar, Final

import msgspec

from graph_api.kernel.ids import entity_id
from graph_api.kernel.records import Node, Record


class Remembered(Node, frozen=True, kw_only=True):
    """The outcome of a command under its idempotency key (R5), as JSON text, with a hash of the input."""

    entity_type: ClassVar[str] = "remembered"
    input_hash: str
    outcome: str
    revision: int
    at: datetime


class Reaction(Node, frozen=True, kw_only=True):
    """Work that a commit caused and that is still to be done (R7); its id is its key."""

    entity_type: ClassVar[str] = "reaction"
    reaction: str
    subject: str
    revision: int


RECORDS: Final[tuple[type[Record], ...]] = (Remembered, Reaction)


def remembered_id(actor: str, operation: str, key: str) -> str:
    """Return the id under which the outcome of an idempotency key is kept."""
    digest = hashlib.sha256(msgspec.json.encode((actor, operation, key))).hexdigest()
    return f"{Remembered.entity_type}:{digest}"


def reaction_id(reaction: str, subject: str, revision: int) -> str:
    """Return the id of a reaction: its kind, what it is about, and the revision that caused it."""
    return entity_id(Reaction.entity_type, f"{reaction}/{subject}/{revision}")


def pending_reaction(reaction: str, subject: str, revision: int) -> Reaction:
    """Build the reaction that a decision appends to its changes."""
    return Reaction(id=reaction_id(reaction, subject, revision), reaction=reaction, subject=subject, revision=revision)
