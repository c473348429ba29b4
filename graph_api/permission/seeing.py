"""What it takes to see people, units, skills, tasks and customers; the core module says what each relation means."""

from typing import Final

from graph_api.permission.sight import Seeing, SeenLink, SeenNode

ORGANIZATION_SEEING: Final = Seeing(
    nodes={
        "organization": SeenNode("can_see", "can_see"),
        "person": SeenNode("can_see", "can_see_people"),
        "unit": SeenNode("can_see", "can_see_units"),
        "skill": SeenNode("can_see", "can_see_skills"),
        "task": SeenNode("can_see", "can_see_tasks"),
        "customer": SeenNode("can_see", "can_see_customers"),
    },
    links={"REPORTS_TO": SeenLink(source="can_see_availability")},
)
