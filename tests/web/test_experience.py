"""What a swarm learns, from its first note until another swarm uses it: through GraphQL, on a real server.

Each step is looked at in Neo4j by itself, and by what the permission graph says of a member.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec

from graph_api.api.door import Question, answer
from graph_api.api.service import ApiService
from graph_api.knowledge.experience.extracting import Extracting
from graph_api.knowledge.extraction.offline import OfflineExtractor
from graph_api.ops.settings import load_settings
from graph_api.organization.graphql.request import Identity
from graph_api.projection.records import Reaction
from graph_api.projection.replica import Replica
from graph_api.store.cypher import Query
from graph_api.swarm.index.searching import indexed_search
from graph_api.swarm.life.closing import EXTRACT
from graph_api.swarm.service import Assembly, rules_of
from graph_api.swarm.worker import SolverPool
from tests.api.organization import data, service_on
from tests.support.permissions import guarded
from tests.support.replicas import Site
from tests.support.waiting import until

SETTINGS = load_settings(mutation_seconds=60.0)
SAVE: Final = """mutation($skills: [SkillInput!]!, $people: [PersonInput!]!, $customers: [CustomerInput!]!) {
    saveSkills(input: {skills: $skills}) { ... on Saved { created } }
    savePeople(input: {people: $people}) { ... on Saved { created } }
    saveCustomers(input: {customers: $customers}) { ... on Saved { created } } }"""
OPEN: Final = """mutation($task: OpenTaskInput!) { openTask(input: $task) { ... on TaskOpened { task { id } } } }"""
ASSEMBLE: Final = """mutation($id: ID!) { assembleSwarm(input: {taskId: $id}) { __typename
    ... on SwarmAssembled { swarm { id members { person { id } experienceState } } } } }"""
NOTE: Final = """mutation($input: AddNoteInput!) { addNote(input: $input) { __typename
    ... on NoteAdded { note { id text language author { id } swarm { id } } }
    ... on InputRejected { problems { code } } } }"""
CLOSE: Final = """mutation { updateTask(input: {taskId: "task:first", closeAs: DELIVERED}) {
    ... on TaskUpdated { task { state } } } }"""
DISSOLVE: Final = """mutation($id: ID!) { dissolveSwarm(input: {swarmId: $id}) { __typename
    ... on ExperienceOwed { message swarm { state } members { person { id } experienceState } } } }"""
OWED: Final = "{ experienceOwed { totalCount edges { node { person { id } swarm { id } experienceState } } } }"
DRAFTS: Final = """query($id: ID!) { node(id: $id) { ... on Swarm { state notes { totalCount }
    members { person { id } experienceState experience { id } waiver { reason by }
        drafts { id title body state method language extractor confidence skills { id } customer { id } task { id }
            quotes { start end source { ... on Note { text } } } } } } } }"""
CONFIRM: Final = """mutation($input: ConfirmExperienceInput!) { confirmExperience(input: $input) { __typename
    ... on ExperienceRecorded { knowledge { id state method author { id } } } } }"""
RECORD: Final = """mutation($input: RecordExperienceInput!) { recordExperience(input: $input) { __typename
    ... on ExperienceRecorded { knowledge { id state language method task { id } customer { id } skills { id } } }
    ... on InputRejected { problems { code path } } } }"""
WAIVE: Final = """mutation($input: WaiveExperienceInput!) { waiveExperience(input: $input) { __typename
    ... on ExperienceWaived { member { experienceState waiver { reason by } swarm { state dissolvedAt } } } } }"""
SEARCH: Final = """query($text: String!) { knowledge(filter: {text: $text}) { totalCount
    edges { highlights node { id title author { id } } } } }"""
USE: Final = """mutation($input: UseKnowledgeInput!) { useKnowledge(input: $input) { __typename } }"""
FLOW: Final = """query($from: ID!, $to: ID!) {
    knowledgeFlow(between: PERSON) { totalUses links { source { key } target { key } uses } }
    knowledgePath(fromId: $from, toId: $to) { steps { via source { key } target { key } } } }"""
RATE: Final = """{ captureRate { pairs captured waived overdue rate low95 high95 machineOnlyShare duplicateShare
    reuseShare90Days } }"""
CHINESE: Final = "墨西哥清关时，报关行周五下午不接单，原产地证要提前一天发给他们，否则货柜要在港口多等三天。"
NOTES: Final = (
    "SAT refuses invoices without the pedimento number, so Kepler's refund was blocked for two weeks.",
    "We asked the broker to send the pedimento before the invoice, and the second refund came within four days.",
)


class Named(msgspec.Struct, frozen=True):
    """Which swarm."""

    id: str


class Row(msgspec.Struct, frozen=True):
    """A swarm as Neo4j holds it, with the states of what was written of it."""

    state: str
    written: list[str]


LOOK: Final[Query[Named, Row]] = Query(
    name="tests/experience",
    mode="read",
    plan="",
    text="MATCH (s:Swarm {id: $id}) OPTIONAL MATCH (s)<-[:EXPERIENCE_OF]-(k:Knowledge)-[:RECORDED_BY]->(p:Person) "
    "WITH s, k, p ORDER BY p.id RETURN coalesce(s.state, 'ACTIVE') AS state, "
    "collect(p.id + ' ' + coalesce(k.state, 'CONFIRMED')) AS written",
    params=Named,
    row=Row,
)


class Clock:
    """The clock of this machine, and days that are added by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def today(self) -> date:
        return self().date()


