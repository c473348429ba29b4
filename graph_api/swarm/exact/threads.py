"""Exact searches in threads of this process: compiled code does not hold the interpreter's lock."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import numpy as np

from graph_api.projection.tasks import owned_tasks
from graph_api.swarm.clock import NoTurn
from graph_api.swarm.exact.arrays import Integers, SolverInput
from graph_api.swarm.exact.engine import FindAny, NothingFound, Team
from graph_api.swarm.exact.solver import Ranked, best_teams
from graph_api.swarm.exact.warming import compiled_on_disk, warm_up


def nobody_knows() -> Team | None:
    """Leave it open whether there is any team."""
    raise NothingFound


class SearchThreads:
    """As many threads as there may be searches at once; `is_warm` when nothing has to be compiled any more."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="search")
        self._turns = asyncio.Semaphore(threads)
        self._warm = asyncio.Event()

    @property
    def is_warm(self) -> bool:
        """Say whether a search begins at once."""
        return self._warm.is_set()

    async def warmed(self) -> None:
        """Wait until it is warm."""
        await self._warm.wait()

    async def warm(self) -> None:
        """Have the search compiled by another process where none did it yet, then read what it kept."""
        await compiled_on_disk()
        await asyncio.get_running_loop().run_in_executor(self._threads, warm_up)
        self._warm.set()

    @asynccontextmanager
    async def turn(self, seconds: float) -> AsyncGenerator[None]:
        """Wait until a thread is free for whoever is in the block; raises NoTurn."""
        try:
            async with asyncio.timeout(seconds):
                await self._turns.acquire()
        except TimeoutError as fault:
            raise NoTurn from fault
        try:
            yield
        finally:
            self._turns.release()

    async def best(
        self, given: SolverInput, alternatives: int, seconds: float, find_any: FindAny = nobody_knows
    ) -> Ranked | None:
        """Return the best teams found in time; None where no team was found at once, and `find_any` does not know why.

        A caller who is cancelled stops the search.
        """
        stop = np.zeros(1, dtype=np.int64)
        timer = threading.Timer(seconds, stop.__setitem__, (0, 1))
        timer.daemon = True
        timer.start()
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, _best, given, stop, alternatives, find_any
            )
        finally:
            stop[0] = 1
            timer.cancel()

    def end(self) -> None:
        """Wait for the searches that run: they were told to stop."""
        self._threads.shutdown(cancel_futures=True)


def _best(given: SolverInput, stop: Integers, alternatives: int, find_any: FindAny) -> Ranked | None:
    try:
        return best_teams(given, stop, alternatives, find_any)
    except NothingFound:
        return None


@asynccontextmanager
async def search_threads(threads: int) -> AsyncGenerator[SearchThreads]:
    """Give threads that are warmed up beside everything else, until the block ends."""
    found = SearchThreads(threads)
    try:
        async with owned_tasks(search_warm_up=found.warm()):
            yield found
    finally:
        found.end()
