"""Historic teams as demands: what the exact solver finds for the tasks of real data sets, beside who really did them.

A task asks for its skills, one seat for each historic member who can be matched to one (eight at most), for as many
people, on the day before it opened, for 14 days. Ties and loads are as of that day; levels have no history. Of a set
with 300 such tasks or more 300 are drawn by a fixed seed. Nobody is named.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Final

from bench.tables import milliseconds, percentile, publish
from graph_api.exchange.difference import diff
from graph_api.exchange.plan import plan_import
from graph_api.exchange.reading import ImportLimits, read_folder
from graph_api.exchange.tables import FILES
from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import Days
from graph_api.organization.model import Task
from graph_api.swarm.candidates import problem_of
from graph_api.swarm.demand import resolved
from graph_api.swarm.exact.solver import ExactSolver
from graph_api.swarm.facts import Rules
from graph_api.swarm.model import Demand, SkillDemand
from graph_api.swarm.problem import AssemblyProblem, CertificateStatus
from graph_api.swarm.roles import seated
from graph_api.swarm.snapshot import SnapshotReading, customer_of
from graph_api.swarm.solver import AssemblySolver, Proposal
from graph_api.swarm.terms import terms_of
from tests.support.data import shared_data
from tests.swarm.real.demands import DAYS_LONG, day_before, seats_of

SETS: Final = ("kubernetes", "carpentries", "nsf")
ASKED_MAX: Final = 300
DEADLINE_SECONDS: Final = 60.0
_SEED: Final = 6
_RULES: Final = Rules()


@dataclass(frozen=True)
class Asked:
    """One historic team asked for: the milli-points of ours and theirs (None: no team, or none that may be)."""

    eligible: int
    seconds: float
    is_proved: bool
    ours: int | None
    theirs: int | None


def imported(folder: Path) -> Graph:
    plan = plan_import(read_folder(folder, FILES, ImportLimits()))
    graph = Graph()
    graph.apply(diff(graph, plan.records).changes)
    return graph


def asked_for(graph: Graph, task: Task, seats: list[tuple[str, str]]) -> AssemblyProblem:
    """Return the problem that a task poses on the day before it opened."""
    today = day_before(task)
    counts = Counter(skill for skill, _ in seats)
    asked = Demand(
        skills=tuple(SkillDemand(skill_id=skill, seats=count) for skill, count in sorted(counts.items())),
        headcount=len(seats),
        days=Days(today, today + timedelta(days=DAYS_LONG - 1)),
    )
    demand = resolved(graph, asked, None, today, _RULES)
    customer_id = customer_of(graph, task.id)
    snapshot = SnapshotReading(graph, demand, customer_id=customer_id, today=today, rules=_RULES).at_once()
    return problem_of(snapshot, terms_of(demand))


def answer(solver: AssemblySolver, problem: AssemblyProblem, historic: list[str]) -> Asked:
    began = monotonic()
    found = solver.solve(problem, DEADLINE_SECONDS)
    seconds = monotonic() - began
    ours = found.team.objective if isinstance(found, Proposal) else None
    is_proved = isinstance(found, Proposal) and found.certificate.status is CertificateStatus.PROVED
    return Asked(len(problem.candidates), seconds, is_proved, ours, worth_of(problem, historic))


def worth_of(problem: AssemblyProblem, people: list[str]) -> int | None:
    """Return what the historic team is worth with its best roles; None where not all of them may be asked."""
    positions = problem.positions
    if not all(one in positions for one in people):
        return None
    team = seated(problem, [positions[one] for one in people])
    return None if team is None else team.objective


def measured(solver: AssemblySolver, name: str) -> list[object]:
    graph = imported(shared_data(name))
    tasks = list(usable(graph))
    drawn = tasks if len(tasks) < ASKED_MAX else random.Random(_SEED).sample(tasks, ASKED_MAX)
    rows = [answer(solver, asked_for(graph, task, seats), [who for _, who in seats]) for task, seats in drawn]
    return row(name, len(tasks), rows)


def usable(graph: Graph) -> Iterator[tuple[Task, list[tuple[str, str]]]]:
    for task in graph.nodes(Task):
        seats = seats_of(graph, task)
        if not isinstance(seats, str):
            yield task, seats


def row(name: str, tasks: int, rows: list[Asked]) -> list[object]:
    met = [each for each in rows if each.ours is not None]
    both = [(each.ours, each.theirs) for each in met if each.ours is not None and each.theirs is not None]
    ratios = [ours / theirs for ours, theirs in both if theirs > 0]
    seconds = [each.seconds for each in rows]
    return [
        name, f"{tasks:,}", len(rows), f"{sum(each.is_proved for each in met)} of {len(met)}",
        f"{percentile([each.eligible for each in rows], 0.5):,} / {max(each.eligible for each in rows):,}",
        " / ".join(milliseconds(percentile(seconds, share)) for share in (0.5, 0.99, 1.0)),
        f"{sum(ours >= theirs for ours, theirs in both)} of {len(both)}",
        sum(ours == theirs for ours, theirs in both),
        " / ".join(f"{percentile(ratios, share):.2f}" for share in (0.1, 0.5, 0.9)),
    ]  # fmt: skip


def main() -> None:
    solver = ExactSolver()
    rows = [measured(solver, name) for name in SETS]
    columns = (
        "set", "tasks that can be asked for", "asked", "PROVED of feasible", "eligible p50 / max",
        "ms p50 / p99 / max", "ours >= historic", "equal", "ours / historic p10 / p50 / p90",
    )  # fmt: skip
    note = "Each task's skills and historic headcount on the day before it opened; the solver alone is timed."
    publish("historic teams", columns, rows, note)


if __name__ == "__main__":
    main()
