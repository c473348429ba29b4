"""Who caused which change of a tuple: found where the commit is, as later only the log would tell."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from graph_api.kernel.records import NODE_KEY_PARTS, RecordKey, tag_of
from graph_api.permission.derivation import DerivedTable
from graph_api.permission.expiry import EXPIRE
from graph_api.permission.keeper import PERMISSION_KEEPER
from graph_api.permission.kept_graph import TupleChange
from graph_api.permission.records import LIVE_ID, Granted, LivePermission, key_of
from graph_api.permission.tuples import TupleKey, TupleSource
from graph_api.projection.commit import CommandEntry
from graph_api.projection.visible import Visible

_GRANTED: Final = tag_of(Granted)
_POINTER: Final[RecordKey] = (tag_of(LivePermission), LIVE_ID)
_BY_TIME: Final = CommandEntry(EXPIRE.name, PERMISSION_KEEPER)


class Cause(msgspec.Struct, frozen=True, gc=False):
    """A command, its place among those of its commit, and what it changed; None where it was erased from the log."""

    order: int
    command: CommandEntry | None
    ids: tuple[str, ...]


class CausedChange(msgspec.Struct, frozen=True, gc=False):
    """What became of a tuple, and why."""

    change: TupleChange
    cause: Cause


class Caused(NamedTuple):
    """The changes of a commit in the order of its commands, and what made another model live, if anything did."""

    changes: tuple[CausedChange, ...]
    switch: Cause | None


UNKNOWN: Final = Cause(-1, None, ())


def caused(shown: Visible, changes: Sequence[TupleChange], table: DerivedTable, switched_to: str | None) -> Caused:
    """Return the changes of a commit with their causes; `switched_to` is the model that it made live."""
    explicit, records = _made(shown)
    found: list[CausedChange] = []
    for change in changes:
        if change.source is TupleSource.EXPLICIT:
            cause = explicit.get(change.key, UNKNOWN)
        else:
            cause = joined(records[key] for key in table.causes(change.key) if key in records)
            if cause is UNKNOWN:  # nothing of the organization was changed: its time has begun or ended
                cause = Cause(0, _BY_TIME, (change.key.user, change.key.object))
        found.append(CausedChange(change, cause))
    found.sort(key=lambda each: each.cause.order)
    if switched_to is None:
        return Caused(tuple(found), None)
    return Caused(tuple(found), msgspec.structs.replace(records.get(_POINTER, UNKNOWN), ids=(switched_to,)))


def _made(shown: Visible) -> tuple[Mapping[TupleKey, Cause], Mapping[RecordKey, Cause]]:
    """Return who changed explicit tuples, and who changed records; of several commands the last."""
    explicit: dict[TupleKey, Cause] = {}
    records: dict[RecordKey, Cause] = {}
    order, latest = 0, None
    for command, change in shown.changes:
        if command is not latest:
            order, latest = order + 1, command
        if change.key[0] == _GRANTED:
            key = key_of(change.key)
            explicit[key] = Cause(order, command, (key.object,))
        else:
            ids = change.key[1:] if len(change.key) == NODE_KEY_PARTS else change.key[1:3]
            records[change.key] = Cause(order, command, ids)
    return explicit, records


def joined(causes: Iterable[Cause]) -> Cause:
    """Return the last command among some causes with all that it changed; UNKNOWN where there are none."""
    found = list(causes)
    last = max(found, key=lambda each: each.order, default=UNKNOWN)
    if len(found) <= 1:
        return last
    ids = dict.fromkeys(name for each in found if each.order == last.order for name in each.ids)
    return msgspec.structs.replace(last, ids=tuple(ids))
