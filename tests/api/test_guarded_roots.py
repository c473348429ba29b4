"""Every role at every root field: exactly those are let through of whom it is written here by hand."""

from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, Final

import pytest

from graph_api.api.door import Question, answers
from graph_api.api.schema import Mutation, Query, Subscription
from graph_api.api.service import ApiService
from graph_api.swarm.assembly import TaskOpened
from tests.api.assemblers import FixedAssembler
from tests.api.guard_world import IDENTITIES, answered, codes, guarded_service, records, shown
from tests.api.organization import service_on
from tests.api.test_declared_fields import OBJECTS
from tests.support.commands import PUT, Put
from tests.support.permissions import guarded
from tests.support.replicas import Site

ALL = set(IDENTITIES)
ADMINISTRATOR = {"administrator"}
DISPATCHERS = {"administrator", "dispatcher"}
INTEGRATORS = {"administrator", "integrator"}
OFFICE = {"administrator", "dispatcher", "integrator"}
STAFF = OFFICE | {"member", "manager", "in swarm", "recorder"}

QUERIES: Final[Mapping[str, tuple[str, set[str]]]] = {
    "viewer": ("{ viewer { id } }", ALL),
    "node": ('{ node(id: "person:mem") { id } }', ALL),
    "nodes": ('{ nodes(ids: ["person:mem"]) { id } }', ALL),
    "people": ("{ people { totalCount } }", ALL),
    "skills": ("{ skills { totalCount } }", ALL),
    "units": ("{ units { totalCount } }", ALL),
    "tasks": ("{ tasks { totalCount } }", ALL),
    "customers": ("{ customers { totalCount } }", ALL),
    "swarms": ("{ swarms { totalCount } }", ALL),
    "knowledge": ("{ knowledge { totalCount } }", ALL),
    "organization": ("{ organization { name } }", STAFF),
    "proposeSwarm": ('{ proposeSwarm(taskId: "task:free") { __typename } }', DISPATCHERS),
    "reorganizationTrigger": ('{ reorganizationTrigger(taskId: "task:free") { fires } }', DISPATCHERS),
    "reorganizations": ("{ reorganizations { id } }", OFFICE),
    "whyNot": ('{ whyNot(taskId: "task:free", personId: "person:bo") { eligible } }', DISPATCHERS),
    "tides": ('{ tides(skillIds: ["skill:tax"]) { mase } }', OFFICE),
    "freeCapacity": ('{ freeCapacity(skillIds: ["skill:tax"]) { holders } }', OFFICE),
    "forecastGap": ('{ forecastGap(skillIds: ["skill:tax"]) { weeks { startsOn } } }', OFFICE),
    "idleShare": ("{ idleShare { now } }", OFFICE),
    "fairness": ("{ fairness { seats } }", OFFICE),
    "check": ('{ check(user: "person:zed", relation: "can_see", object: "person:zed") { allowed } }', INTEGRATORS),
    "checks": (
        '{ checks(items: [{user: "person:zed", relation: "can_see", object: "person:zed"}]) { allowed } }',
        INTEGRATORS,
    ),
    "listObjects": (
        '{ listObjects(user: "person:zed", relation: "can_see", type: "unit") { totalCount } }',
        INTEGRATORS,
    ),
    "listUsers": (
        '{ listUsers(object: "task:mx", relation: "can_see", filters: ["person"]) { totalCount } }',
        INTEGRATORS,
    ),
    "expand": ('{ expand(object: "task:mx", relation: "can_see") { nodes { parent } } }', INTEGRATORS),
    "explainAccess": (
        '{ explainAccess(user: "person:zed", relation: "can_see", object: "task:mx") { text } }',
        INTEGRATORS,
    ),
    "tuples": ('{ tuples(object: "task:mx") { totalCount } }', INTEGRATORS),
    "authorizationModel": ("{ authorizationModel { id } }", INTEGRATORS),
    "previewPermissions": ("{ previewPermissions { __typename } }", INTEGRATORS),
    "experienceOwed": ("{ experienceOwed { totalCount } }", OFFICE),
    "captureRate": ("{ captureRate { pairs } }", OFFICE),
    "knowledgeFlow": ("{ knowledgeFlow { totalUses } }", OFFICE),
    "knowledgePath": ('{ knowledgePath(fromId: "person:bo", toId: "person:sw") { arrivesAt } }', OFFICE),
    "knowledgeBrokers": ("{ knowledgeBrokers { totalVertices } }", OFFICE),
    "knowledgeReach": ('{ knowledgeReach(knowledgeId: "knowledge:none") { size } }', OFFICE),
    "knowledgeAtRisk": ("{ knowledgeAtRisk { median } }", OFFICE),
    "singleAuthorSkills": ('{ singleAuthorSkills(releases: ["1"]) { totalCount } }', OFFICE),
    "departureAssessments": ("{ departureAssessments { totalCount } }", ADMINISTRATOR),
    "whoKnows": ('{ whoKnows(skillIds: ["skill:tax"]) { totalHolders } }', STAFF),
    "possibleDuplicates": ('{ possibleDuplicates(knowledgeId: "knowledge:none") { likeness } }', STAFF),
    "valueDiffusion": ("{ valueDiffusion { withoutAdoption } }", OFFICE),
    "previewAuthorizationModel": (
        '{ previewAuthorizationModel(source: {dsl: "model\\n  schema 1.1\\n"}) { __typename } }',
        INTEGRATORS,
    ),
}
PROPOSED = "reorganization:r"
CHANGE = "mutation { %s { __typename } }"
GRANT = 'changePermissions(input: {add: [{user: "person:bo", relation: "viewer", object: "%s:1"}]})'
MUTATIONS: Final[Mapping[str, tuple[str, set[str]]]] = {
    "savePeople": (CHANGE % 'savePeople(input: {people: [{id: "person:new", name: "New"}]})', INTEGRATORS),
    "saveSkills": (CHANGE % 'saveSkills(input: {skills: [{id: "skill:new", name: "New"}]})', INTEGRATORS),
    "saveUnits": (CHANGE % 'saveUnits(input: {units: [{id: "unit:new", name: "New"}]})', INTEGRATORS),
    "saveCustomers": (CHANGE % 'saveCustomers(input: {customers: [{id: "customer:new", name: "New"}]})', OFFICE),
    "openTask": (CHANGE % 'openTask(input: {id: "task:new", title: "New"})', OFFICE),
    "assembleSwarm": (CHANGE % 'assembleSwarm(input: {taskId: "task:free"})', DISPATCHERS),
    "updateTask": (CHANGE % 'updateTask(input: {taskId: "task:free", title: "Other"})', OFFICE),
    "cancelSwarm": (CHANGE % 'cancelSwarm(input: {swarmId: "swarm:s"})', DISPATCHERS),
    "rescheduleSwarm": (
        CHANGE % 'rescheduleSwarm(input: {swarmId: "swarm:s", days: {startsOn: "2030-01-01", endsOn: "2030-01-02"}})',
        DISPATCHERS,
    ),
    "replaceMember": (
        CHANGE % 'replaceMember(input: {swarmId: "swarm:s", personId: "person:sw", reason: OTHER})',
        DISPATCHERS,
    ),
    "endPerson": (CHANGE % 'endPerson(input: {personId: "person:bo", lastDay: "2030-01-01"})', ADMINISTRATOR),
    "applyReorganization": (CHANGE % 'applyReorganization(input: {reorganizationId: "%s"})' % PROPOSED, DISPATCHERS),
    "declineReorganization": (
        CHANGE % 'declineReorganization(input: {reorganizationId: "%s"})' % PROPOSED,
        DISPATCHERS,
    ),
    "dissolveSwarm": (CHANGE % 'dissolveSwarm(input: {swarmId: "swarm:s"})', DISPATCHERS),
    "addNote": (CHANGE % 'addNote(input: {swarmId: "swarm:s", text: "Noted"})', {"in swarm"}),
    "recordExperience": (
        CHANGE % 'recordExperience(input: {swarmId: "swarm:c", title: "What I learned", body: "Little"})',
        {"recorder"},
    ),
    "confirmExperience": (CHANGE % 'confirmExperience(input: {knowledgeId: "knowledge:draft"})', {"recorder"}),
    "waiveExperience": (
        CHANGE % 'waiveExperience(input: {swarmId: "swarm:c", personId: "person:far", reason: "Gone"})',
        DISPATCHERS,
    ),
    "setAbsences": (CHANGE % 'setAbsences(input: {personId: "person:bo", absences: []})', INTEGRATORS | {"manager"}),
    "setPersonSkills": (
        CHANGE % 'setPersonSkills(input: {personId: "person:mem", skills: []})',
        INTEGRATORS | {"member"},
    ),
    "confirmPersonSkills": (
        CHANGE % 'confirmPersonSkills(input: {personId: "person:bo", skills: []})',
        INTEGRATORS | {"manager"},
    ),
    "assessDeparture": (
        CHANGE % 'assessDeparture(input: {personIds: ["person:bo", "person:mem"]})',
        ADMINISTRATOR | {"manager"},
    ),
    "useKnowledge": (CHANGE % 'useKnowledge(input: {knowledgeId: "knowledge:none"})', ALL),
    "citeKnowledge": (CHANGE % 'citeKnowledge(input: {knowledgeId: "knowledge:none", citedId: "knowledge:no"})', ALL),
    "mergeKnowledge": (CHANGE % 'mergeKnowledge(input: {keepId: "knowledge:none", duplicateIds: []})', ALL),
    "changePermissions": (CHANGE % (GRANT % "document"), INTEGRATORS),
    "writeAuthorizationModel": (CHANGE % 'writeAuthorizationModel(input: {source: {dsl: "model"}})', ADMINISTRATOR),
}
ROOTS = {**QUERIES, **MUTATIONS}
ABOUT_ONESELF = {
    "check": '{ check(user: $me, relation: "can_see", object: "person:far") { allowed } }',
    "checks": '{ checks(items: [{user: $me, relation: "can_see", object: "person:far"}]) { allowed } }',
    "listObjects": '{ listObjects(user: $me, relation: "can_see", type: "person") { totalCount } }',
    "tuples": "{ tuples(user: $me) { totalCount } }",
}


