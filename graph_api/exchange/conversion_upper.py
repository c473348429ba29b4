"""Turn the checked rows of knowledge, swarms and reorganizations into records."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from graph_api.exchange.checking import CheckedFile, Placed
from graph_api.exchange.conversion import put_nodes, put_optional
from graph_api.exchange.drafting import Draft
from graph_api.exchange.rows import (
    USED_BY_AUTHOR,
    USED_BY_KNOWLEDGE,
    USED_BY_TASK,
    ExperienceWaiverRow,
    KnowledgeRow,
    KnowledgeUseRow,
    ReorganizationRow,
    SwarmMemberRow,
)
from graph_api.kernel.ids import entity_id
from graph_api.kernel.records import Link, Node
from graph_api.knowledge.model import (
    About,
    Cites,
    ExperienceOf,
    From,
    Knowledge,
    Merged,
    Note,
    NoteBy,
    NoteOf,
    RecordedBy,
    Teaches,
    Used,
    Waived,
)
from graph_api.organization.model import Customer, Person, Skill, Task, WorkedOn
from graph_api.swarm.model import MemberOf, Staffs, Swarm
from graph_api.swarm.reorganising.model import Reorganization

AUTHOR_ROLE: Final = "author"
DERIVED: Final = "derived"
_REFERENCES: Final[tuple[tuple[str, type[Node], type[Link]], ...]] = (
    ("authors", Person, RecordedBy),
    ("tasks", Task, From),
    ("customers", Customer, About),
    ("skills", Skill, Teaches),
)


def convert_knowledge(file: CheckedFile, draft: Draft) -> None:
    """Plan items, their authors, and the tasks, customers and skills they are about."""
    put_nodes(file, draft, Knowledge, "title")
    put_optional(file, draft, "author", Person, Knowledge, RecordedBy)
    put_optional(file, draft, "task", Task, Knowledge, From)
    put_optional(file, draft, "merged_into", Knowledge, Knowledge, Merged)
    for placed in file.rows:
        row: KnowledgeRow = placed.row
        source = entity_id("knowledge", row.id)
        for field, node, link in _REFERENCES:
            for target in draft.choose_each(file, placed, field, node, getattr(row, field)):
                draft.put(link(source=source, target=target))


def convert_knowledge_uses(file: CheckedFile, draft: Draft) -> None:
    """Plan uses and citations; of several that the model keeps as one, the earliest."""
    for placed in file.rows:
        item = draft.require(file, placed, "knowledge", Knowledge)
        for link in _uses(file, draft, placed, item):
            _put_earliest(file, draft, placed, link)


def _uses(file: CheckedFile, draft: Draft, placed: Placed, item: str | None) -> Sequence[Link]:
    row: KnowledgeUseRow = placed.row
    if row.used_by_kind == USED_BY_TASK:
        task = draft.require(file, placed, "used_by", Task)
        return () if task is None or item is None else _uses_of_task(file, draft, placed, item, task)
    if row.used_by_kind == USED_BY_KNOWLEDGE:
        citing = draft.require(file, placed, "used_by", Knowledge)
        return () if citing is None or item is None else (_citation(draft, row, citing, item),)
    person = draft.require(file, placed, "used_by", Person)
    if person is None or item is None:
        return ()
    if row.used_by_kind == USED_BY_AUTHOR:
        return (RecordedBy(source=item, target=person),)
    task = draft.choose(file, placed, "task", Task) or ""
    return (Used(source=person, target=item, task=task, at=row.at, basis=row.basis),)


def _uses_of_task(file: CheckedFile, draft: Draft, placed: Placed, item: str, task: str) -> list[Link]:
    users = authors(draft, task)
    if not users:
        reason = "nobody is known to have worked on this task; the use counts for nobody"
        draft.warnings.append(file.fault(placed, "used_by", reason))
    return [Used(source=user, target=item, task=task, at=placed.row.at, basis=DERIVED) for user in users]


def authors(draft: Draft, task: str) -> list[str]:
    """Return who a task's use of an item counts for: its authors, or all who worked on it where none is so called."""
    workers: Iterable[tuple[str, str]] = draft.workers.get(task) or [
        (work.role, work.source) for work in tuple(draft.view.incoming(WorkedOn, task))
    ]
    people = sorted({person for role, person in workers if role == AUTHOR_ROLE})
    return people or sorted({person for _, person in workers})


