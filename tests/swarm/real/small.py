"""Random small organizations of records with a demand, each the function of a seed, and every team of one."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, product

from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Record, upsert
from graph_api.organization.model import Customer, For, HasSkill, Person, Skill, Task, WorkedOn, format_days
from graph_api.swarm.model import Demand, MemberOf, SkillDemand, Staffs, Swarm, SwarmState, TimezoneWindow
from tests.swarm.real.checker import Team
from tests.swarm.real.demands import RealDemand
from tests.swarm.real.facts import Facts

TODAY = date(2026, 3, 4)
TASK = "task:asked"
ZONES = (None, "Nowhere/Land", "Asia/Shanghai", "Asia/Kathmandu", "America/Mexico_City", "Pacific/Auckland")
WEEK = Days(TODAY, TODAY + timedelta(days=6))


def small_organization(seed: int) -> tuple[Graph, RealDemand]:
    """Make up to eight people with all that may hinder them, and a demand that about half can meet."""
    chance = random.Random(seed)
    skills = _skills(chance)
    people = [f"person:{place}" for place in range(chance.randint(4, 8))]
    graph = Graph()
    graph.apply(upsert(record) for record in _records(chance, people, [skill.skill_id for skill in skills]))
    return graph, RealDemand(TASK, TODAY, _demand(chance, skills, people))


def _skills(chance: random.Random) -> tuple[SkillDemand, ...]:
    return tuple(
        SkillDemand(
            skill_id=f"skill:{place}",
            seats=chance.choice([1, 1, 2]),
            minimum_level=chance.choice([1, 2, 3]),
            weight=chance.randint(1, 3),
            critical=chance.random() < 0.1,
        )
        for place in range(chance.randint(1, 3))
    )


def _records(chance: random.Random, people: list[str], skills: list[str]) -> Iterator[Record]:
    yield from (Skill(id=skill, name=skill) for skill in skills)
    yield Customer(id="customer:a", name="A", timezone=chance.choice(ZONES))
    yield Task(id=TASK, title="Asked for")
    if chance.random() < 0.5:
        yield For(source=TASK, target="customer:a")
    tasks = [f"task:{place}" for place in range(6)]
    yield from (_task(chance, task) for task in tasks)
    for one in people:
        yield _person(chance, one)
        for skill in chance.sample(skills, chance.randint(min(1, len(skills)), len(skills))):
            yield HasSkill(source=one, target=skill, level=chance.randint(1, 5))
        for task in chance.sample(tasks, chance.randint(0, 3)):
            yield WorkedOn(source=one, target=task, role=chance.choice(["member", "reviewer"]))
    for number in range(chance.randint(0, 3)):
        yield from _swarm(chance, f"swarm:{number}", people, tasks)


def _task(chance: random.Random, task: str) -> Task:
    def instant() -> datetime | None:
        day = TODAY - timedelta(days=chance.randint(-2, 700))
        return chance.choice([None, datetime(day.year, day.month, day.day, 8, tzinfo=UTC)])

    return Task(id=task, title=task, closed_at=instant(), due_at=instant(), opened_at=instant())


def _person(chance: random.Random, one: str) -> Person:
    return Person(
        id=one,
        name=one,
        kind=chance.choice(["person"] * 9 + ["bot"]),
        city=chance.choice([None, "Shenzhen", "Hangzhou", "Chengdu"]),
        country=chance.choice([None, "CN", "MX"]),
        timezone=chance.choice(ZONES),
        capacity=chance.choice([1.0, 1.0, 0.6]),
        absences=tuple(format_days(_part(chance)) for _ in range(chance.choice([0] * 9 + [1]))),
        last_day=chance.choice([None] * 9 + [WEEK.ends_on - timedelta(days=chance.randint(0, 1))]),
    )


def _part(chance: random.Random) -> Days:
    first = TODAY + timedelta(days=chance.randint(-4, 8))
    return Days(first, first + timedelta(days=chance.randint(0, 3)))


def _swarm(chance: random.Random, swarm: str, people: list[str], tasks: list[str]) -> Iterator[Record]:
    days = _part(chance)
    formed = datetime(2026, 3, 4, 7, tzinfo=UTC) - timedelta(days=chance.choice([0, 1, 89, 90]))
    state = chance.choice([SwarmState.ACTIVE, SwarmState.ACTIVE, SwarmState.CLOSING, SwarmState.CANCELLED])
    yield Swarm(id=swarm, state=state, formed_at=formed, starts_on=days.starts_on, ends_on=days.ends_on)
    yield Staffs(source=swarm, target=chance.choice(tasks))
    for one in chance.sample(people, 3):
        yield MemberOf(
            source=one, target=swarm, roles=("skill:0",), since=days.starts_on, until=days.ends_on,
            share_permille=chance.choice([300, 500]), left_at=chance.choice([None, None, formed]),
        )  # fmt: skip


def _demand(chance: random.Random, skills: tuple[SkillDemand, ...], people: list[str]) -> Demand:
    seats = sum(skill.seats for skill in skills)
    headcount = chance.randint(max(skill.seats for skill in skills), seats)
    pinned = chance.sample(people, chance.choice([0, 0, 0, 1]))
    free = [one for one in people if one not in pinned]
    return Demand(
        skills=skills,
        headcount=headcount,
        share=chance.choice([0.5, 0.6]),
        days=WEEK,
        timezone_window=chance.choice([None, None, TimezoneWindow(timezone="Asia/Tokyo", maximum_offset_hours=4.0)]),
        minimum_cities=chance.choice([None, None, min(2, headcount)]),
        member_in_country=chance.choice([None, None, "MX"]),
        pinned_ids=tuple(pinned),
        excluded_ids=tuple(chance.sample(free, chance.choice([0, 0, 1]))),
        separated_pairs=(_two(chance, people),) if chance.random() < 0.2 else (),
    )


def _two(chance: random.Random, people: list[str]) -> tuple[str, str]:
    first, second = chance.sample(people, 2)
    return first, second


def every_team(facts: Facts) -> Iterator[Team]:
    """Yield every set of people of the asked size with every way to give out the seats."""
    assert facts.demand.headcount is not None
    everybody = [person.id for person in facts.view.nodes(Person)]
    for members in combinations(everybody, facts.demand.headcount):
        ways = (combinations(members, skill.seats) for skill in facts.skills)
        for primaries in product(*ways):
            seats = list(zip(facts.skills, primaries, strict=True))
            yield {one: [skill.skill_id for skill, held in seats if one in held] for one in members}