def test_the_matrix_has_a_row_for_every_root_field() -> None:
    assert set(QUERIES) == set(OBJECTS[Query.__name__].fields)
    assert set(MUTATIONS) == set(OBJECTS[Mutation.__name__].fields)
    assert set(STREAMS) == set(OBJECTS[Subscription.__name__].fields)


def _untouched_service() -> ApiService:
    return guarded_service(assembler=FixedAssembler(open_task=TaskOpened(task_id="task:free")))


@pytest.mark.parametrize("field", ROOTS)
async def test_exactly_those_are_let_through_who_are_said_to_be(field: str) -> None:
    query, allowed = ROOTS[field]
    let_through: set[str] = set()
    service = _untouched_service()
    for role in IDENTITIES:
        body = (await answered(service, role, query)).body
        if field in MUTATIONS:
            service = _untouched_service()
        told = {error["extensions"]["code"] for error in body.get("errors", [])}
        if "FORBIDDEN" in told:
            assert body["data"] == {field: None}
        else:
            assert told == set(), (role, body)
            let_through.add(role)
    assert let_through == allowed


async def test_people_tell_themselves_when_they_are_not_there() -> None:
    asked = 'mutation { setAbsences(input: {personId: "person:%s", absences: []}) { __typename } }'
    service = guarded_service()
    assert await codes(service, "member", asked % "mem") == set()
    assert await codes(service, "member", asked % "man") == {"FORBIDDEN"}
    assert await codes(service, "member", asked % "nobody") == {"FORBIDDEN"}


