"""The index and the exact search together: a team in milliseconds where both are ready."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date

from graph_api.projection.port import FollowedReplica
from graph_api.swarm.exact.engine import Team
from graph_api.swarm.exact.solver import Ranked
from graph_api.swarm.exact.threads import SearchThreads, search_threads
from graph_api.swarm.facts import Rules
from graph_api.swarm.index.candidates import Candidates
from graph_api.swarm.index.index import SwarmIndex, open_index
from graph_api.swarm.model import Demand
from graph_api.swarm.problem import Solution
from graph_api.swarm.roles import seated
from graph_api.swarm.solver import Proposal, Short, Undecided


class IndexedSearch:
    """Finds teams out of all people of one replica."""

    def __init__(self, index: SwarmIndex, threads: SearchThreads) -> None:
        self._index = index
        self._threads = threads

    async def ready(self) -> None:
        """Wait until the index is built and the search compiled."""
        await self._threads.warmed()
        await self._index.ready()

    @property
    def is_ready(self) -> bool:
        """Say whether the search is compiled; the index may still be built."""
        return self._threads.is_warm

    def turn(self, seconds: float) -> AbstractAsyncContextManager[None]:
        """Wait until a thread is free for whoever is in the block; raises NoTurn."""
        return self._threads.turn(seconds)

    def candidates(
        self, demand: Demand, customer_id: str | None, kept_ids: frozenset[str] = frozenset()
    ) -> Candidates | None:
        """Return the candidates of a resolved demand in the state of now; None where another way has to be gone."""
        return self._index.candidates(demand, customer_id, kept_ids)

    async def best(
        self, candidates: Candidates, alternatives: int, seconds: float
    ) -> Proposal | Short | Undecided | None:
        """Return the best team; None where it is not plain whether there is any."""
        if candidates.given is None:
            return Short()
        ranked = await self._threads.best(candidates.given, alternatives, seconds)
        if ranked is None:
            return None
        if not ranked.teams:
            return Short() if ranked.is_proved else Undecided(ranked.upper)
        return _proposal(candidates, ranked)


def _proposal(candidates: Candidates, ranked: Ranked) -> Proposal:
    def seat(team: Team) -> Solution:
        found = seated(candidates.problem_of(team), range(len(team)))
        assert found is not None, "a team that was found fills every slot"
        return found

    return ranked.proposal(len(candidates.rows), seat)


@asynccontextmanager
async def indexed_search(
    replica: FollowedReplica, rules: Rules, today: Callable[[], date], threads: int
) -> AsyncGenerator[IndexedSearch]:
    """Keep an index of a replica, and threads that search in it, until the block ends."""
    async with search_threads(threads) as searching, open_index(replica, rules, today) as index:
        yield IndexedSearch(index, searching)
