"""A request that also knows bookings and the assembler."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias

from strawberry.types import Info as StrawberryInfo

from graph_api.kernel.graph import Readable
from graph_api.kernel.quantities import Days, Money
from graph_api.ops.settings import Settings
from graph_api.organization.graphql.request import Identity
from graph_api.organization.model import Person, Task
from graph_api.organization.read_model import KeptLists
from graph_api.permission.graphql.request import PermissionRequest
from graph_api.permission.port import PermissionsPort
from graph_api.permission.sight import Seeing
from graph_api.projection.port import FollowedReplica
from graph_api.swarm.assembly import AssemblyPort
from graph_api.swarm.density import value_density
from graph_api.swarm.read_model import booked_people
from graph_api.swarm.seeing import PLANNING


class SwarmRequest(PermissionRequest):
    """One request, with the assembler."""

    def __init__(
        self,
        replica: FollowedReplica,
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
        self.followed: FollowedReplica = replica

    def free_on(self, days: Days) -> Callable[[Person], bool]:
        """Return the test whether the viewer may know that somebody is free on these days, and he is."""
        is_free, busy = super().free_on(days), booked_people(self.replica.graph, days)
        return lambda person: person.id not in busy and is_free(person)

    def density_of(self, task: Task) -> Money | None:
        """Return what a task is worth a person-day, as far as the viewer sees its demand; None where unknown."""
        return value_density(self.graph, task)

    def planned_on(self) -> Readable:
        """Return what a team may be planned on for the viewer, of the committed state."""
        return self.sight(PLANNING)


SwarmInfo: TypeAlias = StrawberryInfo[SwarmRequest, Any]
