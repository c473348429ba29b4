"""Points as money: what a team is worth to the task that it serves, in the currency of the task's value.

worth = value * F / (1,000 * sum of w_s over the slots), F in milli-points: a team that holds every skill at level 5
and loses nothing is worth the task's value.
"""

from decimal import ROUND_CEILING, Decimal
from typing import Final

from graph_api.swarm.terms import Terms

MILLI: Final = 1000
CENT: Final = Decimal("0.01")


def weights_of(terms: Terms) -> int:
    """Return the sum of the weights over the slots that need somebody qualified."""
    return sum(skill.weight * skill.filled for skill in terms.skills)


def worth_of(value: Decimal, points: int, weights: int) -> Decimal:
    """Return what so many milli-points are worth to a task of this value."""
    return value * points / (MILLI * weights)


def points_of(cost: Decimal, value: Decimal, weights: int) -> int:
    """Return the least milli-points that are worth no less than a cost, to a task whose value is above 0."""
    return int((cost * MILLI * weights / value).to_integral_value(ROUND_CEILING))


def to_cents(amount: Decimal) -> Decimal:
    """Round an amount to hundredths, as it is told."""
    return amount.quantize(CENT)
