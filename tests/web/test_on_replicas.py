"""HTTP on real replicas: many writers at once, and what one replica wrote read on another."""

import asyncio
from typing import Any

import httpx

from tests.api.organization import service_on
from tests.support.replicas import Site
from tests.web.client import client

SAVE = """mutation($people: [PersonInput!]!, $key: String) { savePeople(input: {people: $people, idempotencyKey: $key})
    { ... on Saved { created revision } ... on InputRejected { problems { message } } } }"""
COUNT = {"query": "{ people { totalCount } }"}


async def save(http: httpx.AsyncClient, key: str, people: list[dict[str, Any]]) -> Any:
    variables = {"people": people, "key": key}
    answer = await http.post("/graphql", json={"query": SAVE, "variables": variables})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["savePeople"]


async def test_many_writers_at_once_are_all_told_what_they_did(site: Site) -> None:
    async with site.replica() as replica, client(service_on(replica)) as http:
        writers = [save(http, f"key {number}", [{"id": f"person:{number}", "name": "N"}]) for number in range(40)]
        repeats = [save(http, f"key {number}", [{"id": f"person:{number}", "name": "N"}]) for number in range(40)]
        outcomes = await asyncio.gather(*writers, *repeats)
        assert [outcome["created"] for outcome in outcomes] == [1] * 80
        assert outcomes[:40] == outcomes[40:]
        assert (await http.post("/graphql", json=COUNT)).json()["data"]["people"]["totalCount"] == 40


async def test_what_one_replica_wrote_is_read_on_another_at_its_revision(site: Site) -> None:
    async with (
        site.two_replicas() as (first, second),
        client(service_on(first)) as writer,
        client(service_on(second)) as reader,
    ):
        for number in range(10):
            saved = await save(writer, f"{number}", [{"id": f"person:{number}", "name": "N"}])
            read = await reader.post("/graphql", json=COUNT, headers={"revision-at-least": saved["revision"]})
            assert read.json()["data"]["people"]["totalCount"] == number + 1
            assert read.json()["extensions"]["revision"] >= saved["revision"]
