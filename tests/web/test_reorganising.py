"""Liquid reorganisation on a real server: by itself, exactly once, and every step looked at in Neo4j and by checks."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec

from graph_api.api.service import ApiService
from graph_api.projection.records import Reaction
from graph_api.projection.replica import Replica
from graph_api.store.cypher import NoParams, Query
from graph_api.store.database import Database
from graph_api.swarm.decisions import REORGANIZE
from graph_api.swarm.index.searching import indexed_search
from graph_api.swarm.reorganising.model import Reorganization, ReorganizationPolicy
from graph_api.swarm.reorganising.reacting import Reorganizing
from graph_api.swarm.service import Assembly, rules_of, trigger_on
from graph_api.swarm.worker import SolverPool
from tests.api.organization import data, service_on
from tests.support.permissions import guarded
from tests.support.replicas import Site
from tests.support.waiting import until
from tests.web.test_life_of_a_swarm import CHECK, FIRST, LAST, OPEN, SAVE, SETTINGS, TODAY

PAIRS: Final = (("person:ann", "person:art"), ("person:bea", "person:bob"))
"""Who is best at a skill, and who else holds it."""
ASSEMBLE: Final = """mutation($id: ID!) { assembleSwarm(input: {taskId: $id}) { __typename
    ... on SwarmAssembled { swarm { id members { person { id } } } } } }"""
LIST: Final = """{ reorganizations(states: [PROPOSED]) { id state task { id } trigger { fires reason
    benefit { amount currency } cost { amount } breakEvenValue { amount }
    moves { person { id } fromSwarm { id } replacement { id } cost { amount } }
    keep { __typename ... on SwarmProposal { objective } } free { ... on SwarmProposal { objective } } } } }"""
ASK: Final = """query($value: MoneyInput) { reorganizationTrigger(taskId: "task:dear", value: $value) {
    fires reason breakEvenValue { amount } } }"""
APPLY: Final = """mutation($id: ID!) { applyReorganization(input: {reorganizationId: $id}) { __typename
    ... on ReorganizationApplied { reorganization { state } swarms { id members { person { id } } } }
    ... on InputRejected { problems { code } } } }"""
DECLINE: Final = """mutation($id: ID!) { declineReorganization(input: {reorganizationId: $id, reason: "Not now"}) {
    __typename ... on ReorganizationApplied { reorganization { state reason } swarms { id } } } }"""
RAISE: Final = """mutation($value: MoneyInput!) { updateTask(input: {taskId: "task:dear", value: $value}) {
    ... on TaskUpdated { reorganization { state } } } }"""


class Booked(msgspec.Struct, frozen=True):
    """A booking as Neo4j holds it."""

    person: str
    swarm: str
    since: str
    until: str


BOOKED: Final[Query[NoParams, Booked]] = Query(
    name="tests/booked",
    mode="read",
    plan="",
    text="MATCH (p:Person)-[m:MEMBER_OF]->(s:Swarm) WHERE m.left_at IS NULL RETURN p.id AS person, s.id AS swarm, "
    "toString(m.since) AS since, toString(m.until) AS until ORDER BY person, swarm",
    params=NoParams,
    row=Booked,
)


@asynccontextmanager
async def reorganising(
    site: Site, policy: ReorganizationPolicy = ReorganizationPolicy.PROPOSE
) -> AsyncGenerator[tuple[ApiService, Replica]]:
    reorganizing = Reorganizing(policy, 30.0)
    async with (
        guarded(site, mutation_seconds=60.0, reacting={REORGANIZE: reorganizing}) as one,
        SolverPool(processes=1, solves_max=4) as pool,
        indexed_search(one.replica, rules_of(SETTINGS), lambda: TODAY, 1) as indexed,
    ):
        await indexed.ready()
        reorganizing.begin(trigger_on(one.replica, indexed, SETTINGS))
        assembly = Assembly(one.replica, pool, SETTINGS, indexed=indexed)
        yield service_on(one.replica, site.folder, assembly, one.permissions), one.replica


def money(amount: int) -> dict[str, Any]:
    return {"amount": str(amount), "currency": "CNY"}


async def prepare(service: ApiService) -> str:
    """Four people, of whom the two best work on a task of little worth; return its swarm."""
    skills = [{"id": "skill:a", "name": "A"}, {"id": "skill:b", "name": "B"}]
    people = [
        {
            "id": f"person:{name}", "name": name, "dayRate": money(100),
            "skills": [{"skillId": f"skill:{name[0]}", "level": level}],
        }
        for name, level in {"ann": 5, "art": 3, "bea": 5, "bob": 2}.items()
    ]  # fmt: skip
    await data(service, SAVE, {"skills": skills, "people": people})
    await open_task(service, "task:cheap", 1000)
    made = (await data(service, ASSEMBLE, {"id": "task:cheap"}))["assembleSwarm"]["swarm"]
    assert [each["person"]["id"] for each in made["members"]] == ["person:ann", "person:bea"]
    return str(made["id"])


async def open_task(service: ApiService, task: str, value: int, skills: str = "ab") -> None:
    days = {"startsOn": f"{FIRST}", "endsOn": f"{LAST}"}
    wanted = [{"skillId": f"skill:{skill}"} for skill in skills]
    demand = {"skills": wanted, "headcount": len(skills), "days": days}
    await data(service, OPEN, {"task": {"id": task, "title": "T", "value": money(value), "demand": demand}})


async def settled(replica: Replica) -> None:
    await until(lambda: replica.graph.count(Reaction) == 0, seconds=60)


async def bookings(database: Database) -> dict[str, str]:
    return {row.person: row.swarm for row in await database.read(BOOKED, NoParams())}


async def allowed(service: ApiService, user: str, swarm: str) -> bool:
    found = await data(service, CHECK, {"user": user, "relation": "member", "object": swarm})
    return bool(found["check"]["allowed"])


async def test_a_dear_task_is_proposed_the_best_people_by_itself_and_gets_them_in_one_commit(site: Site) -> None:
    async with reorganising(site) as (service, replica):
        left = await prepare(service)
        await open_task(service, "task:dear", 100_000)
        await settled(replica)
        (found,) = (await data(service, LIST))["reorganizations"]
        told = found["trigger"]
        assert (found["task"]["id"], told["fires"]) == ("task:dear", True)
        # Ann holds A at 5, Art at 3: of two skills of weight 1 that is a fifth of the value; Bea and Ann share a swarm.
        assert told["keep"] == {"__typename": "SwarmProposal", "objective": 1.0}
        (move,) = told["moves"]
        moved, other = (
            ("person:bea", "person:bob") if move["person"]["id"] == "person:bea" else ("person:ann", "person:art")
        )
        assert (move["fromSwarm"]["id"], move["replacement"]["id"]) == (left, other)

        done = (await data(service, APPLY, {"id": found["id"]}))["applyReorganization"]
        assert done["reorganization"]["state"] == "APPLIED"
        made = done["swarms"][0]["id"]
        assert await bookings(replica.database) == {
            moved: made, other: left, **dict.fromkeys({"person:ann", "person:bea"} - {moved}, left),
            **dict.fromkeys({"person:art", "person:bob"} - {other}, made),
        }  # fmt: skip
        assert await allowed(service, moved, made)
        assert not await allowed(service, moved, left)
        assert await allowed(service, other, left)
        again = (await data(service, APPLY, {"id": found["id"]}))["applyReorganization"]
        assert again == {"__typename": "InputRejected", "problems": [{"code": "NOT_PROPOSED"}]}


async def test_what_is_not_worth_it_is_not_proposed_and_becomes_so_when_its_value_rises(site: Site) -> None:
    async with reorganising(site) as (service, replica):
        await prepare(service)
        await open_task(service, "task:dear", 100)
        await settled(replica)
        assert (await data(service, LIST))["reorganizations"] == []
        told = (await data(service, ASK))["reorganizationTrigger"]
        assert not told["fires"]
        least = float(told["breakEvenValue"]["amount"])
        for factor, fires in ((0.9, False), (1.1, True)):
            asked = (await data(service, ASK, {"value": money(round(least * factor))}))["reorganizationTrigger"]
            assert asked["fires"] is fires
        assert replica.graph.count(Reorganization) == 0, "asking records nothing"
        raised = (await data(service, RAISE, {"value": money(100_000)}))["updateTask"]
        await settled(replica)
        (found,) = (await data(service, LIST))["reorganizations"]
        assert raised["reorganization"] in ({"state": "PROPOSED"}, None), "null where it took longer than is waited for"
        declined = (await data(service, DECLINE, {"id": found["id"]}))["declineReorganization"]
        assert declined["reorganization"] == {"state": "DECLINED", "reason": "Not now"}
        assert (await data(service, LIST))["reorganizations"] == []


async def test_two_replicas_and_one_that_was_restarted_record_each_event_once(site: Site) -> None:
    async with reorganising(site) as (service, replica):
        await prepare(service)
        await settled(replica)
    async with guarded(site, mutation_seconds=60.0) as crashed, SolverPool(processes=1, solves_max=1) as pool:
        # Nobody reacts here, as if the process had died between the commit and what it causes.
        assembly = Assembly(crashed.replica, pool, SETTINGS)
        service = service_on(crashed.replica, site.folder, assembly, crashed.permissions)
        await open_task(service, "task:first", 50_000, "a")
        assert crashed.replica.graph.count(Reaction) == 1
    async with reorganising(site) as (one, first), reorganising(site) as (other, second):
        await settled(first)
        for number, service in enumerate((one, other, one, other)):
            await open_task(service, f"task:{number}", 40_000 + number, "b")
        await settled(first)
        await second.wait_for(first.revision)
        await settled(second)
        found = sorted(record.task for record in second.graph.nodes(Reorganization))
        assert found == ["task:0", "task:1", "task:2", "task:3", "task:first"]


async def test_policy_apply_moves_people_by_itself_and_off_does_nothing(site: Site) -> None:
    async with reorganising(site, ReorganizationPolicy.APPLY) as (service, replica):
        left = await prepare(service)
        await open_task(service, "task:dear", 100_000)
        await settled(replica)
        (record,) = replica.graph.nodes(Reorganization)
        swarms = set((await bookings(replica.database)).values())
        assert swarms == {left, record.swarm_id}
    async with reorganising(site, ReorganizationPolicy.OFF) as (service, replica):
        await open_task(service, "task:more", 1_000_000)
        await settled(replica)
        assert replica.graph.count(Reorganization) == 1
        assert set((await bookings(replica.database)).values()) == swarms
