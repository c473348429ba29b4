"""Real demands put to the product, and its answers held against the records and against another solver."""

from datetime import UTC, datetime, time
from functools import lru_cache

from graph_api.kernel.graph import Graph
from graph_api.ops.settings import load_settings
from graph_api.organization.model import Task
from graph_api.swarm.assembly import NotDecided, Proposed, ProposeOutcome, Shortage
from graph_api.swarm.demand import resolved
from graph_api.swarm.exact.threads import SearchThreads
from graph_api.swarm.index.index import open_index
from graph_api.swarm.index.searching import IndexedSearch
from graph_api.swarm.problem import CertificateStatus
from graph_api.swarm.service import Assembly, rules_of
from graph_api.swarm.snapshot import customer_of
from graph_api.swarm.solver import Proposal, Short, Undecided
from graph_api.swarm.worker import SolverPool
from tests.support.data import shared_data
from tests.support.folders import graph_from
from tests.support.memory_replica import MemoryReplica
from tests.swarm.real.checker import solution_faults
from tests.swarm.real.demands import Drawn, RealDemand, draw
from tests.swarm.real.facts import Facts
from tests.swarm.real.highs import Solved

SEARCH_SECONDS = 60.0


@lru_cache
def imported(name: str) -> Graph:
    """Return an imported set; whoever asks changes nothing in it."""
    return graph_from(shared_data(name))


@lru_cache
def drawn(name: str) -> Drawn:
    """Return the demands of a set."""
    return draw(imported(name))


async def propose(pool: SolverPool, graph: Graph, real: RealDemand, deadline_ms: int) -> ProposeOutcome:
    """Ask the service at noon of the demand's day."""
    replica = MemoryReplica()
    replica.graph = graph
    noon = datetime.combine(real.today, time(12), UTC)
    service = Assembly(replica, pool, load_settings(), lambda: noon)
    answer = await service.propose(task_id=real.task_id, demand=real.demand, alternatives=0, deadline_ms=deadline_ms)
    return answer.value


async def searched(threads: SearchThreads, graph: Graph, real: RealDemand) -> Proposal | Short | Undecided:
    """Ask the search in the index, without any other solver's explanation, on the demand's day."""
    replica = MemoryReplica()
    replica.graph = graph
    rules = rules_of(load_settings())
    async with open_index(replica, rules, lambda: real.today) as index:
        await index.ready()
        indexed = IndexedSearch(index, threads)
        demand = resolved(graph, real.demand, graph.node(Task, real.task_id), real.today, rules)
        candidates = indexed.candidates(demand, customer_of(graph, real.task_id))
        assert candidates is not None
        return await indexed.decided(candidates, SEARCH_SECONDS)


def assert_true(facts: Facts, outcome: ProposeOutcome, optimum: Solved) -> None:
    """Hold an answer against the records, and against what another solver knows of the optimum."""
    match outcome:
        case Proposed():
            assert_proposal_is_true(facts, outcome.proposal, optimum)
        case Shortage():
            assert optimum.team is None, f"a team of {optimum.best} exists"
            assert outcome.conflict
        case NotDecided():
            assert outcome.upper_bound is None or optimum.best is None or outcome.upper_bound >= optimum.best
        case _:
            raise AssertionError(outcome)


def assert_proposal_is_true(facts: Facts, proposal: Proposal, optimum: Solved) -> None:
    """The team keeps every constraint and has the points it says, and the optimum is within the certificate."""
    proof = proposal.certificate
    assert solution_faults(facts, proposal.team) == []
    assert proof.candidates == len(facts.eligible())
    assert proof.lower == proposal.team.objective
    assert optimum.best is not None or not optimum.is_final, "another solver says that there is no team"
    # The optimum is unknown where the other solver ran out of time, but is not below its best nor above its bound.
    assert optimum.upper is None or proof.lower <= optimum.upper
    assert optimum.best is None or proof.upper >= optimum.best
    if proof.status is CertificateStatus.PROVED:
        assert proof.lower == proof.upper
        assert not optimum.is_final or proof.lower == optimum.best
