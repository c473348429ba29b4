"""The permissions port's second implementation: the graph is built anew from the state whenever that has moved.

It has one model and keeps nothing: for tests of doors whose subject is not how permissions change.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from graph_api.cli.composition import PERMISSION_DECLARED
from graph_api.kernel.commands import InputRejected
from graph_api.kernel.graph import Graph
from graph_api.permission.answers import Preview
from graph_api.permission.commands import (
    AuthorizationModelRejected,
    ChangePermissions,
    ModelSource,
    PermissionsChanged,
)
from graph_api.permission.core import Core, shipped_core
from graph_api.permission.derivation import DerivedTable
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.kept_graph import KeptGraph
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.records import AuthorizationModelRecord, Granted
from graph_api.permission.service import Answered, ModelLive
from graph_api.permission.streams import PermissionStreams
from graph_api.permission.tuples import RelationshipTuple, TupleKey, TupleSource
from graph_api.projection.port import FollowedReplica

TABLE = DerivedTable(PERMISSION_DECLARED.rules, PERMISSION_DECLARED.fixed)
CORE = Core(shipped_core(), TABLE.shapes)


class StatePermissions:
    """Permission as it follows from a replica's state."""

    live_model_id = "authorization_model:core"

    def __init__(self, replica: FollowedReplica, model: AuthorizationModel = CORE.model) -> None:
        self._replica = replica
        self._model = model
        self._built: tuple[str, KeptGraph] | None = None

    @property
    def graph(self) -> PermissionGraph:
        if self._built is None or self._built[0] != self._replica.revision:
            self._built = (self._replica.revision, built(self._replica.graph, self._model))
        return self._built[1]

    @property
    def streams(self) -> PermissionStreams:
        raise AssertionError("streams of permission come from real replicas")

    def follow(self, follower: Callable[[], None]) -> Callable[[], None]:
        return self._replica.follow(lambda shown: follower())

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def graph_at(self, at: datetime) -> PermissionGraph:
        raise AssertionError("the past is asked of real replicas")

    def model_record(self, model_id: str | None) -> AuthorizationModelRecord | None:
        return None

    def preview(self, add: Sequence[RelationshipTuple], remove: Sequence[TupleKey]) -> Preview | InputRejected:
        return self.graph.preview(add, remove)

    async def preview_model(self, source: ModelSource) -> Preview | AuthorizationModelRejected:
        return self.graph.preview(model=CORE.complete(source))

    async def change(
        self, command: ChangePermissions, *, actor: str, idempotency_key: str | None = None
    ) -> Answered[PermissionsChanged | InputRejected]:
        raise AssertionError("tuples are changed on real replicas")

    async def write_model(
        self, source: ModelSource, *, actor: str, idempotency_key: str | None = None
    ) -> Answered[ModelLive | AuthorizationModelRejected]:
        raise AssertionError("models are written on real replicas")


def built(view: Graph, model: AuthorizationModel = CORE.model) -> KeptGraph:
    """Return the permission graph that a state amounts to today, under a model."""
    graph = KeptGraph(model)
    grants = (record for record in view.records() if isinstance(record, Granted))
    graph.fill((each.tuple for each in grants), TupleSource.EXPLICIT)
    today = datetime.now(UTC).date()
    derived = (each for key in TABLE.keys(view) for each in TABLE.derive(view, key, today).tuples)
    graph.fill((*TABLE.fixed, *derived), TupleSource.DERIVED)
    return graph