@pytest.mark.parametrize("field", ABOUT_ONESELF)
async def test_about_oneself_one_may_always_ask(field: str) -> None:
    service = guarded_service()
    for role in ALL - {"stranger"}:
        me = IDENTITIES[role].id
        body = (await answered(service, role, f"query($me: String!) {ABOUT_ONESELF[field]}", me=me)).body
        assert "errors" not in body, (role, body)
        assert body["data"][field] is not None


SUPPOSED = '[{user: "person:mem", relation: "administrator", object: "organization:main"}]'
SUPPOSING = {
    "check": 'check(user: "person:mem", relation: "can_see", object: "person:far", contextualTuples: %s) { allowed }',
    "checks": 'checks(items: [{user: "person:mem", relation: "can_see", object: "person:far", contextualTuples: %s}]) '
    "{ allowed }",
    "one of several": 'checks(items: [{user: "person:mem", relation: "can_see", object: "person:mem"}, '
    '{user: "person:mem", relation: "can_see", object: "person:far", contextualTuples: %s}]) { allowed }',
    "listObjects": 'listObjects(user: "person:mem", relation: "can_see", type: "person", contextualTuples: %s) '
    "{ totalCount }",
}
BESIDE = {
    "another user": 'check(user: "person:bo", relation: "can_see", object: "person:bo") { allowed }',
    "another beside oneself": 'checks(items: [{user: "person:mem", relation: "can_see", object: "person:mem"}, '
    '{user: "person:bo", relation: "can_see", object: "person:bo"}]) { allowed }',
    "no item at all": "checks(items: []) { allowed }",
    "everybody of the own type": 'check(user: "person:*", relation: "can_see", object: "person:bo") { allowed }',
    "a userset of oneself": 'check(user: "person:mem#manager", relation: "can_see", object: "person:bo") { allowed }',
    "a userset one is in": 'check(user: "unit:team#member", relation: "can_see", object: "person:bo") { allowed }',
    "another spelling": 'check(user: "Person:mem", relation: "can_see", object: "person:bo") { allowed }',
    "tuples of nobody": "tuples { totalCount }",
    "tuples of null": "tuples(user: null) { totalCount }",
    "tuples of an object": 'tuples(object: "person:mem") { totalCount }',
}


