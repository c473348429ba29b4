"""A small organization that changes in every way the index of people has to follow, as a function of a seed."""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from graph_api.kernel.quantities import Days
from graph_api.kernel.records import AnyChange, Record, removal, upsert
from graph_api.organization.model import Customer, HasSkill, Person, Skill, Task, WorkedOn, format_days
from graph_api.projection.visible import Visible
from graph_api.swarm.model import Demand, MemberOf, SkillDemand, Staffs, Swarm, SwarmState, TimezoneWindow
from tests.support.memory_replica import MemoryReplica

FIRST_DAY = date(2026, 3, 4)
SKILLS = ("skill:a", "skill:b", "skill:c")
PEOPLE = tuple(f"person:{name}" for name in "abcdefghijkl")
ZONES = (None, "Asia/Shanghai", "America/Mexico_City", "Europe/Berlin", "Nowhere/Unknown")
CITIES, COUNTRIES = (None, "Shenzhen", "Hangzhou", "Monterrey"), (None, "CN", "MX")
CUSTOMERS = ("customer:mx", "customer:nowhere")


class ChangingWorld:
    """A replica whose state is changed by `step`; `today` moves on too."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.today = FIRST_DAY
        self._numbers = itertools.count()
        self.replica = MemoryReplica(
            *(Skill(id=skill, name=skill) for skill in SKILLS),
            Customer(id=CUSTOMERS[0], name="Kep", timezone="America/Mexico_City"),
            Customer(id=CUSTOMERS[1], name="Far"),
        )
        self.replica.graph.apply(upsert(Person(id=person, name=person)) for person in PEOPLE)
        for _ in range(60):
            self.step()

    def step(self) -> None:
        """Change something, or let days pass."""
        kinds = [self._person, self._skill, self._task, self._work, self._swarm, self._swarm_ends, self._leaves]
        weights = [5, 12, 3, 5, 2, 2, 1]
        changes = list(self.chance.choices(kinds, weights)[0]())
        if self.chance.random() < 0.1:
            self.today += timedelta(days=self.chance.choice([1, 3, 40]))
        self.replica.graph.apply(changes)
        self.replica.number += 1
        shown = Visible(self.replica.revision, self._instant(), [(None, change) for change in changes])
        self.replica.tell(shown)

    def demand(self) -> tuple[Demand, str | None]:
        """Ask for something of each kind now and then; and for whom."""
        chance = self.chance
        skills = [
            SkillDemand(
                skill_id=skill,
                seats=chance.choice([1, 1, 2]),
                minimum_level=chance.choice([1, 1, 2, 4]),
                weight=chance.randint(1, 3),
                critical=chance.random() < 0.1,
            )
            for skill in chance.sample(SKILLS, chance.randint(1, 3))
        ]
        headcount = chance.randint(max(skill.seats for skill in skills), sum(skill.seats for skill in skills))
        window = TimezoneWindow(timezone="Asia/Shanghai", maximum_offset_hours=chance.choice([0.0, 8.0]))
        asked = Demand(
            skills=tuple(skills),
            headcount=headcount,
            share=chance.choice([0.1, 0.2, 0.5]),
            days=self._days() if chance.random() < 0.8 else None,
            timezone_window=window if chance.random() < 0.2 else None,
            minimum_cities=min(headcount, chance.choice([0, 0, 2])),
            member_in_country=chance.choice([None, None, "MX", "FR"]),
        )
        return msgspec.structs.replace(asked, **self._named()), chance.choice([None, *CUSTOMERS])

    def _named(self) -> dict[str, Any]:
        """Name people now and then, nobody twice."""
        people = [person.id for person in self.replica.graph.nodes(Person)]
        first, second, third, fourth, fifth = self.chance.sample(people, 5)
        named: dict[str, Any] = {"pinned_ids": (first,), "excluded_ids": (second, third)}
        named["separated_pairs"] = ((fourth, fifth),)
        return {name: value if self.chance.random() < 0.15 else () for name, value in named.items()}

    def _person(self) -> Iterator[AnyChange]:
        person_id = self.chance.choice(PEOPLE)
        if self.chance.random() < 0.1:
            yield from self._removed(person_id)
            return
        chance = self.chance
        yield upsert(
            Person(
                id=person_id,
                name=person_id,
                kind=chance.choice(["person"] * 8 + ["bot"]),
                city=chance.choice(CITIES),
                country=chance.choice(COUNTRIES),
                timezone=chance.choice(ZONES),
                capacity=chance.choice([1.0, 1.0, 0.8, 0.3]),
                absences=tuple(format_days(self._days()) for _ in range(chance.choice([0, 0, 1, 2]))),
                last_day=chance.choice([None] * 5 + [self.today + timedelta(days=9)]),
            )
        )

    def _removed(self, person_id: str) -> Iterator[AnyChange]:
        view = self.replica.graph
        if (person := view.node(Person, person_id)) is not None:
            for kind in (HasSkill, WorkedOn, MemberOf):
                yield from (removal(link) for link in tuple(view.outgoing(kind, person_id)))
            yield removal(person)

    def _skill(self) -> Iterator[AnyChange]:
        link = HasSkill(
            source=self.chance.choice(PEOPLE), target=self.chance.choice(SKILLS), level=self.chance.randint(1, 5)
        )
        yield removal(link) if self.chance.random() < 0.2 else upsert(link)

    def _task(self) -> Iterator[AnyChange]:
        tasks = self._tasks()
        known = bool(tasks) and self.chance.random() < 0.4
        task_id = self.chance.choice(tasks) if known else f"task:{next(self._numbers):03d}"
        moments = [self._instant(-self.chance.randint(-20, 400)) if self.chance.random() < 0.5 else None for _ in "odc"]
        yield upsert(Task(id=task_id, title="T", opened_at=moments[0], due_at=moments[1], closed_at=moments[2]))

    def _work(self) -> Iterator[AnyChange]:
        if tasks := self._tasks():
            task = self.chance.choice(tasks[-6:])
            for person in self.chance.sample(PEOPLE, self.chance.randint(1, 4)):
                link = WorkedOn(source=person, target=task, role=self.chance.choice(["member", "reviewer"]))
                yield removal(link) if self.chance.random() < 0.15 else upsert(link)

    def _swarm(self) -> Iterator[AnyChange]:
        days, swarm = self._days(), f"swarm:{next(self._numbers):03d}"
        formed = self._instant(-self.chance.choice([0, 5, 89, 90, 200]))
        yield upsert(Swarm(id=swarm, formed_at=formed, starts_on=days.starts_on, ends_on=days.ends_on))
        for person in self.chance.sample(PEOPLE, self.chance.randint(1, 4)):
            yield upsert(
                MemberOf(
                    source=person, target=swarm, roles=(), since=days.starts_on, until=days.ends_on,
                    share_permille=self.chance.choice([100, 300, 500]),
                )
            )  # fmt: skip
        if tasks := self._tasks():
            yield upsert(Staffs(source=swarm, target=self.chance.choice(tasks)))

    def _swarm_ends(self) -> Iterator[AnyChange]:
        swarms: list[Record] = [*self.replica.graph.nodes(Swarm)]
        if swarms:
            swarm = self.chance.choice(swarms)
            assert isinstance(swarm, Swarm)
            state = self.chance.choice([*SwarmState])
            yield upsert(
                Swarm(
                    id=swarm.id,
                    state=state,
                    formed_at=swarm.formed_at,
                    starts_on=swarm.starts_on,
                    ends_on=swarm.ends_on,
                )
            )

    def _leaves(self) -> Iterator[AnyChange]:
        for link in tuple(self.replica.graph.outgoing(MemberOf, self.chance.choice(PEOPLE))):
            yield upsert(
                MemberOf(
                    source=link.source, target=link.target, roles=(), since=link.since, until=link.until,
                    share_permille=link.share_permille, left_at=self._instant(),
                )
            )  # fmt: skip

    def _tasks(self) -> list[str]:
        return [task.id for task in self.replica.graph.nodes(Task)]

    def _days(self) -> Days:
        start = self.today + timedelta(days=self.chance.randint(-3, 12))
        return Days(start, start + timedelta(days=self.chance.randint(0, 9)))

    def _instant(self, days: int = 0) -> datetime:
        return datetime.combine(self.today + timedelta(days=days), time(8), UTC)
