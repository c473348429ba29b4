"""Seats that fall free at once are filled as well as they can be, and left open only where they cannot be filled."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from graph_api.kernel.commands import Context, Refused
from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Record, upsert
from graph_api.ops.settings import load_settings
from graph_api.organization.model import HasSkill, Person, Requires, Skill, Task, TaskState
from graph_api.swarm.assembly import Booked, NotDecided, PersonEnded, Shortage
from graph_api.swarm.candidates import problem_of
from graph_api.swarm.checks import TeamMember
from graph_api.swarm.exact.threads import SearchThreads
from graph_api.swarm.index.index import open_index
from graph_api.swarm.index.searching import IndexedSearch
from graph_api.swarm.life import sharing
from graph_api.swarm.life.ending import END_PERSON, EndPerson, SwarmTeam, vacancies_of
from graph_api.swarm.life.sharing import Choice, Opening, overlapping, shared_out
from graph_api.swarm.life.vacancies import Vacancy, demand_of, kept_ids
from graph_api.swarm.model import MemberOf, Staffs, Swarm
from graph_api.swarm.service import Assembly, rules_of
from graph_api.swarm.snapshot import SnapshotReading
from graph_api.swarm.terms import terms_of
from graph_api.swarm.worker import SolverPool
from tests.support.memory_replica import MemoryReplica
from tests.swarm.conftest import WAIT_SECONDS
from tests.swarm.oracle import worth
from tests.swarm.organization import TODAY, booking
from tests.swarm.reorganising.test_decisions import overbooked
from tests.swarm.test_replacing import NOW, end

MONDAY = date(2026, 3, 9)
LEAVER = "person:leaver"
SETTINGS = load_settings(mutation_seconds=30.0)
RULES = rules_of(SETTINGS)


def week(first: int, last: int) -> Days:
    return Days(MONDAY + timedelta(days=first), MONDAY + timedelta(days=last))


days = st.tuples(st.integers(0, 6), st.integers(0, 4)).map(lambda one: week(one[0], one[0] + one[1]))
points = st.integers(0, 5).map(lambda number: 100 * number)


@st.composite
def openings(draw: st.DrawFn) -> tuple[list[Opening], list[int], dict[str, int]]:
    """Seats with all who can take them, the share of each, and everybody's capacity, permille."""
    people = [f"person:{number}" for number in range(draw(st.integers(1, 5)))]
    made: list[Opening] = []
    for _ in range(draw(st.integers(1, 4))):
        able = draw(st.lists(st.sampled_from(people), min_size=1, unique=True))
        choices = sorted((Choice(one, draw(points)) for one in able), key=lambda choice: -choice.points)
        made.append(Opening(days=draw(days), choices=tuple(choices)))
    shares = draw(st.lists(st.sampled_from([300, 500, 1000]), min_size=len(made), max_size=len(made)))
    return made, shares, {one: draw(st.sampled_from([1000, 1500])) for one in people}


def is_possible(made: list[Opening], shares: list[int], capacity: dict[str, int], team: tuple[Choice, ...]) -> bool:
    for day in (MONDAY + timedelta(days=number) for number in range(12)):
        booked = dict.fromkeys(capacity, 0)
        for opening, share, choice in zip(made, shares, team, strict=False):
            if opening.days.starts_on <= day <= opening.days.ends_on:
                booked[choice.person_id] += share
        if any(booked[one] > capacity[one] for one in capacity):
            return False
    return True


@settings(deadline=None, max_examples=300)
@given(openings())
def test_the_best_of_all_assignments_is_found_among_the_few_best_of_each_seat(
    world: tuple[list[Opening], list[int], dict[str, int]],
) -> None:
    made, shares, capacity = world
    few = [
        replace(one, choices=one.choices[: 1 + overlapping([each.days for each in made], at)])
        for at, one in enumerate(made)
    ]

    def fits(person_id: str, places: tuple[int, ...]) -> bool:
        chosen = [made[place] for place in places], [shares[place] for place in places]
        return is_possible(*chosen, capacity, tuple(Choice(person_id, 0) for _ in places))

    def best(count: int) -> int | None:
        teams = product(*(one.choices for one in made[:count]))
        sums = (sum(c.points for c in team) for team in teams if is_possible(made, shares, capacity, team))
        return max(sums, default=None)

    found = shared_out(few, fits)
    count = len(found.chosen)
    team = tuple(one.choices[place] for one, place in zip(few, found.chosen, strict=False))
    assert not found.is_cut
    assert is_possible(made, shares, capacity, team)
    assert sum(choice.points for choice in team) == best(count)
    assert count == len(made) or best(count + 1) is None, "the next seat is left open only where it must be"


