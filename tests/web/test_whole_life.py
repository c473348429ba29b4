"""The whole life of swarms through GraphQL on a real server; each step is looked at in Neo4j and by checks."""

from datetime import timedelta
from typing import Any, Final

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

        # A dear task opens: it is proposed by itself that somebody moves to it, and that is applied.
        await open_task(service, "task:dear", 100_000)
        moved = await applied(service, replica)
        dear, mover = moved["made"], moved["person"]
        skill = mover[len("person:")]
        assert moved["left"] == cheap
        assert (mover, moved["replacement"]) in PAIRS
        held = await bookings(replica.database)
        assert (held[mover], held[moved["replacement"]]) == (dear, cheap)
        assert await allowed(service, mover, dear)
        assert not await allowed(service, mover, cheap)

        await mend(service, replica, dear, mover, SPARE[skill])
        third = await raise_elsewhere(service, replica, "b" if skill == "a" else "a")
        await end(service, replica, dear, SPARE[skill])
        states = {one: found.state for one, found in (await swarms(replica)).items()}
        assert states == {dear: "DISSOLVED", cheap: "ACTIVE", third: "ACTIVE"}


async def mend(service: ApiService, replica: Replica, swarm: str, absent: str, other: str) -> None:
    """Somebody is absent on a day and is replaced by whoever is left; then the swarm is put off by a day."""
    away = {"startsOn": f"{LAST}", "endsOn": f"{LAST}"}
    told = (await data(service, ABSENT, {"id": absent, "days": [away]}))["setAbsences"]
    assert told == {"swarmsToMend": [{"id": swarm}]}
    asked = {"swarmId": swarm, "personId": absent, "reason": "UNAVAILABLE"}
    replaced = (await data(service, REPLACE, {"input": asked}))["replaceMember"]
    assert replaced["replacement"] == {"id": other}
    held = await bookings(replica.database)
    assert absent not in held
    assert held[other] == swarm
    assert not await allowed(service, absent, swarm)
    assert await allowed(service, other, swarm)
    later = {"startsOn": f"{FIRST + timedelta(days=1)}", "endsOn": f"{LAST + timedelta(days=1)}"}
    assert (await data(service, MOVE, {"id": swarm, "days": later}))["rescheduleSwarm"]["swarm"] == later
    assert (await swarms(replica))[swarm].days == [f"{later['startsOn']}/{later['endsOn']}"]


async def raise_elsewhere(service: ApiService, replica: Replica, skill: str) -> str:
    """The value of another task rises, and its best people come; return its swarm."""
    await open_task(service, "task:third", 1, skill)
    await settled(replica)
    assert (await data(service, LIST))["reorganizations"] == []
    await data(service, VALUE, {"id": "task:third", "value": money(10_000_000)})
    moved = await applied(service, replica)
    held = await bookings(replica.database)
    assert held[moved["person"]] == moved["made"]
    assert held[moved["replacement"]] == moved["left"]
    assert moved["replacement"] == SPARE[skill]
    assert await allowed(service, moved["person"], moved["made"])
    assert not await allowed(service, moved["person"], moved["left"])
    assert (await swarms(replica))[moved["made"]].task == "STAFFED"
    return str(moved["made"])


async def end(service: ApiService, replica: Replica, swarm: str, member: str) -> None:
    """The task is done: its people are free at once, and the swarm ends."""
    closed = (await data(service, CLOSE))["updateTask"]
    assert closed == {"task": {"state": "CLOSED", "result": "DELIVERED"}}
    row = (await swarms(replica))[swarm]
    assert (row.state, row.task) == ("CLOSING", "CLOSED")
    assert not await allowed(service, member, swarm)
    assert await may_record(service, member, swarm)
    over = (await data(service, DISSOLVE, {"id": swarm}))["dissolveSwarm"]["swarm"]
    assert over["state"] == "DISSOLVED"
    assert not await may_record(service, member, swarm)
