"""Two services on one database, asked at once for more teams than there are people: nobody is booked twice."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import httpx
import msgspec
import pytest

from graph_api.kernel.graph import Graph
from graph_api.organization.model import Person, Task, TaskState
from graph_api.store.database import Database
from graph_api.swarm.model import MemberOf, Staffs, Swarm
from tests.soak.services import asked, last_words, loaded, services, words_of
from tests.support.command_line import commands_on, told, variables
from tests.support.replicas import Site
from tests.support.services import NO_REUSE, Service, quiet_environment

MUTATION_SECONDS: Final = 600
SKILLS: Final = 4
CITIES: Final = 5
SAVE_SKILLS: Final = "mutation($skills: [SkillInput!]!) { saveSkills(input: {skills: $skills}) { __typename } }"
SAVE_PEOPLE: Final = "mutation($people: [PersonInput!]!) { savePeople(input: {people: $people}) { __typename } }"
OPEN: Final = """mutation($input: OpenTaskInput!) { openTask(input: $input) { __typename
    ... on TaskOpened { revision } ... on InputRejected { problems { message } } } }"""
ASSEMBLE: Final = """mutation($input: AssembleSwarmInput!) { assembleSwarm(input: $input) { __typename
    ... on SwarmAssembled { revision swarm { id } proposal { seats { person { id } } } }
    ... on Refusal { message } ... on SwarmConflict { people { id } }
    ... on SwarmShortage { conflict { detail } } } }"""


class Race(msgspec.Struct, frozen=True):
    """So many assemblies at once, for so few people, in so many weeks."""

    assemblies: int
    people: int
    weeks: int


class Told(msgspec.Struct, frozen=True):
    """What came of one assembly."""

    task_id: str
    outcome: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return self.outcome["__typename"]

    @property
    def people(self) -> frozenset[str]:
        return frozenset(seat["person"]["id"] for seat in self.outcome["proposal"]["seats"])


def skill(number: int) -> str:
    return f"skill:race-{number % SKILLS}"


def person(number: int) -> dict[str, Any]:
    """Everybody holds two of the skills; one in five works half of each day."""
    levels = [{"skillId": skill(number + step), "level": 3 + (number + step) % 3} for step in range(2)]
    return {
        "id": f"person:{number:02}",
        "name": f"Runner {number}",
        "city": f"City {number % CITIES}",
        "capacity": 0.5 if number % 5 == 0 else 1.0,
        "skills": levels,
    }


def task(number: int, weeks: int) -> dict[str, Any]:
    """Two or three people for five days of one of the weeks, the whole day or half of it."""
    monday = datetime.now(UTC).date() + timedelta(days=30 + 7 * (number % weeks))
    skills = [{"skillId": skill(number), "minimumLevel": 3, "seats": 1 + number % 2}, {"skillId": skill(number + 2)}]
    days = {"startsOn": str(monday), "endsOn": str(monday + timedelta(days=4))}
    demand = {"skills": skills, "headcount": 2 + number % 2, "share": 1.0 if number % 3 else 0.5, "days": days}
    return {"id": f"task:race-{number}", "title": f"Race {number}", "demand": demand}


async def prepare(http: httpx.AsyncClient, service: Service, race: Race) -> None:
    """Save the people and open all tasks."""
    skills = [{"id": skill(number), "name": f"Skill {number}"} for number in range(SKILLS)]
    people = [person(number) for number in range(race.people)]
    assert (await asked(http, service, SAVE_SKILLS, skills=skills))["__typename"] == "Saved"
    assert (await asked(http, service, SAVE_PEOPLE, people=people))["__typename"] == "Saved"
    opening = [asked(http, service, OPEN, input=task(number, race.weeks)) for number in range(race.assemblies)]
    opened = await asyncio.gather(*opening)
    assert {outcome["__typename"] for outcome in opened} == {"TaskOpened"}
    last = max(outcome["revision"] for outcome in opened)
    assert service.has(last)


async def run_race(http: httpx.AsyncClient, running: Sequence[Service], race: Race) -> list[Told]:
    """Ask for all teams at the same moment, each of the other service than the one before."""

    async def assembled(number: int) -> Told:
        task_id = f"task:race-{number}"
        service = running[number % len(running)]
        return Told(task_id, await asked(http, service, ASSEMBLE, input={"taskId": task_id, "idempotencyKey": task_id}))

    return await asyncio.gather(*(assembled(number) for number in range(race.assemblies)))


def permille_by_day(graph: Graph) -> Counter[tuple[str, date]]:
    """Count what is booked of each person's days, from the bookings alone."""
    booked: Counter[tuple[str, date]] = Counter()
    for swarm in graph.nodes(Swarm):
        for link in graph.incoming(MemberOf, swarm.id):
            assert link.left_at is None
            for day in range((link.until - link.since).days + 1):
                booked[link.source, link.since + timedelta(days=day)] += link.share_permille
    return booked


