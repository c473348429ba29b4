"""Upper bounds of every team that holds a given candidate, to leave out for good who can be in no better team.

With the prices' ceiling Z and shortfalls q (see `prices`), a team T of k is worth at most
Z - sum of q over T + sum of bonuses in T = Z + (sum over pairs of T of e) / (k - 1),
e(i, j) = (k - 1) b(i, j) - q(i) - q(j):
each member's shortfall is shared out to his k - 1 pairs. The pairs of a member i are at most the k - 1 greatest e(i, .)
and those among the others at most half of the sum of their k - 2 greatest each. Untied pairs count as -q(i), which is
no less than e. Points are integers, so the bound is rounded down.
"""

from dataclasses import dataclass

import numpy as np

from graph_api.swarm.prices import Integers, Truths, prices_of, rows_of
from graph_api.swarm.problem import AssemblyProblem


@dataclass(frozen=True)
class _Ties:
    """Both directions of every pair: from, to, e."""

    sources: Integers
    targets: Integers
    strengths: Integers


class TeamBounds:
    """The bounds of one problem with a fixed headcount; ask again as candidates are left out, they get tighter."""

    def __init__(self, problem: AssemblyProblem) -> None:
        self._others = problem.headcount - 1
        prices = prices_of(rows_of(problem), problem.headcount)
        self._ceiling = prices.ceiling
        self.shortfalls = prices.shortfalls
        self._ties = self._tied(problem)

    def of_candidates(self, alive: Truths) -> Integers:
        """Return, for each candidate, the bound of all teams of living candidates that hold him, milli-points."""
        others = self._others
        if others == 0:
            return self._ceiling - self.shortfalls
        ties = self._living(alive)
        own = self._greatest(ties, others)
        rest = self._greatest(ties, others - 1)[alive]
        greatest = np.sort(rest)[-others:].sum() if len(rest) else 0
        doubled = 2 * own + greatest
        return self._ceiling + doubled // (2 * others)

    def _tied(self, problem: AssemblyProblem) -> _Ties:
        pairs = np.array(problem.pairs, dtype=np.int64).reshape(-1, 3)
        first, second, bonus = pairs.T
        strengths = self._others * bonus - self.shortfalls[first] - self.shortfalls[second]
        sources, targets = np.concatenate([first, second]), np.concatenate([second, first])
        both = np.concatenate([strengths, strengths])
        order = np.lexsort((-both, sources))
        return _Ties(sources[order], targets[order], both[order])

    def _living(self, alive: Truths) -> _Ties:
        kept = alive[self._ties.sources] & alive[self._ties.targets]
        return _Ties(self._ties.sources[kept], self._ties.targets[kept], self._ties.strengths[kept])

    def _greatest(self, ties: _Ties, count: int) -> Integers:
        """Sum of the `count` greatest of each candidate's pairs, tied or not."""
        people = len(self.shortfalls)
        starts = np.searchsorted(ties.sources, np.arange(people))
        rank = np.arange(len(ties.sources)) - starts[ties.sources]
        best = (rank < count) & (ties.strengths > -self.shortfalls[ties.sources])
        sources = ties.sources[best]
        tied = np.zeros(people, dtype=np.int64)
        np.add.at(tied, sources, ties.strengths[best])
        missing = count - np.bincount(sources, minlength=people)
        return tied - missing * self.shortfalls
