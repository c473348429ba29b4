"""The guard holds whatever model an administrator writes: it trusts nothing that the live model does not say."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph_api.api.door import Question, answers
from graph_api.api.service import ApiService
from graph_api.knowledge.model import Note
from graph_api.organization.model import Person, ReportsTo, Unit
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.records import Granted
from tests.api.guard_world import (
    CORE_TEXT,
    IDENTITIES,
    PEOPLE,
    SEEN,
    TASKS,
    Refusing,
    codes,
    core_with,
    guarded_service,
    records,
    shown,
)
from tests.api.organization import service_on
from tests.support.commands import DROP, PUT, Drop, Put
from tests.support.memory_replica import MemoryReplica
from tests.support.sockets import PATIENCE_SECONDS
from tests.support.state_permissions import CORE

PERSON_SEES = "itself or can_manage or member from unit or can_see from swarm or can_see_people from organization"
TASK_SEES = "reader or contact from customer or can_see_tasks from organization"
EXCEPTING = "define hidden: [person, integration]\n    define can_see: ({}) but not hidden"
HIDING = core_with(
    (f"define can_see: {PERSON_SEES}", EXCEPTING.format(PERSON_SEES)),
    (f"define can_see: {TASK_SEES}", EXCEPTING.format(TASK_SEES)),
)
"""A model in which somebody may be hidden from whoever sees everybody else."""
HIDDEN = [
    Granted(source="person:dis", target="person:far", relation="hidden"),
    Granted(source="integration:erp", target="person:far", relation="hidden"),
    Granted(source="person:dis", target="task:free", relation="hidden"),
]


def ids(connection: Any) -> set[str]:
    return {edge["node"]["id"] for edge in connection["edges"]}


async def listed(service: ApiService, role: str, field: str) -> set[str]:
    told = (await shown(service, role, f"{{ found: {field} {{ totalCount edges {{ node {{ id }} }} }} }}"))["found"]
    assert told["totalCount"] == len(told["edges"])
    return ids(told)


async def test_who_is_excepted_is_hidden_even_from_those_who_see_everybody() -> None:
    service = guarded_service(*HIDDEN, model=HIDING)
    assert await listed(service, "administrator", "people") == PEOPLE
    assert await listed(service, "dispatcher", "people") == PEOPLE - {"person:far"}
    assert await listed(service, "dispatcher", "tasks") == TASKS - {"task:free"}
    assert await listed(service, "dispatcher", 'people(filter: {text: "FAR"})') == set()
    query = """{ node(id: "person:far") { id } organization { counts { people tasks } }
        swarms(filter: {personIds: ["person:far"]}) { totalCount }
        skill: node(id: "skill:live") { ... on Skill { holders { totalCount } } }
        swarm: node(id: "swarm:c") { ... on Swarm { members { person { id } } } } }"""
    assert await shown(service, "dispatcher", query) == {
        "node": None,
        "organization": {"counts": {"people": len(PEOPLE) - 1, "tasks": len(TASKS) - 1}},
        "swarms": {"totalCount": 0},
        "skill": {"holders": {"totalCount": 1}},
        "swarm": {"members": [{"person": {"id": "person:rec"}}]},
    }


OFFICE_HOURS = "\ncondition office(hour: int) {\n  hour < 18\n}\n"


def conditional() -> AuthorizationModel:
    with_hours = "define contact: [contact, person, integration, contact with office]"
    return core_with(
        ("define contact: [contact, person, integration]", with_hours),
        ("    define can_see: author or reader from swarm\n",
         "    define can_see: author or reader from swarm\n" + OFFICE_HOURS),
    )  # fmt: skip


async def test_a_right_on_condition_lets_nobody_in_and_takes_no_other_right_along() -> None:
    """A list that cannot be given whole hides what is uncertain, and nothing else; it is no error."""
    uncertain = Granted(source="contact:buyer", target="customer:zen", relation="contact", condition="office")
    service = guarded_service(uncertain, model=conditional())
    for field in ("people", "tasks", "customers", "swarms"):
        assert await listed(service, "contact", field) == await listed(guarded_service(), "contact", field)
    told = await shown(service, "contact", '{ nodes(ids: ["customer:zen", "customer:kep", "task:pe"]) { id } }')
    assert told["nodes"] == [None, {"id": "customer:kep"}, None]


AVAILABLE = "define can_see_availability: itself or can_manage or can_see_people from organization"
FREE = 'people(filter: {freeOn: {startsOn: "2999-01-01", endsOn: "2999-01-01"}})'


async def test_seeing_everybody_is_not_seeing_when_they_are_free() -> None:
    model = core_with((AVAILABLE, AVAILABLE.replace("can_see_people from", "administrator from")))
    service = guarded_service(model=model)
    query = "{ people { edges { node { absences { startsOn } manager { id } } } } }"
    for _ in range(2):
        assert await listed(service, "administrator", FREE) == PEOPLE - {"person:left"}
        assert await listed(service, "dispatcher", FREE) == {"person:dis"}
    people = (await shown(service, "dispatcher", query))["people"]["edges"]
    assert len(people) == len(PEOPLE)
    assert [edge["node"]["absences"] is None for edge in people].count(False) == 1
    assert {str(edge["node"]["manager"]) for edge in people} == {"None"}


async def test_lists_that_are_kept_for_one_viewer_are_not_given_to_another() -> None:
    service, asked = guarded_service(), 'people(filter: {text: "e"})'
    for role in ("administrator", "member", "dispatcher", "outsider", "manager", "administrator"):
        expected = {"person:mem", "person:rec", "person:left"} & SEEN[role]
        assert await listed(service, role, asked) == expected, role


class Ticking(Refusing):
    """Permissions whose clock is set by hand."""

    instant = datetime.now(UTC)

    def now(self) -> datetime:
        return self.instant


async def test_what_was_listed_before_a_grant_expired_is_not_shown_after_it() -> None:
    """R8: no commit has told of it yet, so the revision is the same."""
    ends = datetime.now(UTC) + timedelta(hours=1)
    grant = Granted(source="person:mem", target="unit:other", relation="manager", expires_at=ends)
    replica = MemoryReplica(*records(), grant)
    permissions = Ticking(replica)
    service, asked = service_on(replica, permissions=permissions), 'people(filter: {text: "a"})'
    assert await listed(service, "member", asked) == {"person:far", "person:man"}
    permissions.instant = ends
    assert await listed(service, "member", asked) == {"person:man"}


CHANGES_BY_MEMBERS = {
    "savePeople": ("can_save_people", 'savePeople(input: {people: [{id: "person:x", managerId: "person:fax"}]})'),
    "openTask": ("can_open_tasks", 'openTask(input: {title: "T", customerId: "customer:ze"})'),
    "assembleSwarm": ("can_assemble", 'assembleSwarm(input: {taskId: "task:free"})'),
    "saveCustomers": ("can_save_customers", 'saveCustomers(input: {customers: [{id: "customer:zen"}]})'),
}


@pytest.mark.parametrize("field", CHANGES_BY_MEMBERS)
async def test_who_may_change_what_he_does_not_see_is_refused_before_anything_is_told(field: str) -> None:
    relation, text = CHANGES_BY_MEMBERS[field]
    line = next(line for line in CORE_TEXT.splitlines() if f"define {relation}: administrator" in line)
    service = guarded_service(model=core_with((f"{line}\n", f"{line} or member\n")))
    assert await codes(service, "member", f"mutation {{ {text} {{ __typename }} }}") == {"FORBIDDEN"}


async def test_who_may_follow_what_he_does_not_see_may_not() -> None:
    line = "define can_follow: administrator or dispatcher or integrator"
    service = guarded_service(model=core_with((line, f"{line} or member")))
    request = service.request(IDENTITIES["member"])
    assert request.allows("can_follow", "organization:main")
    question = Question("subscription { organizationChanges { revision } }")
    async with asyncio.timeout(PATIENCE_SECONDS):
        told = [one.body async for one in answers(service, question, IDENTITIES["member"])]
    assert [error["extensions"]["code"] for body in told for error in body["errors"]] == ["FORBIDDEN"]


NOTES = """subscription { organizationChanges(kinds: ["note.saved", "unit.saved"]) {
    changes { kind nodeIds } revision } }"""


async def test_what_is_hidden_altogether_is_not_even_told_to_have_happened() -> None:
    """Notes are the swarm's: whoever follows them is told of nothing where he sees none."""
    service = guarded_service()
    noted = Put(records=(Note(id="note:n", text="Altered", created_at=datetime.now(UTC)),))
    seen = Put(records=(Unit(id="unit:all", name="All"),))
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        aclosing(answers(service, Question(NOTES), IDENTITIES["administrator"])) as told,
    ):
        first = (await anext(told)).body["data"]["organizationChanges"]
        for commit in (noted, noted, seen):
            await service.replica.submit(PUT, commit, actor="person:bo")
        second = (await anext(told)).body["data"]["organizationChanges"]
    assert first["changes"] == []
    assert second["changes"] == [{"kind": "unit.saved", "nodeIds": ["unit:all"]}]


