"""What it takes to see swarms and bookings; the core module says what each relation means."""

from typing import Final

from graph_api.permission.sight import Seeing, SeenLink, SeenNode

SWARM_SEEING: Final = Seeing(
    nodes={"swarm": SeenNode("can_see", "can_see_swarms")},
    links={"MEMBER_OF": SeenLink(source="can_see_availability", target="can_see")},
)
