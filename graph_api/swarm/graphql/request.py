"""A request that also knows bookings and the assembler."""

from datetime import date
from typing import Any, TypeAlias

from strawberry.types import Info as StrawberryInfo

from graph_api.kernel.quantities import Days
from graph_api.ops.settings import Settings
from graph_api.organization.graphql.request import Identity, Request
from graph_api.organization.model import Person
from graph_api.organization.read_model import KeptLists
from graph_api.projection.port import ReplicaPort
from graph_api.swarm.assembly import AssemblyPort
from graph_api.swarm.read_model import is_booked


class SwarmRequest(Request):
    """One request, with the assembler."""

    def __init__(
        self,
        replica: ReplicaPort,
        settings: Settings,
        identity: Identity,
        kept: KeptLists,
        today: date,
        *,
        assembly: AssemblyPort,
    ) -> None:
        super().__init__(replica, settings, identity, kept, today)
        self.assembly = assembly

    def is_free(self, person: Person, days: Days) -> bool:
        """Say whether a person is there and not booked by a living swarm on any of these days."""
        return super().is_free(person, days) and not is_booked(self.graph, person.id, days)


SwarmInfo: TypeAlias = StrawberryInfo[SwarmRequest, Any]
