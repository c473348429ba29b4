"""What the tests of assembly share: solver processes, and threads in which the compiled search is warm."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from graph_api.swarm.exact.threads import SearchThreads, search_threads
from graph_api.swarm.worker import SolverPool

WAIT_SECONDS = 240.0
"""The search may have to be compiled first."""


@pytest.fixture(scope="module")
async def pool() -> AsyncGenerator[SolverPool]:
    async with SolverPool(processes=1, solves_max=64) as pool:
        yield pool


@pytest.fixture(scope="module")
async def threads() -> AsyncGenerator[SearchThreads]:
    async with search_threads(2) as threads:
        await asyncio.wait_for(threads.warmed(), WAIT_SECONDS)
        yield threads
