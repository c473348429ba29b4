"""Tokens on real replicas: made on one, good on all, and revoked on all; what may be seen follows the tuples."""

import asyncio
import json
from typing import Any

import pytest

from graph_api.api.auth import LOCAL_ADMINISTRATOR, local_token
from graph_api.kernel.errors import Forbidden
from graph_api.organization.model import Organization, Person, Task
from graph_api.permission.commands import ChangePermissions, PermissionsChanged
from graph_api.permission.tokens import Token
from graph_api.permission.tuples import RelationshipTuple
from graph_api.projection.commit import CommitCodec
from graph_api.projection.verify import commits_from
from tests.support.commands import PUT, Put
from tests.support.issuer import AUDIENCE, ISSUER, Issuer, publishing
from tests.support.proxy import Cut, wire_to
from tests.support.replicas import REGISTRY, Site
from tests.support.sockets import Client, Server, opened, served
from tests.support.tokens import Tokened, tokened
from tests.support.waiting import until

ADMIN = LOCAL_ADMINISTRATOR.id
DISPATCHER = RelationshipTuple("person:ada", "dispatcher", "organization:main")
TASKS = "{ tasks { totalCount } people { totalCount } organization { name } }"
CHANGES = "subscription { organizationChanges { revision changes { kind } } }"


async def fill(one: Tokened) -> None:
    """Save Ada, Bo and a task that neither has to do with."""
    people = (Person(id="person:ada", name="Ada"), Person(id="person:bo", name="Bo"))
    records = (Organization(id="organization:main", name="Seller"), *people, Task(id="task:a", title="A"))
    await one.replica.submit(PUT, Put(records=records), actor="system:test", timeout_seconds=60)


async def change(one: Tokened, command: ChangePermissions) -> None:
    answer = await one.service.permissions.change(command, actor=ADMIN)
    assert isinstance(answer.value, PermissionsChanged)


async def follow(secret: str, server: Server, client: Client) -> None:
    """Show a token and follow the organization until everything before was told."""
    await client.say("connection_init", payload={"authorization": f"Bearer {secret}"})
    assert await client.hear() == {"type": "connection_ack"}
    await client.say("subscribe", id="1", payload={"query": CHANGES})
    assert (await client.hear())["type"] == "next"


async def test_token_of_one_replica_lets_in_on_another_and_is_revoked_there_too(site: Site) -> None:
    async with tokened(site) as first, tokened(site) as second:
        await fill(first)
        made = await first.tokens.create("person:ada", creator=ADMIN)
        await until(lambda: second.replica.graph.node(Token, made.token.id) is not None)
        assert [await one.code(made.secret) for one in (first, second)] == ["person:ada"] * 2
        await second.tokens.revoke(made.token.id, actor=ADMIN)
        await until(lambda: first.replica.graph.node(Token, made.token.id) is None)
        assert [await one.code(made.secret) for one in (first, second)] == ["UNAUTHENTICATED"] * 2


async def test_revoking_on_one_replica_closes_the_sockets_of_another(site: Site) -> None:
    async with tokened(site) as first, tokened(site) as second, served(first.service) as server:
        await fill(first)
        await change(first, ChangePermissions(add=(DISPATCHER,)))
        made = await first.tokens.create("person:ada", creator=ADMIN)
        async with opened(server) as client:
            await follow(made.secret, server, client)
            await second.tokens.revoke(made.token.id, actor=ADMIN)
            assert await client.close_code() == 4403
            assert client.connection.close_reason == "The token was revoked."
        await until(lambda: first.service.announcements.subscribers == 0)


async def test_grant_is_seen_by_the_next_request_and_a_revoke_hides_it_again(site: Site) -> None:
    async with tokened(site) as one:
        await fill(one)
        secret = (await one.tokens.create("person:ada", creator=ADMIN)).secret
        before = await one.data(secret, TASKS)
        assert (before["tasks"]["totalCount"], before["people"]["totalCount"]) == (0, 1)
        await change(one, ChangePermissions(add=(DISPATCHER,)))
        granted = await one.data(secret, TASKS)
        assert (granted["tasks"]["totalCount"], granted["people"]["totalCount"]) == (1, 2)
        await change(one, ChangePermissions(remove=(DISPATCHER.key,)))
        assert await one.data(secret, TASKS) == before


async def test_integration_may_do_what_it_is_granted_and_its_name_stands_in_the_log(site: Site) -> None:
    save = 'mutation { saveSkills(input: {skills: [{id: "skill:a", name: "A"}]}) { __typename } }'
    async with tokened(site) as one:
        await fill(one)
        secret = (await one.tokens.create("integration:erp", creator=ADMIN, name="ERP")).secret
        refused = (await one.ask(secret, save)).json()
        assert (refused["data"], refused["errors"][0]["extensions"]["code"]) == ({"saveSkills": None}, "FORBIDDEN")
        await change(
            one, ChangePermissions(add=(RelationshipTuple("integration:erp", "integrator", "organization:main"),))
        )
        assert await one.data(secret, save) == {"saveSkills": {"__typename": "Saved"}}
        commits = [commit async for commit in commits_from(one.replica.database, CommitCodec(REGISTRY), 1)]
    actors = [
        (entry.command.operation, entry.command.actor) for one in commits for entry in one.entries if entry.command
    ]
    assert actors[-1] == ("saveSkills", "integration:erp")


