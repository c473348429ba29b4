"""How evenly seats lie on people."""

from collections.abc import Sequence
from typing import Final

import msgspec

MOST_SHARE: Final = (99, 100)


class Shares(msgspec.Struct, frozen=True):
    """Seats in all, the greatest load, the 99th percentile (nearest rank), Gini coefficient and share of the idle."""

    seats: int
    maximum: int
    p99: int
    gini: float
    idle_share: float


def shares(loads: Sequence[int]) -> Shares:
    """Describe the seats of people, one entry each; nobody at all is even and has no idle."""
    ordered = sorted(loads)
    if not ordered:
        return Shares(0, 0, 0, 0.0, 0.0)
    above, of = MOST_SHARE
    rank = -(-len(ordered) * above // of)
    return Shares(
        seats=sum(ordered),
        maximum=ordered[-1],
        p99=ordered[rank - 1],
        gini=gini(ordered),
        idle_share=ordered.count(0) / len(ordered),
    )


def gini(ordered: Sequence[int]) -> float:
    """Return the mean absolute difference of two people over twice the mean, 0 where all are 0; loads ascend.

    With x_1 <= ... <= x_n it is sum((2 i - n - 1) x_i) / (n sum(x)) (Gini, 1912).
    """
    total, count = sum(ordered), len(ordered)
    if not total:
        return 0.0
    return sum((2 * place - count - 1) * load for place, load in enumerate(ordered, 1)) / (count * total)
