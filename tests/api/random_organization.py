"""Organizations made up at random, small enough that everybody's rights can be worked out one by one."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from graph_api.kernel.records import Record
from graph_api.organization.model import (
    BelongsTo,
    Customer,
    For,
    HasSkill,
    Organization,
    PartOf,
    Person,
    ReportsTo,
    Requires,
    Skill,
    Task,
    TaskState,
    Unit,
)
from graph_api.permission.records import Granted, Resource
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState

TODAY: Final = datetime.now(UTC).date()
DAY: Final = timedelta(days=1)
FORMED: Final = datetime(2026, 1, 5, tzinfo=UTC)
OUTSIDE: Final = ("contact:a", "contact:b", "integration:a", "integration:b")


class Chance:
    """Draws records."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.people = [f"person:{number:02}" for number in range(12)]
        self.units = [f"unit:{number}" for number in range(4)]
        self.skills = [f"skill:{number}" for number in range(3)]
        self.tasks = [f"task:{number}" for number in range(6)]
        self.customers = [f"customer:{number}" for number in range(3)]
        self.swarms = [f"swarm:{number}" for number in range(5)]

    @property
    def entities(self) -> list[str]:
        return [*self.people, *self.units, *self.skills, *self.tasks, *self.customers, *self.swarms]

    def records(self) -> list[Record]:
        made = [*self._nodes(), *self._places(), *self._work(), *self._grants()]
        return list({each.key: each for each in made}.values())

    def viewers(self, count: int) -> list[str]:
        return ["admin:local", *self._random.sample([*self.people, *OUTSIDE], count)]

    def _some(self, of: Sequence[str], most: int) -> Iterable[str]:
        return self._random.sample(of, self._random.randint(0, most))

    def _day(self) -> date | None:
        return self._random.choice((None, None, None, TODAY - 9 * DAY, TODAY - DAY, TODAY + 9 * DAY))

    def _nodes(self) -> Iterator[Record]:
        yield Organization(id="organization:main", name="Random")
        for one in self.people:
            kind = self._random.choice(("person",) * 9 + ("bot",))
            away = self._random.choice(((), (), (f"{TODAY}/{TODAY + 3 * DAY}",)))
            name = self._random.choice(("Ada", "Bo", "Cy"))
            yield Person(id=one, name=name, kind=kind, city=name, absences=away, last_day=self._day())
        yield from (Unit(id=one, name=one) for one in self.units)
        yield from (Skill(id=one, name=one) for one in self.skills)
        yield from (Customer(id=one, name=one) for one in self.customers)
        for one in self.tasks:
            value = self._random.choice((None, Decimal(1), Decimal(2)))
            state = self._random.choice(tuple(TaskState))
            yield Task(id=one, title=one, state=state, value=value, currency="USD" if value is not None else None)
        for one in self.swarms:
            living = self._random.choice(tuple(SwarmState))
            yield Swarm(id=one, state=living, formed_at=FORMED, starts_on=TODAY, ends_on=TODAY + 3 * DAY)

    def _places(self) -> Iterator[Record]:
        for number, one in enumerate(self.units[1:]):
            yield PartOf(source=one, target=self._random.choice(self.units[: number + 1]))
        for one in self.people:
            for unit in self._some(self.units, 2):
                roles = self._random.choice(((), (), ("lead",)))
                yield BelongsTo(source=one, target=unit, roles=roles, since=self._day(), until=self._day())
            yield from (ReportsTo(source=one, target=boss) for boss in self._some(self.people, 1))
            for skill in self._some(self.skills, 3):
                yield HasSkill(source=one, target=skill, level=self._random.randint(1, 5))

    def _work(self) -> Iterator[Record]:
        for one in self.tasks:
            yield from (For(source=one, target=customer) for customer in self._some(self.customers, 1))
            yield from (Requires(source=one, target=skill) for skill in self._some(self.skills, 2))
        for one in self.swarms:
            yield Staffs(source=one, target=self._random.choice(self.tasks))
            for person in self._some(self.people, 4):
                left = self._random.choice((None, None, datetime.now(UTC) - DAY))
                yield MemberOf(source=person, target=one, roles=(self.skills[0],), since=TODAY, until=TODAY + 3 * DAY,
                               share_permille=1000, left_at=left)  # fmt: skip

    def _grants(self) -> Iterator[Record]:
        yield from (Resource(id=one) for one in OUTSIDE)
        for one in ("contact:a", "contact:b", self.people[0]):
            yield Granted(source=one, target=self._random.choice(self.customers), relation="contact")
        ends = self._random.choice((None, datetime.now(UTC) - DAY, datetime.now(UTC) + DAY))
        yield Granted(source="integration:a", target="organization:main", relation="integrator", expires_at=ends)
        role = self._random.choice(("administrator", "dispatcher", "integrator"))
        yield Granted(source=self._random.choice(self.units), target="organization:main", relation=role,
                      subject_relation="member")  # fmt: skip
        yield Granted(
            source=self._random.choice(self.people), target=self._random.choice(self.units), relation="manager"
        )
