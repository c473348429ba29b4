"""2,000 small organizations: the answer, the conflict and its repairs are those of exhaustive enumeration."""

import pytest

from graph_api.swarm.answering import Question, reply_to
from graph_api.swarm.assembly import Shortage
from graph_api.swarm.cpsat import CpSatSolver
from graph_api.swarm.problem import CertificateStatus
from graph_api.swarm.solver import AssemblySolver, Proposal
from graph_api.swarm.terms import Terms, terms_of
from tests.swarm.world_oracle import World, every_constraint, expected_repairs, only
from tests.swarm.worlds import random_world

SOLVERS: dict[str, type[AssemblySolver]] = {"cp-sat": CpSatSolver}
LONG_SECONDS = 60.0
CHUNKS, CHUNK = 20, 100
INFEASIBLE_LEAST, FEASIBLE_LEAST = 15, 30
"""At least so many of each chunk cannot be met (300 in all), and can be."""


def assert_shortage_is_true(world: World, terms: Terms, shortage: Shortage) -> None:
    """The conflict is infeasible, each proper part of it is not, and the repairs are all that there are."""
    named = {(c.kind, c.skill_id, c.person_id, c.other_person_id) for c in shortage.conflict}
    assert named <= {(c.kind, c.skill_id, c.person_id, c.other_person_id) for c in every_constraint(terms)}
    assert not world.exists(only(terms, shortage.conflict))
    for left_out in shortage.conflict:
        assert world.exists(only(terms, [one for one in shortage.conflict if one is not left_out]))
    found = {
        (r.relaxes.kind, r.relaxes.skill_id, r.relaxes.person_id, r.relaxed_to, r.objective) for r in shortage.repairs
    }
    assert found == expected_repairs(world, terms)
    assert len(found) == len(shortage.repairs)
    assert all(repair.is_proved for repair in shortage.repairs)


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("solver", sorted(SOLVERS))
def test_replies_equal_exhaustive_enumeration(solver: str, chunk: int) -> None:
    infeasible = 0
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        snapshot, demand = random_world(seed)
        world, terms = World(snapshot), terms_of(demand)
        reply = reply_to(Question(snapshot=snapshot, terms=terms, deadline_seconds=LONG_SECONDS), SOLVERS[solver]())
        best = world.best(terms)
        if best is None:
            infeasible += 1
            assert isinstance(reply, Shortage), seed
            assert_shortage_is_true(world, terms, reply)
        else:
            assert isinstance(reply, Proposal), seed
            assert (reply.certificate.status, reply.team.objective) == (CertificateStatus.PROVED, best), seed
    assert INFEASIBLE_LEAST <= infeasible <= CHUNK - FEASIBLE_LEAST
