"""Tokens at the doors: who is let in by HTTP and by WebSocket, and how long that lasts."""

import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph_api.api.issuer_keys import IssuerKeys, KeyTimes
from graph_api.api.service import ApiService
from graph_api.api.signed import JwtRules, SignedTokens
from graph_api.api.tokens import NewToken, StoredTokens
from graph_api.kernel.errors import NotFound
from graph_api.kernel.records import removal, upsert
from graph_api.organization.model import Person
from graph_api.permission.records import Granted
from graph_api.permission.tokens import Token
from graph_api.projection.replica import utc_now
from tests.api.organization import TODAY, TOKEN, records, service_on
from tests.support.commands import PUT, Put
from tests.support.issuer import AUDIENCE, ISSUER, Issuer
from tests.support.memory_replica import START, MemoryReplica
from tests.support.sockets import Client, Server, nobody_follows, opened, served
from tests.support.waiting import until
from tests.web.client import client, codes

WHO = {"query": "{ viewer { id name person { id } } }"}
ADA = {"id": "person:ada", "name": "Ada Lü", "person": {"id": "person:ada"}}


class Clock:
    """The time at the door."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


class Doors:
    """A service in memory, its tokens, and an issuer that it trusts."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.issuer = Issuer(first="ES256")
        self.reachable = True
        self.replica = MemoryReplica(*records())
        self.tokens = StoredTokens(self.replica, clock=self.clock)
        rules = JwtRules(
            issuer=ISSUER, audience=AUDIENCE, algorithms=frozenset({"ES256"}), leeway_seconds=0, subject_claim="sub"
        )
        keys = IssuerKeys(self._keys, KeyTimes(fetch=30, kept=300, kept_max=3600, pause=0))
        signed = SignedTokens(rules, keys, self.replica)
        self.service: ApiService = service_on(self.replica, doors=(self.tokens, signed), port=0)

    def _keys(self) -> bytes:
        if not self.reachable:
            raise OSError(0, "no route")
        return self.issuer.read()

    async def token(self, actor: str = "person:ada", **more: Any) -> NewToken:
        return await self.tokens.create(actor, creator="admin:local", **more)

    async def asked(self, secret: str, query: dict[str, str] = WHO, scheme: str = "Bearer") -> Any:
        """Ask over HTTP with a token."""
        async with client(self.service) as http:
            return await http.post("/graphql", json=query, headers={"authorization": f"{scheme} {secret}"})

    async def viewer(self, secret: str) -> Any:
        answer = await self.asked(secret)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]["viewer"]

    async def why_refused(self, secret: str, **more: Any) -> str:
        answer = await self.asked(secret, **more)
        assert (answer.status_code, codes(answer)) == (401, {"UNAUTHENTICATED"})
        assert secret not in answer.text
        return str(answer.json()["errors"][0]["message"])

    async def save(self, *people: Person) -> None:
        await self.replica.submit(PUT, Put(records=people), actor="test")


@pytest.fixture
def doors() -> Doors:
    """Doors of the small organization."""
    return Doors()


async def test_token_lets_in_the_person_it_stands_for(doors: Doors) -> None:
    assert await doors.viewer((await doors.token()).secret) == ADA


@pytest.mark.parametrize("actor", ["contact:kep-buyer", "integration:erp"])
async def test_contacts_and_integrations_show_the_name_of_their_token(doors: Doors, actor: str) -> None:
    named, nameless = await doors.token(actor, name="Nightly"), await doors.token(actor)
    assert await doors.viewer(named.secret) == {"id": actor, "name": "Nightly", "person": None}
    assert await doors.viewer(nameless.secret) == {"id": actor, "name": None, "person": None}


async def test_local_token_lets_in_the_administrator_as_before(doors: Doors) -> None:
    assert await doors.viewer(TOKEN) == {"id": "admin:local", "name": "Local administrator", "person": None}


