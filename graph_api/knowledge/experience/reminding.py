"""Reminders of swarms that closed and still wait for experience."""

from datetime import date, timedelta
from typing import Final

from graph_api.kernel.graph import GraphView
from graph_api.knowledge.experience.owed import closed_on, owing
from graph_api.swarm.life.reminding import reminding
from graph_api.swarm.model import Swarm, SwarmState


def is_owed_and_due(view: GraphView, swarm: Swarm, today: date, every_days: int) -> bool:
    """Tell whether a closing swarm waits for so many days, since it closed or somebody was last reminded of it."""
    if swarm.state is not SwarmState.CLOSING:
        return False
    last = swarm.owed_reminded_on or closed_on(swarm) or today
    return last + timedelta(days=every_days) <= today and bool(owing(view, swarm, today))


REMIND_EXPERIENCE: Final = reminding("remindExperience", is_owed_and_due, "owed_reminded_on")
