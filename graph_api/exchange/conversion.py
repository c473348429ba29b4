"""Turn the checked rows of the base graph's files into records: nodes first, then what joins them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, Final, TypeVar

from graph_api.exchange.checking import CheckedFile, Placed
from graph_api.exchange.drafting import Draft
from graph_api.exchange.rows import PersonRow, PersonSkillRow, SkillRow, TaskRow, UnitRoleRow
from graph_api.kernel.ids import entity_id
from graph_api.kernel.records import Link, Node
from graph_api.organization.model import (
    ORGANIZATION_ID,
    BelongsTo,
    Broader,
    Customer,
    For,
    HasSkill,
    Organization,
    PartOf,
    Person,
    Precedes,
    ReportsTo,
    Requires,
    Skill,
    SkillBasis,
    Task,
    TaskState,
    TiedTo,
    Unit,
    WorkedOn,
)

# Counted work grows by factors, not by steps: each level asks for about twice the count of the one before.
LEVEL_COUNTS: Final = (1, 2, 5, 10, 25)
"""Least count of work for level 1, 2, 3, 4 and 5."""

GATE_AUTHORITY: Final = "gate"
"""Stands for the organization itself, whose own gates are no laws."""

NodeT = TypeVar("NodeT", bound=Node)


def derived_level(count: int) -> int:
    """Return the level that so much counted work stands for: 1 -> 1, 2-4 -> 2, 5-9 -> 3, 10-24 -> 4, 25 on -> 5."""
    return sum(count >= least for least in LEVEL_COUNTS)


def shared_fields(node: type[Node], row: type[Any]) -> tuple[str, ...]:
    """Return the fields that a row and a node have in common under one name, without id."""
    return tuple(field for field in node.__struct_fields__ if field in row.model_fields and field != "id")


def put_nodes(file: CheckedFile, draft: Draft, node: type[NodeT], title: str = "name") -> None:
    """Plan a node a row; an empty name or title becomes the natural id."""
    fields = shared_fields(node, file.kind.row)
    carried = file.carried(node)
    for placed in file.rows:
        row = placed.row
        values = {field: getattr(row, field) for field in fields}
        values[title] = values[title] or row.id
        draft.put(node(id=entity_id(node.entity_type, row.id), **values), carried)


def put_optional(
    file: CheckedFile, draft: Draft, field: str, node: type[Node], source: type[Node], link: type[Link]
) -> None:
    """Plan the relationship that an optional field of a node's row names."""
    if field not in file.columns:
        return
    for placed in file.rows:
        target = draft.choose(file, placed, field, node)
        if target is not None:
            draft.put(link(source=entity_id(source.entity_type, placed.row.id), target=target))


def convert_organization(file: CheckedFile, draft: Draft) -> None:
    """Plan the organization."""
    for placed in file.rows:
        row = placed.row
        record = Organization(id=ORGANIZATION_ID, name=row.name, synthetic=row.synthetic)
        draft.put(record, file.carried(Organization))


def convert_skills(file: CheckedFile, draft: Draft) -> None:
    """Plan skills and what is broader."""
    put_nodes(file, draft, Skill)
    for placed in file.rows:
        row: SkillRow = placed.row
        for broader in draft.choose_each(file, placed, "broader", Skill, row.broader):
            draft.put(Broader(source=entity_id("skill", row.id), target=broader))


def convert_units(file: CheckedFile, draft: Draft) -> None:
    """Plan units and what they are part of."""
    put_nodes(file, draft, Unit)
    put_optional(file, draft, "parent", Unit, Unit, PartOf)


def convert_customers(file: CheckedFile, draft: Draft) -> None:
    """Plan customers; a period that stands for "never" is none."""
    carried = file.carried(Customer)
    fields = shared_fields(Customer, file.kind.row)
    for placed in file.rows:
        row = placed.row
        values = {field: getattr(row, field) for field in fields}
        values["name"] = row.name or row.id
        if row.last_period_or_never:
            values["adoption_period"] = None
        draft.put(Customer(id=entity_id("customer", row.id), **values), carried)


def convert_people(file: CheckedFile, draft: Draft) -> None:
    """Plan people, where they belong and whom they report to."""
    put_nodes(file, draft, Person)
    put_optional(file, draft, "unit", Unit, Person, BelongsTo)
    if "manager" in file.columns:
        _put_managers(file, draft)


def _put_managers(file: CheckedFile, draft: Draft) -> None:
    for placed in file.rows:
        row: PersonRow = placed.row
        manager = draft.choose(file, placed, "manager", Person)
        if manager is not None:
            draft.put(ReportsTo(source=entity_id("person", row.id), target=manager))


