"""The ties among some people, cut out of the rows of all."""

import numpy as np

from graph_api.swarm.exact.arrays import Integers, Small, Ties
from graph_api.swarm.exact.compiling import compiled


def ties_among(rows: Integers, starts: Integers, lengths: Integers, others: Small, bonuses: Small) -> Ties:
    """Return the ties among people in the order given; `rows` are theirs."""
    place_of = np.full(len(starts), -1, dtype=np.int64)
    place_of[rows] = np.arange(len(rows))
    return Ties(*_cut(rows, place_of, starts, lengths, others, bonuses))


@compiled
def _cut(
    rows: Integers, place_of: Integers, starts: Integers, lengths: Integers, others: Small, bonuses: Small
) -> tuple[Integers, Small, Small]:
    total = 0
    for row in rows:
        total += lengths[row]
    begins = np.zeros(len(rows) + 1, np.int64)
    to, bonus = np.empty(total, np.int32), np.empty(total, np.int32)
    at = 0
    for place in range(len(rows)):
        start = starts[rows[place]]
        for tie in range(start, start + lengths[rows[place]]):
            other = place_of[others[tie]]
            if other < 0:
                continue
            # Rows are sorted by bonus; of equal ones those go first who stand first here.
            into = at
            while into > begins[place] and bonus[into - 1] == bonuses[tie] and to[into - 1] > other:
                to[into], bonus[into] = to[into - 1], bonus[into - 1]
                into -= 1
            to[into], bonus[into] = other, bonuses[tie]
            at += 1
        begins[place + 1] = at
    return begins, to[:at].copy(), bonus[:at].copy()
