"""Permission on real replicas: opened with what the service declares, and ways to look at what it holds."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from graph_api.cli.composition import PERMISSION_DECLARED
from graph_api.permission.derivation import DerivedTable
from graph_api.permission.kept_graph import KeptGraph
from graph_api.permission.projection import PermissionProjection
from graph_api.permission.service import Permissions, open_permissions
from graph_api.permission.tuples import StoredTuple
from graph_api.projection.live import LiveState
from graph_api.projection.reactions import Reacting
from graph_api.projection.replica import Clock, Replica, utc_now
from graph_api.projection.state import State
from graph_api.store.address import ServerAddress
from tests.support.replicas import Site

TABLE = DerivedTable(PERMISSION_DECLARED.rules, PERMISSION_DECLARED.fixed)


class Guarded:
    """A replica with its permissions."""

    def __init__(self, replica: Replica, permissions: Permissions) -> None:
        self.replica = replica
        self.permissions = permissions

    @property
    def graph(self) -> KeptGraph:
        return self.permissions.graph

    @property
    def projection(self) -> PermissionProjection:
        return self.permissions.projection


@asynccontextmanager
async def guarded(
    site: Site,
    *,
    clock: Clock = utc_now,
    address: ServerAddress | None = None,
    reacting: Mapping[str, Reacting] | None = None,
    **overrides: Any,
) -> AsyncGenerator[Guarded]:
    """Open a replica with its permissions, kept by it."""
    async with (
        site.replica(clock=clock, address=address, reacting=reacting, **overrides) as replica,
        open_permissions(replica, PERMISSION_DECLARED, site.settings(**overrides), clock=clock) as permissions,
    ):
        yield Guarded(replica, permissions)


def unkept(site: Site, replica: Replica, **overrides: Any) -> Permissions:
    """Return permissions that nobody keeps: nothing becomes live or expires by them."""
    return Permissions(replica, PERMISSION_DECLARED, site.settings(**overrides), utc_now)


def held(graph: KeptGraph) -> tuple[object, Sequence[StoredTuple]]:
    """Return all that a permission graph holds: its model and its tuples."""
    return (graph.model, graph.read())


def rebuilt(state: State) -> KeptGraph:
    """Return the permission graph as a replica builds it that loads a state."""
    return PermissionProjection(LiveState(state, 60.0), TABLE, utc_now).graph
