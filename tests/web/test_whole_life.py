"""The whole life of swarms through GraphQL on a real server; each step is looked at in Neo4j and by checks."""

from datetime import timedelta
from typing import Any, Final, TypeAlias

import msgspec

from graph_api.api.service import ApiService
from graph_api.projection.replica import Replica
from graph_api.store.cypher import NoParams, Query
from tests.api.organization import data
from tests.support.replicas import Site
from tests.web.test_life_of_a_swarm import ABSENT, CHECK, DISSOLVE, FIRST, LAST, MOVE, REPLACE, SAVE
from tests.web.test_reorganising import (
    APPLY,
    LIST,
    PAIRS,
    allowed,
    bookings,
    money,
    open_task,
    prepare,
    reorganising,
    settled,
)

SPARE: Final = {"a": "person:amy", "b": "person:ben"}
"""Beginners who are free: they are taken where nobody better is."""
EVERYBODY: Final = (*(person for pair in PAIRS for person in pair), *SPARE.values())
VALUE: Final = """mutation($id: ID!, $value: MoneyInput) { updateTask(input: {taskId: $id, value: $value}) {
    __typename } }"""
CLOSE: Final = """mutation { updateTask(input: {taskId: "task:dear", closeAs: DELIVERED}) {
    ... on TaskUpdated { task { state result } } } }"""


class Days(msgspec.Struct, frozen=True):
    """A swarm as Neo4j holds it: its state, its task's, and the days of its bookings that last."""

    id: str
    state: str
    task: str
    days: list[str]


SWARMS: Final[Query[NoParams, Days]] = Query(
    name="tests/swarms",
    mode="read",
    plan="",
    text="MATCH (s:Swarm)-[:STAFFS]->(t:Task) OPTIONAL MATCH (s)<-[m:MEMBER_OF]-(:Person) WHERE m.left_at IS NULL "
    "WITH s, t, collect(DISTINCT toString(m.since) + '/' + toString(m.until)) AS days "
    "RETURN s.id AS id, coalesce(s.state, 'ACTIVE') AS state, coalesce(t.state, 'OPEN') AS task, days",
    params=NoParams,
    row=Days,
)


async def swarms(replica: Replica) -> dict[str, Days]:
    return {row.id: row for row in await replica.database.read(SWARMS, NoParams())}


async def applied(service: ApiService, replica: Replica) -> dict[str, Any]:
    """Apply the one reorganization that waits; return its move, and the swarm that was made."""
    await settled(replica)
    (found,) = (await data(service, LIST))["reorganizations"]
    done = (await data(service, APPLY, {"id": found["id"]}))["applyReorganization"]
    (move,) = found["trigger"]["moves"]
    return {
        "made": done["swarms"][0]["id"], "left": move["fromSwarm"]["id"], "person": move["person"]["id"],
        "replacement": move["replacement"]["id"],
    }  # fmt: skip


async def may_record(service: ApiService, user: str, swarm: str) -> bool:
    found = await data(service, CHECK, {"user": user, "relation": "can_record", "object": swarm})
    return bool(found["check"]["allowed"])


Teams: TypeAlias = dict[str, set[str]]
"""People by swarm."""


async def held(service: ApiService, replica: Replica, teams: Teams, over: str | None = None) -> None:
    """Look in Neo4j who is booked where, and ask of everybody and every swarm whether that is what he may.

    Bookings of a swarm that is over last, and allow nothing.
    """
    booked = {person: swarm for swarm, people in teams.items() for person in people}
    found = await bookings(replica.database)
    assert {person: swarm for person, swarm in found.items() if swarm != over} == booked
    for swarm in await swarms(replica):
        for person in EVERYBODY:
            assert await allowed(service, person, swarm) is (booked.get(person) == swarm), (person, swarm)


async def begun(service: ApiService) -> str:
    """A cheap swarm of the best, and two beginners beside it."""
    cheap = await prepare(service)
    people = [
        {"id": person, "name": person, "dayRate": money(100), "skills": [{"skillId": f"skill:{skill}", "level": 1}]}
        for skill, person in SPARE.items()
    ]
    await data(service, SAVE, {"skills": [], "people": people})
    return cheap


