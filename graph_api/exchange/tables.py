"""The files of the format, in the order in which they are read, and what becomes of each."""

from collections.abc import Callable
from typing import Final, NamedTuple

from graph_api.exchange import conversion, conversion_upper, rows
from graph_api.exchange.checking import CheckedFile, FileKind
from graph_api.exchange.cycles import Hierarchy
from graph_api.exchange.drafting import Draft
from graph_api.kernel.records import Link
from graph_api.knowledge.model import Knowledge, Merged, Note, NoteBy, NoteOf
from graph_api.organization.model import (
    Broader,
    Customer,
    For,
    PartOf,
    Person,
    Precedes,
    ReportsTo,
    Skill,
    Task,
    Unit,
)
from graph_api.swarm.model import Staffs, Swarm
from graph_api.swarm.reorganising.model import Reorganization


class Table(NamedTuple):
    """A file of the format and the function that turns its rows into records."""

    kind: FileKind
    convert: Callable[[CheckedFile, Draft], None]


_NODE: Final = ("id",)
_NO_DAY: Final = "there is no such day"
_COUNTRY: Final = {"country": "this is no code of two capital letters, such as MX"}

TABLES: Final = (
    Table(FileKind("organization.csv", rows.OrganizationRow, ()), conversion.convert_organization),
    Table(FileKind("skills.csv", rows.SkillRow, _NODE, Skill), conversion.convert_skills),
    Table(FileKind("units.csv", rows.UnitRow, _NODE, Unit), conversion.convert_units),
    Table(FileKind("customers.csv", rows.CustomerRow, _NODE, Customer, _COUNTRY), conversion.convert_customers),
    Table(FileKind("people.csv", rows.PersonRow, _NODE, Person, _COUNTRY), conversion.convert_people),
    Table(FileKind("tasks.csv", rows.TaskRow, _NODE, Task), conversion.convert_tasks),
    Table(
        FileKind("person_skill.csv", rows.PersonSkillRow, ("person", "skill", "basis")),
        conversion.convert_person_skills,
    ),
    Table(FileKind("unit_roles.csv", rows.UnitRoleRow, ("unit", "person", "role")), conversion.convert_unit_roles),
    Table(FileKind("task_skill.csv", rows.TaskSkillRow, ("task", "skill")), conversion.convert_task_skills),
    Table(FileKind("task_member.csv", rows.TaskMemberRow, ("task", "person", "role")), conversion.convert_task_members),
    Table(FileKind("task_order.csv", rows.TaskOrderRow, ("task", "next")), conversion.convert_task_order),
    Table(
        FileKind("customer_tie.csv", rows.CustomerTieRow, ("source", "target", "tie")),
        conversion.convert_customer_ties,
    ),
    Table(
        FileKind("knowledge.csv", rows.KnowledgeRow, _NODE, Knowledge, {"created_at": _NO_DAY}),
        conversion_upper.convert_knowledge,
    ),
    Table(
        FileKind("knowledge_use.csv", rows.KnowledgeUseRow, None, None, {"at": _NO_DAY}),
        conversion_upper.convert_knowledge_uses,
    ),
    Table(FileKind("swarms.csv", rows.SwarmRow, _NODE, Swarm), conversion_upper.convert_swarms),
    Table(
        FileKind("swarm_member.csv", rows.SwarmMemberRow, ("swarm", "person")), conversion_upper.convert_swarm_members
    ),
    Table(FileKind("experience.csv", rows.ExperienceRow, ("knowledge", "swarm")), conversion_upper.convert_experiences),
    Table(
        FileKind("experience_waiver.csv", rows.ExperienceWaiverRow, ("person", "swarm")),
        conversion_upper.convert_experience_waivers,
    ),
    Table(FileKind("notes.csv", rows.NoteRow, _NODE, Note), conversion_upper.convert_notes),
    Table(
        FileKind("reorganizations.csv", rows.ReorganizationRow, _NODE, Reorganization),
        conversion_upper.convert_reorganizations,
    ),
)

FILES: Final = tuple(table.kind.file for table in TABLES)

HIERARCHIES: Final = (
    Hierarchy("units.csv", "id", "parent", "unit", PartOf, replaces=True),
    Hierarchy("people.csv", "id", "manager", "person", ReportsTo, replaces=True),
    Hierarchy("skills.csv", "id", "broader", "skill", Broader, replaces=False),
    Hierarchy("task_order.csv", "task", "next", "task", Precedes, replaces=False),
    Hierarchy("knowledge.csv", "id", "merged_into", "knowledge", Merged, replaces=True),
)

SINGLE_LINKS: Final[tuple[type[Link], ...]] = (PartOf, ReportsTo, For, Staffs, Merged, NoteOf, NoteBy)
"""A node has at most one of these: a new one takes the place of the stored one."""
