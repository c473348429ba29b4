"""Services on real replicas as the command line puts them together, and requests with a token."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from graph_api.api.service import ApiService
from graph_api.api.tokens import StoredTokens
from graph_api.cli.composition import service_on, solver_pool
from graph_api.projection.replica import Replica
from graph_api.store.address import ServerAddress
from graph_api.web.app import create_app
from tests.support.permissions import guarded
from tests.support.replicas import Site


class Tokened:
    """A service with its guard, and the tokens that it lets in."""

    def __init__(self, replica: Replica, service: ApiService) -> None:
        self.replica = replica
        self.service = service
        self.tokens = StoredTokens(replica)

    async def ask(self, secret: str, query: str, *, at_least: str | None = None) -> httpx.Response:
        """Ask over HTTP."""
        headers = {"authorization": f"Bearer {secret}"} | ({"revision-at-least": at_least} if at_least else {})
        transport = httpx.ASGITransport(create_app(self.service))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return await http.post("/graphql", json={"query": query}, headers=headers)

    async def data(self, secret: str, query: str) -> Any:
        answer = await self.ask(secret, query)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def code(self, secret: str) -> str:
        """Return the code of the error that a token meets, or who it lets in."""
        told = (await self.ask(secret, "{ viewer { id } }")).json()
        return str(told["errors"][0]["extensions"]["code"] if "errors" in told else told["data"]["viewer"]["id"])


@asynccontextmanager
async def tokened(site: Site, *, address: ServerAddress | None = None, **overrides: Any) -> AsyncGenerator[Tokened]:
    """Open a replica with all that answers requests but the assembler."""
    settings = site.settings(port=0, **overrides)
    async with guarded(site, address=address, **overrides) as one:
        yield Tokened(one.replica, service_on(one.replica, one.permissions, solver_pool(settings), settings))
