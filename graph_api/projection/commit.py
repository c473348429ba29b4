"""The log's format: what a commit says, and the redactable hash chain that guards it (R12).

Each entry is a JSON text with a salt of its own; its hash is SHA-256(salt + text). A commit's hash is SHA-256 over the
hash before it, its header and its entries' hashes. Deleting a text and its salt therefore leaves the chain whole.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Generic

import msgspec

from graph_api.kernel.errors import CorruptLog
from graph_api.kernel.records import AnyChange, Change, RecordRegistry, RecordT
from graph_api.store.log import CommitRow

FORMAT: Final = 1
SALT_BYTES: Final = 16
FIRST_HASH: Final = hashlib.sha256(b"swarmgraph log").hexdigest()
REDACTED: Final = ""


class ImportPhase(StrEnum):
    """What a commit of an import does: open it, stage more, apply all, write old values back, drop it."""

    OPENED = "opened"
    STAGED = "staged"
    CLOSED = "closed"
    RESTORED = "restored"
    UNDONE = "undone"


class CommandEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who asked for the changes that follow, by which operation, and when it happened where that is in the past."""

    operation: str
    actor: str
    occurred_at: datetime | None = None


class Entry(msgspec.Struct, Generic[RecordT], frozen=True, omit_defaults=True):
    """One line of a commit: a command, or a change that it made."""

    command: CommandEntry | None = None
    change: Change[RecordT] | None = None


class Commit(msgspec.Struct, frozen=True):
    """A commit as the fold sees it; redacted entries are left out and counted."""

    row: CommitRow
    entries: tuple[Entry[Any], ...]
    redacted: int

    @property
    def revision(self) -> int:
        """Number of the commit, 1 for the first."""
        return self.row.revision

    @property
    def changes(self) -> Iterator[AnyChange]:
        """Yield the changes in order."""
        return (entry.change for entry in self.entries if entry.change is not None)

    @property
    def import_phase(self) -> ImportPhase | None:
        """The import's phase, or None for a commit that belongs to no import."""
        return ImportPhase(self.row.import_phase) if self.row.import_phase else None


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of a commit but its place in the log."""

    batch_id: str
    entries: tuple[Entry[Any], ...]
    import_id: str | None = None
    import_phase: ImportPhase | None = None


class CommitCodec:
    """Writes and reads commits of the kinds of records in a registry."""

    def __init__(self, registry: RecordRegistry) -> None:
        self._decoder: msgspec.json.Decoder[Entry[Any]] = msgspec.json.Decoder(Entry[registry.union])
        self._encoder = msgspec.json.Encoder()

    def seal(self, draft: Draft, *, previous: str, log_id: str, revision: int, at: datetime, salts: bytes) -> CommitRow:
        """Give a draft its place in the log; `salts` holds SALT_BYTES random bytes an entry."""
        texts = [self._encoder.encode(entry).decode() for entry in draft.entries]
        hexed = [salts[at_ : at_ + SALT_BYTES].hex() for at_ in range(0, len(texts) * SALT_BYTES, SALT_BYTES)]
        row = CommitRow(
            revision=revision,
            log_id=log_id,
            format=FORMAT,
            batch_id=draft.batch_id,
            at=at,
            entries=texts,
            salts=hexed,
            hashes=[entry_hash(salt, text) for salt, text in zip(hexed, texts, strict=True)],
            hash="",
            import_id=draft.import_id,
            import_phase=draft.import_phase,
        )
        return msgspec.structs.replace(row, hash=commit_hash(previous, row))

    def open(self, row: CommitRow) -> Commit:
        """Read a stored commit; raises CorruptLog where its format is unknown or an entry cannot be read."""
        if row.format != FORMAT:
            raise CorruptLog(
                f"Commit {row.revision} has the format {row.format}; this version reads {FORMAT}.",
                suggestion="Update swarmgraph.",
            )
        try:
            entries = tuple(self._decoder.decode(text) for text in row.entries if text != REDACTED)
        except msgspec.DecodeError as fault:
            raise CorruptLog(f"Commit {row.revision} holds an entry that cannot be read: {fault}") from fault
        return Commit(row, entries, row.entries.count(REDACTED))


def entry_hash(salt: str, text: str) -> str:
    """Return the hash of one entry, as 64 hexadecimal digits."""
    return hashlib.sha256((salt + text).encode()).hexdigest()


def commit_hash(previous: str, row: CommitRow) -> str:
    """Return the chained hash of a commit over its predecessor's hash, its header and its entries' hashes."""
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    header: Sequence[Any] = (row.log_id, row.revision, row.format, row.batch_id, at, row.import_id, row.import_phase)
    return hashlib.sha256(msgspec.json.encode((previous, header, row.hashes))).hexdigest()


def check_chain(previous: str, row: CommitRow) -> None:
    """Raise CorruptLog unless the commit follows `previous` and its readable entries are what was hashed."""
    if commit_hash(previous, row) != row.hash:
        raise CorruptLog(f"Commit {row.revision} does not continue the chain of hashes.")
    for number, (salt, text, expected) in enumerate(zip(row.salts, row.entries, row.hashes, strict=True)):
        if text != REDACTED and entry_hash(salt, text) != expected:
            raise CorruptLog(f"Entry {number} of commit {row.revision} is not what was committed.")


def entries_of(command: CommandEntry, changes: Iterable[AnyChange]) -> Iterator[Entry[Any]]:
    """Yield the lines of one command: who and what, then its changes."""
    yield Entry(command=command)
    yield from (Entry(change=change) for change in changes)
