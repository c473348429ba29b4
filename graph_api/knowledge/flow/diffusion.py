"""Which customers adopted after which of those they are tied to, by period.

Coleman, Katz and Menzel, "Medical Innovation: A Diffusion Study", 1966, from where the terms come.
"""

from collections import Counter

import msgspec

from graph_api.kernel.graph import GraphView
from graph_api.organization.model import Customer, TiedTo


class Exposure(msgspec.Struct, frozen=True, order=True):
    """A customer adopted in a later period than one that is tied to it."""

    source: str
    target: str
    tie: str
    source_period: int
    target_period: int


class Adopters(msgspec.Struct, frozen=True):
    """Customers that adopted in a period, those of all periods up to it, and those with an earlier tied adopter."""

    period: int
    adopters: int
    cumulative: int
    exposed: int


class Diffusion(msgspec.Struct, frozen=True):
    """How adoption ran through the ties of customers."""

    periods: tuple[Adopters, ...]
    exposures: tuple[Exposure, ...]
    never: int
    """Customers whose period is unknown or who never adopted."""


def diffusion(view: GraphView) -> Diffusion:
    """Follow adoption over the ties of customers, from the tied (source) to the later (target)."""
    periods = {one.id: one.adoption_period for one in view.nodes(Customer) if one.adoption_period is not None}
    exposures = sorted(
        Exposure(source, tie.target, tie.tie, period, periods[tie.target])
        for source, period in periods.items()
        for tie in view.outgoing(TiedTo, source)
        if period < periods.get(tie.target, period)
    )
    counted = Counter(periods.values())
    exposed = Counter(periods[customer] for customer in {each.target for each in exposures})
    return Diffusion(_by_period(counted, exposed), tuple(exposures), view.count(Customer) - len(periods))


def _by_period(counted: Counter[int], exposed: Counter[int]) -> tuple[Adopters, ...]:
    """Count every period from the first to the last, those without an adopter too."""
    rows, cumulative = list[Adopters](), 0
    for period in range(min(counted), max(counted) + 1) if counted else ():
        cumulative += counted[period]
        rows.append(Adopters(period, counted[period], cumulative, exposed[period]))
    return tuple(rows)
