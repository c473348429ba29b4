"""Tasks of each of two real sets, 50 with the soak: the teams keep every constraint, and what is proved is what HiGHS
proves.

Least levels are raised until at most 300 people are eligible. With the levels as they are the search in the index is
asked, and by `make soak` CP-SAT too.
"""

from collections import Counter
from dataclasses import replace

import msgspec
import pytest

from graph_api.kernel.graph import Graph
from graph_api.organization.model import Task
from graph_api.swarm.assembly import ConstraintKind, Proposed, Shortage
from graph_api.swarm.exact.threads import SearchThreads
from graph_api.swarm.problem import CertificateStatus
from graph_api.swarm.solver import Proposal, Short
from graph_api.swarm.worker import SolverPool
from tests.support.seeds import seeds
from tests.swarm.real.asking import assert_proposal_is_true, assert_true, drawn, imported, propose, searched
from tests.swarm.real.demands import SETS, RealDemand
from tests.swarm.real.highs import Solved, best_team
from tests.swarm.real.raising import facts_of, raised

COUNT, COUNT_ALWAYS = 50, 10
ELIGIBLE_MOST = 300
LONG_MS = 60_000
SHORT_MS = (20, 40, 80, 160)
HIGHS_SECONDS = 60.0


def assert_repairs_are_true(graph: Graph, real: RealDemand, shortage: Shortage) -> None:
    """Nobody of one set has a known city, which is all that these demands are short of."""
    assert {constraint.kind for constraint in shortage.conflict} == {ConstraintKind.CITIES}
    assert [(repair.relaxed_to, repair.is_proved) for repair in shortage.repairs] == [(None, True)]
    relaxed = replace(real, demand=msgspec.structs.replace(real.demand, minimum_cities=None))
    assert shortage.repairs[0].objective == best_team(facts_of(graph, relaxed), HIGHS_SECONDS).best


@pytest.mark.parametrize("name", SETS)
def test_demands_of_many_sizes_and_years_are_drawn_and_the_others_accounted_for(name: str) -> None:
    found = drawn(name)
    assert len({real.task_id for real in found.demands}) == len(found.demands) == COUNT
    assert len(found.demands) + sum(found.left_out.values()) == imported(name).count(Task)
    assert set(Counter(real.seats for real in found.demands)) == {2, 3, 4, 5, 6, 7, 8}
    assert len({real.today.year for real in found.demands}) >= 8
    assert any(real.seats > real.headcount for real in found.demands)
    cities = [real.demand.minimum_cities for real in found.demands if real.seats == 5]
    assert set(cities) == {3}
    assert len(cities) >= 10


@pytest.mark.parametrize("number", seeds(COUNT_ALWAYS, COUNT))
@pytest.mark.parametrize("name", SETS)
async def test_real_demand_is_proved_to_be_met_as_well_as_it_can_be(name: str, number: int, pool: SolverPool) -> None:
    graph = imported(name)
    real = raised(graph, drawn(name).demands[number], ELIGIBLE_MOST)
    facts = facts_of(graph, real)
    assert len(facts.eligible()) <= ELIGIBLE_MOST
    optimum = best_team(facts, HIGHS_SECONDS)
    assert optimum.is_final
    outcome = await propose(pool, graph, real, LONG_MS)
    assert_true(facts, outcome, optimum)
    if isinstance(outcome, Proposed):
        assert outcome.proposal.certificate.gap == 0
    else:
        assert isinstance(outcome, Shortage)
        assert_repairs_are_true(graph, real, outcome)
    hurried = await propose(pool, graph, real, SHORT_MS[number % len(SHORT_MS)])
    assert_true(facts, hurried, optimum)


@pytest.mark.parametrize("number", seeds(COUNT_ALWAYS, COUNT))
@pytest.mark.parametrize("name", SETS)
async def test_real_demand_as_it_is_is_proved_by_the_search_in_the_index(
    name: str, number: int, threads: SearchThreads
) -> None:
    """With the least levels that the sets give: thousands of near-equal candidates."""
    graph, real = imported(name), drawn(name).demands[number]
    facts, found = facts_of(graph, real), await searched(threads, graph, real)
    if isinstance(found, Short):
        optimum = best_team(facts, HIGHS_SECONDS)
        assert (optimum.team, optimum.is_final) == (None, True)
        return
    assert isinstance(found, Proposal)
    assert found.certificate.status is CertificateStatus.PROVED
    assert_proposal_is_true(facts, found, Solved(None, None, None, is_final=False))
