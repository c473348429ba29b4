"""What it takes to see knowledge items; the core module says what the relation means."""

from typing import Final

from graph_api.permission.sight import Seeing, Seen

KNOWLEDGE_SEEING: Final = Seeing({"knowledge": Seen("can_see", "can_see_knowledge")})
"""That an item was used or cited is seen by whoever sees both ends."""
