"""A request that knows what its viewer may do and see."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final, TypeAlias, TypeVar

from strawberry.types import Info as StrawberryInfo

from graph_api.kernel.graph import Readable
from graph_api.ops.settings import Settings
from graph_api.organization.graphql.request import Identity, Request
from graph_api.organization.read_model import KeptLists
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.port import PermissionsPort
from graph_api.permission.sight import Rights, Seeing, seen_by
from graph_api.projection.port import ReplicaPort

RowT = TypeVar("RowT")


class PermissionRequest(Request):
    """One request: the state is read through the viewer's sight; rights are those of the state's revision."""

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
    ) -> None:
        super().__init__(replica, settings, identity, kept, today)
        self.permissions: Final = permissions
        self._seeing = seeing
        self._revision = ""

    @property
    def graph(self) -> Readable:
        """What the viewer may see of the committed state."""
        self._look()
        return self._seen

    def allows(self, relation: str, target: str) -> bool:
        """Tell whether the viewer has a relation to an object, as of the committed state."""
        self._look()
        return self._rights.allows(relation, target)

    def _look(self) -> None:
        """Take up the state's revision: while a mutation waits, rights may come and go."""
        if self._revision != self.replica.revision:
            self._revision = self.replica.revision
            self._rights = Rights(self.permissions.graph, self.identity.id, self.permissions.now())
            self._seen = seen_by(self.replica.graph, self._rights, self._seeing)

    def kept_list(self, key: object, build: Callable[[], Sequence[RowT]]) -> Sequence[RowT]:
        """Return a list of what the viewer sees; those who see everything share theirs."""
        viewer = None if self.graph is self.replica.graph else self.identity.id
        return super().kept_list((viewer, key), build)

    async def permission_graph(self, at: datetime | None, at_least: str | None) -> PermissionGraph:
        """Return the permission graph once it has a revision; for an instant in the past, as it was then."""
        if at_least is not None:
            await self.replica.wait_for(at_least)
        return self.permissions.graph if at is None else await self.permissions.graph_at(at)


PermissionInfo: TypeAlias = StrawberryInfo[PermissionRequest, Any]
