"""A peer of the exact search: the same problem as a mixed-integer programme, solved by scipy's HiGHS.

Variables: y (a member), x (a member's slot), z (a pair of members who know each other, 0 to 1). As in any team a member
has at most k - 1 pairs, his z sum up to (k - 1) y at most, which also binds z to both.
"""

from typing import Any, Final

import numpy as np
from scipy import optimize, sparse

from graph_api.swarm.exact.arrays import SolverInput

_OPTIMAL: Final = 0


def best_points(given: SolverInput, seconds: float) -> int | None:
    """Return the milli-points of the best team of a problem without pins and rules of place; None where not proved."""
    people, slots = given.candidates, given.slots
    who, slot = np.nonzero(given.values >= 0)
    first = np.repeat(np.arange(people), np.diff(given.ties.starts))
    second = given.ties.others.astype(np.int64)
    once = first < second
    first, second = first[once], second[once]
    seats, pairs = len(who), len(first)
    x, z = people + np.arange(seats), people + seats + np.arange(pairs)
    points = np.concatenate([-given.penalties, given.values[who, slot], given.ties.bonuses[once]])
    shares = given.headcount - 1
    blocks = [
        (np.zeros(people, np.int64), np.arange(people), 1.0),
        (1 + slot, x, 1.0),
        (1 + slots + np.arange(seats), x, 1.0),
        (1 + slots + np.arange(seats), who, -1.0),
        (1 + slots + seats + who, x, 1.0),
        (1 + slots + seats + np.arange(people), np.arange(people), -1.0),
        (1 + slots + seats + people + first, z, 1.0),
        (1 + slots + seats + people + second, z, 1.0),
        (1 + slots + seats + people + np.arange(people), np.arange(people), -float(shares)),
    ]
    rows, columns = (np.concatenate([block[at] for block in blocks]) for at in (0, 1))
    values = np.concatenate([np.full(len(block[0]), block[2]) for block in blocks])
    height = 1 + slots + seats + 2 * people
    least = np.concatenate([[given.headcount], np.ones(slots), np.full(seats, -np.inf), np.zeros(people)])
    most = np.concatenate([[given.headcount], np.ones(slots), np.zeros(seats), np.full(people, np.inf)])
    least, most = np.concatenate([least, np.full(people, -np.inf)]), np.concatenate([most, np.zeros(people)])
    library: Any = optimize  # typed in part only
    sparse_: Any = sparse
    matrix = sparse_.csr_array((values, (rows, columns)), shape=(height, people + seats + pairs))
    found = library.milp(
        -points.astype(float),
        integrality=np.concatenate([np.ones(people + seats), np.zeros(pairs)]),
        bounds=library.Bounds(0, 1),
        constraints=library.LinearConstraint(matrix, least, most),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    return round(-found.fun) if found.status == _OPTIMAL else None
