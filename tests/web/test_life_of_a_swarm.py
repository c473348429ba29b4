"""From an open task to the end of its swarm, asked through GraphQL on a real server: each step is looked at in Neo4j by
itself, and by what the permission graph says of a member."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from graph_api.api.service import ApiService
from graph_api.ops.settings import load_settings
from graph_api.store.cypher import Query
from graph_api.store.database import Database
from graph_api.swarm.index.searching import indexed_search
from graph_api.swarm.service import Assembly, rules_of
from graph_api.swarm.worker import SolverPool
from tests.api.organization import data, service_on
from tests.support.permissions import guarded
from tests.support.replicas import Site

TODAY = datetime.now(UTC).date()
FIRST, LAST = TODAY + timedelta(days=10), TODAY + timedelta(days=14)
SETTINGS = load_settings(mutation_seconds=60.0)
SAVE: Final = """mutation($skills: [SkillInput!]!, $people: [PersonInput!]!) {
    saveSkills(input: {skills: $skills}) { ... on Saved { created } }
    savePeople(input: {people: $people}) { ... on Saved { created } } }"""
OPEN: Final = """mutation($task: OpenTaskInput!) { openTask(input: $task) { ... on TaskOpened { task { id } } } }"""
ASSEMBLE: Final = """mutation { assembleSwarm(input: {taskId: "task:t"}) { __typename
    ... on SwarmAssembled { swarm { id members { person { id } } } proposal { certificate { status } } } } }"""
ABSENT: Final = """mutation($id: ID!, $days: [DaysInput!]!) { setAbsences(input: {personId: $id, absences: $days}) {
    ... on AbsencesSet { swarmsToMend { id } } } }"""
MOVE: Final = """mutation($id: ID!, $days: DaysInput!) { rescheduleSwarm(input: {swarmId: $id, days: $days}) {
    __typename ... on SwarmConflict { people { id } } ... on SwarmRescheduled { swarm { startsOn endsOn } } } }"""
CLOSE: Final = """mutation { updateTask(input: {taskId: "task:t", closeAs: DELIVERED}) { __typename
    ... on TaskUpdated { task { state result } } } }"""
REPLACE: Final = """mutation($input: ReplaceMemberInput!) { replaceMember(input: $input) { __typename
    ... on MemberReplaced { replacement { id } swarm { members { person { id } } } } } }"""
END: Final = """mutation($input: EndPersonInput!) { endPerson(input: $input) { __typename
    ... on PersonEnded { person { id } swarms { id } } ... on SwarmShortage { conflict { kind } } } }"""
EXPLAIN: Final = """{ proposeSwarm(taskId: "task:t") { ... on SwarmProposal {
    seats { person { id } marginalValue substitute { id } } prices { member skills { skill { id } price } } } }
    whyNot(taskId: "task:t", personId: "person:art") { eligible violates { kind } shortfall { skill load distance }
        bestWith { objective seats { person { id } } } } }"""
DISSOLVE: Final = """mutation($id: ID!) { dissolveSwarm(input: {swarmId: $id}) { __typename
    ... on SwarmDissolved { swarm { state dissolvedAt } } } }"""
CHECK: Final = """query($user: String!, $relation: String!, $object: String!) {
    check(user: $user, relation: $relation, object: $object) { allowed } }"""


class Row(msgspec.Struct, frozen=True):
    """A swarm as Neo4j holds it."""

    state: str
    task: str
    since: list[str]
    until: list[str]


class Swarms(msgspec.Struct, frozen=True):
    """Which swarm."""

    id: str


LOOK: Final[Query[Swarms, Row]] = Query(
    name="tests/swarm",
    mode="read",
    plan="",
    text="MATCH (s:Swarm {id: $id})-[:STAFFS]->(t:Task) MATCH (s)<-[m:MEMBER_OF]-(p:Person) "
    "WITH s, t, m ORDER BY p.id RETURN coalesce(s.state, 'ACTIVE') AS state, coalesce(t.state, 'OPEN') AS task, "
    "collect(toString(m.since)) AS since, collect(toString(m.until)) AS until",
    params=Swarms,
    row=Row,
)


@asynccontextmanager
async def assembling(site: Site) -> AsyncGenerator[tuple[ApiService, Database]]:
    async with (
        guarded(site, mutation_seconds=60.0) as one,
        SolverPool(processes=1, solves_max=4) as pool,
        indexed_search(one.replica, rules_of(SETTINGS), lambda: TODAY, 1) as indexed,
    ):
        await indexed.ready()
        assembly = Assembly(one.replica, pool, SETTINGS, indexed=indexed)
        yield service_on(one.replica, site.folder, assembly, one.permissions), one.replica.database


async def allowed(service: ApiService, user: str, relation: str, swarm: str) -> bool:
    found = await data(service, CHECK, {"user": user, "relation": relation, "object": swarm})
    return bool(found["check"]["allowed"])


async def in_neo4j(database: Database, swarm: str) -> Row:
    (row,) = await database.read(LOOK, Swarms(swarm))
    return row


async def prepare(service: ApiService) -> None:
    skills = [{"id": "skill:a", "name": "A"}, {"id": "skill:b", "name": "B"}]
    people = [
        {"id": f"person:{name}", "name": name, "skills": [{"skillId": f"skill:{name[0]}", "level": level}]}
        for name, level in {"ann": 5, "art": 3, "bea": 5, "bob": 2}.items()
    ]
    await data(service, SAVE, {"skills": skills, "people": people})
    demand = {
        "skills": [{"skillId": "skill:a"}, {"skillId": "skill:b"}],
        "headcount": 2,
        "days": {"startsOn": f"{FIRST}", "endsOn": f"{LAST}"},
    }
    await data(service, OPEN, {"task": {"id": "task:t", "title": "T", "demand": demand}})


async def test_life_of_a_swarm_from_its_task_to_its_end(site: Site) -> None:
    async with assembling(site) as (service, database):
        await prepare(service)
        made = (await data(service, ASSEMBLE))["assembleSwarm"]
        assert made["proposal"]["certificate"]["status"] == "PROVED"
        swarm = made["swarm"]["id"]
        assert [each["person"]["id"] for each in made["swarm"]["members"]] == ["person:ann", "person:bea"]
        assert await in_neo4j(database, swarm) == Row("ACTIVE", "STAFFED", [f"{FIRST}"] * 2, [f"{LAST}"] * 2)
        assert await allowed(service, "person:ann", "member", swarm)

        away = {"startsOn": f"{LAST}", "endsOn": f"{LAST + timedelta(days=1)}"}
        told = (await data(service, ABSENT, {"id": "person:ann", "days": [away]}))["setAbsences"]
        assert told == {"swarmsToMend": [{"id": swarm}]}

        later = {"startsOn": f"{FIRST + timedelta(days=1)}", "endsOn": f"{LAST}"}
        conflict = (await data(service, MOVE, {"id": swarm, "days": later}))["rescheduleSwarm"]
        assert conflict == {"__typename": "SwarmConflict", "people": [{"id": "person:ann"}]}
        before = {"startsOn": f"{FIRST - timedelta(days=2)}", "endsOn": f"{LAST - timedelta(days=1)}"}
        moved = (await data(service, MOVE, {"id": swarm, "days": before}))["rescheduleSwarm"]
        assert moved == {"__typename": "SwarmRescheduled", "swarm": before}
        row = await in_neo4j(database, swarm)
        assert (row.since, row.until) == ([before["startsOn"]] * 2, [before["endsOn"]] * 2)

        closed = (await data(service, CLOSE))["updateTask"]
        assert closed == {"__typename": "TaskUpdated", "task": {"state": "CLOSED", "result": "DELIVERED"}}
        row = await in_neo4j(database, swarm)
        assert (row.state, row.task) == ("CLOSING", "CLOSED")
        assert not await allowed(service, "person:ann", "member", swarm)
        assert await allowed(service, "person:ann", "can_record", swarm)

        over = (await data(service, DISSOLVE, {"id": swarm}))["dissolveSwarm"]["swarm"]
        assert over["state"] == "DISSOLVED"
        assert over["dissolvedAt"] is not None
        assert (await in_neo4j(database, swarm)).state == "DISSOLVED"
        assert not await allowed(service, "person:ann", "can_record", swarm)


async def test_swarm_that_is_called_off_lets_its_task_be_staffed_anew(site: Site) -> None:
    async with assembling(site) as (service, database):
        await prepare(service)
        first = (await data(service, ASSEMBLE))["assembleSwarm"]["swarm"]["id"]
        cancel = 'mutation { cancelSwarm(input: {swarmId: "%s"}) { __typename } }'
        assert await data(service, cancel % first) == {"cancelSwarm": {"__typename": "SwarmCancelled"}}
        row = await in_neo4j(database, first)
        assert (row.state, row.task) == ("CANCELLED", "OPEN")
        assert not await allowed(service, "person:ann", "member", first)
        again = (await data(service, ASSEMBLE))["assembleSwarm"]["swarm"]
        assert again["id"] != first
        assert [each["person"]["id"] for each in again["members"]] == ["person:ann", "person:bea"]


async def test_seats_are_given_to_others_with_their_rights(site: Site) -> None:
    async with assembling(site) as (service, database):
        await prepare(service)
        swarm = (await data(service, ASSEMBLE))["assembleSwarm"]["swarm"]["id"]
        asked = {"swarmId": swarm, "personId": "person:ann", "startsOn": f"{LAST}", "reason": "UNAVAILABLE"}
        replaced = (await data(service, REPLACE, {"input": asked}))["replaceMember"]
        assert replaced == {
            "__typename": "MemberReplaced",
            "replacement": {"id": "person:art"},
            "swarm": {"members": [{"person": {"id": "person:art"}}, {"person": {"id": "person:bea"}}]},
        }
        row = await in_neo4j(database, swarm)
        assert row.since == [f"{FIRST}", f"{LAST}", f"{FIRST}"]
        assert row.until == [f"{LAST - timedelta(days=1)}", f"{LAST}", f"{LAST}"]
        assert await allowed(service, "person:ann", "member", swarm), "until the day on which the other comes"
        assert await allowed(service, "person:art", "member", swarm)

        gone = {"personId": "person:bea", "lastDay": f"{TODAY}"}
        ended = (await data(service, END, {"input": gone}))["endPerson"]
        assert ended == {"__typename": "PersonEnded", "person": {"id": "person:bea"}, "swarms": [{"id": swarm}]}
        assert not await allowed(service, "person:bea", "member", swarm)
        assert await allowed(service, "person:bob", "member", swarm)

        short = (await data(service, END, {"input": {"personId": "person:bob", "lastDay": f"{FIRST}"}}))["endPerson"]
        assert short["__typename"] == "SwarmShortage"
        assert (await in_neo4j(database, swarm)).until == [f"{LAST - timedelta(days=1)}", f"{LAST}", f"{LAST}"]


async def test_a_proposal_is_explained_where_it_is_asked_for(site: Site) -> None:
    async with assembling(site) as (service, _):
        await prepare(service)
        told = await data(service, EXPLAIN)
    assert told["proposeSwarm"] == {
        "seats": [
            {"person": {"id": "person:ann"}, "marginalValue": 0.4, "substitute": {"id": "person:art"}},
            {"person": {"id": "person:bea"}, "marginalValue": 0.6, "substitute": {"id": "person:bob"}},
        ],
        "prices": {
            "member": None,
            "skills": [{"skill": {"id": "skill:a"}, "price": 1.0}, {"skill": {"id": "skill:b"}, "price": 1.0}],
        },
    }
    assert told["whyNot"] == {
        "eligible": True,
        "violates": [],
        "shortfall": {"skill": 0.4, "load": 0.0, "distance": 0.0},
        "bestWith": {"objective": 1.6, "seats": [{"person": {"id": "person:art"}}, {"person": {"id": "person:bea"}}]},
    }