def _citation(draft: Draft, row: KnowledgeUseRow, citing: str, cited: str) -> Cites:
    at, dated = row.at, row.dated
    if dated is None:
        dated = at is not None
        at = at or _written_at(draft, citing)
    return Cites(source=citing, target=cited, at=at, basis=row.basis, dated=dated)


def _written_at(draft: Draft, item: str) -> datetime | None:
    found = draft.find(Knowledge, item)
    return found.created_at if isinstance(found, Knowledge) else None


def _put_earliest(file: CheckedFile, draft: Draft, placed: Placed, link: Link) -> None:
    if not isinstance(link, Used | Cites):
        draft.put(link)
        return
    planned = draft.records.get(link.key)
    before = None if planned is None else planned.record
    if isinstance(before, Used | Cites):
        reason = "the same use is told before; the earliest was kept"
        draft.warnings.append(file.fault(placed, "used_by", reason))
        if _first_use(before) <= _first_use(link):
            return
    draft.put(link, {"at", "basis", "dated"} & set(type(link).__struct_fields__))


def _first_use(link: Used | Cites) -> datetime:
    return link.at or datetime.max.replace(tzinfo=UTC)


def convert_swarms(file: CheckedFile, draft: Draft) -> None:
    """Plan swarms and the task each works on."""
    fields = [field for field in Swarm.__struct_fields__ if field != "id"]
    carried = file.carried(Swarm)
    for placed in file.rows:
        values = {field: getattr(placed.row, field) for field in fields}
        draft.put(Swarm(id=entity_id("swarm", placed.row.id), **values), carried)
    put_optional(file, draft, "task", Task, Swarm, Staffs)


def convert_swarm_members(file: CheckedFile, draft: Draft) -> None:
    """Plan bookings."""
    carried = file.carried(MemberOf)
    for placed in file.rows:
        row: SwarmMemberRow = placed.row
        swarm = draft.require(file, placed, "swarm", Swarm)
        person = draft.require(file, placed, "person", Person)
        roles = tuple(draft.require_named(file, placed, "roles", Skill, role) for role in row.roles)
        if swarm is not None and person is not None and None not in roles:
            booking = MemberOf(
                source=person,
                target=swarm,
                roles=tuple(role for role in roles if role is not None),
                since=row.since,
                until=row.until,
                share_permille=row.share_permille,
                left_at=row.left_at,
                left_because=row.left_because,
            )
            draft.put(booking, carried)


def convert_experiences(file: CheckedFile, draft: Draft) -> None:
    """Plan of which swarms items tell."""
    for placed in file.rows:
        item = draft.require(file, placed, "knowledge", Knowledge)
        swarm = draft.require(file, placed, "swarm", Swarm)
        if item is not None and swarm is not None:
            draft.put(ExperienceOf(source=item, target=swarm))


def convert_experience_waivers(file: CheckedFile, draft: Draft) -> None:
    """Plan what members need not write down."""
    carried = file.carried(Waived)
    for placed in file.rows:
        row: ExperienceWaiverRow = placed.row
        person = draft.require(file, placed, "person", Person)
        swarm = draft.require(file, placed, "swarm", Swarm)
        if person is not None and swarm is not None:
            draft.put(Waived(source=person, target=swarm, reason=row.reason, by=row.by, at=row.at), carried)


def convert_notes(file: CheckedFile, draft: Draft) -> None:
    """Plan notes, the swarms they were written in, and by whom."""
    carried = file.carried(Note)
    for placed in file.rows:
        row = placed.row
        note = Note(
            id=entity_id(Note.entity_type, row.id), text=row.text, language=row.language, created_at=row.created_at
        )
        draft.put(note, carried)
    put_optional(file, draft, "swarm", Swarm, Note, NoteOf)
    put_optional(file, draft, "author", Person, Note, NoteBy)


def convert_reorganizations(file: CheckedFile, draft: Draft) -> None:
    """Plan reorganizations; the swarm that one made is left out where nobody knows it."""
    carried = set(file.carried(Reorganization))
    if "swarm" in file.columns:
        carried.add("swarm_id")
    for placed in file.rows:
        row: ReorganizationRow = placed.row
        if (task := draft.require(file, placed, "task", Task)) is not None:
            record = Reorganization(
                id=entity_id("reorganization", row.id),
                task=task,
                state=row.state,
                created_at=row.created_at,
                decided_at=row.decided_at,
                decided_by=row.decided_by,
                reason=row.reason,
                swarm_id=draft.choose(file, placed, "swarm", Swarm),
                found=row.found,
            )
            draft.put(record, carried)