@asynccontextmanager
async def learning(site: Site) -> AsyncGenerator[tuple[ApiService, Replica, Clock]]:
    clock = Clock()
    reacting = {EXTRACT: Extracting(OfflineExtractor(), 100, clock)}
    async with (
        guarded(site, clock=clock, reacting=reacting, mutation_seconds=60.0) as one,
        SolverPool(processes=1, solves_max=4) as pool,
        indexed_search(one.replica, rules_of(SETTINGS), clock.today, 1) as indexed,
    ):
        await indexed.ready()
        assembly = Assembly(one.replica, pool, SETTINGS, indexed=indexed)
        service = service_on(
            one.replica, site.folder, assembly, one.permissions, today=clock.today, mutation_seconds=60.0
        )
        yield service, one.replica, clock


async def as_(service: ApiService, person: str, query: str, **variables: Any) -> Any:
    """What a person gets, who may ask all of it."""
    told = await answer(service, Question(query=query, variables=variables), Identity(person, person_id=person))
    assert "errors" not in told.body, told.body["errors"]
    return told.body["data"]


async def forbidden(service: ApiService, person: str, query: str, **variables: Any) -> bool:
    told = await answer(service, Question(query=query, variables=variables), Identity(person, person_id=person))
    return [error["extensions"]["code"] for error in told.body.get("errors", [])] == ["FORBIDDEN"]


async def look(replica: Replica, swarm: str) -> Row:
    (row,) = await replica.database.read(LOOK, Named(swarm))
    return row


async def prepare(service: ApiService) -> str:
    """Three people of one skill each work on a task for a customer; return their swarm."""
    skills = [
        {"id": "skill:tax", "name": "Mexican tax", "aliases": ["墨西哥税务"]},
        {"id": "skill:customs", "name": "Customs clearance", "aliases": ["清关"]},
        {"id": "skill:live", "name": "Live commerce"},
    ]
    people = [
        {"id": f"person:{name}", "name": name, "skills": [{"skillId": f"skill:{skill}", "level": 4}]}
        for name, skill in {"ann": "tax", "bo": "customs", "cy": "live", "new": "tax"}.items()
    ]
    await data(
        service, SAVE, {"skills": skills, "people": people, "customers": [{"id": "customer:kep", "name": "Kepler"}]}
    )
    return await assembled(service, "first", ["tax", "customs", "live"])