async def test_from_an_open_task_over_every_change_to_the_end(site: Site) -> None:
    async with reorganising(site) as (service, replica):
        cheap = await begun(service)
        team = {"person:ann", "person:bea"}
        await held(service, replica, {cheap: team})

        # A dear task opens: it is proposed by itself that somebody moves to it, and that is applied.
        await open_task(service, "task:dear", 100_000)
        await settled(replica)
        await held(service, replica, {cheap: team})
        moved = await applied(service, replica)
        dear, mover = moved["made"], moved["person"]
        skill = mover[len("person:")]
        assert moved["left"] == cheap
        assert (mover, moved["replacement"]) in PAIRS
        dear_team = {person for person, swarm in (await bookings(replica.database)).items() if swarm == dear}
        assert mover in dear_team
        teams = {cheap: team - {mover} | {moved["replacement"]}, dear: dear_team}
        await held(service, replica, teams)

        await mend(service, replica, dear, mover, SPARE[skill], teams)
        third = await raise_elsewhere(service, replica, "b" if skill == "a" else "a", teams)
        await end(service, replica, dear, SPARE[skill], teams)
        states = {one: found.state for one, found in (await swarms(replica)).items()}
        assert states == {dear: "DISSOLVED", cheap: "ACTIVE", third: "ACTIVE"}


async def mend(service: ApiService, replica: Replica, swarm: str, absent: str, other: str, teams: Teams) -> None:
    """Somebody is absent on a day and is replaced by whoever is left; then the swarm is put off by a day."""
    away = {"startsOn": f"{LAST}", "endsOn": f"{LAST}"}
    told = (await data(service, ABSENT, {"id": absent, "days": [away]}))["setAbsences"]
    assert told == {"swarmsToMend": [{"id": swarm}]}
    await held(service, replica, teams)
    asked = {"swarmId": swarm, "personId": absent, "reason": "UNAVAILABLE"}
    replaced = (await data(service, REPLACE, {"input": asked}))["replaceMember"]
    assert replaced["replacement"] == {"id": other}
    teams[swarm] = teams[swarm] - {absent} | {other}
    await held(service, replica, teams)
    later = {"startsOn": f"{FIRST + timedelta(days=1)}", "endsOn": f"{LAST + timedelta(days=1)}"}
    assert (await data(service, MOVE, {"id": swarm, "days": later}))["rescheduleSwarm"]["swarm"] == later
    assert (await swarms(replica))[swarm].days == [f"{later['startsOn']}/{later['endsOn']}"]
    await held(service, replica, teams)


async def raise_elsewhere(service: ApiService, replica: Replica, skill: str, teams: Teams) -> str:
    """The value of another task rises, and its best people come; return its swarm."""
    await open_task(service, "task:third", 1, skill)
    await settled(replica)
    assert (await data(service, LIST))["reorganizations"] == []
    await data(service, VALUE, {"id": "task:third", "value": money(10_000_000)})
    await settled(replica)
    await held(service, replica, teams)
    moved = await applied(service, replica)
    assert moved["replacement"] == SPARE[skill]
    teams[moved["left"]] = teams[moved["left"]] - {moved["person"]} | {moved["replacement"]}
    teams[moved["made"]] = {moved["person"]}
    await held(service, replica, teams)
    assert (await swarms(replica))[moved["made"]].task == "STAFFED"
    return str(moved["made"])


async def end(service: ApiService, replica: Replica, swarm: str, member: str, teams: Teams) -> None:
    """The task is done: its people are free at once, and the swarm ends."""
    closed = (await data(service, CLOSE))["updateTask"]
    assert closed == {"task": {"state": "CLOSED", "result": "DELIVERED"}}
    row = (await swarms(replica))[swarm]
    assert (row.state, row.task) == ("CLOSING", "CLOSED")
    del teams[swarm]
    await held(service, replica, teams, over=swarm)
    assert await may_record(service, member, swarm)
    over = (await data(service, DISSOLVE, {"id": swarm}))["dissolveSwarm"]["swarm"]
    assert over["state"] == "DISSOLVED"
    assert not await may_record(service, member, swarm)
    await held(service, replica, teams, over=swarm)
