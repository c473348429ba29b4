"""A request that also knows the streams."""

from datetime import date
from typing import Any, TypeAlias

from strawberry.types import Info as StrawberryInfo

from graph_api.api.announcements import Announcement
from graph_api.knowledge.graphql.request import KnowledgeRequest
from graph_api.knowledge.search.port import TextIndex
from graph_api.ops.settings import Settings
from graph_api.organization.graphql.request import Identity
from graph_api.organization.read_model import KeptLists
from graph_api.permission.port import PermissionsPort
from graph_api.permission.sight import Seeing
from graph_api.projection.port import FollowedReplica
from graph_api.projection.stream import Feed
from graph_api.swarm.assembly import AssemblyPort


class ApiRequest(KnowledgeRequest):
    """One request, with what it may subscribe to."""

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
        texts: TextIndex,
        announcements: Feed[Announcement],
    ) -> None:
        super().__init__(
            replica,
            settings,
            identity,
            kept,
            today,
            permissions=permissions,
            seeing=seeing,
            assembly=assembly,
            texts=texts,
        )
        self.announcements = announcements
        self.streamed_revision: str | None = None

    def note_streamed(self, revision: str) -> None:
        """Keep the revision of the message that is told next: its answer shows it."""
        self.streamed_revision = revision


ApiInfo: TypeAlias = StrawberryInfo[ApiRequest, Any]