async def assembled(service: ApiService, task: str, skills: list[str], **more: Any) -> str:
    today = service.request(Identity("person:ann")).today
    demand = {
        "skills": [{"skillId": f"skill:{skill}"} for skill in skills],
        "days": {"startsOn": f"{today}", "endsOn": f"{today + timedelta(days=2)}"},
        **more,
    }
    opened = {"id": f"task:{task}", "title": f"Refunds of {task}", "customerId": "customer:kep", "demand": demand}
    await data(service, OPEN, {"task": opened})
    made = (await data(service, ASSEMBLE, {"id": f"task:{task}"}))["assembleSwarm"]
    assert {each["experienceState"] for each in made["swarm"]["members"]} == {"NOT_REQUIRED"}
    return str(made["swarm"]["id"])


async def noted(service: ApiService, swarm: str) -> None:
    for text in NOTES:
        made = (await as_(service, "person:ann", NOTE, input={"swarmId": swarm, "text": text}))["addNote"]
        assert made["note"]["author"] == {"id": "person:ann"}
    assert await forbidden(service, "person:new", NOTE, input={"swarmId": swarm, "text": NOTES[0]})
    seen = (await as_(service, "person:bo", DRAFTS, id=swarm))["node"]
    assert seen["notes"] == {"totalCount": 2}
    hidden = (await data(service, DRAFTS, {"id": swarm}))["node"]
    assert hidden["notes"] == {"totalCount": 0}, "notes are the swarm's own, an administrator's neither"


async def drafted(service: ApiService, replica: Replica, swarm: str) -> str:
    """Close the task; the draft of whoever took notes appears by itself, for the swarm alone. Return its id."""
    assert (await data(service, CLOSE))["updateTask"] == {"task": {"state": "CLOSED"}}
    await until(lambda: not any(one.reaction == EXTRACT for one in replica.graph.nodes(Reaction)), seconds=60)
    assert await look(replica, swarm) == Row("CLOSING", ["person:ann DRAFT"])
    owed = (await data(service, OWED))["experienceOwed"]
    assert owed["totalCount"] == 3
    assert [each["node"]["experienceState"] for each in owed["edges"]] == ["OWED"] * 3, "nobody else is told of drafts"
    for viewer in ("person:ann", "person:bo"):
        members = (await as_(service, viewer, DRAFTS, id=swarm))["node"]["members"]
        assert [each["experienceState"] for each in members] == ["DRAFTED", "OWED", "OWED"]
        (draft,) = members[0]["drafts"]
        assert draft["task"] == {"id": "task:first"}
        assert draft["customer"] == {"id": "customer:kep"}
        assert "skill:tax" in {skill["id"] for skill in draft["skills"]}
        assert (draft["state"], draft["method"], draft["language"]) == ("DRAFT", "EXTRACTED", "en")
        assert draft["extractor"].startswith("offline")
        assert 0 < draft["confidence"] <= 1
        quoted = [each["source"]["text"][each["start"] : each["end"]] for each in draft["quotes"]]
        assert quoted == draft["body"].split("\n")
    assert (await as_(service, "person:new", SEARCH, text="pedimento"))["knowledge"]["totalCount"] == 0
    assert (await data(service, SEARCH, {"text": "pedimento"}))["knowledge"]["totalCount"] == 0
    return str(draft["id"])


