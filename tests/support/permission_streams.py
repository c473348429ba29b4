"""Sockets that follow permissions on real replicas, and what they are told."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from graph_api.api.admission import Admission, Standing
from graph_api.organization.graphql.request import Identity
from graph_api.projection.replica import Clock, utc_now
from graph_api.swarm.assembly import AssemblyPort
from tests.api.organization import TOKEN, service_on
from tests.support.permissions import Guarded, guarded
from tests.support.replicas import Site
from tests.support.sockets import Client, Server, opened, served

ACCESS = """subscription($watch: AccessWatchInput!, $after: Revision) { accessChanges(watch: $watch, after: $after)
    { changes { user relation object before after cause causeIds actor } overflow at revision } }"""
TUPLES = """subscription($after: Revision) { permissionChanges(after: $after) { changes { operation actor
    tuple { user relation object source conditionName conditionContext expiresAt valid } } overflow at revision } }"""


class Everybody:
    """Lets anybody in whose id is the token."""

    async def admit(self, token: str) -> Admission | None:
        return Admission(lambda: Standing(Identity(token))) if ":" in token else None


class Served(NamedTuple):
    """A replica with its permissions, and the server on it."""

    guarded: Guarded
    server: Server

    @property
    def revision(self) -> str:
        return self.guarded.replica.revision


@asynccontextmanager
async def serving(
    site: Site, *, clock: Clock = utc_now, assembler: AssemblyPort | None = None, **overrides: Any
) -> AsyncGenerator[Served]:
    """Serve a replica; the settings are those of the replica and of the door alike."""
    async with guarded(site, clock=clock, **overrides) as one:
        service = service_on(one.replica, site.folder, assembler, one.permissions, [Everybody()], port=0, **overrides)
        async with served(service) as server:
            yield Served(one, server)


class Following:
    """One subscription, on a socket of its own."""

    def __init__(self, client: Client, field: str) -> None:
        self._client = client
        self._field = field
        self.revision = ""

    async def message(self) -> Any:
        """Return the next message: a revision is told once, and after those before it."""
        told = await self._client.hear()
        assert told["type"] == "next", told
        assert "errors" not in told["payload"], told
        message = told["payload"]["data"][self._field]
        assert told["payload"]["extensions"]["revision"] == message["revision"]
        assert message["revision"] > self.revision or (message["revision"] == self.revision and not message["changes"])
        self.revision = message["revision"]
        return message

    async def until(self, revision: str) -> list[Any]:
        """Return the messages that tell something, up to a revision that something is told of."""
        messages = [await self.message()]
        while messages[-1]["revision"] < revision:
            messages.append(await self.message())
        return [each for each in messages if each["changes"] or each["overflow"]]

    async def caught_up(self) -> list[Any]:
        """Return the messages up to the one that tells that all before it was told, that one left out."""
        messages = [await self.message()]
        while messages[-1]["changes"] or messages[-1]["overflow"]:
            messages.append(await self.message())
        return messages[:-1]

    async def code(self) -> str:
        """Return the code of the error that ends it."""
        return await self._client.code()


@asynccontextmanager
async def following(server: Server, query: str, *, viewer: str = TOKEN, **variables: Any) -> AsyncGenerator[Following]:
    """Subscribe as somebody."""
    async with opened(server) as client:
        await client.say("connection_init", payload={"authorization": f"Bearer {viewer}"})
        assert await client.hear() == {"type": "connection_ack"}
        await client.begin(query, variables)
        yield Following(client, "accessChanges" if query == ACCESS else "permissionChanges")


def watch(relation: str, *, user: str | None = None, context: Mapping[str, Any] | None = None, **target: str) -> Any:
    """Say what is watched: `type` or `object` is the target."""
    return {"relation": relation, "target": target, "user": user, "context": context}


def told_briefly(message: Any) -> list[str]:
    """Tell changes of access in short: `person:bo task:mx DENIED ALLOWED`."""
    return [" ".join((each["user"], each["object"], each["before"], each["after"])) for each in message["changes"]]
