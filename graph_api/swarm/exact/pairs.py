"""The ties among those who are left, sorted by what a pair can gain."""

import numpy as np

from graph_api.swarm.exact.arrays import Integers, Small
from graph_api.swarm.exact.compiling import compiled
from graph_api.swarm.exact.kept import FAR, Pairs, People


@compiled
def pairs_of(
    kept: Integers, place_of: Integers, people: People, full: int, size: int, starts: Integers, others: Small,
    bonuses: Small,
) -> Pairs:  # fmt: skip
    """Lay out the ties among those who are kept; `place_of` is -1 for everybody else."""
    count = len(kept)
    own = np.zeros(count + 1, np.int64)
    for place in range(count):
        found = 0
        for tie in range(starts[kept[place]], starts[kept[place] + 1]):
            found += place_of[others[tie]] >= 0
        own[place + 1] = own[place] + found
    to, bonus, gain = np.empty(own[count], np.int64), np.empty(own[count], np.int64), np.empty(own[count], np.int64)
    for place in range(count):
        at = own[place]
        for tie in range(starts[kept[place]], starts[kept[place] + 1]):
            other = place_of[others[tie]]
            if other >= 0:
                to[at], bonus[at] = other, bonuses[tie]
                gain[at] = (size - 1) * bonuses[tie] - _joint(people, full, place, int(other))
                at += 1
        order = np.argsort(-gain[own[place] : at], kind="mergesort") + own[place]
        to[own[place] : at], bonus[own[place] : at], gain[own[place] : at] = to[order], bonus[order], gain[order]
    return Pairs(own, to, bonus, gain)


@compiled
def _joint(people: People, full: int, first: int, second: int) -> int:
    """Least slack of two people in roles that have no slot in common."""
    found = FAR
    role = people.able[first]
    while role:
        if people.slack[first, role] < FAR:
            found = min(found, people.slack[first, role] + people.floor[second, full & ~role])
        role = (role - 1) & people.able[first]
    return found
