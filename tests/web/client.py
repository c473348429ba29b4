"""An HTTP client on the application, without a socket."""

from typing import Any

import httpx

from graph_api.api.service import ApiService
from graph_api.web.app import create_app
from tests.api.organization import TOKEN, memory_service

AUTHORIZED = {"authorization": f"Bearer {TOKEN}"}


def client(service: ApiService | None = None, **settings: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(service or memory_service(**settings)))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=AUTHORIZED)


def codes(answer: httpx.Response) -> set[str]:
    return {error["extensions"]["code"] for error in answer.json()["errors"]}
