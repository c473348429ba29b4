"""A request that also knows bookings and the assembler."""

from collections.abc import Container
from datetime import date
from typing import Any, TypeAlias

from strawberry.types import Info as StrawberryInfo

from graph_api.kernel.quantities import Days
from graph_api.ops.settings import Settings
from graph_api.organization.graphql.request import Identity
from graph_api.organization.read_model import KeptLists
from graph_api.permission.graphql.request import PermissionRequest
from graph_api.permission.port import PermissionsPort
from graph_api.permission.sight import Seeing
from graph_api.projection.port import ReplicaPort
from graph_api.swarm.assembly import AssemblyPort
from graph_api.swarm.read_model import booked_people


class SwarmRequest(PermissionRequest):
    """One request, with the assembler."""

    def __init__(
        self,
        replica: ReplicaPort,
        settings: Settings,
        identity: Identity,
        kept: KeptLists,
        today: date,
        *,
        permissions: PermissionsPort,
        seeing: Seeing,
        assembly: AssemblyPort,
    ) -> None:
        super().__init__(replica, settings, identity, kept, today, permissions=permissions, seeing=seeing)
        self.assembly = assembly

    def booked_on(self, days: Days) -> Container[str]:
        """Return the ids of people whom a living swarm has booked on any of these days."""
        return booked_people(self.graph, days)


SwarmInfo: TypeAlias = StrawberryInfo[SwarmRequest, Any]
