"""Replicas for tests: settings with a folder of their own, and an emptied database."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from graph_api.kernel.records import RecordRegistry
from graph_api.knowledge.departing.model import RECORDS as DEPARTING
from graph_api.knowledge.model import RECORDS as KNOWLEDGE
from graph_api.ops.settings import Settings, load_settings
from graph_api.organization.model import RECORDS as ORGANIZATION
from graph_api.permission.records import RECORDS as PERMISSION
from graph_api.projection.reactions import Reacting
from graph_api.projection.records import RECORDS as PROJECTION
from graph_api.projection.replica import Clock, Replica, open_replica, utc_now
from graph_api.store.address import ServerAddress
from graph_api.swarm.model import RECORDS as SWARM
from graph_api.swarm.reorganising.model import RECORDS as REORGANISING

REGISTRY = RecordRegistry([*ORGANIZATION, *PERMISSION, *SWARM, *REORGANISING, *KNOWLEDGE, *DEPARTING, *PROJECTION])


DEFAULTS: dict[str, Any] = {"staleness_max_ms": 60_000}
"""A busy machine makes a tail late now and then; a test of how old an answer may be sets its own limit."""


class Site:
    """A server and a folder on which replicas are opened."""

    def __init__(self, address: ServerAddress, folder: Path) -> None:
        self.address = address
        self.folder = folder

    def settings(self, **overrides: Any) -> Settings:
        return load_settings(**DEFAULTS | {"data_dir": self.folder, "neo4j_uri": None} | overrides)

    @asynccontextmanager
    async def replica(
        self,
        *,
        address: ServerAddress | None = None,
        reacting: Mapping[str, Reacting] | None = None,
        clock: Clock = utc_now,
        **overrides: Any,
    ) -> AsyncGenerator[Replica]:
        settings = self.settings(**overrides)
        async with open_replica(settings, REGISTRY, address or self.address, reacting=reacting, clock=clock) as replica:
            yield replica

    @asynccontextmanager
    async def two_replicas(self, **overrides: Any) -> AsyncGenerator[tuple[Replica, Replica]]:
        async with self.replica(**overrides) as first, self.replica(**overrides) as second:
            yield first, second