@pytest.mark.parametrize("actor", ["person:ada", "integration:erp", "contact:a", "nobody"])
async def test_only_an_administrator_makes_and_revokes_tokens(site: Site, actor: str) -> None:
    async with tokened(site) as one:
        await fill(one)
        made = await one.tokens.create("person:bo", creator=ADMIN)
        await change(one, ChangePermissions(add=(DISPATCHER,)))
        with pytest.raises(Forbidden):
            await one.tokens.create("person:bo", creator=actor)
        with pytest.raises(Forbidden):
            await one.tokens.revoke(made.token.id, actor=actor)
        assert [token.id for token in one.tokens.all()] == [made.token.id]
        administrator = RelationshipTuple("person:ada", "administrator", "organization:main")
        await change(one, ChangePermissions(add=(administrator,)))
        if actor == "person:ada":
            await one.tokens.revoke(made.token.id, actor=actor)
            assert one.tokens.all() == []


async def test_tokens_survive_cold_and_snapshot_loads_and_so_does_their_end(site: Site) -> None:
    async with tokened(site, snapshot_commits=1) as one:
        await fill(one)
        kept = await one.tokens.create("person:ada", creator=ADMIN)
        revoked = await one.tokens.create("person:ada", creator=ADMIN)
        await until(lambda: any(site.folder.rglob("state.snapshot")))
        await one.tokens.revoke(revoked.token.id, actor=ADMIN)
    for number in range(2):
        async with tokened(site) as again:
            assert await again.code(kept.secret) == "person:ada", number
            assert await again.code(revoked.secret) == "UNAUTHENTICATED"


async def test_no_secret_stands_in_the_log_or_in_a_snapshot(site: Site) -> None:
    async with tokened(site, snapshot_commits=1) as one:
        await fill(one)
        made = await one.tokens.create("person:ada", creator=ADMIN, name="Laptop")
        assert await one.code(made.secret) == "person:ada"
        commits = [commit async for commit in commits_from(one.replica.database, CommitCodec(REGISTRY), 1)]
        told = " ".join(text for commit in commits for text in commit.row.entries)
    files = b" ".join(path.read_bytes() for path in site.folder.rglob("*") if path.is_file())
    assert made.token.hash in told
    assert made.token.hash.encode() in files, "a snapshot was written"
    for text in (told.encode(), files):
        assert made.secret.removeprefix("swarmgraph_").encode() not in text


async def test_r9_replica_that_is_cut_off_lets_nobody_in_by_a_token_that_may_be_revoked(site: Site) -> None:
    async with (
        wire_to(site.address) as (wire, address),
        tokened(site) as writing,
        tokened(site, address=address, staleness_max_ms=500) as cut_off,
    ):
        await fill(writing)
        made = await writing.tokens.create("person:ada", creator=ADMIN)
        await until(lambda: cut_off.replica.graph.node(Token, made.token.id) is not None)
        wire.cut_everything()
        await writing.tokens.revoke(made.token.id, actor=ADMIN)
        code = "person:ada"
        async with asyncio.timeout(30):
            while code == "person:ada":
                code = await cut_off.code(made.secret)
        assert code == "UNAVAILABLE"
        wire.cut = Cut.NOTHING
        await until(lambda: cut_off.replica.graph.node(Token, made.token.id) is None, seconds=60)
        assert await cut_off.code(made.secret) == "UNAUTHENTICATED"


@pytest.mark.parametrize("place", ["file", "address"])
async def test_tokens_of_the_issuer_that_the_settings_name_let_in(site: Site, place: str) -> None:
    issuer = Issuer(first="RS256")
    path = site.folder / "keys.json"
    path.write_bytes(issuer.key_set())
    with publishing(issuer) as address:
        keys: dict[str, Any] = {"jwt_jwks_file": path} if place == "file" else {"jwt_jwks_url": f"{address}/keys"}
        async with tokened(site, jwt_issuer=ISSUER, jwt_audience=AUDIENCE, **keys) as one:
            await fill(one)
            stored = await one.tokens.create("person:bo", creator=ADMIN)
            assert await one.code(issuer.sign()) == "person:ada"
            assert await one.code(stored.secret) == "person:bo"
            assert await one.code(local_token(site.folder)) == ADMIN
            for wrong in (issuer.sign("person:nobody"), issuer.sign(aud="other"), issuer.sign(exp=1), "a.b.c"):
                assert await one.code(wrong) == "UNAUTHENTICATED"


async def test_signed_tokens_let_nobody_in_where_no_issuer_is_named(site: Site) -> None:
    async with tokened(site) as one:
        await fill(one)
        assert await one.code(Issuer(first="ES256").sign()) == "UNAUTHENTICATED"


async def test_token_is_no_entity_that_anybody_may_ask_for(site: Site) -> None:
    async with tokened(site) as one:
        await fill(one)
        made = await one.tokens.create("person:ada", creator=ADMIN)
        administrator = RelationshipTuple("person:ada", "administrator", "organization:main")
        await change(one, ChangePermissions(add=(administrator,)))
        document = f'{{ node(id: "{made.token.id}") {{ id }} tuples {{ edges {{ node {{ user object }} }} }} }}'
        answer = await one.data(made.secret, document)
        assert answer["node"] is None
        assert "token:" not in json.dumps(answer["tuples"])
