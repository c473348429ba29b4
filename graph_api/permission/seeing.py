"""What it takes to see people, units, skills, tasks and customers; the core module says what each relation means."""

from typing import Final

from graph_api.kernel.records import tag_of
from graph_api.organization.model import ReportsTo
from graph_api.permission.sight import Seeing, Seen

AVAILABILITY: Final = Seen("can_see_availability", "can_see_people")
"""Of a person: absences, last day, whether he is free, and whom he reports to."""

ORGANIZATION_SEEING: Final = Seeing(
    {
        "organization": Seen("can_see", "can_see"),
        "person": Seen("can_see", "can_see_people"),
        "unit": Seen("can_see", "can_see_units"),
        "skill": Seen("can_see", "can_see_skills"),
        "task": Seen("can_see", "can_see_tasks"),
        "customer": Seen("can_see", "can_see_customers"),
    },
    aspects=[("person", AVAILABILITY)],
    links={tag_of(ReportsTo): AVAILABILITY},
)
