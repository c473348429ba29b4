"""Every scenario, on the replica in memory and on a real one."""

import inspect

import pytest

from graph_api.projection.commit import CommitCodec
from graph_api.projection.loading import cold_load
from graph_api.projection.state import digest
from tests.api import scenarios
from tests.api.organization import asked, data, errors, memory_service, records, service_on
from tests.api.scenarios import SCENARIOS, Scenario
from tests.support.commands import PUT, Put
from tests.support.memory_replica import MemoryReplica
from tests.support.replicas import REGISTRY, Site


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
async def test_scenario_holds_on_a_state_in_memory(scenario: Scenario) -> None:
    service = memory_service()
    await scenario(service)
    assert isinstance(service.replica, MemoryReplica)
    assert service.replica.number == 1 + sum(changes > 0 for *_, changes in service.replica.commits)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
async def test_scenario_holds_on_a_real_replica(site: Site, scenario: Scenario) -> None:
    async with site.replica(revision_wait_seconds=0.2) as replica:
        await replica.submit(PUT, Put(records=tuple(records())), actor="test")
        await scenario(service_on(replica, site.folder))
        cold = await cold_load(replica.database, REGISTRY, CommitCodec(REGISTRY))
        assert digest(replica.graph) == digest(cold.graph)


def test_every_scenario_is_run() -> None:
    written = {name for name, _ in inspect.getmembers(scenarios, inspect.iscoroutinefunction)}
    helpers = {function.__name__ for function in (asked, data, errors)}
    assert {scenario.__name__ for scenario in SCENARIOS} == written - helpers