async def test_what_is_no_token_lets_nobody_in(doors: Doors) -> None:
    secret = (await doors.token()).secret
    wrong = [
        "swarmgraph_", secret[:-1], f"{secret}x", secret.upper(), secret.removeprefix("swarmgraph_"), f"{secret}.a.b",
        "swarmgraph_" + "x" * 43, "swarmgraph_é", "x" * 60_000,
    ]  # fmt: skip
    for token in wrong:
        async with client(doors.service) as http:
            headers = [(b"authorization", f"Bearer {token}".encode("latin-1"))]
            answer = await http.post("/graphql", json=WHO, headers=headers)
        assert (answer.status_code, codes(answer)) == (401, {"UNAUTHENTICATED"}), token[:60]
        assert secret not in answer.text
    assert await doors.why_refused(secret, scheme="Basic")
    assert await doors.why_refused(secret, scheme="")


async def test_revoked_token_lets_nobody_in_and_other_tokens_stay(doors: Doors) -> None:
    first, second = await doors.token(), await doors.token()
    await doors.tokens.revoke(first.token.id, actor="admin:local")
    assert await doors.why_refused(first.secret) == "No valid token came with the request."
    assert await doors.viewer(second.secret) == ADA
    with pytest.raises(NotFound):
        await doors.tokens.revoke(first.token.id, actor="admin:local")


def end_of(made: NewToken) -> datetime:
    assert made.token.expires_at is not None
    return made.token.expires_at


async def test_token_ends_with_its_days(doors: Doors) -> None:
    made = await doors.token(expires_in_days=1)
    assert end_of(made) == made.token.created_at + timedelta(days=1)
    doors.clock.at = end_of(made) - timedelta(microseconds=1)
    assert await doors.viewer(made.secret) == ADA
    doors.clock.at = end_of(made)
    assert (await doors.why_refused(made.secret)).startswith("The token expired at 2026-03-03T")
    assert "expired" in str(doors.tokens.fault(made.token))


async def test_token_ends_with_the_person(doors: Doors) -> None:
    made = await doors.token("person:cy")
    doors.clock.at += timedelta(days=18)
    assert (await doors.viewer(made.secret))["id"] == "person:cy"
    doors.clock.at += timedelta(days=1)
    assert "The last day of person:cy was 2026-03-20" in await doors.why_refused(made.secret)


