"""One solver process for the tests of a module."""

from collections.abc import AsyncGenerator

import pytest

from graph_api.swarm.worker import SolverPool


@pytest.fixture(scope="module")
async def pool() -> AsyncGenerator[SolverPool]:
    async with SolverPool(processes=1, solves_max=1) as pool:
        yield pool
