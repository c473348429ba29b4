"""Root fields of permission at the door: what they tell where the engine has no word for it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.api.door import Question, answer
from graph_api.api.service import ApiService
from tests.api.organization import service_on
from tests.support.permissions import guarded
from tests.support.replicas import Site

WRITE = """mutation($json: JSONObject!) { writeAuthorizationModel(input: {source: {json: $json}}) {
    __typename ... on AuthorizationModelWritten { model { live dsl } } } }"""
EXPLAIN = """query($user: String!, $supposed: [TupleInput!]) {
    explainAccess(user: $user, relation: "administrator", object: "organization:main", contextualTuples: $supposed) {
        decision { outcome } path { source } } }"""
SAID_IN_JSON_ONLY = {"schema_version": "1.1", "type_definitions": [{"type": "übung!"}]}


@asynccontextmanager
async def door(site: Site) -> AsyncGenerator[ApiService]:
    async with guarded(site) as one:
        yield service_on(one.replica, site.folder, permissions=one.permissions)


async def told(service: ApiService, query: str, **variables: Any) -> dict[str, Any]:
    return (await answer(service, Question(query=query, variables=variables), LOCAL_ADMINISTRATOR)).body


async def test_a_model_that_the_language_cannot_say_is_given_as_json_and_no_fault_of_ours(site: Site) -> None:
    async with door(site) as service:
        written = await told(service, WRITE, json=SAID_IN_JSON_ONLY)
        (error,) = written["errors"]
        assert error["message"] == "The DSL cannot say the name `übung!`."
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "suggestion": "Ask for `json` instead."}
        shown = await told(service, "{ authorizationModel { live json } }")
        assert shown["data"]["authorizationModel"]["live"]
        types = shown["data"]["authorizationModel"]["json"]["type_definitions"]
        assert "übung!" in [each["type"] for each in types]


async def test_an_explanation_tells_a_derived_tuple_from_a_supposed_one_of_the_same_name(site: Site) -> None:
    derived = {"user": "admin:local", "relation": "administrator", "object": "organization:main"}
    over = derived | {"expiresAt": "2001-01-01T00:00:00Z"}
    async with door(site) as service:
        found = await told(service, EXPLAIN, user="admin:local", supposed=[over])
        assert found["data"]["explainAccess"] == {
            "decision": {"outcome": "ALLOWED"}, "path": [{"source": "DERIVED"}],
        }  # fmt: skip
        other = derived | {"user": "person:ada"}
        found = await told(service, EXPLAIN, user="person:ada", supposed=[other])
        assert found["data"]["explainAccess"]["path"] == [{"source": "CONTEXTUAL"}]