async def test_secret_is_kept_nowhere(doors: Doors, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        made = await doors.token(name="Laptop")
        await doors.viewer(made.secret)
        await doors.tokens.revoke(made.token.id, actor="admin:local")
        await doors.why_refused(made.secret)
    kept = f"{list(doors.replica.graph.records())} {doors.replica.log} {vars(doors.tokens)} {caplog.text}"
    assert made.token.hash in kept
    assert made.secret not in kept
    assert made.secret.removeprefix("swarmgraph_") not in kept


async def test_tokens_are_different_and_hard_to_guess(doors: Doors) -> None:
    secrets = {(await doors.token()).secret for _ in range(50)}
    assert len(secrets) == len({secret[:20] for secret in secrets}) == 50
    assert {len(secret) for secret in secrets} == {len("swarmgraph_") + 43}, "256 bits"


async def test_tokens_stand_in_no_answer_and_no_stream(doors: Doors) -> None:
    made = await doors.token()
    document = f'{{ node(id: "{made.token.id}") {{ id }} nodes(ids: ["{made.token.id}"]) {{ id }} }}'
    assert (await doors.asked(TOKEN, {"query": document})).json()["data"] == {"node": None, "nodes": [None]}
    assert doors.replica.graph.count(Token) == 1
    async with served(doors.service) as server, greeted(server, TOKEN) as follower:
        await follower.follow()
        await follower.until_caught_up()
        await doors.token()
        await doors.save(Person(id="person:new", name="New"))
        assert [change["nodeIds"] for change in (await follower.message())["changes"]] == [["person:new"]]


async def test_r9_replica_that_is_cut_off_answers_no_token(doors: Doors) -> None:
    made = await doors.token()
    doors.replica.is_fresh = False
    answers = [await doors.asked(secret) for secret in (made.secret, "swarmgraph_x", doors.issuer.sign())]
    assert [(answer.status_code, codes(answer)) for answer in answers] == [(503, {"UNAVAILABLE"})] * 3


async def test_signed_token_lets_in_whom_the_issuer_names(doors: Doors) -> None:
    assert await doors.viewer(doors.issuer.sign()) == ADA
    assert "There is no person:nobody" in await doors.why_refused(doors.issuer.sign("person:nobody"))
    assert "has expired" in await doors.why_refused(doors.issuer.sign(exp=1))
    doors.issuer.add("second")
    assert await doors.viewer(doors.issuer.sign(key_id="second")) == ADA


async def test_issuer_that_cannot_be_reached_is_told_from_a_wrong_token(doors: Doors) -> None:
    doors.reachable = False
    answer = await doors.asked(doors.issuer.sign())
    assert (answer.status_code, codes(answer)) == (503, {"UNAVAILABLE"})
    assert await doors.viewer((await doors.token()).secret) == ADA


@asynccontextmanager
async def greeted(server: Server, secret: str) -> AsyncGenerator[Client]:
    """Open a socket and show a token."""
    async with opened(server) as connection:
        await connection.say("connection_init", payload={"authorization": f"Bearer {secret}"})
        assert await connection.hear() == {"type": "connection_ack"}
        yield connection


async def refused(server: Server, secret: str) -> tuple[int, str]:
    """Return the code and the reason with which a socket ends on which a token was shown."""
    async with opened(server) as connection:
        await connection.say("connection_init", payload={"authorization": f"Bearer {secret}"})
        code = await connection.close_code()
        return code, connection.connection.close_reason or ""


async def test_socket_asks_as_the_person_of_its_token(doors: Doors) -> None:
    made = await doors.token()
    async with served(doors.service) as server:
        for secret in (made.secret, doors.issuer.sign()):
            async with greeted(server, secret) as socket:
                assert (await socket.ask(WHO["query"]))["data"]["viewer"] == ADA


async def test_revoked_token_closes_its_sockets_and_ends_what_they_follow(doors: Doors) -> None:
    mine, others = await doors.token("integration:erp"), await doors.token("integration:erp")
    doors.replica.graph.apply(
        [upsert(Granted(source="integration:erp", target="organization:main", relation="integrator"))]
    )
    async with (
        served(doors.service) as server,
        greeted(server, mine.secret) as idle,
        greeted(server, mine.secret) as following,
        greeted(server, others.secret) as staying,
    ):
        await following.follow()
        await following.until_caught_up()
        await doors.tokens.revoke(mine.token.id, actor="admin:local")
        for socket in (idle, following):
            assert await socket.close_code() == 4403
            assert socket.connection.close_reason == "The token was revoked."
        await nobody_follows(doors.service)
        assert (await staying.ask(WHO["query"]))["data"]["viewer"]["id"] == "integration:erp"
        assert await refused(server, mine.secret) == (4403, "No valid token came with the request.")


async def test_socket_ends_when_its_token_expires(doors: Doors) -> None:
    made = await doors.token(expires_in_days=1)
    async with served(doors.service) as server:
        doors.clock.at = end_of(made) - timedelta(seconds=0.2)
        async with greeted(server, made.secret) as socket:
            assert await socket.close_code() == 4403
            assert socket.connection.close_reason == "The token has expired."


async def test_socket_ends_when_its_signed_token_expires(doors: Doors) -> None:
    ends = int(utc_now().timestamp()) + 2
    async with served(doors.service) as server, greeted(server, doors.issuer.sign(exp=ends)) as socket:
        assert await socket.close_code() == 4403
        assert socket.connection.close_reason == "The token has expired."
    assert utc_now().timestamp() >= ends


async def test_socket_ends_when_the_last_day_is_over(doors: Doors) -> None:
    made = await doors.token("person:cy")
    doors.clock.at = datetime(2026, 3, 20, 23, 59, 59, 800_000, tzinfo=UTC)
    async with served(doors.service) as server, greeted(server, made.secret) as socket:
        assert await socket.close_code() == 4403


async def test_socket_ends_when_a_last_day_that_was_set_meanwhile_is_over(doors: Doors) -> None:
    made = await doors.token()
    doors.clock.at = datetime(2026, 3, 20, 23, 59, 59, 500_000, tzinfo=UTC)
    async with served(doors.service) as server, greeted(server, made.secret) as socket:
        await doors.save(Person(id="person:ada", name="Ada", last_day=doors.clock.at.date() + timedelta(days=1)))
        assert (await socket.ask(WHO["query"]))["data"]["viewer"]["name"] == "Ada"
        await doors.save(Person(id="person:ada", name="Ada", last_day=doors.clock.at.date()))
        assert (await socket.ask(WHO["query"]))["data"]["viewer"]["name"] == "Ada"
        assert await socket.close_code() == 4403


async def test_commits_are_looked_at_once_however_many_sockets_are_open(doors: Doors) -> None:
    made = [await doors.token(f"integration:{number}") for number in range(5)]
    async with served(doors.service) as server, AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(greeted(server, one.secret)) for one in (*made, *made)]
        assert len(doors.replica.followers) == 1
        assert doors.service.admissions.watched == 10, "each token and whom it stands for"
        await doors.tokens.revoke(made[0].token.id, actor="admin:local")
        assert [await sockets[number].close_code() for number in (0, 5)] == [4403, 4403]
        assert (await sockets[1].ask(WHO["query"]))["data"]["viewer"]["id"] == "integration:1"
        await until(lambda: doors.service.admissions.watched == 8)
    await until(lambda: not doors.replica.followers)


