"""Tides, capacity, gaps, idle people and fairness through GraphQL, in memory and on a real replica."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from graph_api.api.service import ApiService
from graph_api.kernel.records import Record
from graph_api.organization.model import HasSkill, Person, Requires, Skill, Task, TaskState
from graph_api.swarm.model import MemberOf, Staffs, Swarm
from graph_api.swarm.slices import read_in_slices
from tests.api.guard_world import codes, guarded_service, shown
from tests.api.organization import TODAY as FIXED_TODAY
from tests.api.organization import data, service_on
from tests.support.commands import PUT, Put
from tests.support.memory_replica import MemoryReplica
from tests.support.replicas import Site

ALL = """query($skills: [ID!]!, $weeks: Int) {
    tides(skillIds: $skills, weeks: $weeks) {
        skill { id } mase historyWeeks weeks { startsOn expectedPersonDays low80 high80 } }
    freeCapacity(skillIds: $skills, weeks: $weeks) { holders weeks { startsOn freePersonDays } }
    forecastGap(skillIds: $skills, weeks: $weeks) {
        weeks { startsOn expectedPersonDays freePersonDays gapPersonDays } }
    idleShare(weeks: $weeks) { now weeks { startsOn share } }
    fairness { seats maximumLoad p99Load gini idleShare lowerBoundMaximumLoad } }"""
ASKED = {"skills": ["skill:ebb", "skill:new"], "weeks": 2}


def organization(today: date) -> list[Record]:
    """Two holders of a skill that 3 seats of one day were demanded of every week for three years; one is booked."""
    this_monday = today - timedelta(days=today.weekday())
    mondays = [this_monday - timedelta(weeks=number) for number in range(1, 157)]
    return [
        Skill(id="skill:ebb", name="Ebb"),
        Skill(id="skill:new", name="New"),
        *(Person(id=f"person:{who}", name=who) for who in ("ada", "bo")),
        *(HasSkill(source=f"person:{who}", target="skill:ebb", level=3) for who in ("ada", "bo")),
        *(record for number, at in enumerate(mondays) for record in _weekly(number, at)),
        Swarm(
            id="swarm:now",
            formed_at=datetime.combine(today, time(0), UTC),
            starts_on=this_monday,
            ends_on=this_monday + timedelta(days=6),
        ),
        Task(id="task:now", title="Now", state=TaskState.STAFFED),
        Requires(source="task:now", target="skill:new"),
        Staffs(source="swarm:now", target="task:now"),
        MemberOf(
            source="person:ada",
            target="swarm:now",
            roles=("skill:ebb",),
            since=this_monday,
            until=this_monday + timedelta(days=6),
            share_permille=1000,
        ),
    ]


def _weekly(number: int, at: date) -> Iterator[Record]:
    when = datetime.combine(at, time(9), UTC)
    yield Task(id=f"task:{number:03}", title="Past", state=TaskState.CLOSED, opened_at=when, closed_at=when)
    yield Requires(source=f"task:{number:03}", target="skill:ebb", seats=3)


def expect_all(told: dict[str, Any], today: date) -> None:
    """What follows by hand: 3 person-days a week are expected, two people have 14, less the booked week's 7."""
    this_monday = today - timedelta(days=today.weekday())
    starts = [this_monday.isoformat(), (this_monday + timedelta(days=7)).isoformat()]
    ebb, new = told["tides"]
    assert (ebb["skill"]["id"], ebb["mase"], ebb["historyWeeks"]) == ("skill:ebb", None, 156)
    assert [week["startsOn"] for week in ebb["weeks"]] == starts
    for week in ebb["weeks"]:
        assert [week[name] for name in ("expectedPersonDays", "low80", "high80")] == pytest.approx([3.0] * 3)
    assert (new["mase"], new["historyWeeks"]) == (None, 0)
    assert {week["expectedPersonDays"] for week in new["weeks"]} == {None}
    assert [week["freePersonDays"] for week in told["freeCapacity"][0]["weeks"]] == [7.0, 14.0]
    assert [row["holders"] for row in told["freeCapacity"]] == [2, 0]
    assert [week["gapPersonDays"] for week in told["forecastGap"][0]["weeks"]] == pytest.approx([-4.0, -11.0])
    assert [week["gapPersonDays"] for week in told["forecastGap"][1]["weeks"]] == [None, None]
    assert told["idleShare"]["now"] == 0.5
    assert [week["share"] for week in told["idleShare"]["weeks"]] == [0.5, 1.0]
    wanted = {"seats": 1, "maximumLoad": 1.0, "p99Load": 1.0, "gini": 0.5, "idleShare": 0.5}
    assert told["fairness"] == wanted | {"lowerBoundMaximumLoad": 1.0}


