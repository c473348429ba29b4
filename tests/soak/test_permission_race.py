"""50 clients check on two services for a minute while rights are revoked and granted again: no grant is stale."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.permission.race import Race, Told
from tests.soak.services import asked_for_data, services
from tests.support.services import NO_REUSE, quiet_environment

SECONDS: Final = 60
CHECKERS: Final = 50
USERS: Final = 20
REQUEST_SECONDS: Final = 120


@pytest.mark.soak
async def test_no_check_with_the_revision_of_a_revoke_is_allowed_after_it_for_a_minute(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    environment = quiet_environment(tmp_path, mutation_seconds=REQUEST_SECONDS)
    async with (
        services([environment, environment]) as running,
        httpx.AsyncClient(timeout=REQUEST_SECONDS, limits=NO_REUSE, trust_env=False) as http,
    ):

        async def ask(number: int, query: str, variables: dict[str, Any]) -> Any:
            return await asked_for_data(http, running[number], query, variables)

        race = Race(ask, len(running), USERS)
        await race.prepare()
        until = time.monotonic() + SECONDS

        def is_over(told: Told) -> bool:
            return time.monotonic() >= until

        told = await race.run(is_over, CHECKERS)
    record_property(
        "race",
        f"{told.checks} checks ({told.allowed} allowed, {told.judged} with the revision of a revoke that stood) "
        f"beside {told.revokes} revokes in {SECONDS} s",
    )
    assert told.stale == []
    assert told.judged >= told.revokes * len(running)
    assert told.allowed > 0
    assert told.revokes > USERS