@pytest.mark.parametrize("kind", ["stored", "signed"])
async def test_socket_ends_with_the_person(doors: Doors, kind: str) -> None:
    secret = (await doors.token()).secret if kind == "stored" else doors.issuer.sign()
    async with served(doors.service) as server, greeted(server, secret) as socket:
        await doors.save(Person(id="person:ada", name="Ada", city="Chengdu"))
        assert (await socket.ask(WHO["query"]))["data"]["viewer"]["name"] == "Ada"
        await doors.save(Person(id="person:ada", name="Ada", last_day=TODAY - timedelta(days=400)))
        assert await socket.close_code() == 4403
        assert "The last day of person:ada was 2025-01-26." in (socket.connection.close_reason or "")


async def test_state_that_is_loaded_anew_without_the_token_closes_its_sockets(doors: Doors) -> None:
    made = await doors.token()
    async with served(doors.service) as server, greeted(server, made.secret) as socket:
        doors.replica.tell(None)
        assert (await socket.ask(WHO["query"]))["data"]["viewer"] == ADA
        doors.replica.graph.apply([removal(made.token)])
        doors.replica.tell(None)
        assert await socket.close_code() == 4403


async def test_many_commits_after_the_loss_close_a_socket_once(doors: Doors) -> None:
    made = await doors.token()
    async with served(doors.service) as server, greeted(server, made.secret) as socket:
        await doors.tokens.revoke(made.token.id, actor="admin:local")
        for number in range(5):
            await doors.save(Person(id=f"person:{number}", name="New"))
        assert await socket.close_code() == 4403
    await until(lambda: not doors.replica.followers)


@pytest.mark.parametrize(
    ("secret", "code", "reason"),
    [
        ("swarmgraph_unknown", 4403, "No valid token"),
        ("a.b.c", 4403, "The token cannot be read."),
        ("", 4403, "No valid token"),
    ],
)
async def test_socket_with_a_wrong_token_is_closed_in_plain_words(
    doors: Doors, secret: str, code: int, reason: str
) -> None:
    async with served(doors.service) as server:
        told = await refused(server, secret)
    assert told[0] == code
    assert told[1].startswith(reason)


async def test_socket_is_told_where_the_issuer_cannot_be_reached(doors: Doors) -> None:
    doors.reachable = False
    async with served(doors.service) as server:
        code, reason = await refused(server, doors.issuer.sign())
    assert code == 4503
    assert "issuer cannot be had now" in reason
