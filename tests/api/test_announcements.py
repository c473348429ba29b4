"""What commits mean to those who follow the organization: one table, complete, and nothing but the commit looked at."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from graphql import GraphQLObjectType, build_schema

from graph_api.api.announcements import KINDS, NAMED, SILENT, TABLE, Announcement, announcements
from graph_api.api.schema import print_schema_text
from graph_api.cli.composition import REGISTRY
from graph_api.kernel.ids import split_id
from graph_api.kernel.records import AnyChange, Change, Node, Record, removal, upsert
from graph_api.knowledge.model import Used
from graph_api.ops.settings import load_settings
from graph_api.organization.model import Customer, For, HasSkill, Person, ReportsTo, Requires, Skill, Task, WorkedOn
from graph_api.projection.commit import CommandEntry, Commit, Entry
from graph_api.projection.records import Reaction
from graph_api.projection.visible import Attributed, Visible, attributed, visible
from graph_api.store.log import CommitRow
from graph_api.swarm.assembly import NewTask
from graph_api.swarm.model import MemberOf, Staffs, Swarm
from graph_api.swarm.service import Assembly
from graph_api.swarm.worker import SolverPool
from tests.api.organization import memory_service
from tests.support.commands import PUT, Put
from tests.swarm.organization import demand, replica

AT = datetime(2026, 3, 2, tzinfo=UTC)
DAY = date(2026, 3, 2)


def by(actor: str, operation: str = "put") -> CommandEntry:
    return CommandEntry(operation, actor)


def of(command: CommandEntry | None, *changes: AnyChange) -> list[Attributed]:
    return [(command, change) for change in changes]


def told(*changes: Attributed) -> list[Announcement]:
    return list(announcements(Visible("log-1", AT, changes)))


def test_every_kind_of_record_is_announced_or_declared_silent() -> None:
    assert {*TABLE, *SILENT} == set(REGISTRY.types)
    assert not {*TABLE} & SILENT


def test_every_relationship_is_a_change_of_one_of_its_ends_and_every_node_of_itself() -> None:
    nodes = {kind: made for kind in TABLE if issubclass(made := REGISTRY.types[kind], Node)}
    entities = {made.entity_type for made in nodes.values()}
    assert {kind: TABLE[kind].entity for kind in nodes} == {kind: made.entity_type for kind, made in nodes.items()}
    assert {row.entity for row in TABLE.values()} == entities
    assert {f"{entity}.{verb}" for entity in entities for verb in ("saved", "removed")} | set(NAMED.values()) == {
        *KINDS
    }


def test_kinds_are_dotted_lower_case_and_all_are_in_the_schema() -> None:
    assert len(KINDS) == len(set(KINDS))
    assert [kind for kind in KINDS if not re.fullmatch(r"[a-z]+\.[a-z_]+", kind)] == []
    made = build_schema(print_schema_text()).type_map["OrganizationChange"]
    assert isinstance(made, GraphQLObjectType)
    assert re.findall(r"[a-z]+\.[a-z_]+", made.fields["kind"].description or "") == [*KINDS]


PERSON, TASK = Person(id="person:a", name="A"), Task(id="task:t", title="T")
SWARM = Swarm(id="swarm:s", formed_at=AT, starts_on=DAY, ends_on=DAY)
MEMBER = MemberOf(source="person:a", target="swarm:s", roles=(), since=DAY, until=DAY, share_permille=1000)
STAFFS = Staffs(source="swarm:s", target="task:t")
CASES: dict[str, tuple[str, list[AnyChange], list[tuple[str, list[str]]]]] = {
    "a node": ("put", [upsert(PERSON)], [("person.saved", ["person:a"])]),
    "a relationship": (
        "put",
        [upsert(HasSkill(source="person:a", target="skill:s", level=1))],
        [("person.saved", ["person:a", "skill:s"])],
    ),
    "a relationship that is removed": (
        "put",
        [removal(ReportsTo(source="person:a", target="person:b"))],
        [("person.saved", ["person:a", "person:b"])],
    ),
    "a node with its relationships": (
        "put",
        [
            upsert(PERSON),
            upsert(Skill(id="skill:s", name="S")),
            upsert(HasSkill(source="person:a", target="skill:s", level=1)),
            upsert(ReportsTo(source="person:a", target="person:b")),
        ],
        [("person.saved", ["person:a", "skill:s", "person:b"]), ("skill.saved", ["skill:s"])],
    ),
    "a node that is removed with its relationships": (
        "put",
        [
            removal(HasSkill(source="person:a", target="skill:s", level=1)),
            removal(ReportsTo(source="person:b", target="person:a")),
            removal(PERSON),
        ],
        [("person.removed", ["person:a", "skill:s"]), ("person.saved", ["person:b", "person:a"])],
    ),
    "a node that is removed and made again": (
        "put",
        [removal(PERSON), upsert(PERSON)],
        [("person.saved", ["person:a"])],
    ),
    "a relationship that its end owns": (
        "put",
        [
            upsert(WorkedOn(source="person:a", target="task:t", role="r")),
            upsert(Used(source="person:a", target="knowledge:k", task="task:t")),
        ],
        [("task.saved", ["task:t", "person:a"]), ("knowledge.saved", ["knowledge:k", "person:a"])],
    ),
    "a task that is opened": (
        "openTask",
        [
            upsert(TASK),
            upsert(For(source="task:t", target="customer:c")),
            upsert(Requires(source="task:t", target="skill:s")),
        ],
        [("task.opened", ["task:t", "customer:c", "skill:s"])],
    ),
    "a task that is saved by anything else": ("put", [upsert(TASK)], [("task.saved", ["task:t"])]),
    "a swarm that is formed": (
        "assembleSwarm",
        [upsert(SWARM), upsert(MEMBER), upsert(STAFFS), upsert(TASK)],
        [("swarm.formed", ["swarm:s", "person:a", "task:t"]), ("task.staffed", ["task:t"])],
    ),
    "what the service keeps for itself": (
        "put",
        [upsert(Reaction(id="reaction:r", reaction="r", subject="task:t", revision=1))],
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("operation", "changes", "wanted"), CASES.values(), ids=CASES.keys())
def test_changes_of_a_command_are_one_announcement_an_entity(
    operation: str, changes: list[AnyChange], wanted: list[tuple[str, list[str]]]
) -> None:
    found = told(*of(by("user:x", operation), *changes))
    assert [(one.kind, list(one.node_ids)) for one in found] == wanted
    assert {one.actor for one in found} <= {"user:x"}


def test_commands_of_one_commit_are_told_apart_and_in_order() -> None:
    first, second = by("user:x"), by("user:y")
    found = told(*of(first, upsert(PERSON)), *of(second, upsert(PERSON)), *of(None, upsert(PERSON)))
    assert [one.actor for one in found] == ["user:x", "user:y", None]


def commit(*lines: tuple[str, Entry[Any] | None], phase: str | None = None) -> Commit:
    """A commit whose lines are given with their texts; an erased one is "" and has no entry."""
    texts = [text for text, _ in lines]
    row = CommitRow(1, "log" * 9, 1, "b", AT, texts, texts, texts, "", "import:1" if phase else None, phase)
    entries = tuple(entry for _, entry in lines if entry is not None)
    return Commit(row, entries, len(lines) - len(entries))


def line(entry: CommandEntry | Record) -> tuple[str, Entry[Any]]:
    return ("kept", Entry(command=entry) if isinstance(entry, CommandEntry) else Entry(change=upsert(entry)))


ERASED = ("", None)


def test_nobody_is_said_to_have_done_what_the_erased_did() -> None:
    customer = Customer(id="customer:c", name="C")
    found = attributed(
        commit(line(by("x")), line(PERSON), ERASED, line(TASK), line(customer), line(by("y")), line(PERSON), ERASED)
    )
    assert [(command and command.actor, change.key[1]) for command, change in found] == [
        ("x", "person:a"), (None, "task:t"), (None, "customer:c"), ("y", "person:a"),
    ]  # fmt: skip


@pytest.mark.parametrize("phase", ["opened", "staged", "restored", "undone"])
def test_commits_of_an_import_show_nothing_before_the_closing_one(phase: str) -> None:
    shown = visible(commit(line(by("x")), line(PERSON), phase=phase), [])
    assert (shown.changes, shown.revision) == ((), "logloglo-000000000001")


def test_closing_commit_shows_all_that_was_staged_by_whoever_closed_it() -> None:
    staged: list[AnyChange] = [upsert(PERSON), Change(key=TASK.key)]
    assert visible(commit(line(by("x")), phase="closed"), staged).changes == tuple(of(by("x"), *staged))
    assert visible(commit(ERASED, phase="closed"), staged).changes == tuple(of(None, *staged))


async def test_what_is_told_live_is_what_is_told_from_the_log() -> None:
    service = memory_service()
    live: list[Announcement] = []
    service.replica.follow(lambda shown: live.extend(announcements(shown)) if shown else None)
    before = service.replica.revision
    for name in ("a", "b"):
        await service.replica.submit(PUT, Put(records=(Skill(id=f"skill:{name}", name=name),)), actor="user:x")
    replayed = [one async for shown in service.replica.past(before) for one in announcements(shown)]
    assert [one.node_ids for one in live] == [("skill:a",), ("skill:b",)]
    assert replayed == live


async def test_order_is_told_from_opening_its_task_to_forming_its_swarm() -> None:
    state, found = replica(), list[Announcement]()
    state.follow(lambda shown: found.extend(announcements(shown)) if shown else None)
    async with SolverPool(processes=1, solves_max=8) as pool:
        assembly = Assembly(state, pool, load_settings(mutation_seconds=30.0), lambda: datetime(2026, 3, 4, tzinfo=UTC))
        task = NewTask(id="task:x", title="X", demand=demand())
        await assembly.open_task(task, actor="user:x", idempotency_key=None)
        await assembly.assemble(task_id="task:x", demand=None, person_ids=None, actor="user:y", idempotency_key=None)
    assert {one.kind: one.actor for one in found} == {
        "task.opened": "user:x", "swarm.formed": "user:y", "task.staffed": "user:y",
    }  # fmt: skip
    ids = {one.kind: set(one.node_ids) for one in found}
    assert ids["task.opened"] == {"task:x", "skill:tax", "skill:customs"}
    assert ids["swarm.formed"] > {"task:x"}
    assert {split_id(one)[0] for one in ids["swarm.formed"]} == {"swarm", "person", "task"}
