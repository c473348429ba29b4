"""What it takes to see swarms, and what the assembler may look at for somebody."""

from typing import Final

from graph_api.permission.seeing import AVAILABILITY, ORGANIZATION_SEEING
from graph_api.permission.sight import Seeing, Seen

SWARM_SEEING: Final = Seeing(
    {
        "swarm": Seen("can_see", "can_see_swarms"),
        "reorganization": Seen("can_see", "can_see_reorganizations"),
    }
)
"""A booking is seen by whoever sees the person and the swarm."""

PLANNING: Final = Seeing(ORGANIZATION_SEEING.nodes, also={"person": AVAILABILITY}, unasked=["swarm"])
"""A proposal tells who is free: so it is made of people whose availability may be seen, by all of their bookings."""