def test_where_there_are_more_ways_than_are_looked_at_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    choices = tuple(Choice(f"person:{number}", 0) for number in range(6))
    made = [Opening(days=week(0, 4), choices=choices) for _ in range(6)]
    whole = shared_out(made, lambda _, places: len(places) == 1)
    assert sorted(whole.chosen) == list(range(6))
    assert not whole.is_cut
    monkeypatch.setattr(sharing, "STATES_MAX", 3)
    cut = shared_out(made, lambda _, places: len(places) == 1)
    assert cut.is_cut
    assert sorted(cut.chosen) == list(range(6)), "what is found all the same is no worse for it"


def test_a_hundred_seats_one_after_the_other_are_no_hardship() -> None:
    choices = tuple(Choice(f"person:{number}", -number) for number in range(3))
    made = [Opening(days=week(3 * at, 3 * at + 3), choices=choices) for at in range(100)]
    days = [one.days for one in made]

    def fits(_: str, places: tuple[int, ...]) -> bool:
        return not any(days[a].overlaps(days[b]) for a in places for b in places if a < b)

    found = shared_out(made, fits)
    assert len(found.chosen) == len(made)
    assert sum(found.chosen) == 50, "they take turns"


def seat(swarm: str, skill: str, share: int = 1000, held: Days | None = None) -> list[Record]:
    """A swarm of the leaver alone, who holds one skill in it."""
    held = held or week(0, 4)
    return [
        Task(id=f"task:{swarm}", title=swarm, state=TaskState.STAFFED),
        Requires(source=f"task:{swarm}", target=skill),
        Swarm(id=f"swarm:{swarm}", formed_at=NOW, starts_on=held.starts_on, ends_on=held.ends_on),
        Staffs(source=f"swarm:{swarm}", target=f"task:{swarm}"),
        MemberOf(
            source=LEAVER, target=f"swarm:{swarm}", roles=(skill,), since=held.starts_on, until=held.ends_on,
            share_permille=share,
        ),
    ]  # fmt: skip


def able(person: str, **levels: int) -> list[Record]:
    held = [
        HasSkill(source=f"person:{person}", target=f"skill:{skill}", level=level) for skill, level in levels.items()
    ]
    return [Person(id=f"person:{person}", name=person), *held]


def organization(*more: list[Record]) -> MemoryReplica:
    skills = [Skill(id=f"skill:{one}", name=one) for one in ("x", "y", "z")]
    return MemoryReplica(*skills, *able("leaver", x=3, y=3, z=3), *(record for records in more for record in records))


def takers(state: MemoryReplica) -> dict[str, str]:
    """Who is in each swarm that the leaver leaves."""
    return {
        link.target: link.source
        for swarm in state.graph.nodes(Swarm)
        for link in state.graph.incoming(MemberOf, swarm.id)
        if link.source != LEAVER
    }


async def test_the_order_of_the_seats_leaves_none_of_them_open(pool: SolverPool) -> None:
    """Ana is the best at x, and the only one who can do y, whose swarm comes later."""
    state = organization(seat("a", "skill:x"), seat("b", "skill:y"), able("ana", x=5, y=1), able("ben", x=2))
    assert await end(state, pool, "leaver", TODAY) == PersonEnded(person_id=LEAVER, swarm_ids=("swarm:a", "swarm:b"))
    assert takers(state) == {"swarm:a": "person:ben", "swarm:b": "person:ana"}


async def test_one_person_takes_two_halves(pool: SolverPool) -> None:
    state = organization(seat("a", "skill:x", 500), seat("b", "skill:y", 500), able("ana", x=2, y=2))
    assert isinstance(await end(state, pool, "leaver", TODAY), PersonEnded)
    assert takers(state) == {"swarm:a": "person:ana", "swarm:b": "person:ana"}
    assert overbooked(state.graph) == []


async def test_one_person_does_not_take_two_parts_that_are_more_than_a_day(pool: SolverPool) -> None:
    state = organization(seat("a", "skill:x", 600), seat("b", "skill:y", 500), able("ana", x=2, y=2))
    before = list(state.graph.records())
    told = await end(state, pool, "leaver", TODAY)
    assert isinstance(told, Shortage)
    assert any(one.person_id == "person:ana" for one in told.conflict), "it says who is needed elsewhere"
    assert list(state.graph.records()) == before


def test_who_is_given_more_than_a_day_holds_is_not_booked() -> None:
    state = organization(seat("a", "skill:x", 600), seat("b", "skill:y", 500), able("ana", x=2, y=2))
    teams = tuple(
        SwarmTeam(f"swarm:{one}", (TeamMember("person:ana", (f"skill:{skill}",)),)) for one, skill in ("ax", "by")
    )
    command = EndPerson(person_id=LEAVER, last_day=TODAY, teams=teams)
    told = END_PERSON.decide(state.graph, command, Context(at=NOW, actor="user:a", revision=2))
    assert isinstance(told, Refused)
    assert isinstance(told.refusal, Booked)
    assert told.refusal.person_ids == ("person:ana",)


async def test_two_seats_for_which_there_is_one_person_are_refused(pool: SolverPool) -> None:
    state = organization(seat("a", "skill:x"), seat("b", "skill:y"), able("ana", x=5, y=1), able("ben", z=2))
    assert isinstance(await end(state, pool, "leaver", TODAY), Shortage)
    assert takers(state) == {}


