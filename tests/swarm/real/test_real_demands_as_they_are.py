"""The same 100 demands with the least levels that the sets give: thousands of near-equal candidates."""

import time
from collections.abc import Generator
from typing import Any

import pytest

from graph_api.swarm.assembly import NotDecided
from graph_api.swarm.clock import Deadline
from graph_api.swarm.worker import SolverPool
from tests.swarm.real.asking import assert_true, drawn, imported, propose
from tests.swarm.real.demands import SETS
from tests.swarm.real.highs import Solved, best_team
from tests.swarm.real.raising import facts_of
from tests.swarm.real.table import Row, lines, row_of

pytestmark = pytest.mark.soak
COUNT = 50
LONG_MS = 60_000
SHORT_MS = (40, 80, 160, 320)
HIGHS_SECONDS = 60.0
ALL_SECONDS = 3300.0
"""No demand is begun later than this, so that all of it ends within the hour."""
DEMANDS = [(name, number) for name in SETS for number in range(COUNT)]


@pytest.fixture(scope="module")
def budget() -> Deadline:
    return Deadline(ALL_SECONDS)


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest) -> Generator[list[Row]]:
    """What was seen; it is shown at the end."""
    seen: list[Row] = []
    yield seen
    plugins: Any = request.config.pluginmanager
    reporter = plugins.get_plugin("terminalreporter")
    with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
        for line in ("", *lines(seen)):
            reporter.write_line(line)


def timed_best_team(name: str, number: int) -> tuple[Solved, float]:
    started = time.monotonic()
    optimum = best_team(facts_of(imported(name), drawn(name).demands[number]), HIGHS_SECONDS)
    return optimum, (time.monotonic() - started) * 1000


@pytest.mark.parametrize(("name", "number"), DEMANDS)
async def test_real_demand_is_met_within_what_its_certificate_says(
    name: str, number: int, pool: SolverPool, budget: Deadline, rows: list[Row]
) -> None:
    if budget.has_passed:
        pytest.skip(f"{ALL_SECONDS:g} seconds are over")
    graph, real = imported(name), drawn(name).demands[number]
    facts = facts_of(graph, real)
    optimum, highs_ms = timed_best_team(name, number)
    started = time.monotonic()
    outcome = await propose(pool, graph, real, LONG_MS)
    elapsed_ms = (time.monotonic() - started) * 1000
    assert_true(facts, outcome, optimum)
    assert not isinstance(outcome, NotDecided)
    rows.append(row_of(name, len(facts.eligible()), outcome, elapsed_ms, optimum, highs_ms))
    for deadline_ms in SHORT_MS:
        assert_true(facts, await propose(pool, graph, real, deadline_ms), optimum)
