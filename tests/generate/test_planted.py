"""Each planted risk is found by brute force over the records, and nothing else is; the order can be staffed."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from itertools import combinations, product
from statistics import quantiles
from typing import Any, TypeVar

import msgspec
import pytest

from graph_api.generate.order import ORDER_ID
from graph_api.generate.scale import SEED_SCALE, Scale
from graph_api.generate.seller import build
from graph_api.kernel.quantities import Days, zone_distance_hours
from graph_api.kernel.records import Record
from graph_api.organization.model import (
    BelongsTo,
    Customer,
    For,
    HasSkill,
    Person,
    Requires,
    Skill,
    Task,
    WorkedOn,
    parse_days,
)
from graph_api.swarm.model import Demand
from tests.generate.conftest import SEED, TODAY

RecordT = TypeVar("RecordT")


def of(kind: type[RecordT], records: Iterable[Record]) -> list[RecordT]:
    return [record for record in records if isinstance(record, kind)]


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    for key, value in pairs:
        groups[key].add(value)
    return groups


@pytest.fixture(
    params=[(Scale(), SEED), (SEED_SCALE, 1), (SEED_SCALE, 2), (Scale(people=60, tasks=250), 3)], scope="module"
)
def made(request: pytest.FixtureRequest) -> tuple[list[Record], dict[str, Any]]:
    scale, seed = request.param
    generated = build(scale, seed, TODAY)
    return generated.records, generated.truths


Made = tuple[list[Record], dict[str, Any]]


def test_single_holder_skills_are_exactly_the_planted_ones(made: Made) -> None:
    records, planted = made
    holders = grouped((link.target, link.source) for link in of(HasSkill, records))
    single = {skill: next(iter(people)) for skill, people in holders.items() if len(people) == 1}
    assert single == planted["single_holder_skills"]["holders"]


def test_long_cycle_low_frequency_tasks_are_exactly_the_planted_ones(made: Made) -> None:
    records, planted = made
    days = {
        task.id: (task.closed_at - task.opened_at).days
        for task in of(Task, records)
        if task.closed_at is not None and task.opened_at is not None
    }
    arrivals = Counter(task.family for task in of(Task, records) if task.id in days)
    long = quantiles(days.values(), n=10)[-1]
    seldom = quantiles(arrivals.values(), n=10, method="inclusive")[0]
    found = [task.id for task in of(Task, records) if days.get(task.id, 0) >= long and arrivals[task.family] <= seldom]
    assert sorted(found) == planted["long_cycle_low_frequency"]["tasks"]


def test_tasks_under_several_authorities_are_exactly_the_planted_ones(made: Made) -> None:
    records, planted = made
    found = [
        task.id
        for task in of(Task, records)
        if len({regulation.partition(":")[0] for regulation in task.regulations}) > 1
    ]
    assert sorted(found) == planted["several_regulations_crossed"]["tasks"]
    assert found


def test_coupled_tasks_are_exactly_those_handed_to_and_fro(made: Made) -> None:
    records, planted = made
    turns: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for link in of(WorkedOn, records):
        turns[link.target].append((str(link.since), link.source))
    found = [task for task, events in turns.items() if _goes_to_and_fro([who for _, who in sorted(events)])]
    assert sorted(found) == planted["technical_commercial_coupled"]["tasks"]
    assert found


def _goes_to_and_fro(people: list[str]) -> bool:
    repeated = [person for person in people if people.count(person) > 1]
    return any(one == third != second for one, second, third in zip(repeated, repeated[1:], repeated[2:], strict=False))


def test_coupled_tasks_need_technical_and_commercial_skills(made: Made) -> None:
    records, planted = made
    kinds = {skill.id: skill.kind for skill in of(Skill, records)}
    needed = grouped((link.source, str(kinds[link.target])) for link in of(Requires, records))
    assert all({"technical", "commercial"} <= needed[task] for task in planted["technical_commercial_coupled"]["tasks"])


def test_fragile_units_are_exactly_the_planted_ones(made: Made) -> None:
    records, planted = made
    unit_of = {link.source: link.target for link in of(BelongsTo, records)}
    tasks = grouped((unit_of[link.source], link.target) for link in of(WorkedOn, records))
    shares: dict[str, Counter[str]] = defaultdict(Counter)
    for person, task in {(link.source, link.target) for link in of(WorkedOn, records)}:
        assert task in tasks[unit_of[person]]
        shares[unit_of[person]][person] += 1
    top = {unit: counts.most_common(1)[0] for unit, counts in shares.items()}
    found = {unit: person for unit, (person, count) in top.items() if count == len(tasks[unit])}
    assert found == planted["fragile_units"]["pillars"]


def _order(records: list[Record]) -> tuple[Task, Demand, Days]:
    (task,) = [task for task in of(Task, records) if task.id == ORDER_ID]
    assert task.demand is not None
    assert task.due_at is not None
    return task, msgspec.json.decode(task.demand, type=Demand), Days(TODAY, task.due_at.date())


def _eligible(records: list[Record]) -> dict[str, Person]:
    _, demand, days = _order(records)
    window = demand.timezone_window
    assert window is not None
    return {
        person.id: person
        for person in of(Person, records)
        if person.capacity >= (demand.share or 1.0)
        and not any(parse_days(absence).overlaps(days) for absence in person.absences)
        and zone_distance_hours(person.timezone, window.timezone, TODAY) <= window.maximum_offset_hours
    }


def test_order_asks_what_the_relationships_say(made: Made) -> None:
    records, _ = made
    task, demand, days = _order(records)
    assert (demand.headcount, demand.minimum_cities, demand.member_in_country) == (5, 3, "MX")
    assert days.ends_on - days.starts_on == timedelta(days=14)
    asked = {(skill.skill_id, skill.seats, skill.minimum_level, skill.weight) for skill in demand.skills or ()}
    required = {
        (link.target, link.seats, link.level, link.weight) for link in of(Requires, records) if link.source == task.id
    }
    assert asked == required
    assert len(asked) == 6


def test_order_comes_from_a_customer_in_mexico(made: Made) -> None:
    records, _ = made
    (customer_id,) = [link.target for link in of(For, records) if link.source == ORDER_ID]
    assert [customer.country for customer in of(Customer, records) if customer.id == customer_id] == ["MX"]


def test_every_demanded_skill_is_free_in_three_cities(made: Made) -> None:
    records, _ = made
    _, demand, _ = _order(records)
    eligible = _eligible(records)
    for skill in demand.skills or ():
        cities = {
            eligible[link.source].city
            for link in of(HasSkill, records)
            if link.target == skill.skill_id and link.level >= skill.minimum_level and link.source in eligible
        }
        assert len(cities) >= 3


def test_specialists_alone_can_staff_the_order(made: Made) -> None:
    records, planted = made
    _, demand, _ = _order(records)
    eligible = _eligible(records)
    people = [eligible[person] for person in planted["order"]["specialists"]]
    levels = {(link.source, link.target): link.level for link in of(HasSkill, records)}
    assert any(_satisfies(team, demand, levels) for team in combinations(people, demand.headcount or 0))


def _satisfies(team: tuple[Person, ...], demand: Demand, levels: dict[tuple[str, str], int]) -> bool:
    skills = demand.skills or ()
    holders = [
        [person.id for person in team if levels.get((person.id, skill.skill_id), 0) >= skill.minimum_level]
        for skill in skills
    ]
    if any(skill.critical and len(able) < 2 for skill, able in zip(skills, holders, strict=True)):
        return False
    if len({person.city for person in team}) < (demand.minimum_cities or 1):
        return False
    in_country = any(person.country == demand.member_in_country for person in team)
    return in_country and any(len(set(roles)) == len(team) for roles in product(*holders))
