"""What the doors need of permission on a replica."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from graph_api.kernel.commands import InputRejected
from graph_api.permission.answers import Preview
from graph_api.permission.commands import (
    AuthorizationModelRejected,
    ChangePermissions,
    ModelSource,
    PermissionsChanged,
)
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.records import AuthorizationModelRecord
from graph_api.permission.service import Answered, ModelLive
from graph_api.permission.streams import PermissionStreams
from graph_api.permission.tuples import RelationshipTuple, TupleKey


class PermissionsPort(Protocol):
    """The permission graph of a replica, as of its state, and the ways to change it."""

    @property
    def graph(self) -> PermissionGraph:
        """The permission graph of now; raises Unavailable where no model is live."""
        ...

    @property
    def live_model_id(self) -> str:
        """The id of the live model."""
        ...

    @property
    def streams(self) -> PermissionStreams:
        """What can be followed: changes of tuples, and of access."""
        ...

    def follow(self, follower: Callable[[], None]) -> Callable[[], None]:
        """Call `follower` after every commit that changed permissions until the returned function is called."""
        ...

    def now(self) -> datetime:
        """Return the instant that expiries are compared with."""
        ...

    async def graph_at(self, at: datetime) -> PermissionGraph:
        """Return the permission graph as it was at an instant; raises TimedOut, RevisionGone, Unavailable."""
        ...

    def model_record(self, model_id: str | None) -> AuthorizationModelRecord | None:
        """Return a model as stored, the live one where no id is given."""
        ...

    def preview(self, add: Sequence[RelationshipTuple], remove: Sequence[TupleKey]) -> Preview | InputRejected:
        """Tell whose access a change of tuples would alter; raises QueryTooCostly."""
        ...

    async def preview_model(self, source: ModelSource) -> Preview | AuthorizationModelRejected:
        """Tell whose access another model would alter; raises QueryTooCostly."""
        ...

    async def change(
        self, command: ChangePermissions, *, actor: str, idempotency_key: str | None = None
    ) -> Answered[PermissionsChanged | InputRejected]:
        """Change explicit tuples, all or none; raises QueryTooCostly, and what `submit` of a replica raises."""
        ...

    async def write_model(
        self, source: ModelSource, *, actor: str, idempotency_key: str | None = None
    ) -> Answered[ModelLive | AuthorizationModelRejected]:
        """Write a model and wait until it is live; raises TimedOut, and what `submit` of a replica raises."""
        ...