@pytest.mark.parametrize("asked", [*SUPPOSING, *BESIDE])
async def test_whoever_supposes_tuples_or_asks_of_others_too_is_refused(asked: str) -> None:
    text = SUPPOSING[asked] % SUPPOSED if asked in SUPPOSING else BESIDE[asked]
    query = "query($tuples: [TupleInput!]) { allowed: %s }" if "$tuples" in text else "{ other: %s }"
    assert await codes(guarded_service(), "member", query % text) == {"FORBIDDEN"}


async def test_tuples_in_variables_and_under_aliases_are_tuples_all_the_same() -> None:
    query = """query($me: String!, $tuples: [TupleInput!], $items: [CheckInput!]!) {
        a: check(user: $me, relation: "can_see", object: "person:far", contextualTuples: $tuples) { allowed }
        b: check(user: $me, relation: "can_see", object: "person:far") { allowed }
        c: checks(items: $items) { allowed } }"""
    supposed = [{"user": "person:mem", "relation": "administrator", "object": "organization:main"}]
    item = {"user": "person:mem", "relation": "can_see", "object": "person:far", "contextualTuples": supposed}
    body = (await answered(guarded_service(), "member", query, me="person:mem", tuples=supposed, items=[item])).body
    assert body["data"] == {"a": None, "b": {"allowed": False}, "c": None}
    assert {tuple(error["path"]) for error in body["errors"]} == {("a",), ("c",)}


async def test_a_refusal_takes_no_neighbour_along_and_tells_what_it_takes() -> None:
    query = "{ viewer { id } organization { name } people { totalCount } }"
    body: Any = (await answered(guarded_service(), "outsider", query)).body
    assert body["data"] == {"viewer": {"id": "integration:other"}, "organization": None, "people": {"totalCount": 0}}
    (error,) = body["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN", "suggestion": "Ask an administrator for it."}
    assert error["message"] == "integration:other has not the right that this takes: can_see on organization:main."


WATCHED = '{user: "person:zed", relation: "can_see", target: {type: "unit"}}'
STREAMS: Final[Mapping[str, tuple[str, set[str]]]] = {
    "organizationChanges": ("organizationChanges(after: $after) { revision }", OFFICE),
    "permissionChanges": ("permissionChanges(after: $after) { revision }", INTEGRATORS),
    "accessChanges": (f"accessChanges(after: $after, watch: {WATCHED}) {{ revision }}", INTEGRATORS),
}


@pytest.mark.parametrize("field", STREAMS)
async def test_exactly_those_may_follow_who_are_said_to(site: Site, field: str) -> None:
    text, allowed = STREAMS[field]
    let_through: set[str] = set()
    async with guarded(site) as one:
        await one.replica.submit(PUT, Put(records=tuple(records())), actor="system:test", timeout_seconds=60)
        service = service_on(one.replica, site.folder, permissions=one.permissions)
        after = one.replica.revision
        question = Question(f"subscription($after: Revision!) {{ {text} }}", {"after": after})
        for role, identity in IDENTITIES.items():
            async with aclosing(answers(service, question, identity)) as told:
                body: Any = (await anext(told)).body
            if "errors" not in body:
                assert body["data"][field]["revision"] >= after
                let_through.add(role)
            else:
                assert [error["extensions"]["code"] for error in body["errors"]] == ["FORBIDDEN"], (role, body)
    assert let_through == allowed


async def test_the_viewer_is_told_what_may_be_done() -> None:
    query = '{ viewer { permissions(objectId: "organization:main") } }'
    service = guarded_service()
    told = {role: set((await shown(service, role, query))["viewer"]["permissions"]) for role in IDENTITIES}
    assert told["contact"] == told["outsider"] == told["left"] == told["stranger"] == set()
    assert told["member"] == {"can_see", "can_see_skills", "can_see_units", "member"}
    assert told["administrator"] >= {"can_write_models", "can_propose", "can_see_people", "administrator"}
