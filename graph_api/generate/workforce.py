"""Units and people: who is where, holds what at which level, reports to whom."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from graph_api.generate.families import DIVISIONS, Division
from graph_api.generate.places import NAME_LISTS, PLACES, Place, full_name, local_amount
from graph_api.generate.scale import TEAM_PEOPLE, Scale, chance
from graph_api.generate.skills import SKILL_BY_KEY, TOPIC_SKILLS
from graph_api.kernel.ids import entity_id
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Record
from graph_api.organization.model import (
    BelongsTo,
    HasSkill,
    PartOf,
    Person,
    ReportsTo,
    SkillBasis,
    Unit,
    format_days,
)

ROOT_ID: Final = entity_id("unit", "seller")
HOLDERS_MIN: Final = 4
AT_HOME: Final = 0.8
FROM_TOPIC: Final = 0.7
LEVELS: Final = (1, 2, 3, 4, 5)
LEVEL_WEIGHTS: Final = (25, 30, 25, 14, 6)
CAPACITIES: Final = (1.0, 0.8, 0.6, 0.5)
CAPACITY_WEIGHTS: Final = (70, 14, 10, 6)
_PLACE_WEIGHTS: Final = tuple(place.weight for place in PLACES)
_TOPICS: Final = {
    division.key: tuple(tag.key for tag in TOPIC_SKILLS if division.key in tag.divisions) for division in DIVISIONS
}
_ALL_TOPICS: Final = tuple(tag.key for tag in TOPIC_SKILLS)


@dataclass(slots=True)
class Team:
    """The smallest kind of unit: people of one division in one city who work together."""

    id: str
    name: str
    division: str
    place: Place
    members: list["Colleague"] = field(default_factory=lambda: list[Colleague]())
    pillar: "Colleague | None" = None


@dataclass(slots=True)
class Colleague:
    """A person in the making; `skills` are levels by skill key."""

    id: str
    name: str
    team: Team
    place: Place
    yuan_a_day: int
    capacity: float
    absences: list[Days]
    since: date
    skills: dict[str, int]


class Workforce:
    """All teams and people, and who holds which skill."""

    def __init__(self, teams: list[Team]) -> None:
        self.teams = teams
        self.people = sorted((person for team in teams for person in team.members), key=lambda person: person.id)
        self.teams_of: dict[str, list[Team]] = defaultdict(list)
        self.holders: dict[str, list[Colleague]] = defaultdict(list)
        for team in teams:
            self.teams_of[team.division].append(team)
        for person in self.people:
            for skill in person.skills:
                self.holders[skill].append(person)

    def teach(self, person: Colleague, skill: str, level: int) -> None:
        """Give a person a skill, or raise the level to at least this."""
        if skill not in person.skills:
            self.holders[skill].append(person)
        person.skills[skill] = max(level, person.skills.get(skill, 0))


def build_workforce(scale: Scale, seed: int, today: date) -> Workforce:
    """Make teams and fill them with people; every topic skill has at least four holders."""
    rng = chance(seed, "workforce")
    teams = _teams(scale, rng)
    steady = len(teams) * (TEAM_PEOPLE // 2)
    for number in range(scale.people):
        team = teams[number % len(teams)] if number < steady else rng.choice(teams)
        team.members.append(_colleague(number + 1, team, today, rng))
    workforce = Workforce(teams)
    for skill in _ALL_TOPICS:
        while len(workforce.holders[skill]) < HOLDERS_MIN:
            workforce.teach(rng.choice(workforce.people), skill, rng.choice(LEVELS))
    return workforce


def _teams(scale: Scale, rng: random.Random) -> list[Team]:
    count = max(len(DIVISIONS), scale.people // TEAM_PEOPLE)
    more = rng.choices(DIVISIONS, [division.weight for division in DIVISIONS], k=count - len(DIVISIONS))
    places = rng.choices(PLACES, _PLACE_WEIGHTS, k=count)
    return [
        _team(number, division, place)
        for number, (division, place) in enumerate(zip((*DIVISIONS, *more), places, strict=True), start=1)
    ]


def _team(number: int, division: Division, place: Place) -> Team:
    name = f"{division.name}, {place.city}, team {number}"
    return Team(entity_id("unit", f"{division.key}-{number:03}"), name, division.key, place)


def _colleague(number: int, team: Team, today: date, rng: random.Random) -> Colleague:
    place = team.place if rng.random() < AT_HOME else rng.choices(PLACES, _PLACE_WEIGHTS)[0]
    family, given = NAME_LISTS[place.names]
    skills = _skills(team.division, rng)
    return Colleague(
        id=entity_id("person", f"p{number:06}"),
        name=full_name(place.names, rng.choice(family), rng.choice(given)),
        team=team,
        place=place,
        yuan_a_day=600 + 60 * sum(skills.values()) + 20 * rng.randint(0, 40),
        capacity=rng.choices(CAPACITIES, CAPACITY_WEIGHTS)[0],
        absences=_absences(today, rng),
        since=today - timedelta(days=rng.randint(1100, 3000)),
        skills=skills,
    )


def _skills(division: str, rng: random.Random) -> dict[str, int]:
    topics = _TOPICS[division]
    wanted = rng.randint(3, 8)
    chosen = {rng.choice(topics if rng.random() < FROM_TOPIC else _ALL_TOPICS) for _ in range(wanted)}
    return {skill: rng.choices(LEVELS, LEVEL_WEIGHTS)[0] for skill in sorted(chosen)}


def _absences(today: date, rng: random.Random) -> list[Days]:
    starts = sorted(rng.sample(range(-60, 120), rng.choice((0, 0, 1, 1, 2))))
    absences: list[Days] = []
    for start in starts:
        first = today + timedelta(days=start)
        if not absences or absences[-1].ends_on < first:
            absences.append(Days(first, first + timedelta(days=rng.randint(0, 9))))
    return absences


def workforce_records(workforce: Workforce) -> Iterator[Record]:
    """Yield units, people and what joins them; of each team the first member leads it."""
    yield Unit(id=ROOT_ID, name="The seller", kind="organization")
    for division in DIVISIONS:
        division_id = entity_id("unit", division.key)
        yield Unit(id=division_id, name=division.name, kind="division")
        yield PartOf(source=division_id, target=ROOT_ID)
    for team in workforce.teams:
        yield Unit(id=team.id, name=team.name, kind="team")
        yield PartOf(source=team.id, target=entity_id("unit", team.division))
    for person in workforce.people:
        yield from _person_records(person, _manager(person, workforce))


def _manager(person: Colleague, workforce: Workforce) -> Colleague | None:
    team_head = person.team.members[0]
    division_head = workforce.teams_of[person.team.division][0].members[0]
    top = workforce.teams[0].members[0]
    for superior in (team_head, division_head, top):
        if person is not superior:
            return superior
    return None


def _person_records(person: Colleague, manager: Colleague | None) -> Iterator[Record]:
    place = person.place
    yield Person(
        id=person.id,
        name=person.name,
        city=place.city,
        country=place.country,
        timezone=place.timezone,
        day_rate=Decimal(local_amount(person.yuan_a_day, place)),
        currency=place.currency,
        capacity=person.capacity,
        absences=tuple(format_days(days) for days in person.absences),
    )
    lead = person is person.team.members[0]
    yield BelongsTo(
        source=person.id, target=person.team.id, roles=("lead",) if lead else ("member",), since=person.since
    )
    if manager is not None:
        yield ReportsTo(source=person.id, target=manager.id)
    for skill, level in sorted(person.skills.items()):
        basis = SkillBasis.CONFIRMED if level >= LEVELS[3] else SkillBasis.DECLARED
        yield HasSkill(source=person.id, target=SKILL_BY_KEY[skill].id, level=level, basis=basis, since=person.since)