async def dissolved_by_itself(service: ApiService, replica: Replica, swarm: str, draft: str) -> None:
    """One confirms, one writes Chinese, one is waived: then the swarm is over, and nobody asked for that."""
    told = (await data(service, DISSOLVE, {"id": swarm}))["dissolveSwarm"]
    assert (told["__typename"], told["swarm"]) == ("ExperienceOwed", {"state": "CLOSING"})
    assert len(told["members"]) == 3
    assert await forbidden(service, "person:bo", CONFIRM, input={"knowledgeId": draft})
    confirmed = (await as_(service, "person:ann", CONFIRM, input={"knowledgeId": draft}))["confirmExperience"]
    assert confirmed["knowledge"] == {
        "id": draft, "state": "CONFIRMED", "method": "EXTRACTED", "author": {"id": "person:ann"},
    }  # fmt: skip
    short = {"swarmId": swarm, "title": "清关", "body": "很好很好"}
    refused = (await as_(service, "person:bo", RECORD, input=short))["recordExperience"]
    assert refused["problems"] == [{"code": "TOO_SHORT", "path": ["body"]}]
    written = (await as_(service, "person:bo", RECORD, input={**short, "body": CHINESE}))["recordExperience"]
    assert written["knowledge"]["language"] == "zh"
    assert [skill["id"] for skill in written["knowledge"]["skills"]] == ["skill:customs"]
    assert (await look(replica, swarm)).state == "CLOSING"
    waived = {"swarmId": swarm, "personId": "person:cy", "reason": "On parental leave until next year"}
    assert await forbidden(service, "person:ann", WAIVE, input=waived)
    member = (await data(service, WAIVE, {"input": waived}))["waiveExperience"]["member"]
    assert member["waiver"] == {"reason": waived["reason"], "by": "admin:local"}
    assert member["swarm"]["state"] == "DISSOLVED"
    assert member["swarm"]["dissolvedAt"] is not None
    assert await look(replica, swarm) == Row("DISSOLVED", ["person:ann CONFIRMED", "person:bo CONFIRMED"])
    assert await forbidden(service, "person:bo", RECORD, input={**short, "body": CHINESE}), "its rights are over"
    assert (await data(service, OWED))["experienceOwed"]["totalCount"] == 0


async def used_elsewhere(service: ApiService, clock: Clock, draft: str) -> None:
    """Another swarm finds what was learned, and uses it; flow, path and reuse show it."""
    clock.ahead = timedelta(days=5)
    await assembled(service, "second", ["tax"], pinnedIds=["person:new"])
    found = (await as_(service, "person:new", SEARCH, text="pedimento"))["knowledge"]
    assert found["totalCount"] == 1
    (edge,) = found["edges"]
    assert edge["node"]["id"] == draft
    assert any("<mark>pedimento</mark>" in each for each in edge["highlights"])
    (chinese,) = (await as_(service, "person:new", SEARCH, text="原产地证"))["knowledge"]["edges"]
    assert (chinese["node"]["title"], chinese["node"]["author"]) == ("清关", None), "a stranger is told what, not who"
    use = {"knowledgeId": draft, "taskId": "task:second"}
    assert (await as_(service, "person:new", USE, input=use))["useKnowledge"] == {"__typename": "KnowledgeUsed"}
    told = await data(service, FLOW, {"from": "person:ann", "to": "person:new"})
    assert told["knowledgeFlow"]["links"] == [
        {"source": {"key": "person:ann"}, "target": {"key": "person:new"}, "uses": 1}
    ]
    assert [step["via"] for step in told["knowledgePath"]["steps"]] == ["RECORDED", "USED"]


async def test_from_the_first_note_until_another_swarm_uses_what_was_learned(site: Site) -> None:
    async with learning(site) as (service, replica, clock):
        swarm = await prepare(service)
        await noted(service, swarm)
        draft = await drafted(service, replica, swarm)
        await dissolved_by_itself(service, replica, swarm, draft)
        await used_elsewhere(service, clock, draft)
        rate = (await data(service, RATE))["captureRate"]
        assert (rate["pairs"], rate["captured"], rate["waived"], rate["overdue"]) == (3, 2, 1, 0)
        assert rate["rate"] == 2 / 3
        assert (rate["machineOnlyShare"], rate["duplicateShare"], rate["reuseShare90Days"]) == (0.5, 0, None)
        clock.ahead = timedelta(days=95)
        assert (await data(service, RATE))["captureRate"]["reuseShare90Days"] == 0.5
