"""What it takes to see knowledge items; the core module says what the relation means."""

from typing import Final

from graph_api.kernel.graph import Graph
from graph_api.knowledge.model import Knowledge, KnowledgeState
from graph_api.permission.sight import Openness, Seeing, Seen


def _is_kept(graph: Graph, knowledge_id: str) -> bool:
    item = graph.node(Knowledge, knowledge_id)
    return item is not None and item.state is not KnowledgeState.DRAFT


def _never(graph: Graph, note_id: str) -> bool:
    return False


KNOWLEDGE_SEEING: Final = Seeing(
    {
        "knowledge": Seen("can_see", "can_see_knowledge", Openness("kept", _is_kept)),
        "note": Seen("can_see", "can_see_knowledge", Openness("", _never)),
    }
)
"""That an item was used or cited is seen by whoever sees both ends. Drafts and notes are private."""
