"""Services are killed right after commits that cause evaluations: each is done once, and nobody is double-booked."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from graph_api.projection.records import Reaction
from graph_api.projection.replica import Replica
from graph_api.projection.verify import commits_from
from graph_api.store.managed.client import managed_server
from graph_api.swarm.reorganising.model import Reorganization
from tests.conftest import silent
from tests.soak.crew import SMALL
from tests.soak.services import CODEC, asked, services, started
from tests.support.managed import left_behind, small_settings
from tests.support.replicas import Site
from tests.support.services import Service, quiet_environment
from tests.support.waiting import until
from tests.swarm.reorganising.test_decisions import overbooked

pytestmark = pytest.mark.soak
KILLS = 12
PEOPLE, SKILLS = 40, 4
FIRST = datetime.now(UTC).date() + timedelta(days=3)
SAVE: Final = """mutation($skills: [SkillInput!]!) { saveSkills(input: {skills: $skills}) { __typename } }"""
PERSON: Final = """mutation($people: [PersonInput!]!) { savePeople(input: {people: $people}) { __typename } }"""
OPEN: Final = """mutation($task: OpenTaskInput!) { openTask(input: $task) { __typename } }"""
RAISE: Final = """mutation($id: ID!, $value: MoneyInput!) { updateTask(input: {taskId: $id, value: $value}) {
    __typename } }"""
ASSEMBLE: Final = """mutation($id: ID!) { assembleSwarm(input: {taskId: $id}) { __typename } }"""
LIST: Final = """{ reorganizations(states: [PROPOSED]) { id } }"""
APPLY: Final = """mutation($id: ID!) { applyReorganization(input: {reorganizationId: $id}) { __typename } }"""


class Story:
    """What is done: tasks open, rise in value, are staffed and reorganised, on whichever service."""

    def __init__(self, running: Sequence[Service], chance: random.Random) -> None:
        self._running = running
        self._chance = chance
        self._http = httpx.AsyncClient(trust_env=False, timeout=120.0)
        self.tasks: list[str] = []

    async def ask(self, query: str, **variables: Any) -> Any:
        return await asked(self._http, self._chance.choice(self._running), query, **variables)

    async def prepare(self) -> None:
        await self.ask(SAVE, skills=[{"id": f"skill:{n}", "name": f"{n}"} for n in range(SKILLS)])
        await self.ask(PERSON, people=[self.person(number) for number in range(PEOPLE)])
        for number in range(12):
            await self.open(number, 2000)
            await self.ask(ASSEMBLE, id=self.tasks[-1])

    def person(self, number: int) -> dict[str, Any]:
        held = self._chance.sample(range(SKILLS), 2)
        skills = [{"skillId": f"skill:{one}", "level": self._chance.randint(1, 5)} for one in held]
        rate = {"amount": "500", "currency": "CNY"}
        return {"id": f"person:{number}", "name": f"{number}", "dayRate": rate, "skills": skills}

    async def open(self, number: int, value: int) -> None:
        chance = self._chance
        skills = [{"skillId": f"skill:{s}"} for s in chance.sample(range(SKILLS), 2)]
        days = {"startsOn": f"{FIRST}", "endsOn": f"{FIRST + timedelta(days=chance.randint(1, 9))}"}
        task = {
            "id": f"task:{number}", "title": "T", "value": {"amount": f"{value}", "currency": "CNY"},
            "demand": {"skills": skills, "headcount": 2, "days": days},
        }  # fmt: skip
        await self.ask(OPEN, task=task)
        self.tasks.append(f"task:{number}")

    async def step(self, number: int) -> None:
        """Cause one evaluation or more."""
        await self.open(number, self._chance.choice([3000, 50_000, 1_000_000]))
        value = {"amount": f"{self._chance.randint(10_000, 2_000_000)}", "currency": "CNY"}
        await self.ask(RAISE, id=self._chance.choice(self.tasks), value=value)
        for waiting in (await self.ask(LIST))[:1]:
            await asyncio.gather(*(self.ask(APPLY, id=waiting["id"]) for _ in range(2)))

    async def close(self) -> None:
        await self._http.aclose()


async def test_each_event_is_evaluated_once_whoever_is_killed(tmp_path: Path) -> None:
    chance = random.Random(11)
    settings = small_settings(tmp_path)
    environments = [quiet_environment(tmp_path, mutation_seconds=60, **SMALL) for _ in range(2)]
    async with services(environments) as running:
        story = Story(running, chance)
        await story.prepare()
        for number in range(KILLS):
            await story.step(100 + number)
            victim = chance.randrange(2)
            await asyncio.to_thread(running[victim].kill)
            running[victim] = await started(environments[victim])
        await story.close()
        async with managed_server(settings, silent) as address, Site(address, tmp_path).replica() as replica:
            await until(lambda: replica.graph.count(Reaction) == 0, seconds=180)
            await judge(replica)
    await until(lambda: left_behind(tmp_path) == [], seconds=90)


async def judge(replica: Replica) -> None:
    """Every reaction came once and went once, and each made at most one record; nobody is booked twice."""
    came: Counter[str] = Counter()
    went: Counter[str] = Counter()
    async for commit in commits_from(replica.database, CODEC, 1):
        for change in commit.changes:
            if change.key[0] == Reaction.__name__:
                (came if change.after is not None else went)[change.key[1]] += 1
    assert len(came) > KILLS
    assert came == went
    assert set(came.values()) == {1}
    assert replica.graph.count(Reorganization) > 0
    assert overbooked(replica.graph) == []
