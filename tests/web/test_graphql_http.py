"""GraphQL over HTTP: methods, media types, statuses, and bodies that are no requests."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.web.negotiation import preferred
from tests.api.organization import memory_service, records, service_on
from tests.support.memory_replica import MemoryReplica
from tests.web.client import client, codes

RESPONSE = "application/graphql-response+json"
JSON = "application/json"
VIEWER = {"query": "{ viewer { id } }"}
SAVE = 'mutation { saveSkills(input: {skills: [{id: "skill:x", name: "X"}]}) { __typename } }'


async def post(body: Any = None, **more: Any) -> httpx.Response:
    async with client() as http:
        return await http.post("/graphql", json=VIEWER if body is None else body, **more)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (RESPONSE, RESPONSE),
        (JSON, JSON),
        ("*/*", RESPONSE),
        ("application/*;q=0.5", RESPONSE),
        (f"{JSON}, {RESPONSE};q=0.9", JSON),
        (f"{RESPONSE};charset=utf-8, {JSON};q=0.9", RESPONSE),
        ("text/html, application/json;q=0.1", JSON),
    ],
)
async def test_answer_comes_in_the_media_type_that_is_liked_best(accept: str, kind: str) -> None:
    answer = await post(headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{kind}; charset=utf-8")
    assert answer.json()["data"] == {"viewer": {"id": "admin:local"}}
    assert answer.json()["extensions"]["revision"]
    assert answer.headers["cache-control"] == "no-store"


async def test_media_type_that_cannot_be_given_is_not_acceptable() -> None:
    answer = await post(headers={"accept": "text/html"})
    assert (answer.status_code, codes(answer)) == (406, {"BAD_USER_INPUT"})
    assert preferred(f"{JSON};q=0, text/plain") is None
    assert preferred(f"{JSON};q=nonsense") is None


@pytest.mark.parametrize(("accept", "status"), [(RESPONSE, 400), (JSON, 200)])
async def test_request_that_fails_validation_has_the_status_of_its_media_type(accept: str, status: int) -> None:
    answer = await post({"query": "{ nothing }"}, headers={"accept": accept})
    assert (answer.status_code, codes(answer)) == (status, {"BAD_USER_INPUT"})
    assert "data" not in answer.json()


@pytest.mark.parametrize("accept", [RESPONSE, JSON])
async def test_partial_answer_is_a_success(accept: str) -> None:
    query = {"query": "{ people(first: 0) { totalCount } viewer { id } }"}
    answer = await post(query, headers={"accept": accept})
    assert (answer.status_code, answer.json()["data"]) == (200, {"people": None, "viewer": {"id": "admin:local"}})


@pytest.mark.parametrize("accept", [RESPONSE, JSON])
async def test_stale_replica_is_unavailable(accept: str) -> None:
    replica = MemoryReplica(*records())
    replica.is_fresh = False
    async with client(service_on(replica)) as http:
        answer = await http.post("/graphql", json=VIEWER, headers={"accept": accept})
    assert (answer.status_code, codes(answer)) == (503, {"UNAVAILABLE"})


async def test_revision_is_asked_by_header() -> None:
    service = memory_service()
    async with client(service) as http:
        now = await http.post("/graphql", json=VIEWER, headers={"revision-at-least": service.replica.revision})
        ahead = service.replica.revision[:-1] + "9"
        later = await http.post("/graphql", json=VIEWER, headers={"revision-at-least": ahead})
    assert (now.status_code, later.status_code, codes(later)) == (200, 503, {"REVISION_TIMEOUT"})


BAD_BODIES = {
    "nothing": b"",
    "no JSON": b"{query",
    "no object": b'["{ viewer { id } }"]',
    "null": b"null",
    "no query": b"{}",
    "query a number": b'{"query": 7}',
    "query null": b'{"query": null}',
    "variables a list": b'{"query": "{ viewer { id } }", "variables": [1]}',
    "variables a text": b'{"query": "{ viewer { id } }", "variables": "{}"}',
    "operation name a number": b'{"query": "{ viewer { id } }", "operationName": 7}',
    "extensions a list": b'{"query": "{ viewer { id } }", "extensions": []}',
    "not UTF-8": b'{"query": "\xff\xfe"}',
    "half a character": rb'{"query": "{ viewer { id } }", "variables": {"a": "\ud800"}}',
    "NaN": b'{"query": "{ viewer { id } }", "variables": {"a": NaN}}',
    "nested deeply": b'{"query": "{ viewer { id } }", "variables": {"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}}",
    "NUL": b"\x00",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
@pytest.mark.parametrize("accept", [RESPONSE, JSON])
async def test_body_that_is_no_request_is_a_bad_request(body: bytes, accept: str) -> None:
    async with client() as http:
        headers = {"content-type": JSON, "accept": accept}
        answer = await http.post("/graphql", content=body, headers=headers)
    assert answer.status_code == 400
    assert codes(answer) <= {"BAD_USER_INPUT", "QUERY_TOO_COSTLY"}


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
async def test_no_body_whatsoever_is_a_fault_of_ours(body: bytes) -> None:
    async with client() as http:
        answer = await http.post("/graphql", content=body, headers={"content-type": JSON})
    assert answer.status_code == 400
    assert "INTERNAL" not in codes(answer)


async def test_body_beyond_the_limit_is_refused_while_it_is_read() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100_000_000:
            sent += 10_000
            yield b" " * 10_000

    async with client(body_max_bytes=50_000) as http:
        answer = await http.post("/graphql", content=endless(), headers={"content-type": JSON})
    assert (answer.status_code, codes(answer)) == (400, {"QUERY_TOO_COSTLY"})


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_body_that_a_foreign_form_could_send_is_not_read(kind: str) -> None:
    async with client() as http:
        answer = await http.post("/graphql", content=b'{"query": "{ viewer { id } }"}', headers={"content-type": kind})
    assert (answer.status_code, codes(answer)) == (415, {"BAD_USER_INPUT"})


async def test_get_reads_and_never_changes() -> None:
    service = memory_service()
    async with client(service) as http:
        variables = '{"id": "person:ada"}'
        query = "query A($id: ID!) { node(id: $id) { id } } query B { viewer { id } }"
        parameters = {"query": query, "variables": variables, "operationName": "A"}
        read = await http.get("/graphql", params=parameters)
        write = await http.get("/graphql", params={"query": SAVE})
        nothing = await http.get("/graphql")
        broken = await http.get("/graphql", params={"query": query, "variables": "[1]"})
    assert read.json()["data"] == {"node": {"id": "person:ada"}}
    assert (write.status_code, write.headers["allow"]) == (405, "POST")
    assert (nothing.status_code, broken.status_code) == (400, 400)
    assert service.replica.graph.record(("Skill", "skill:x")) is None


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_not_allowed(method: str) -> None:
    async with client() as http:
        answer = await http.request(method, "/graphql")
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


async def test_operation_that_is_not_there_is_a_bad_request() -> None:
    answer = await post({"query": "query A { viewer { id } }", "operationName": "B"})
    assert (answer.status_code, codes(answer)) == (400, {"BAD_USER_INPUT"})
