"""The service behind the door: a replica with all that answering a request needs, built at the composition root."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

from graph_api.api.admission import Admissions
from graph_api.api.announcements import announcements
from graph_api.api.auth import Gatekeeper
from graph_api.api.request import ApiRequest
from graph_api.knowledge.search.port import TextIndex
from graph_api.knowledge.seeing import KNOWLEDGE_SEEING
from graph_api.ops.settings import Settings
from graph_api.organization.graphql.request import Identity
from graph_api.organization.read_model import KeptLists
from graph_api.permission.port import PermissionsPort
from graph_api.permission.seeing import ORGANIZATION_SEEING
from graph_api.projection.port import FollowedReplica
from graph_api.projection.stream import Feed, stream_limits
from graph_api.swarm.assembly import AssemblyPort
from graph_api.swarm.seeing import SWARM_SEEING

SEEING: Final = ORGANIZATION_SEEING | SWARM_SEEING | KNOWLEDGE_SEEING


def utc_today() -> date:
    """Return the day that it is in UTC."""
    return datetime.now(UTC).date()


class ApiService:
    """One replica, the assembler on it, the gatekeeper, the streams, and the lists kept between requests."""

    def __init__(
        self,
        replica: FollowedReplica,
        permissions: PermissionsPort,
        assembly: AssemblyPort,
        settings: Settings,
        gatekeeper: Gatekeeper,
        texts: TextIndex,
        *,
        today: Callable[[], date] = utc_today,
    ) -> None:
        self.replica: Final = replica
        self.settings: Final = settings
        self.gatekeeper: Final = gatekeeper
        self.admissions: Final = Admissions(replica)
        self.announcements: Final = Feed(replica, lambda shown: tuple(announcements(shown)), stream_limits(settings))
        self.permissions: Final = permissions
        self._assembly = assembly
        self._texts = texts
        self._today = today
        self._kept = KeptLists()

    def request(self, identity: Identity) -> ApiRequest:
        """Begin a request of somebody."""
        return ApiRequest(
            self.replica,
            self.settings,
            identity,
            self._kept,
            self._today(),
            permissions=self.permissions,
            seeing=SEEING,
            assembly=self._assembly,
            texts=self._texts,
            announcements=self.announcements,
        )
