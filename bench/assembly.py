"""Proposals by the exact solver, as the API makes them: facts from memory, solving in a worker process."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from time import monotonic

import psutil

from bench.instance import KINDS, TODAY, Instance, build, demand
from bench.tables import percentile, publish
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import upsert
from graph_api.ops.settings import Settings, load_settings
from graph_api.projection.port import ReplicaPort
from graph_api.projection.replica import Committed
from graph_api.swarm.assembly import Proposed
from graph_api.swarm.service import Assembly
from graph_api.swarm.worker import SolverPool

SIZES = {4_000: 20, 100_000: 5}
"""People, and demands of each kind."""
DEADLINE_MS = 20_000


class Frozen:
    """A state that never changes: what a proposal needs of a replica."""

    revision = "bench-000000000001"

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def ensure_fresh(self) -> None:
        """It is never behind."""

    async def wait_for(self, revision: str) -> None:
        """It has its only revision."""

    async def submit(self, *command: object, **options: object) -> Committed:
        raise AssertionError("a proposal changes nothing")


async def propose_all(
    assembly: Assembly, instance: Instance, kind: str, count: int
) -> tuple[list[float], Counter[str]]:
    seconds: list[float] = []
    ends: Counter[str] = Counter()
    for seed in range(count):
        began = monotonic()
        answer = await assembly.propose(
            task_id=None, demand=demand(instance, kind, seed), alternatives=0, deadline_ms=DEADLINE_MS
        )
        seconds.append(monotonic() - began)
        value = answer.value
        ends[value.proposal.certificate.status if isinstance(value, Proposed) else type(value).__name__] += 1
    return seconds, ends


def row(people: int, kind: str, seconds: list[float], ends: Counter[str]) -> list[object]:
    figures = [f"{percentile(seconds, share):.2f}" for share in (0.5, 0.99)]
    feasible = ends["PROVED"] + ends["BOUNDED"]
    others = ", ".join(f"{count} {name}" for name, count in sorted(ends.items()) if name not in ("PROVED", "BOUNDED"))
    return [
        f"{people:,}",
        kind,
        len(seconds),
        *figures,
        f"{max(seconds):.2f}",
        f"{ends['PROVED']} of {feasible}",
        others,
    ]


async def measure(people: int, count: int, settings: Settings) -> list[list[object]]:
    instance = build(people)
    graph = Graph()
    graph.apply(map(upsert, instance.records))
    instance.records.clear()
    replica: ReplicaPort = Frozen(graph)
    now = datetime.combine(TODAY, datetime.min.time(), UTC)
    async with SolverPool(processes=1, solves_max=settings.solves_max) as pool:
        assembly = Assembly(replica, pool, settings, clock=lambda: now)
        rows = [row(people, kind, *await propose_all(assembly, instance, kind, count)) for kind in KINDS]
        memory = [psutil.Process(process).memory_info().rss / 2**20 for process in pool.process_ids]
    own = psutil.Process().memory_info().rss / 2**20
    rows.append(
        [f"{people:,}", "memory", "", "", "", "", "", f"{own:.0f} MiB, and {sum(memory):.0f} MiB in the worker"]
    )
    return rows


async def main() -> None:
    settings = load_settings()
    rows = [row for people, count in SIZES.items() for row in await measure(people, count, settings)]
    publish(
        "assembly",
        ["people", "skills", "demands", "p50 s", "p99 s", "max s", "proved of feasible", "otherwise"],
        rows,
        f"Teams of 5, 6 skills, one worker, a deadline of {DEADLINE_MS // 1000} s; CP-SAT. "
        "What cannot be met is explained within the same time.",
    )


if __name__ == "__main__":
    asyncio.run(main())
