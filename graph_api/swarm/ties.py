"""How well people know each other from common work: c = 1 - exp(-sum of the recency of common tasks)."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from graph_api.swarm.facts import PersonFacts


def pair_bonuses(
    people: Sequence[PersonFacts], recency: Sequence[float], collaboration_points: int
) -> tuple[tuple[int, int, int], ...]:
    """Return (i, j, milli-points > 0) with i < j, sorted, for the indices of people who worked on common tasks.

    The recencies of a pair are added in the order of tasks, so that the sum does not depend on who else is asked for.
    """
    if not collaboration_points or not recency:
        return ()
    sums = _common(people, np.array(recency))
    pairs = zip(sums.row.tolist(), sums.col.tolist(), sums.data.tolist(), strict=True)
    bonuses = ((i, j, round(collaboration_points * (1.0 - math.exp(-total)))) for i, j, total in pairs)
    return tuple(sorted(bonus for bonus in bonuses if bonus[2] > 0))


def _common(people: Sequence[PersonFacts], recency: Any) -> Any:
    """Sum of recency of common tasks: the upper triangle of a sparse (people, people) matrix."""
    works = [work for person in people for work in person.works]
    starts = np.concatenate([[0], np.cumsum([len(person.works) for person in people])])
    tasks = np.array(works, dtype=np.int64)
    library: Any = sparse  # typed in part only
    shape = (len(people), len(recency))
    weighted = library.csr_array((recency[tasks], tasks, starts), shape=shape)
    present = library.csr_array((np.ones(len(tasks)), tasks, starts), shape=shape)
    return library.triu(weighted @ present.T.tocsr(), k=1, format="coo")
