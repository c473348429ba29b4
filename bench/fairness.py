"""Fairness online: a stream of demands, each assembled as it comes and kept, with and without the load term.

3,000 people and 4,000 demands of the bench instance, one after the other, all within 90 days, so that each seat counts
in the load (24 at most). Bookings exclude nobody here: the load term alone spreads the work. The value given up is that
of all teams, as points of skill and collaboration, against the same demands without the term. The bound knows all
demands that some team satisfies. `python -m bench.fairness cpsat` uses CP-SAT instead of the exact search.
"""

import sys
from collections import Counter
from time import monotonic
from typing import Final

import msgspec

from bench.instance import TODAY, Instance, build, demand
from bench.tables import milliseconds, percentile, publish
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import upsert
from graph_api.swarm.candidates import problem_of
from graph_api.swarm.cpsat import CpSatSolver
from graph_api.swarm.demand import resolved
from graph_api.swarm.dispatch.bound import Needed, Role, average_load, least_maximum_load
from graph_api.swarm.dispatch.shares import shares
from graph_api.swarm.exact.solver import ExactSolver
from graph_api.swarm.facts import Rules, load_points
from graph_api.swarm.problem import AssemblyProblem, Candidate, CertificateStatus
from graph_api.swarm.snapshot import SnapshotReading
from graph_api.swarm.solver import AssemblySolver, Proposal
from graph_api.swarm.terms import terms_of

PEOPLE: Final = 3_000
DEMANDS: Final = 4_000
KIND: Final = "topical"
BASES: Final = (200, 0)
DEADLINE_SECONDS: Final = 20.0
BAR: Final = 1.5
PAIRS_MAX: Final = 10_000_000


class Replay(msgspec.Struct):
    """What a stream came to: seats by person, milli-points of skill and collaboration, demands met, s a solve."""

    loads: Counter[str]
    value: int = 0
    met: list[int] = msgspec.field(default_factory=list[int])
    unproved: int = 0
    seconds: list[float] = msgspec.field(default_factory=list[float])


def problems(instance: Instance, graph: Graph) -> list[AssemblyProblem]:
    """Return the stream, without loads: they come as it is replayed."""
    found: list[AssemblyProblem] = []
    for seed in range(DEMANDS):
        asked = resolved(graph, demand(instance, KIND, seed), None, TODAY, Rules())
        snapshot = SnapshotReading(graph, asked, customer_id=None, today=TODAY, rules=Rules()).at_once()
        found.append(problem_of(snapshot, terms_of(asked)))
    return found


def loaded(problem: AssemblyProblem, loads: Counter[str], rules: Rules) -> AssemblyProblem:
    def laid(one: Candidate) -> Candidate:
        return msgspec.structs.replace(one, load=load_points(loads[one.person_id], rules))

    return msgspec.structs.replace(problem, candidates=tuple(laid(one) for one in problem.candidates))


def replayed(stream: list[AssemblyProblem], solver: AssemblySolver, base: int) -> Replay:
    rules, replay = Rules(load_base_points=base), Replay(Counter())
    for number, problem in enumerate(stream):
        asked = loaded(problem, replay.loads, rules)
        began = monotonic()
        found = solver.solve(asked, DEADLINE_SECONDS)
        replay.seconds.append(monotonic() - began)
        if isinstance(found, Proposal):
            replay.met.append(number)
            replay.unproved += found.certificate.status is not CertificateStatus.PROVED
            replay.loads.update(found.team.person_ids)
            replay.value += sum(seat.points.skill + seat.points.collaboration for seat in found.team.seats)
    return replay


def needs(problem: AssemblyProblem) -> Needed:
    """Return what any team of a problem needs; a person is one index in all problems."""
    roles = tuple(
        Role(
            problem.skill_ids[seating.skill],
            seating.seats,
            tuple(
                int(one.person_id.partition(":")[2])
                for one in problem.candidates
                if one.levels[seating.skill] >= seating.level
            ),
        )
        for seating in problem.seatings
    )
    return Needed(problem.headcount, roles)


def row(replay: Replay, base: int, everybody: int, bound: int, best: int) -> list[object]:
    told = shares([*replay.loads.values(), *[0] * (everybody - len(replay.loads))])
    return [
        base, f"{len(replay.met):,}", replay.unproved, f"{told.seats:,}", told.maximum, told.p99, bound,
        f"{told.maximum / bound:.2f}", f"{told.gini:.2f}", f"{told.idle_share:.1%}", f"{1 - replay.value / best:.1%}",
        " / ".join(milliseconds(percentile(replay.seconds[1:], share)) for share in (0.5, 0.99, 1.0)),
    ]  # fmt: skip


def main() -> None:
    solver: AssemblySolver = CpSatSolver() if "cpsat" in sys.argv else ExactSolver()
    instance, graph = build(PEOPLE), Graph()
    graph.apply(upsert(record) for record in instance.records)
    stream = problems(instance, graph)
    print("stream made", flush=True)
    replays: dict[int, Replay] = {}
    for base in BASES:
        replays[base] = replayed(stream, solver, base)
        print(f"A = {base} replayed", shares(list(replays[base].loads.values())), flush=True)
    met = [needs(stream[number]) for number in replays[BASES[0]].met]
    everybody = len({person for each in met for role in each.roles for person in role.people})
    best = replays[0].value
    began = monotonic()
    bound = least_maximum_load(met, PAIRS_MAX)
    taken = monotonic() - began
    rows = [row(replay, base, everybody, bound, best) for base, replay in replays.items()]
    columns = (
        "A", "teams", "not PROVED", "seats", "maximum load", "p99", "lower bound", "ratio", "Gini", "idle",
        "value given up", "solve ms p50 / p99 / max",
    )  # fmt: skip
    publish(
        "fairness", columns, rows,
        f"{PEOPLE:,} people of whom {everybody:,} were ever eligible, {DEMANDS:,} demands, a = 1.5. Bar: ratio "
        f"<= {BAR} with A = 200. The bound by flow took {milliseconds(taken)} ms; "
        f"by averages alone it is {average_load(met)}.",
    )  # fmt: skip


if __name__ == "__main__":
    main()
