"""Write load on an organization: people are saved, tasks opened and staffed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from graph_api.kernel.records import RecordKey
from graph_api.organization.model import BelongsTo, HasSkill, Person, Requires, Task
from graph_api.swarm.model import MemberOf, Staffs, Swarm
from tests.soak.clients import Clients, patient
from tests.soak.services import asked

SKILLS: Final = [f"skill:load-{number}" for number in range(10)]
STAFF_SKILLS: Final = ["skill:staff-a", "skill:staff-b"]
STAFF: Final = 6
UNITS: Final = [f"unit:load-{number}" for number in range(3)]
PEOPLE_AT_ONCE: Final = 5

SAVE_UNITS: Final = "mutation($input: SaveUnitsInput!) { saveUnits(input: $input) { __typename } }"
SAVE_SKILLS: Final = "mutation($input: SaveSkillsInput!) { saveSkills(input: $input) { __typename } }"
SAVE_PEOPLE: Final = """mutation($input: SavePeopleInput!) { savePeople(input: $input) { __typename
    ... on Saved { revision created } ... on Refusal { message } } }"""
OPEN_TASK: Final = """mutation($input: OpenTaskInput!) { openTask(input: $input) { __typename
    ... on TaskOpened { revision task { id } } ... on Refusal { message } } }"""
ASSEMBLE: Final = """mutation($input: AssembleSwarmInput!) { assembleSwarm(input: $input) { __typename
    ... on SwarmAssembled { revision swarm { id members { person { id } } } }
    ... on Refusal { message } ... on InputRejected { problems { message } } } }"""


class Load(Clients):
    """Clients that save people and staff tasks."""

    asks_again = frozenset({"SwarmUndecided"})

    async def prepare(self) -> None:
        """Save what the load refers to."""
        skills = [{"id": skill, "name": skill} for skill in [*SKILLS, *STAFF_SKILLS]]
        held = [{"skillId": skill, "level": 3} for skill in STAFF_SKILLS]
        staff = [{"id": f"person:staff-{number}", "name": "Staff", "skills": held} for number in range(STAFF)]
        units = [{"id": unit, "name": unit} for unit in UNITS]
        saved = [(SAVE_SKILLS, {"skills": skills}), (SAVE_UNITS, {"units": units}), (SAVE_PEOPLE, {"people": staff})]
        async with patient() as http:
            for query, given in saved:
                assert (await asked(http, self._services[0], query, input=given))["__typename"] == "Saved"

    async def step(self, http: httpx.AsyncClient, number: int, step: int) -> None:
        """Save people, and every fourth time open a task and have it staffed."""
        key = f"{number}-{step}"
        if step % 4 < 3:
            await self._save_people(http, number, key)
        else:
            await self._assemble(http, number, step, key)

    async def _save_people(self, http: httpx.AsyncClient, number: int, key: str) -> None:
        people = list(people_of(key))
        told = await self.until_told(http, number, SAVE_PEOPLE, "Saved", people=people, idempotencyKey=key)
        assert told["created"] == PEOPLE_AT_ONCE, told
        self.note("savePeople", key, told, records_of(people))

    async def _assemble(self, http: httpx.AsyncClient, number: int, step: int, key: str) -> None:
        demand = demand_of(step)
        opened = await self.until_told(
            http, number, OPEN_TASK, "TaskOpened", title=f"Task {key}", demand=demand, idempotencyKey=key
        )
        task_id = opened["task"]["id"]
        requires = [Requires(source=task_id, target=skill).key for skill in STAFF_SKILLS]
        self.note("openTask", key, opened, [("Task", task_id), *requires])
        made = await self.until_told(http, number, ASSEMBLE, "SwarmAssembled", taskId=task_id, idempotencyKey=key)
        self.note("assembleSwarm", key, made, swarm_records(task_id, made["swarm"]))


def people_of(key: str) -> Iterator[dict[str, Any]]:
    """Yield new people of one command, each with two skills and a unit."""
    for number in range(PEOPLE_AT_ONCE):
        place = hash_of(key) + number
        levels = [{"skillId": SKILLS[(place + step) % len(SKILLS)], "level": 1 + step} for step in range(2)]
        unit = UNITS[place % len(UNITS)]
        yield {"id": f"person:{key}-{number}", "name": f"Of {key}", "skills": levels, "unitIds": [unit]}


def hash_of(key: str) -> int:
    return sum(map(ord, key))


def records_of(people: Sequence[dict[str, Any]]) -> list[RecordKey]:
    keys: list[RecordKey] = []
    for person in people:
        keys.append(Person(id=person["id"], name="").key)
        keys += [HasSkill(source=person["id"], target=one["skillId"], level=1).key for one in person["skills"]]
        keys += [BelongsTo(source=person["id"], target=unit).key for unit in person["unitIds"]]
    return keys


def demand_of(step: int) -> dict[str, Any]:
    """Two people for a tenth of one day, which only the same step of other clients wants as well."""
    day = str(datetime.now(UTC).date() + timedelta(days=30 + step))
    skills = [{"skillId": skill} for skill in STAFF_SKILLS]
    return {"skills": skills, "headcount": 2, "share": 0.1, "days": {"startsOn": day, "endsOn": day}}


def swarm_records(task_id: str, swarm: dict[str, Any]) -> list[RecordKey]:
    swarm_id, members = swarm["id"], [member["person"]["id"] for member in swarm["members"]]
    assert len(members) == 2
    day = datetime.now(UTC).date()
    bookings = [
        MemberOf(source=one, target=swarm_id, roles=(), since=day, until=day, share_permille=0).key for one in members
    ]
    staffs = Staffs(source=swarm_id, target=task_id).key
    return [(Swarm.__name__, swarm_id), (Task.__name__, task_id), staffs, *bookings]
