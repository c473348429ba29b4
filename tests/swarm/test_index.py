import asyncio
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from graph_api.kernel.records import upsert
from graph_api.organization.model import Person
from graph_api.projection.visible import Visible
from graph_api.swarm.candidates import problem_of
from graph_api.swarm.demand import demand_problems
from graph_api.swarm.exact.arrays import NO_CITY, SolverInput, input_of
from graph_api.swarm.facts import Rules
from graph_api.swarm.index.index import SwarmIndex, open_index
from graph_api.swarm.index.ragged import Ragged
from graph_api.swarm.model import Demand, FixedRoles, SkillDemand
from graph_api.swarm.snapshot import SnapshotReading
from graph_api.swarm.terms import terms_of
from tests.support.waiting import until
from tests.swarm.changing_worlds import FIRST_DAY, PEOPLE, SKILLS, ChangingWorld

RULES = Rules()
STEPS = 60
NOBODY: frozenset[str] = frozenset()


def read_slowly(
    world: ChangingWorld, demand: Demand, customer_id: str | None, kept: frozenset[str]
) -> tuple[list[str], SolverInput | None]:
    """The same candidates, read person by person from the graph."""
    taken = SnapshotReading(
        world.replica.graph, demand, customer_id=customer_id, today=world.today, rules=RULES, kept_ids=kept
    ).at_once()
    problem = problem_of(taken, terms_of(demand))
    return [one.person_id for one in problem.candidates], input_of(problem)


def differing(found: SolverInput, expected: SolverInput) -> list[str]:
    """Name what differs; cities are only told apart, and countries do not matter where none is asked for."""
    differ = [
        field.name
        for field in fields(SolverInput)
        if field.name not in {"ties", "cities", "in_country"}
        and not np.array_equal(getattr(found, field.name), getattr(expected, field.name))
    ]
    if numbered(found) != numbered(expected):
        differ.append("cities")
    if expected.needs_country and not np.array_equal(found.in_country, expected.in_country):
        differ.append("in_country")
    for name in ("starts", "others", "bonuses"):
        if not np.array_equal(getattr(found.ties, name), getattr(expected.ties, name)):
            differ.append(f"ties.{name}")
    return differ


def numbered(given: SolverInput) -> list[int]:
    met: dict[int, int] = {NO_CITY: NO_CITY}
    return [met.setdefault(city, len(met)) for city in given.cities.tolist()]


def fixed(world: ChangingWorld, demand: Demand, person_id: str) -> FixedRoles:
    skills = [skill.skill_id for skill in demand.skills or ()]
    return FixedRoles(person_id=person_id, skill_ids=tuple(world.chance.sample(skills, 1)))


def agrees(index: SwarmIndex, world: ChangingWorld) -> bool:
    """Compare one demand; False where the index has to be built anew first."""
    demand, customer_id = world.demand()
    if demand_problems(world.replica.graph, demand, ()):
        return True
    is_kept = world.chance.random() < 0.5
    kept = frozenset(demand.pinned_ids or ()) - {*(demand.excluded_ids or ())} if is_kept else NOBODY
    if kept and world.chance.random() < 0.5:
        demand = replace(demand, fixed_roles=tuple(fixed(world, demand, one) for one in sorted(kept)))
    found = index.candidates(demand, customer_id, kept)
    if found is None:
        return False
    people, given_ = read_slowly(world, demand, customer_id, kept)
    assert found.ids == people
    assert (found.given is None) == (given_ is None)
    if found.given is not None and given_ is not None:
        assert differing(found.given, given_) == []
    return True


async def follow(seed: int) -> None:
    world = ChangingWorld(seed)
    async with open_index(world.replica, RULES, lambda: world.today) as index:
        await asyncio.wait_for(index.ready(), 30.0)
        for _ in range(STEPS):
            world.step()
            if not agrees(index, world):
                await asyncio.wait_for(index.ready(), 30.0)
                assert agrees(index, world)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_index_that_follows_changes_gives_what_reading_person_by_person_gives(seed: int) -> None:
    asyncio.run(follow(seed))


async def test_state_that_was_loaded_anew_is_read_anew() -> None:
    world = ChangingWorld(1)
    async with open_index(world.replica, RULES, lambda: world.today) as index:
        await asyncio.wait_for(index.ready(), 30.0)
        other = ChangingWorld(2)
        world.replica.graph = other.replica.graph
        world.replica.tell(None)
        assert not agrees(index, world) or index.candidates(world.demand()[0], None) is None
        await asyncio.wait_for(index.ready(), 30.0)
        for _ in range(20):
            assert agrees(index, world)


async def test_changes_during_the_building_are_not_lost() -> None:
    world = ChangingWorld(3)
    async with open_index(world.replica, RULES, lambda: world.today) as index:
        building = asyncio.create_task(index.ready())
        while not building.done():
            await asyncio.sleep(0)
            world.step()
        for _ in range(20):
            if not agrees(index, world):
                await asyncio.wait_for(index.ready(), 30.0)


async def test_many_changes_are_read_again_a_few_at_a_time_and_all_before_the_index_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = ChangingWorld(4)
    async with open_index(world.replica, RULES, lambda: FIRST_DAY) as index:
        await asyncio.wait_for(index.ready(), 30.0)
        monkeypatch.setattr("graph_api.swarm.index.index._SLICE_SECONDS", 0.0)
        world.today = FIRST_DAY
        people = [upsert(Person(id=one, name=one, city="Elsewhere")) for one in PEOPLE]
        world.replica.graph.apply(people)
        world.replica.tell(Visible(world.replica.revision, world.replica.at, [(None, one) for one in people]))
        asked = Demand(skills=(SkillDemand(skill_id=SKILLS[0]),), headcount=1, share=0.1)
        assert index.candidates(asked, None) is None
        await until(lambda: index.candidates(asked, None) is not None)
        found = index.candidates(asked, None)
        assert found is not None
        assert found.ids == read_slowly(world, asked, None, NOBODY)[0]


@given(st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(0, 99), max_size=8)), max_size=60))
def test_rows_hold_what_they_were_given_last_and_nothing_else_is_met(
    replaced: list[tuple[int, list[int]]],
) -> None:
    ragged, expected = Ragged(6, (-1, -2)), dict[int, list[int]]()
    for row, values in replaced:
        ragged.replace(row, values, [2 * value for value in values])
        expected[row] = values
    for row, values in expected.items():
        assert [column.tolist() for column in ragged.row(row)] == [values, [2 * value for value in values]]
    met = [value for value in ragged.columns[0][: ragged.used].tolist() if value != -1]
    assert sorted(met) == sorted(value for values in expected.values() for value in values)


def test_columns_that_hold_little_are_made_dense_before_they_grow() -> None:
    ragged = Ragged(2, (-1,))
    for length in range(1, 200):
        ragged.replace(0, [7] * length)
        ragged.replace(1, [8] * (200 - length))
    assert ragged.row(0)[0].tolist() == [7] * 199
    assert ragged.used < 4096


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]  # used by its name
    """So few changes are read one by one that building anew is met too."""
    monkeypatch.setattr("graph_api.swarm.index.index._CHANGED_MAX", 40)
