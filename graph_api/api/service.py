"""The service behind the door: a replica with all that answering a request needs, built at the composition root."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

from graph_api.api.auth import Gatekeeper
from graph_api.ops.settings import Settings
from graph_api.organization.graphql.request import Identity
from graph_api.organization.read_model import KeptLists
from graph_api.projection.port import ReplicaPort
from graph_api.swarm.assembly import AssemblyPort
from graph_api.swarm.graphql.request import SwarmRequest


def utc_today() -> date:
    """Return the day that it is in UTC."""
    return datetime.now(UTC).date()


class ApiService:
    """One replica, the assembler on it, the gatekeeper, and the lists kept between requests."""

    def __init__(
        self,
        replica: ReplicaPort,
        assembly: AssemblyPort,
        settings: Settings,
        gatekeeper: Gatekeeper,
        *,
        today: Callable[[], date] = utc_today,
    ) -> None:
        self.replica: Final = replica
        self.settings: Final = settings
        self.gatekeeper: Final = gatekeeper
        self._assembly = assembly
        self._today = today
        self._kept = KeptLists()

    def request(self, identity: Identity) -> SwarmRequest:
        """Begin a request of somebody."""
        return SwarmRequest(self.replica, self.settings, identity, self._kept, self._today(), assembly=self._assembly)
