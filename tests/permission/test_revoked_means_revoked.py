"""Checks race with revokes on two replicas; a replica that is cut off answers nothing, and catches up by itself."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.api.door import Question, answer
from graph_api.api.service import ApiService
from tests.api.organization import service_on
from tests.permission.race import CHANGE, CHECK, MODEL, WRITE_MODEL, Race, Told
from tests.support.permissions import Guarded, guarded
from tests.support.proxy import Cut, wire_to
from tests.support.replicas import Site
from tests.support.waiting import until

CHECKERS, USERS, REVOKES = 2, 4, 10


def door(site: Site, one: Guarded) -> ApiService:
    return service_on(one.replica, site.folder, permissions=one.permissions)


async def told(service: ApiService, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    return (await answer(service, Question(query=query, variables=variables), LOCAL_ADMINISTRATOR)).body


@asynccontextmanager
async def two_doors(site: Site) -> AsyncGenerator[list[ApiService]]:
    async with guarded(site, mutation_seconds=60) as first, guarded(site, mutation_seconds=60) as second:
        yield [door(site, first), door(site, second)]


async def test_no_check_with_the_revision_of_a_revoke_is_allowed_after_it(site: Site) -> None:
    async with two_doors(site) as doors:

        async def ask(number: int, query: str, variables: dict[str, Any]) -> Any:
            body = await told(doors[number], query, variables)
            await asyncio.to_thread(int)  # as a client on the wire lets others have their turn
            assert "errors" not in body, body
            return body["data"]

        race = Race(ask, len(doors), USERS)
        await race.prepare()
        found = await race.run(_enough, CHECKERS)
    assert found.stale == []
    assert found.judged >= found.revokes * len(doors)
    assert 0 < found.allowed < found.checks


def _enough(found: Told) -> bool:
    return found.revokes >= REVOKES and found.allowed > 0


async def test_r9_a_replica_that_is_cut_off_answers_no_check_and_catches_up(site: Site) -> None:
    grant = {"user": "person:ada", "relation": "viewer", "object": "document:1"}
    asked = {"user": "person:ada", "object": "document:1"}
    async with (
        guarded(site) as first,
        wire_to(site.address) as (wire, address),
        guarded(site, address=address, staleness_max_ms=1000) as second,
    ):
        near, far = door(site, first), door(site, second)
        await told(near, WRITE_MODEL, {"dsl": MODEL})
        granted = (await told(near, CHANGE, {"add": [grant]}))["data"]["changePermissions"]["revision"]
        assert (await told(far, CHECK, asked | {"atLeast": granted}))["data"]["check"]["allowed"]
        wire.cut_everything()
        await until(lambda: second.replica.live.fresh_seconds == 0)
        refused = await told(far, CHECK, asked)
        assert [error["extensions"]["code"] for error in refused["errors"]] == ["UNAVAILABLE"]
        await told(near, CHANGE, {"remove": [grant]})
        wire.cut = Cut.NOTHING
        await until(lambda: second.replica.revision == first.replica.revision, seconds=60)
        assert not (await told(far, CHECK, asked))["data"]["check"]["allowed"]
