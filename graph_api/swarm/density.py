"""What a task is worth a person-day."""

from decimal import Context, Decimal
from typing import Final

from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import Money
from graph_api.organization.model import Task, money
from graph_api.swarm.demand import task_demand
from graph_api.swarm.model import HEADCOUNT_DEFAULT_MAX, Demand

SMALLEST: Final = Decimal("0.0001")
_EXACT: Final = Context(prec=200)


def value_density(view: GraphView, task: Task) -> Money | None:
    """Return the value of a task divided by the person-days that it asks for, rounded to 0.0001; None if unknown."""
    worth, person_days = money(task.value, task.currency), demanded_person_days(view, task)
    if worth is None or person_days is None:
        return None
    return Money(_EXACT.quantize(_EXACT.divide(worth.amount, person_days), SMALLEST), worth.currency)


def demanded_person_days(view: GraphView, task: Task) -> Decimal | None:
    """Return the people times the days of a task's demand, else its expected effort; None where neither is known."""
    if task.demand is not None:  # only a demand of its own can name days
        demand = task_demand(view, task)
        if demand.days is not None and (people := headcount(demand)):
            return Decimal(people * demand.days.count)
    return Decimal(str(task.effort_days)) if task.effort_days else None


def headcount(demand: Demand) -> int:
    """Return how many people a demand asks for; left out: the seats of all skills, at most 5."""
    if demand.headcount is not None:
        return demand.headcount
    return min(HEADCOUNT_DEFAULT_MAX, sum(skill.seats for skill in demand.skills or ()))