FOLLOW = "subscription { organizationChanges { changes { kind nodeIds actor } revision } }"


async def followed(service: ApiService, role: str, *commits: Put | Drop) -> list[Any]:
    """Return what a follower is told of some commits, each under its actor."""
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        aclosing(answers(service, Question(FOLLOW), IDENTITIES[role])) as told,
    ):
        messages = [(await anext(told)).body]
        for number, commit in enumerate(commits):
            operation = PUT if isinstance(commit, Put) else DROP
            await service.replica.submit(operation, commit, actor=("person:far", "person:bo")[number % 2])
            messages.append((await anext(told)).body)
    assert all("errors" not in body for body in messages), messages
    return [body["data"]["organizationChanges"]["changes"] for body in messages[1:]]


async def test_who_is_excepted_is_not_told_of_to_those_who_follow_everybody() -> None:
    reporting = Put(records=(ReportsTo(source="person:far", target="person:di"),))
    meeting = Put(records=(ReportsTo(source="person:rec", target="person:far"), Unit(id="unit:all", name="All")))
    assert await followed(guarded_service(*HIDDEN, model=HIDING), "dispatcher", reporting, meeting) == [
        [],
        [
            {"kind": "person.saved", "nodeIds": ["person:rec"], "actor": "person:bo"},
            {"kind": "unit.saved", "nodeIds": ["unit:all"], "actor": "person:bo"},
        ],
    ]
    (first, second) = await followed(guarded_service(*HIDDEN, model=HIDING), "administrator", reporting, meeting)
    assert first == [{"kind": "person.saved", "nodeIds": ["person:far", "person:di"], "actor": "person:far"}]
    assert second[0]["nodeIds"] == ["person:rec", "person:far"]


async def test_what_was_removed_is_told_to_those_only_from_whom_none_of_its_kind_is_hidden() -> None:
    leaving = Drop(records=(Unit(id="unit:other", name="unit:other"), Person(id="person:di", name="Di")))
    restricted = core_with((AVAILABLE, AVAILABLE.replace("can_see_people from", "administrator from")))
    for model, told in ((HIDING, ["unit:other"]), (restricted, ["unit:other", "person:di"])):
        (changes,) = await followed(guarded_service(*HIDDEN, model=model), "dispatcher", leaving)
        assert [each["nodeIds"] for each in changes] == [[each] for each in told], changes


async def test_what_whoever_is_hidden_does_is_told_without_his_name() -> None:
    renaming = Put(records=(Unit(id="unit:all", name="All"),))
    for model, actor in ((HIDING, None), (CORE.model, "person:far")):
        (changes,) = await followed(guarded_service(*HIDDEN, model=model), "dispatcher", renaming)
        assert changes == [{"kind": "unit.saved", "nodeIds": ["unit:all"], "actor": actor}]