async def test_a_dispatcher_is_told_what_follows_by_hand() -> None:
    service = service_on(MemoryReplica(*organization(FIXED_TODAY)))
    expect_all(await data(service, ALL, ASKED), FIXED_TODAY)


async def test_a_real_replica_tells_the_same(site: Site) -> None:
    async with site.replica() as replica:
        await replica.submit(PUT, Put(records=tuple(organization(FIXED_TODAY))), actor="test", timeout_seconds=60)
        expect_all(await data(service_on(replica, site.folder), ALL, ASKED), FIXED_TODAY)


async def test_a_forecast_stands_until_a_task_of_the_skill_changes() -> None:
    records = organization(FIXED_TODAY)
    query = 'query { tides(skillIds: ["skill:ebb"], weeks: 1) { weeks { expectedPersonDays } } }'
    first = await data(service_on(MemoryReplica(*records)), query)
    other = Person(id="person:cy", name="Cy")
    assert await data(service_on(MemoryReplica(*records, other)), query) == first
    more = Requires(source="task:000", target="skill:ebb", seats=8)
    assert await data(service_on(MemoryReplica(*records, more)), query) != first


def world() -> ApiService:
    return guarded_service()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('{ tides(skillIds: ["skill:none"]) { mase } }', "BAD_USER_INPUT"),
        ('{ tides(skillIds: ["person:mem"]) { mase } }', "BAD_USER_INPUT"),
        ('{ tides(skillIds: ["skill:tax"], weeks: 0) { mase } }', "BAD_USER_INPUT"),
        ('{ freeCapacity(skillIds: ["skill:tax"], weeks: 53) { holders } }', "QUERY_TOO_COSTLY"),
        ('{ forecastGap(skillIds: ["skill:none"]) { weeks { startsOn } } }', "BAD_USER_INPUT"),
        ("{ idleShare(weeks: 0) { now } }", "BAD_USER_INPUT"),
        ("{ idleShare(weeks: 53) { now } }", "QUERY_TOO_COSTLY"),
        ('{ fairness(since: "2026-03-02", until: "2026-03-01") { seats } }', "BAD_USER_INPUT"),
    ],
)
async def test_what_makes_no_sense_or_costs_too_much_is_refused(query: str, code: str) -> None:
    assert await codes(world(), "dispatcher", query) == {code}


async def test_more_skills_than_allowed_are_refused_and_the_same_twice_counts_once() -> None:
    query = "query($skills: [ID!]!) { tides(skillIds: $skills, weeks: 1) { skill { id } } }"
    many = [f"skill:{number}" for number in range(51)]
    assert await codes(world(), "dispatcher", query, skills=many) == {"QUERY_TOO_COSTLY"}
    twice = await shown(world(), "dispatcher", query, skills=["skill:tax"] * 51)
    assert twice == {"tides": [{"skill": {"id": "skill:tax"}}]}


async def test_null_weeks_are_those_left_out() -> None:
    told = await shown(
        world(),
        "dispatcher",
        '{ tides(skillIds: ["skill:tax"], weeks: null) { weeks { startsOn } } '
        "idleShare(weeks: null) { weeks { share } } }",
    )
    assert (len(told["tides"][0]["weeks"]), len(told["idleShare"]["weeks"])) == (8, 12)


async def test_fairness_of_a_window_long_ago_has_nothing_to_tell() -> None:
    told = await shown(world(), "dispatcher", '{ fairness(until: "0001-01-02") { seats maximumLoad } }')
    assert told["fairness"] == {"seats": 0, "maximumLoad": 0.0}


class _Moving:
    """A request whose state moves on whenever somebody else has his turn on the loop, so many times."""

    def __init__(self, moves: int) -> None:
        self.replica = self
        self.revision = 0
        self.moves = moves

    async def move(self) -> None:
        while self.moves:
            self.revision += 1
            self.moves -= 1
            await asyncio.sleep(0)


@pytest.mark.parametrize("moves", [0, 1, 10_000])
async def test_a_read_in_slices_is_of_one_revision_however_often_the_state_moves(
    moves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph_api.swarm.slices.SLICE_SECONDS", 0.0)
    request: Any = _Moving(moves)
    mover = asyncio.create_task(request.move())
    read = await read_in_slices(request.replica, lambda: (request.revision for _ in range(100)))
    request.moves = 0
    await mover
    assert len(read) == 100
    assert len(set(read)) == 1


async def test_a_read_in_slices_lets_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph_api.swarm.slices.SLICE_SECONDS", 0.0)
    request: Any = _Moving(0)
    turns: list[int] = []

    async def other() -> None:
        for turn in range(5):
            turns.append(turn)
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    await read_in_slices(request.replica, lambda: range(100))
    assert turns == [0, 1, 2, 3, 4]
    await beside