def convert_tasks(file: CheckedFile, draft: Draft) -> None:
    """Plan tasks and their customers. Without a column for the state an import may close a task, never reopen it."""
    carried = file.carried(Task)
    if "gates" in file.columns:
        carried = carried | {"regulations"}
    open_ended = carried - {"closed_at"}
    closing = carried | {"state"}
    stated = "task_state" in file.columns
    fields = [field for field in shared_fields(Task, file.kind.row) if field not in ("state", "title")]
    for placed in file.rows:
        row: TaskRow = placed.row
        values = {field: getattr(row, field) for field in fields}
        values["regulations"] = (*row.regulations, *(f"{GATE_AUTHORITY}:{gate}" for gate in row.gates))
        task = Task(
            id=entity_id("task", row.id), title=row.title or row.id, state=row.state or TaskState.OPEN, **values
        )
        draft.put(task, closing if stated or row.closed_at is not None else open_ended)
        if task.closed_at is not None and task.opened_at is not None and task.closed_at < task.opened_at:
            draft.warnings.append(file.fault(placed, "closed_at", "the task was closed before it was opened"))
    put_optional(file, draft, "customer", Customer, Task, For)


def convert_person_skills(file: CheckedFile, draft: Draft) -> None:
    """Plan skills of people: a level as given, or the counts of all kinds of work added up to a derived one."""
    gathered: dict[tuple[str, str], list[Placed]] = defaultdict(list)
    for placed in file.rows:
        person = draft.require(file, placed, "person", Person)
        skill = draft.require(file, placed, "skill", Skill)
        if person is not None and skill is not None:
            gathered[person, skill].append(placed)
    carried = file.carried(HasSkill) | {"level", "basis"}
    for (person, skill), rows in gathered.items():
        draft.put(_holding(person, skill, _agreeing(file, draft, rows)), carried)


def _agreeing(file: CheckedFile, draft: Draft, rows: list[Placed]) -> list[Placed]:
    first = rows[0]
    if all(placed.row.level is None for placed in rows):
        return rows
    for placed in rows[1:]:
        reason = f"a level of this person's skill is told already, at line {first.line}"
        draft.faults.append(file.fault(placed, "level", reason))
    return rows[:1]


def _holding(person: str, skill: str, rows: list[Placed]) -> HasSkill:
    row: PersonSkillRow = rows[0].row
    since = _earliest(placed.row.since for placed in rows)
    if row.level is not None:
        return HasSkill(
            source=person, target=skill, level=row.level, basis=row.level_basis, since=since, count=row.count
        )
    count = sum(placed.row.count for placed in rows)
    return HasSkill(
        source=person, target=skill, level=derived_level(count), basis=SkillBasis.DERIVED, since=since, count=count
    )


def _earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def convert_task_skills(file: CheckedFile, draft: Draft) -> None:
    """Plan what tasks require."""
    carried = file.carried(Requires)
    for placed in file.rows:
        row = placed.row
        task = draft.require(file, placed, "task", Task)
        skill = draft.require(file, placed, "skill", Skill)
        if task is not None and skill is not None:
            terms = {field: getattr(row, field) for field in ("seats", "level", "weight", "critical")}
            draft.put(Requires(source=task, target=skill, **terms), carried)


def convert_task_members(file: CheckedFile, draft: Draft) -> None:
    """Plan who worked on which task in which role."""
    carried = file.carried(WorkedOn)
    for placed in file.rows:
        row = placed.row
        task = draft.require(file, placed, "task", Task)
        person = draft.require(file, placed, "person", Person)
        if task is not None and person is not None:
            draft.workers[task].append((row.role, person))
            work = WorkedOn(source=person, target=task, role=row.role, since=row.since, until=row.until)
            draft.put(work, carried)


def convert_unit_roles(file: CheckedFile, draft: Draft) -> None:
    """Plan memberships of units, the roles of one person in one unit together, in the order of the rows."""
    carried = file.carried(BelongsTo) | {"roles"}
    roles: dict[tuple[str, str], tuple[str, ...]] = {}
    for placed in file.rows:
        row: UnitRoleRow = placed.row
        unit = draft.require(file, placed, "unit", Unit)
        person = draft.require(file, placed, "person", Person)
        if unit is not None and person is not None:
            held = roles.get((person, unit), ()) + (() if row.role is None else (row.role,))
            roles[person, unit] = held
            belongs = BelongsTo(source=person, target=unit, roles=held, since=row.since, until=row.until)
            draft.put(belongs, carried)


def convert_customer_ties(file: CheckedFile, draft: Draft) -> None:
    """Plan ties between customers."""
    for placed in file.rows:
        source = draft.require(file, placed, "source", Customer)
        target = draft.require(file, placed, "target", Customer)
        if source is not None and target is not None:
            draft.put(TiedTo(source=source, target=target, tie=placed.row.tie))


def convert_task_order(file: CheckedFile, draft: Draft) -> None:
    """Plan which task comes before which."""
    for placed in file.rows:
        task = draft.require(file, placed, "task", Task)
        following = draft.require(file, placed, "next", Task)
        if task is not None and following is not None:
            draft.put(Precedes(source=task, target=following))