def judge_bookings(graph: Graph, answers: Sequence[Told]) -> None:
    """See that nobody is booked beyond his capacity, and that what was told is what is there."""
    for (person_id, day), permille in permille_by_day(graph).items():
        somebody = graph.node(Person, person_id)
        assert somebody is not None
        assert permille <= 1000 * somebody.capacity, f"{person_id} on {day}"
    made = {answer.outcome["swarm"]["id"]: answer for answer in answers if answer.kind == "SwarmAssembled"}
    assert {swarm.id for swarm in graph.nodes(Swarm)} == set(made)
    for swarm_id, answer in made.items():
        assert {link.source for link in graph.incoming(MemberOf, swarm_id)} == answer.people
        assert [link.target for link in graph.outgoing(Staffs, swarm_id)] == [answer.task_id]
    staffed = {one.id for one in graph.nodes(Task) if one.state is TaskState.STAFFED}
    assert staffed == {answer.task_id for answer in made.values()}


WHY: Final[Mapping[str, Callable[[Any], bool]]] = {
    "SwarmShortage": lambda outcome: bool(outcome["conflict"]) and all(one["detail"] for one in outcome["conflict"]),
    "SwarmConflict": lambda outcome: bool(outcome["people"]) and all(outcome["people"]),
    "SwarmUndecided": lambda _: True,
}
"""The refusals of an assembly, and whether one says why beside its message."""


def judge_refusals(answers: Sequence[Told]) -> None:
    for answer in answers:
        if answer.kind != "SwarmAssembled":
            assert answer.outcome["message"]
            assert WHY[answer.kind](answer.outcome), answer


@pytest.mark.parametrize(
    "race",
    [
        pytest.param(Race(assemblies=40, people=8, weeks=5), id="small"),
        pytest.param(Race(assemblies=500, people=60, weeks=8), id="full", marks=pytest.mark.soak),
    ],
)
async def test_nobody_is_booked_twice_by_two_services_asked_at_once(
    site: Site, database: Database, race: Race, record_property: Callable[[str, object], None]
) -> None:
    limits = {"mutation_seconds": MUTATION_SECONDS, "solves_max": race.assemblies}
    environment = quiet_environment(site.folder, **limits) | variables(site)
    patient = httpx.AsyncClient(timeout=2 * MUTATION_SECONDS, limits=NO_REUSE, trust_env=False)
    async with services([environment, environment]) as running, patient as http:
        await prepare(http, running[0], race)
        began = time.monotonic()
        answers = await run_race(http, running, race)
        record_property("race", f"{dict(Counter(one.kind for one in answers))} in {time.monotonic() - began:.0f} s")
        judge_refusals(answers)
        made = [answer for answer in answers if answer.kind == "SwarmAssembled"]
        assert 0 < len(made) < race.assemblies
        words = await last_words(running, site.folder, max(answer.outcome["revision"] for answer in made))
    state = await loaded(database)
    judge_bookings(state.graph, answers)
    assert words == [words_of(state)] * 2
    with commands_on(site):
        assert (await told("log", "verify"))["commits"] == state.revision