async def test_what_is_not_known_is_not_said_to_be_impossible(
    pool: SolverPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = organization(*(seat(one, "skill:x") for one in "abc"), able("ana", x=5), able("ben", x=4))
    monkeypatch.setattr(sharing, "STATES_MAX", 1)
    assert isinstance(await end(state, pool, "leaver", TODAY), NotDecided)
    assert takers(state) == {}


def crowd(seed: int) -> MemoryReplica:
    """Somebody in two to four swarms, most with another, and a few who could take over."""
    chance = Random(seed)
    skills = ("x", "y", "z")
    people = [f"p{number}" for number in range(chance.randint(2, 5))]
    records: list[Record] = []
    for one in people:
        known = chance.sample(skills, chance.randint(1, 3))
        person, *held = able(one, **{skill: chance.randint(1, 5) for skill in known})
        assert isinstance(person, Person)
        records += [replace(person, capacity=chance.choice([1.0, 1.0, 0.5])), *held]
        if chance.random() < 0.3:
            start = chance.randint(-2, 5)
            records += booking(
                f"person:{one}", week(start, start + 1), chance.choice([300, 500]), swarm=f"swarm:of-{one}"
            )
    for number in range(chance.randint(2, 4)):
        first = chance.randint(0, 5)
        name = f"s{number}"
        records += seat(name, f"skill:{chance.choice(skills)}", chance.choice([300, 500, 600]), week(first, first + 3))
        if chance.random() < 0.5:
            mate = able(f"mate{number}", **{chance.choice(skills): 4})
            role = mate[1].target if isinstance(mate[1], HasSkill) else ""
            records += [*mate, Requires(source=f"task:{name}", target=role)]
            link = next(one for one in reversed(records) if isinstance(one, MemberOf))
            if role not in link.roles:
                records.append(replace(link, source=f"person:mate{number}", roles=(role,)))
    return organization(records)


def possible(graph: Graph, vacancy: Vacancy) -> Iterator[Choice]:
    """Everybody who can take a seat alone, by trying everybody."""
    demand, stayers = demand_of(graph, vacancy), kept_ids(graph, vacancy)
    taken = SnapshotReading(graph, demand, customer_id=None, today=TODAY, rules=RULES, kept_ids=stayers).at_once()
    problem = problem_of(taken, terms_of(demand))
    places = problem.positions
    for person_id, place in places.items():
        if person_id not in stayers:
            team = tuple(sorted([place, *(places[one] for one in stayers if one in places)]))
            if (points := worth(problem, team)) is not None:
                yield Choice(person_id, points)


def best_of_all(graph: Graph, vacancies: list[Vacancy]) -> int | None:
    """The greatest sum of points over every way to fill all seats, day by day; None where there is no way."""
    sums: list[int] = []
    for team in product(*(list(possible(graph, one)) for one in vacancies)):
        trial = MemoryReplica(*graph.copied()).graph
        pairs = list(zip(vacancies, team, strict=True))
        trial.apply(upsert(replace(one.booking, source=choice.person_id, since=one.first_day)) for one, choice in pairs)
        if not set(overbooked(trial)) - {LEAVER}:
            sums.append(sum(choice.points for choice in team))
    return max(sums, default=None)


def newcomers(before: Graph, after: Graph, vacancies: list[Vacancy]) -> list[str]:
    """Who takes each seat."""
    return [
        link.source
        for one in vacancies
        for link in after.incoming(MemberOf, one.swarm_id)
        if before.link(MemberOf, link.source, one.swarm_id) is None
    ]


@pytest.mark.parametrize("seed", range(60))
async def test_somebody_is_let_go_exactly_where_all_seats_can_be_filled(
    seed: int, pool: SolverPool, threads: SearchThreads
) -> None:
    state, other = crowd(seed), crowd(seed)
    vacancies = vacancies_of(state.graph, LEAVER, TODAY, TODAY)
    best = best_of_all(state.graph, vacancies)
    done = await end(state, pool, "leaver", TODAY)
    assert isinstance(done, Shortage if best is None else PersonEnded)
    if best is not None:
        assert overbooked(state.graph) == []
        came = newcomers(other.graph, state.graph, vacancies)
        worths = [{one.person_id: one.points for one in possible(other.graph, vacancy)} for vacancy in vacancies]
        assert sum(by_id[one] for by_id, one in zip(worths, came, strict=True)) == best, "and as well as they can be"
    async with open_index(other, RULES, lambda: TODAY) as index:
        await asyncio.wait_for(index.ready(), WAIT_SECONDS)
        other.start = NOW
        assembly = Assembly(other, pool, SETTINGS, lambda: NOW, IndexedSearch(index, threads))
        again = await assembly.end_person(person_id=LEAVER, last_day=TODAY, actor="user:a", idempotency_key=None)
    assert type(again.value) is type(done)
