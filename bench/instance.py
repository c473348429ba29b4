"""The bench instance of assembly: communities of 50, popular and rare skills, past projects, and demands on them.

n people, 2,000 skills of popularity 1/rank, 40 topic skills a community; 2 to 20 skills a person, 60 % of them topics;
64 cities, 80 % of a community in its own; a committed share by Beta(2, 3); each of 52 weeks free with 0.85; 1.2 n past
projects of 4 to 7 people of one community, 35 % with an outsider.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np

from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Record
from graph_api.organization.model import HasSkill, Person, Skill, SkillBasis, Task, TaskState, WorkedOn
from graph_api.swarm.model import Demand, SkillDemand, TimezoneWindow

TODAY: Final = date(2026, 3, 2)
SKILLS, TOPICS, COMMUNITY, CITIES, WEEKS = 2000, 40, 50, 64, 52
LEVELS: Final = (0.25, 0.30, 0.25, 0.14, 0.06)
PROJECTS_A_PERSON, OUTSIDER, IN_CITY, FROM_TOPICS, FREE = 1.2, 0.35, 0.8, 0.6, 0.85
RECENCY: Final = (0.1, 1.0)
COMMITTED_MAX: Final = 0.9
ZONES: Final = tuple(range(-8, 10))
KINDS: Final = ("topical", "very common", "rare")


@dataclass(frozen=True)
class Instance:
    """Records of one organization, and what the demands are drawn from."""

    records: list[Record]
    topics: Any
    popularity: Any


def build(people: int, seed: int = 1) -> Instance:
    """Make the instance; the same arguments give the same records."""
    chance = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, SKILLS + 1)
    popularity /= popularity.sum()
    communities = max(1, people // COMMUNITY)
    topics = np.stack([chance.choice(SKILLS, TOPICS, replace=False, p=popularity) for _ in range(communities)])
    records: list[Record] = [Skill(id=f"skill:{number:04d}", name=f"Skill {number}") for number in range(SKILLS)]
    records.extend(_people(people, communities, chance))
    records.extend(_skills(people, topics, popularity, chance))
    records.extend(_projects(people, communities, chance))
    return Instance(records, topics, popularity)


def person_id(number: int) -> str:
    return f"person:{number:06d}"


def _people(people: int, communities: int, chance: Any) -> Iterator[Record]:
    homes = chance.integers(CITIES, size=communities)
    zones = chance.choice(ZONES, size=CITIES)
    committed = chance.beta(2, 3, size=people)
    for number in range(people):
        city = homes[number % communities] if chance.random() < IN_CITY else chance.integers(CITIES)
        yield Person(
            id=person_id(number),
            name=f"Person {number}",
            city=f"City {city}",
            timezone=f"Etc/GMT{-zones[city]:+d}",  # this family of names counts westwards
            capacity=round(1 - float(committed[number]), 3),
            absences=tuple(_weeks(np.flatnonzero(chance.random(WEEKS) > FREE))),
        )


def _weeks(busy: Any) -> Iterator[str]:
    for week in busy.tolist():
        first = TODAY + timedelta(weeks=week)
        yield f"{first}/{first + timedelta(days=6)}"


def _skills(people: int, topics: Any, popularity: Any, chance: Any) -> Iterator[Record]:
    counts = np.clip(chance.poisson(8, size=people), 2, 20)
    for number in range(people):
        own = topics[number % len(topics)]
        picked = {
            int(chance.choice(own)) if chance.random() < FROM_TOPICS else int(chance.choice(SKILLS, p=popularity))
            for _ in range(counts[number])
        }
        levels = chance.choice(5, size=len(picked), p=LEVELS) + 1
        for skill, level in zip(sorted(picked), levels.tolist(), strict=True):
            yield HasSkill(source=person_id(number), target=f"skill:{skill:04d}", level=level, basis=SkillBasis.DERIVED)


def _projects(people: int, communities: int, chance: Any) -> Iterator[Record]:
    for number in range(round(people * PROJECTS_A_PERSON)):
        days = round(-365 * float(np.log2(chance.uniform(*RECENCY))))
        closed = datetime.combine(TODAY - timedelta(days=days), datetime.min.time(), UTC)
        task = Task(id=f"task:{number:07d}", title="Project", state=TaskState.CLOSED, closed_at=closed)
        yield task
        community = int(chance.integers(communities))
        team = set((community + communities * chance.choice(COMMUNITY, chance.integers(4, 8), replace=False)).tolist())
        if chance.random() < OUTSIDER:
            team.add(int(chance.integers(people)))
        yield from (WorkedOn(source=person_id(one), target=task.id, role="member") for one in sorted(team))


def demand(instance: Instance, kind: str, seed: int) -> Demand:
    """Draw a demand: 6 skills, weights 1-3, least levels 2-3, four weeks, a window of 4 or 6 hours or none."""
    chance = np.random.default_rng((seed, KINDS.index(kind)))
    week, hours, hour = _drawn(chance)
    start, zone = TODAY + timedelta(weeks=week), f"Etc/GMT{-hour:+d}"
    return Demand(
        skills=tuple(
            SkillDemand(
                skill_id=f"skill:{skill:04d}",
                weight=int(chance.integers(1, 4)),
                minimum_level=int(chance.integers(2, 4)),
            )
            for skill in _demanded(instance, kind, chance)
        ),
        headcount=5,
        share=round(1 - COMMITTED_MAX, 3),
        days=Days(start, start + timedelta(days=27)),
        timezone_window=TimezoneWindow(timezone=zone, maximum_offset_hours=hours) if hours else None,
    )


def zone_of(kind: str, seed: int) -> int:
    """The zone of the demand that the same arguments draw, hours; also where it has no window."""
    chance = np.random.default_rng((seed, KINDS.index(kind)))
    return _drawn(chance)[2]


def _drawn(chance: Any) -> tuple[int, float, int]:
    """First week, hours of the window (0: any), zone."""
    return int(chance.integers(WEEKS - 4)), float(chance.choice([4, 6, 0])), int(chance.choice(ZONES))


def _demanded(instance: Instance, kind: str, chance: Any) -> list[int]:
    if kind == "rare":
        return chance.choice(SKILLS, 6, replace=False).tolist()
    if kind == "very common":
        return chance.choice(SKILLS, 6, replace=False, p=instance.popularity).tolist()
    topical = chance.choice(chance.choice(instance.topics), 5, replace=False).tolist()
    while (another := int(chance.choice(SKILLS, p=instance.popularity))) in topical:
        pass
    return [*topical, another]
