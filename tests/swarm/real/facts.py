"""What is true of people on a day, from the records and the definitions alone; nothing of the product's assembly."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from graph_api.kernel.graph import GraphView
from graph_api.organization.model import Customer, For, HasSkill, Person, Task, WorkedOn
from graph_api.swarm.model import Demand, MemberOf, SkillDemand, Staffs, Swarm, SwarmState

COLLABORATION_POINTS: Final = 200
YEAR_DAYS: Final = 365
LOAD_DAYS: Final = 90
LOAD_SEATS_MOST: Final = 24
HOUR_POINTS: Final = 30
LEVEL_POINTS: Final = 200
UNKNOWN_HOURS: Final = 12.0
ZONES: Final = frozenset(available_timezones())

Pair = tuple[str, str]


@dataclass(frozen=True)
class Facts:
    """People of one state, on one day, for a demand with nothing left out."""

    view: GraphView
    today: date
    demand: Demand
    task_id: str | None = None

    @property
    def skills(self) -> tuple[SkillDemand, ...]:
        """The skills that are asked for."""
        return self.demand.skills or ()

    def level(self, person_id: str, skill_id: str) -> int:
        """The level at which somebody holds a skill; 0 where not at all."""
        link = self.view.link(HasSkill, person_id, skill_id)
        return link.level if link else 0

    def can(self, person_id: str, skill: SkillDemand) -> bool:
        """Say whether somebody may be primary for a skill."""
        return self.level(person_id, skill.skill_id) >= skill.minimum_level

    def eligible(self) -> list[str]:
        """Return who may be asked and can take a seat, in the order of ids."""
        able = {
            link.source
            for skill in self.skills
            for link in self.view.incoming(HasSkill, skill.skill_id)
            if link.level >= skill.minimum_level
        }
        return [one for one in sorted(able) if not list(self.hindrances(one))]

    def hindrances(self, person_id: str) -> Iterator[str]:
        """Yield why somebody may not be asked, whatever he can do."""
        person = self.view.node(Person, person_id)
        if person is None or person.kind != "person":
            yield f"{person_id} is no person"
            return
        if person_id in (self.demand.excluded_ids or ()):
            yield f"{person_id} is excluded"
        window = self.demand.timezone_window
        if window and not self._hours(person, window.timezone, math.inf) <= window.maximum_offset_hours:
            yield f"{person_id} is outside the window"
        yield from (f"{person_id} is not free on {day}" for day in self._days() if not self._is_free(person, day))

    def _days(self) -> list[date]:
        days = self.demand.days
        assert days is not None
        return [days.starts_on + timedelta(days=n) for n in range((days.ends_on - days.starts_on).days + 1)]

    def _is_free(self, person: Person, day: date) -> bool:
        if person.last_day is not None and day > person.last_day:
            return False
        for absence in person.absences:
            first, last = absence.split("/")
            if date.fromisoformat(first) <= day <= date.fromisoformat(last):
                return False
        booked = sum(
            link.share_permille
            for link, swarm in self._memberships(person.id)
            if swarm.state is SwarmState.ACTIVE and link.left_at is None and link.since <= day <= link.until
        )
        assert self.demand.share is not None
        return booked + round(1000 * self.demand.share) <= round(1000 * person.capacity)

    def _memberships(self, person_id: str) -> Iterator[tuple[MemberOf, Swarm]]:
        for link in self.view.outgoing(MemberOf, person_id):
            swarm = self.view.node(Swarm, link.target)
            if swarm is not None and swarm.state is not SwarmState.CANCELLED:
                yield link, swarm

    def penalty(self, person_id: str) -> int:
        """Milli-points of load and distance."""
        person = self.view.node(Person, person_id)
        assert person is not None
        return self._load(person_id) + self._distance(person)

    def _load(self, person_id: str) -> int:
        ages = [(self.today - swarm.formed_at.date()).days for _, swarm in self._memberships(person_id)]
        seats = sum(0 <= age < LOAD_DAYS for age in ages)
        return round(200 * (1.5 ** min(seats, LOAD_SEATS_MOST) - 1))

    def _distance(self, person: Person) -> int:
        """30 an hour to the window's zone, else to the customer's; nothing where there is neither."""
        zone = self.demand.timezone_window.timezone if self.demand.timezone_window else self._customer_zone()
        return 0 if zone is None else round(HOUR_POINTS * self._hours(person, zone, UNKNOWN_HOURS))

    def _customer_zone(self) -> str | None:
        links = self.view.outgoing(For, self.task_id) if self.task_id else ()
        customer = self.view.node(Customer, min((link.target for link in links), default=""))
        return customer.timezone if customer and customer.timezone in ZONES else None

    def _hours(self, person: Person, zone: str, unknown: float) -> float:
        """Hours between two clocks on the first day; so many where his is unknown."""
        if person.timezone is None or person.timezone not in ZONES:
            return unknown
        noon = datetime.combine(self._days()[0], datetime.min.time(), UTC) + timedelta(hours=12)
        clocks = [noon.astimezone(ZoneInfo(name)).replace(tzinfo=UTC) for name in (person.timezone, zone)]
        apart = abs((clocks[0] - clocks[1]).total_seconds()) / 3600 % 24
        return min(apart, 24 - apart)

    def ties(self, people: Iterable[str]) -> dict[Pair, int]:
        """Return milli-points above 0 of pairs (first id before second) for the tasks that they have in common."""
        monday = self.today - timedelta(days=self.today.weekday())
        common: dict[Pair, list[float]] = {}
        for task_id, workers in self._worked_on(people).items():
            done = self._done_on(task_id)
            if done is None or done > monday:
                continue
            recency = 2 ** (-(monday - done).days / YEAR_DAYS)
            for pair in combinations(sorted(workers), 2):
                common.setdefault(pair, []).append(recency)
        worth = {pair: round(COLLABORATION_POINTS * (1 - math.exp(-math.fsum(x)))) for pair, x in common.items()}
        return {pair: points for pair, points in worth.items() if points > 0}

    def _worked_on(self, people: Iterable[str]) -> dict[str, set[str]]:
        """Return by task who of these people worked on it, alone or in a swarm."""
        found: dict[str, set[str]] = {}
        for person_id in people:
            for link in self.view.outgoing(WorkedOn, person_id):
                found.setdefault(link.target, set()).add(person_id)
            for _, swarm in self._memberships(person_id):
                for staffed in self.view.outgoing(Staffs, swarm.id):
                    found.setdefault(staffed.target, set()).add(person_id)
        return found

    def _done_on(self, task_id: str) -> date | None:
        task = self.view.node(Task, task_id)
        instant = task and (task.closed_at or task.due_at or task.opened_at)
        return instant.date() if instant else None
