"""What a commit means to whoever follows the organization: one declared table, for streams and for webhooks alike.

Each change of a record is a change of one entity: the node itself, or the end of a relationship that owns it. All
changes that a command made to an entity are one announcement. Nothing but the commit is looked at, so what is derived
live and what is derived years later from the log are the same.
"""

from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import groupby
from typing import Any, Final

import msgspec

from graph_api.kernel.records import NODE_KEY_PARTS, AnyChange, Record, RecordKey, tag_of
from graph_api.knowledge import model as knowledge
from graph_api.knowledge.departing import model as departing
from graph_api.knowledge.experience.reminding import REMIND_EXPERIENCE
from graph_api.organization import model as organization
from graph_api.permission import records as permission
from graph_api.projection import records as projection
from graph_api.projection.commit import CommandEntry
from graph_api.projection.visible import Visible
from graph_api.swarm import model as swarm
from graph_api.swarm.decisions import ASSEMBLE_SWARM, OPEN_TASK
from graph_api.swarm.life.reminding import REMIND_SWARMS
from graph_api.swarm.reorganising import model as reorganising


class Owner(Enum):
    """Whose change the change of a record is."""

    SOURCE = 1  # of a node: itself
    TARGET = 2


class Row(msgspec.Struct, frozen=True):
    """A kind of record: the entity that its changes belong to, and which end of a relationship that is."""

    entity: str
    owner: Owner = Owner.SOURCE


_NODES: Final[Sequence[type[Any]]] = (
    organization.Organization, organization.Person, organization.Skill, organization.Unit, organization.Customer,
    organization.Task, swarm.Swarm, reorganising.Reorganization, knowledge.Knowledge,
    knowledge.Note,
)  # fmt: skip
_OWNED: Final[dict[type[Record], Row]] = {
    organization.HasSkill: Row("person"),
    organization.BelongsTo: Row("person"),
    organization.ReportsTo: Row("person"),
    organization.Broader: Row("skill"),
    organization.PartOf: Row("unit"),
    organization.TiedTo: Row("customer"),
    organization.Requires: Row("task"),
    organization.For: Row("task"),
    organization.Precedes: Row("task"),
    organization.WorkedOn: Row("task", Owner.TARGET),
    swarm.MemberOf: Row("swarm", Owner.TARGET),
    swarm.Staffs: Row("swarm"),
    knowledge.RecordedBy: Row("knowledge"),
    knowledge.From: Row("knowledge"),
    knowledge.About: Row("knowledge"),
    knowledge.Teaches: Row("knowledge"),
    knowledge.Cites: Row("knowledge"),
    knowledge.Used: Row("knowledge", Owner.TARGET),
    knowledge.ExperienceOf: Row("knowledge"),
    knowledge.Waived: Row("swarm", Owner.TARGET),
    knowledge.NoteOf: Row("note"),
    knowledge.NoteBy: Row("note"),
    knowledge.Merged: Row("knowledge"),
}
TABLE: Final[dict[str, Row]] = {
    **{tag_of(kind): Row(kind.entity_type) for kind in _NODES},
    **{tag_of(kind): row for kind, row in _OWNED.items()},
}
"""By label or relationship type. Kinds of records that stand neither here nor in SILENT fail a test."""
SILENT: Final = frozenset(tag_of(kind) for kind in (*projection.RECORDS, *permission.RECORDS, *departing.RECORDS))
"""Records that the service keeps for itself; rights, which have streams of their own; who asked about whose leaving."""
NAMED: Final = {
    (OPEN_TASK.name, "task"): "task.opened",
    (ASSEMBLE_SWARM.name, "task"): "task.staffed",
    (ASSEMBLE_SWARM.name, "swarm"): "swarm.formed",
    (REMIND_SWARMS.name, "swarm"): "swarm.overdue",
    (REMIND_EXPERIENCE.name, "swarm"): "swarm.experience_owed",
}
"""What operations do that has a name of its own; everything else is `saved` or `removed`."""
KINDS: Final = (
    *(f"{kind.entity_type}.{verb}" for kind in _NODES for verb in ("saved", "removed")),
    *NAMED.values(),
)


class Announcement(msgspec.Struct, frozen=True):
    """One entity was changed by one command; the other entities are those it was or is related to by the change."""

    kind: str
    node_ids: tuple[str, ...]
    actor: str | None


def announcements(shown: Visible) -> Iterator[Announcement]:
    """Yield what a revision brought: the commands in their order, of each the entities in the order of its changes."""
    for _, made in groupby(shown.changes, key=lambda attributed: id(attributed[0])):
        changes = list(made)
        yield from _of_command(changes[0][0], [change for _, change in changes])


def _of_command(command: CommandEntry | None, changes: Sequence[AnyChange]) -> Iterator[Announcement]:
    """Yield one announcement an entity."""
    related: dict[tuple[str, str], dict[str, None]] = {}
    removed: set[str] = set()
    for change in changes:
        row = TABLE.get(change.key[0])
        if row is None:
            continue
        owner, *others = _ends(change.key, row.owner)
        related.setdefault((row.entity, owner), {}).update(dict.fromkeys([owner, *others]))
        if change.is_node:
            (removed.add if change.after is None else removed.discard)(owner)
    for (entity, owner), ids in related.items():
        yield Announcement(
            kind=f"{entity}.removed" if owner in removed else _name(command, entity),
            node_ids=tuple(ids),
            actor=command and command.actor,
        )


def _ends(key: RecordKey, owner: Owner) -> tuple[str, ...]:
    if len(key) == NODE_KEY_PARTS:
        return (key[1],)
    return (key[1], key[2]) if owner is Owner.SOURCE else (key[2], key[1])


def _name(command: CommandEntry | None, entity: str) -> str:
    operation = command.operation if command else ""
    return NAMED.get((operation, entity), f"{entity}.saved")
