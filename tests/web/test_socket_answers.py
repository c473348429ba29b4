"""What is answered on a socket: the same as over HTTP, with the same limits, codes and masks."""

import logging
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import strawberry

from graph_api.api import door
from graph_api.api.limits import QueryLimits
from graph_api.kernel.errors import Forbidden
from tests.api.organization import memory_service, records, service_on
from tests.api.test_errors import FailingReplica
from tests.api.test_limits import nested
from tests.support.memory_replica import MemoryReplica
from tests.support.sockets import CHANGES, Client, Server, greeted, in_memory, nobody_follows, served
from tests.web.client import client as http_client

SAVE = 'mutation { saveSkills(input: {skills: [{id: "skill:x", name: "X"}]}) { ... on Saved { created revision } } }'
VIEWER = "{ viewer { id } }"


@pytest.fixture(scope="module")
async def server() -> AsyncGenerator[Server]:
    """A server with the limits as they are set."""
    async with in_memory() as server:
        yield server


@pytest.fixture
async def client(server: Server) -> AsyncGenerator[Client]:
    """A socket on which the token was shown."""
    async with greeted(server) as client:
        yield client
        assert (await client.ask(VIEWER))["data"]["viewer"]["id"] == "admin:local"  # whatever was asked, it goes on


QUESTIONS: dict[str, dict[str, Any]] = {
    "a query": {"query": "query($i: ID!) { node(id: $i) { id } viewer { id } }", "variables": {"i": "person:ada"}},
    "one of several operations": {"query": f"query A {VIEWER} query B {{ people {{ totalCount }} }}",
                                  "operationName": "B"},
    "a part that is refused": {"query": "{ people(first: 0) { totalCount } viewer { id } }"},
    "a revision that is there": {"query": VIEWER, "extensions": {"atLeast": "memory00-000000000001"}},
    "a revision that never comes": {"query": VIEWER, "extensions": {"atLeast": "memory00-000000000099"}},
    "a revision of another log": {"query": VIEWER, "extensions": {"atLeast": "other-1"}},
    "a revision that is none": {"query": VIEWER, "extensions": {"atLeast": 7}},
    "a syntax error": {"query": "{ viewer { id }"},
    "no query": {"query": ""},
    "no operation": {"query": "fragment F on Viewer { id }"},
    "several operations": {"query": f"query A {VIEWER} query B {VIEWER}"},
    "an operation that is not there": {"query": f"query A {VIEWER}", "operationName": "B"},
    "a field that is not there": {"query": "{ nothing }"},
    "a variable that is left out": {"query": "query($i: ID!) { node(id: $i) { id } }"},
    "a scalar that is none": {"query": '{ people(filter: {freeOn: {startsOn: "x", endsOn: "y"}}) { totalCount } }'},
    "thirteen levels": {"query": nested(12)},
    "five thousand levels": {"query": nested(5000)},
    "too many tokens": {"query": "{ viewer { " + "id " * 5000 + "} }"},
    "a field over and over": {"query": "{ viewer { " + "id " * 1990 + "} }"},
}  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
async def test_socket_answers_what_http_answers(server: Server, client: Client, question: dict[str, Any]) -> None:
    asked = dict(question)
    told = await client.ask(asked.pop("query"), asked.pop("variables", None), **asked)
    async with http_client(server.service) as http:
        assert told == (await http.post("/graphql", json=question)).json()


