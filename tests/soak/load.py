"""Write load on services that may be killed at any moment: who asks, again and again, until an answer comes."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import httpx
import msgspec

from graph_api.kernel.records import RecordKey
from graph_api.organization.model import BelongsTo, HasSkill, Person, Requires, Task
from graph_api.projection.revision import number_of
from graph_api.swarm.model import MemberOf, Staffs, Swarm
from tests.support.services import NO_REUSE, Service

REQUEST_SECONDS: Final = 120
OUTAGE_SECONDS: Final = 300
FAILURES_AT_ONCE: Final = 2
SKILLS: Final = [f"skill:load-{number}" for number in range(10)]
STAFF_SKILLS: Final = ["skill:staff-a", "skill:staff-b"]
UNITS: Final = [f"unit:load-{number}" for number in range(3)]
PEOPLE_AT_ONCE: Final = 5
RETRIED: Final = frozenset({"UNAVAILABLE", "TIMEOUT", "RATE_LIMITED", "REVISION_TIMEOUT"})
"""Codes after which a client asks the same again."""

SAVE_UNITS: Final = "mutation($input: SaveUnitsInput!) { saveUnits(input: $input) { __typename } }"
SAVE_SKILLS: Final = "mutation($input: SaveSkillsInput!) { saveSkills(input: $input) { __typename } }"
SAVE_PEOPLE: Final = """mutation($input: SavePeopleInput!) { savePeople(input: $input) { __typename
    ... on Saved { revision created } ... on Refusal { message } } }"""
OPEN_TASK: Final = """mutation($input: OpenTaskInput!) { openTask(input: $input) { __typename
    ... on TaskOpened { revision task { id } } ... on Refusal { message } } }"""
ASSEMBLE: Final = """mutation($input: AssembleSwarmInput!) { assembleSwarm(input: $input) { __typename
    ... on SwarmAssembled { revision swarm { id members { person { id } } } }
    ... on Refusal { message } ... on InputRejected { problems { message } } } }"""


class Acknowledged(msgspec.Struct, frozen=True):
    """A command that was answered: its key, the revision told, and every record that it must have written."""

    operation: str
    key: str
    revision: int
    records: frozenset[RecordKey]


class Load:
    """Clients of several services. `flowing` tells them when it is worth asking after everybody has failed."""

    def __init__(self, services: Sequence[Service], clients: int) -> None:
        self._services = services
        self._clients = clients
        self._stopping = False
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.acknowledged: list[Acknowledged] = []
        self.retries = 0
        self.newest = ""

    async def run(self) -> None:
        """Write until stopped; each client's last command is answered before it ends."""
        async with (
            httpx.AsyncClient(timeout=REQUEST_SECONDS, limits=NO_REUSE, trust_env=False) as http,
            asyncio.TaskGroup() as group,
        ):
            for number in range(self._clients):
                group.create_task(self._write(http, number))

    def stop(self) -> None:
        self._stopping = True

    async def _write(self, http: httpx.AsyncClient, number: int) -> None:
        for step in count():
            if self._stopping:
                return
            key = f"{number}-{step}"
            if step % 4 < 3:
                await self._save_people(http, number, key)
            else:
                await self._assemble(http, number, step, key)

    async def _save_people(self, http: httpx.AsyncClient, number: int, key: str) -> None:
        people = list(people_of(key))
        told = await self._until_told(http, number, SAVE_PEOPLE, "Saved", people=people, idempotencyKey=key)
        assert told["created"] == PEOPLE_AT_ONCE, told
        self._note("savePeople", key, told, records_of(people))

    async def _assemble(self, http: httpx.AsyncClient, number: int, step: int, key: str) -> None:
        demand = demand_of(step)
        opened = await self._until_told(
            http, number, OPEN_TASK, "TaskOpened", title=f"Task {key}", demand=demand, idempotencyKey=key
        )
        task_id = opened["task"]["id"]
        requires = [Requires(source=task_id, target=skill).key for skill in STAFF_SKILLS]
        self._note("openTask", key, opened, [("Task", task_id), *requires])
        made = await self._until_told(http, number, ASSEMBLE, "SwarmAssembled", taskId=task_id, idempotencyKey=key)
        self._note("assembleSwarm", key, made, swarm_records(task_id, made["swarm"]))

    def _note(self, operation: str, key: str, told: dict[str, Any], records: Sequence[RecordKey]) -> None:
        revision = told["revision"]
        self.newest = max(self.newest, revision)
        self.acknowledged.append(Acknowledged(operation, key, number_of(revision, revision), frozenset(records)))

    async def _until_told(
        self, http: httpx.AsyncClient, number: int, query: str, wanted: str, **asked: Any
    ) -> dict[str, Any]:
        """Ask the one service and the other in turn, always the same, until one says that it was carried out."""
        for attempt in count():
            told = await self._ask(http, self._services[(number + attempt) % len(self._services)], query, asked)
            if told is not None and told["__typename"] == wanted:
                return told
            assert told is None or told["__typename"] == "SwarmUndecided", (asked, told)
            self.retries += 1
            if attempt % FAILURES_AT_ONCE == FAILURES_AT_ONCE - 1:
                await asyncio.wait_for(self.flowing.wait(), OUTAGE_SECONDS)
        raise AssertionError("count() has no end")

    async def _ask(
        self, http: httpx.AsyncClient, service: Service, query: str, asked: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Return what was told, or None where the service was killed meanwhile or says to ask again."""
        body: dict[str, Any] = {"query": query, "variables": {"input": asked}}
        if self.newest:
            # The task may have been opened by the other service a moment ago.
            body["extensions"] = {"atLeast": self.newest}
        try:
            answer = (await http.post(f"{service.address}/graphql", json=body, headers=service.headers)).json()
        except httpx.TransportError:
            return None
        if "errors" in answer:
            assert {error["extensions"]["code"] for error in answer["errors"]} <= RETRIED, answer["errors"]
            return None
        (told,) = answer["data"].values()
        return told


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
