"""Random small organizations with a demand, each the function of a seed."""

import random
from datetime import date, timedelta

from graph_api.kernel.quantities import Days
from graph_api.swarm.facts import Booking, PersonFacts, Snapshot
from graph_api.swarm.model import Demand, SkillDemand, TimezoneWindow
from tests.swarm.instances import is_tight

MONDAY = date(2026, 3, 2)
WEEK = Days(MONDAY, MONDAY + timedelta(days=4))


def random_world(seed: int) -> tuple[Snapshot, Demand]:
    """Make 4-9 people and a demand for 2-5 of them with up to 7 seats, with nothing left out.

    In one of three it is for up to 6, and whoever worked together may be worth 1,500 points more.
    """
    chance = random.Random(seed)
    people = chance.choice([4, 5, 6, 7, 8, 8, 9, 9, 9])
    headcount = chance.randint(2, min(6 if is_tight(seed) else 5, people))
    skills = _skills(chance, headcount)
    tasks = chance.choice([0, 4, 8])
    holidays = chance.sample([*WEEK.each()], chance.choice([0] * 17 + [1, 2, 5]))
    snapshot = Snapshot(
        skill_ids=tuple(skill.skill_id for skill in skills),
        people=tuple(_person(chance, place, len(skills), tasks, holidays) for place in range(people)),
        recency=tuple(chance.random() for _ in range(tasks)),
        collaboration_points=chance.choice([0, 400, 1500] if is_tight(seed) else [0, 200, 400]),
        knows_customer_zone=chance.random() < 0.5,
        is_complete=True,
    )
    return snapshot, _demand(chance, skills, headcount, [person.person_id for person in snapshot.people])


def _skills(chance: random.Random, headcount: int) -> tuple[SkillDemand, ...]:
    while True:
        skills = tuple(
            SkillDemand(
                skill_id=f"skill:{place}",
                seats=chance.choice([1, 1, 1, 1, 2, 2, 3]),
                minimum_level=chance.choice([1, 1, 2, 3]),
                weight=chance.randint(1, 3),
                critical=chance.random() < 0.05,
            )
            for place in range(chance.randint(1, 5))
        )
        if headcount <= sum(skill.seats for skill in skills) <= 7 and all(s.seats <= headcount for s in skills):
            return skills


def _person(chance: random.Random, place: int, skills: int, tasks: int, holidays: list[date]) -> PersonFacts:
    return PersonFacts(
        person_id=f"person:{place}",
        levels=tuple(chance.choice([0, 1, 2, 3, 3, 4, 5]) for _ in range(skills)),
        city=chance.choice([None, "Shenzhen", "Hangzhou", "Chengdu"]),
        country=chance.choice([None, "CN", "MX", "MX"]),
        window_hours=chance.choice([None, 0.0, 1.0, 2.5, 4.0, 5.5, 8.0]),
        customer_hours=chance.choice([None, 0.0, 3.0, 12.0]),
        capacity_permille=chance.choice([1000, 1000, 1000, 800, 500]),
        absences=(*(_part(chance) for _ in range(chance.choice([0] * 9 + [1]))), *_kept(chance, holidays)),
        last_day=chance.choice([None] * 19 + [WEEK.starts_on + timedelta(days=2)]),
        bookings=tuple(_booking(chance) for _ in range(chance.choice([0, 0, 0, 1, 2]))),
        load=chance.choice([0, 100, 250]),
        works=tuple(sorted(chance.sample(range(tasks), min(tasks, chance.randint(0, 4))))),
    )


def _kept(chance: random.Random, holidays: list[date]) -> tuple[Days, ...]:
    """Most keep a holiday that most keep, so that the week falls apart for all at once."""
    return tuple(Days(day, day) for day in holidays if chance.random() < 0.7)


def _booking(chance: random.Random) -> Booking:
    return Booking(_part(chance), chance.choice([200, 500]))


def _part(chance: random.Random) -> Days:
    """Some days, of which some or none are in the week."""
    start = MONDAY + timedelta(days=chance.randint(-3, 5))
    return Days(start, start + timedelta(days=chance.randint(0, 4)))


def _demand(chance: random.Random, skills: tuple[SkillDemand, ...], headcount: int, ids: list[str]) -> Demand:
    pinned = tuple(chance.sample(ids, chance.choice([0, 0, 0, 0, 1, 2])))
    free = [one for one in ids if one not in pinned]
    return Demand(
        skills=skills,
        headcount=headcount,
        share=chance.choice([0.2, 0.3, 0.5]),
        days=WEEK,
        timezone_window=chance.choice([None, None, None, TimezoneWindow(timezone="UTC", maximum_offset_hours=5.5)]),
        minimum_cities=chance.choice([None, None, None, 1, 2, 3]),
        member_in_country=chance.choice([None, None, None, "MX"]),
        pinned_ids=pinned,
        excluded_ids=tuple(chance.sample(free, chance.choice([0, 0, 1, min(2, len(free))]))),
        separated_pairs=tuple(_two(chance, ids) for _ in range(chance.choice([0, 0, 0, 1]))),
    )


def _two(chance: random.Random, ids: list[str]) -> tuple[str, str]:
    first, second = sorted(chance.sample(ids, 2))
    return first, second