async def test_syntax_error_is_told_and_the_socket_goes_on(client: Client) -> None:
    for query in ("subscription { organizationChanges {", "mutation {", "{"):
        told = await client.ask(query)
        assert told["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert told["errors"][0]["locations"]


def chain(fragments: int) -> str:
    """Fragments of which each spreads the next."""
    parts = [f"fragment F{number} on Query {{ ...F{number + 1} }}" for number in range(fragments)]
    return f"{{ ...F0 }} {' '.join(parts)} fragment F{fragments} on Query {{ viewer {{ id }} }}"


@pytest.mark.parametrize("query", [nested(300), nested(5000), chain(2000)], ids=["300", "5000", "fragments"])
async def test_query_that_is_too_deep_to_be_checked_is_told_as_over_http(query: str) -> None:
    async with in_memory(query_tokens_max=100_000) as server, greeted(server) as client:
        told = await client.ask(query)
        async with http_client(server.service) as http:
            assert told == (await http.post("/graphql", json={"query": query})).json()
    assert [error["extensions"]["code"] for error in told["errors"]] == ["QUERY_TOO_COSTLY"]


@strawberry.type
class Guarded:
    """What nobody may follow."""

    @strawberry.subscription
    async def secrets(self) -> AsyncGenerator[int]:
        raise Forbidden("Not for you.")


@strawberry.type
class Nothing:
    """What may be asked beside it."""

    secrets: int = 0


async def test_subscription_that_is_refused_at_its_beginning_ends_with_the_error(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def guarded(limits: QueryLimits) -> strawberry.Schema:
        return strawberry.Schema(query=Nothing, subscription=Guarded)

    with monkeypatch.context() as patched:
        patched.setattr(door, "build_schema", guarded)
        told = await client.ask("subscription { secrets }")
    assert told["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "data" not in told


async def test_mutation_is_carried_out_and_its_revision_told() -> None:
    async with in_memory() as server, greeted(server) as client:
        before = server.service.replica.revision
        told = await client.ask(SAVE)
        assert told["data"]["saveSkills"]["created"] == 1
        assert told["extensions"]["revision"] == told["data"]["saveSkills"]["revision"] > before


async def test_rows_of_one_answer_have_a_limit_that_the_next_one_has_anew() -> None:
    query = "{ people { edges { node { skills { totalCount } units { people { totalCount } } } } } }"
    async with in_memory(answer_rows_max=5) as server, greeted(server) as client:
        for _ in range(2):
            assert (await client.ask(query))["errors"][0]["extensions"]["code"] == "QUERY_TOO_COSTLY"
            assert "errors" not in await client.ask("{ people { totalCount } }")


async def test_fault_of_ours_is_masked_and_logged_under_its_id(caplog: pytest.LogCaptureFixture) -> None:
    service = service_on(FailingReplica(ZeroDivisionError("secret at 10.0.0.7")), port=0)
    with caplog.at_level(logging.ERROR):
        async with served(service) as server, greeted(server) as client:
            error = (await client.ask(SAVE))["errors"][0]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in str(error)
    assert error["extensions"]["errorId"] in caplog.text
    assert "secret at 10.0.0.7" in caplog.text


async def test_stale_replica_is_unavailable_on_sockets_too() -> None:
    replica = MemoryReplica(*records())
    async with served(service_on(replica, port=0)) as server, greeted(server) as client:
        replica.is_fresh = False
        for query in (VIEWER, CHANGES):
            assert (await client.ask(query))["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a kind that is none": ({"kinds": ["task.opened", "person.save"]}, "BAD_USER_INPUT"),
    "a revision that is none": ({"after": "nonsense"}, "BAD_USER_INPUT"),
    "a revision of thousands of digits": ({"after": "memory00-" + "9" * 5000}, "BAD_USER_INPUT"),
    "a number": ({"after": 7}, "BAD_USER_INPUT"),
    "a revision of another log": ({"after": "other-000000000001"}, "REVISION_GONE"),
    "a revision that never comes": ({"after": "memory00-000000000099"}, "REVISION_TIMEOUT"),
}


@pytest.mark.parametrize(("variables", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_subscription_that_cannot_begin_is_refused(
    server: Server, client: Client, variables: dict[str, Any], code: str
) -> None:
    told = await client.ask(CHANGES, variables)
    assert [error["extensions"]["code"] for error in told["errors"]] == [code]
    assert len(str(told)) < 1000
    await nobody_follows(server.service)


async def test_unknown_kind_is_told_with_the_nearest_and_with_all(client: Client) -> None:
    error = (await client.ask(CHANGES, {"kinds": ["person.save"]}))["errors"][0]
    assert error["message"] == "There is no kind of change 'person.save'."
    assert error["extensions"]["suggestion"].startswith("Did you mean person.saved? The kinds are organization.saved, ")


async def test_several_subscriptions_in_one_operation_are_refused(client: Client) -> None:
    two = "subscription { a: organizationChanges { revision } b: organizationChanges { revision } }"
    assert (await client.ask(two))["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_subscription_is_not_answered_over_http_and_the_way_is_told() -> None:
    async with http_client(memory_service()) as http:
        answer = await http.post("/graphql", json={"query": "subscription { organizationChanges { revision } }"})
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert "graphql-transport-ws" in error["extensions"]["suggestion"]
