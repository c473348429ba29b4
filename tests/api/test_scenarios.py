"""Every scenario, on the replica in memory and on a real one."""

import pytest

from tests.api.organization import memory_service, records, service_on
from tests.api.scenarios import SCENARIOS, Scenario
from tests.support.commands import PUT, Put
from tests.support.replicas import Site


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
async def test_scenario_holds_on_a_state_in_memory(scenario: Scenario) -> None:
    await scenario(memory_service())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
async def test_scenario_holds_on_a_real_replica(site: Site, scenario: Scenario) -> None:
    async with site.replica(revision_wait_seconds=0.2) as replica:
        await replica.submit(PUT, Put(records=tuple(records())), actor="test")
        await scenario(service_on(replica, site.folder))
