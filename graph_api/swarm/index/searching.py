"""The index and the exact search together: a team in milliseconds where both are ready."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date

from graph_api.projection.port import FollowedReplica
from graph_api.swarm.clock import Deadline
from graph_api.swarm.cpsat import CpSatSolver
from graph_api.swarm.exact.engine import NothingFound, Team
from graph_api.swarm.exact.solver import Ranked
from graph_api.swarm.exact.threads import SearchThreads, search_threads
from graph_api.swarm.facts import Rules
from graph_api.swarm.index.candidates import Candidates, MayMove
from graph_api.swarm.index.index import SwarmIndex, open_index
from graph_api.swarm.model import Demand
from graph_api.swarm.problem import Solution
from graph_api.swarm.roles import seated
from graph_api.swarm.solver import Feasibility, Proposal, Short, Undecided


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

    def candidates_who_may_move(
        self, demand: Demand, customer_id: str | None, may_move: MayMove, kept_ids: frozenset[str] = frozenset()
    ) -> Candidates | None:
        """Return those who are free, and of those whom a booking keeps busy whoever may be moved out of it."""
        return self._index.candidates(demand, customer_id, kept_ids, may_move)

    def candidates(
        self, demand: Demand, customer_id: str | None, kept_ids: frozenset[str] = frozenset()
    ) -> Candidates | None:
        """Return the candidates of a resolved demand in the state of now; None where another way has to be gone."""
        return self._index.candidates(demand, customer_id, kept_ids)

    async def decided(
        self, candidates: Candidates, seconds: float, alternatives: int = 0
    ) -> Proposal | Short | Undecided:
        """Return the best team, or that there is none; where that is not plain, another solver says it."""
        if candidates.given is None:
            return Short()
        deadline = Deadline(seconds)

        def find_any() -> Team | None:
            found = CpSatSolver().any_team(candidates.problem, deadline.remaining_seconds)
            if found is Feasibility.UNKNOWN:
                raise NothingFound
            return None if isinstance(found, Feasibility) else found

        ranked = await self._threads.best(candidates.given, alternatives, deadline.remaining_seconds, find_any)
        return Undecided(None) if ranked is None else _reply(candidates, ranked)

    async def best(
        self, candidates: Candidates, alternatives: int, seconds: float
    ) -> Proposal | Short | Undecided | None:
        """Return the best team; None where it is not plain whether there is any."""
        if candidates.given is None:
            return Short()
        ranked = await self._threads.best(candidates.given, alternatives, seconds)
        return None if ranked is None else _reply(candidates, ranked)


def _reply(candidates: Candidates, ranked: Ranked) -> Proposal | Short | Undecided:
    if not ranked.teams:
        return Short() if ranked.is_proved else Undecided(ranked.upper)

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
