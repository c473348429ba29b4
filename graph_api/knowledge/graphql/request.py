"""A request that also knows the index of texts."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias

from strawberry.types import Info as StrawberryInfo

from graph_api.knowledge.model import Knowledge, KnowledgeState
from graph_api.knowledge.search.port import TextIndex
from graph_api.knowledge.search.searching import SearchLimits
from graph_api.knowledge.seeing import KNOWLEDGE_SEEING
from graph_api.ops.settings import Settings
from graph_api.organization.graphql.request import Identity
from graph_api.organization.read_model import KeptLists
from graph_api.permission.port import PermissionsPort
from graph_api.permission.sight import Seeing
from graph_api.projection.port import FollowedReplica
from graph_api.swarm.assembly import AssemblyPort
from graph_api.swarm.graphql.request import SwarmRequest


class KnowledgeRequest(SwarmRequest):
    """One request, with the index of texts."""

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
    ) -> None:
        super().__init__(
            replica, settings, identity, kept, today, permissions=permissions, seeing=seeing, assembly=assembly
        )
        self.texts = texts
        self.search_limits = SearchLimits(settings.search_hits_max, settings.search_looked_at_max_hits)

    @property
    def revision(self) -> str:
        """The token of the committed state."""
        return self.replica.revision

    @property
    def sees_every_open_item(self) -> bool:
        """Whether no knowledge item is hidden from the viewer but drafts of others."""
        return self.sees_all_open(Knowledge.entity_type)

    def seen(self) -> Callable[[str], Knowledge | None]:
        """Return what gives an item that is seen, or None, as long as the state stands.

        Each is asked for singly, as a list of all that are seen may take long.
        """
        graph, all_are_seen = self.replica.graph, self.sees_every_open_item
        rights, relation = self._rights, KNOWLEDGE_SEEING.nodes[Knowledge.entity_type].relation

        def item(knowledge_id: str) -> Knowledge | None:
            found = graph.node(Knowledge, knowledge_id)
            if found is None:
                return None
            is_open = all_are_seen and found.state is not KnowledgeState.DRAFT
            return found if is_open or rights.allows(relation, knowledge_id) else None

        return item

    async def until(self, revision: str) -> None:
        """Wait until the state has a revision; raises RevisionTimeout, RevisionGone."""
        await self.replica.wait_for(revision)


KnowledgeInfo: TypeAlias = StrawberryInfo[KnowledgeRequest, Any]
