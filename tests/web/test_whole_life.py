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


async def test_from_an_open_task_over_every_change_to_the_end(site: Site) -> None:
    async with reorganising(site) as (service, replica):
        database = replica.database
        cheap = await prepare(service)
        skills = {skill: [{"skillId": f"skill:{skill}", "level": 1}] for skill in SPARE}
        people = [
            {"id": person, "name": person, "dayRate": money(100), "skills": skills[skill]}
            for skill, person in SPARE.items()
        ]
        await data(service, SAVE, {"skills": [], "people": people})

        # A dear task opens: it is proposed by itself that somebody moves to it, and that is applied.
        await open_task(service, "task:dear", 100_000)
        moved = await applied(service, replica)
        dear, mover = moved["made"], moved["person"]
        skill = mover[len("person:")]
        assert moved["left"] == cheap
        assert (mover, moved["replacement"]) in PAIRS
        held = await bookings(database)
        assert (held[mover], held[moved["replacement"]]) == (dear, cheap)
        assert await allowed(service, mover, dear)
        assert not await allowed(service, mover, cheap)

        # The one who moved is absent on a day, and is replaced by whoever is left.
        away = {"startsOn": f"{LAST}", "endsOn": f"{LAST}"}
        told = (await data(service, ABSENT, {"id": mover, "days": [away]}))["setAbsences"]
        assert told == {"swarmsToMend": [{"id": dear}]}
        asked = {"swarmId": dear, "personId": mover, "reason": "UNAVAILABLE"}
        replaced = (await data(service, REPLACE, {"input": asked}))["replaceMember"]
        assert replaced["replacement"] == {"id": SPARE[skill]}
        held = await bookings(database)
        assert mover not in held
        assert held[SPARE[skill]] == dear
        assert not await allowed(service, mover, dear)
        assert await allowed(service, SPARE[skill], dear)

        # It is put off by a day.
        later = {"startsOn": f"{FIRST + timedelta(days=1)}", "endsOn": f"{LAST + timedelta(days=1)}"}
        assert (await data(service, MOVE, {"id": dear, "days": later}))["rescheduleSwarm"]["swarm"] == later
        assert (await swarms(replica))[dear].days == [f"{later['startsOn']}/{later['endsOn']}"]

        # Elsewhere the value of a task rises, and its best people come.
        other = "b" if skill == "a" else "a"
        await open_task(service, "task:third", 1, other)
        await settled(replica)
        assert (await data(service, LIST))["reorganizations"] == []
        await data(service, VALUE, {"id": "task:third", "value": money(10_000_000)})
        second = await applied(service, replica)
        held = await bookings(database)
        assert held[second["person"]] == second["made"]
        assert held[second["replacement"]] == second["left"]
        assert second["replacement"] == SPARE[other]
        assert await allowed(service, second["person"], second["made"])
        assert not await allowed(service, second["person"], second["left"])
        assert (await swarms(replica))[second["made"]].task == "STAFFED"

        # The dear task is done: its people are free at once, and the swarm ends.
        closed = (await data(service, CLOSE))["updateTask"]
        assert closed == {"task": {"state": "CLOSED", "result": "DELIVERED"}}
        row = (await swarms(replica))[dear]
        assert (row.state, row.task) == ("CLOSING", "CLOSED")
        assert not await allowed(service, SPARE[skill], dear)
        assert await may_record(service, SPARE[skill], dear)
        over = (await data(service, DISSOLVE, {"id": dear}))["dissolveSwarm"]["swarm"]
        assert over["state"] == "DISSOLVED"
        states = {one: found.state for one, found in (await swarms(replica)).items()}
        assert states == {dear: "DISSOLVED", cheap: "ACTIVE", second["made"]: "ACTIVE"}
        assert not await may_record(service, SPARE[skill], dear)
