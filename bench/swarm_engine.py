"""The exact search on the bench instance: `python -m bench.swarm_engine [engine] [peers] [door]`; without, all three.

A demand comes from a customer whose zone is the demand's: distance counts. `no customer` leaves that out, so that many
people are worth the same. Times are of one process: `candidates` cuts them out of the index, `search` proves the team.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from time import monotonic
from typing import Final

import httpx

from bench.highs_peer import best_points
from bench.instance import KINDS, TODAY, ZONES, Instance, build, demand, person_id, zone_of
from bench.tables import milliseconds, percentile, publish
from graph_api.kernel.records import Record, upsert
from graph_api.ops.settings import load_settings
from graph_api.organization.model import Customer, For, Task
from graph_api.projection.visible import Visible
from graph_api.swarm.candidates import problem_of
from graph_api.swarm.cpsat import CpSatSolver
from graph_api.swarm.decisions import required, stored
from graph_api.swarm.demand import resolved
from graph_api.swarm.exact.threads import search_threads
from graph_api.swarm.facts import Rules
from graph_api.swarm.index.index import open_index
from graph_api.swarm.index.searching import IndexedSearch
from graph_api.swarm.model import Demand, MemberOf, SkillDemand, Swarm
from graph_api.swarm.problem import CertificateStatus
from graph_api.swarm.service import Assembly
from graph_api.swarm.snapshot import SnapshotReading
from graph_api.swarm.solver import Proposal
from graph_api.swarm.terms import terms_of
from graph_api.swarm.worker import SolverPool
from tests.api.organization import TOKEN, service_on
from tests.support.memory_replica import MemoryReplica
from tests.support.sockets import Server

DEMANDS: Final = 200
SAMPLED: Final = 10
"""Demands of each kind that the peers solve too."""
SEARCH_SECONDS, PEER_SECONDS = 20.0, 60.0
REQUESTS_A_SECOND, REQUESTS = 20, 400
PROPOSE: Final = """query($task: ID!) { proposeSwarm(taskId: $task, deadlineMs: 20000) {
    __typename ... on SwarmProposal { objective certificate { status } seats { person { id } } } } }"""


@dataclass
class Times:
    """Seconds of each demand, and how they ended."""

    candidates: list[float] = field(default_factory=list[float])
    search: list[float] = field(default_factory=list[float])
    eligible: list[int] = field(default_factory=list[int])
    proved: int = 0
    bounded: int = 0


def customers() -> list[Record]:
    return [Customer(id=customer_in(zone), name=f"{zone:+d}", timezone=f"Etc/GMT{-zone:+d}") for zone in ZONES]


def customer_in(zone: int) -> str:
    return f"customer:{zone}"


def asked(instance: Instance, kind: str, seed: int, *, one_skill: bool = False) -> Demand:
    """The demand of the instance, or five seats of its first skill."""
    drawn = demand(instance, kind, seed)
    assert drawn.skills is not None
    if not one_skill:
        return drawn
    first = drawn.skills[0]
    return replace_skills(drawn, (SkillDemand(skill_id=first.skill_id, seats=5, minimum_level=first.minimum_level),))


def replace_skills(drawn: Demand, skills: tuple[SkillDemand, ...]) -> Demand:
    return Demand(
        skills=skills,
        headcount=drawn.headcount,
        share=drawn.share,
        days=drawn.days,
        timezone_window=drawn.timezone_window,
    )


class Engine:
    """One instance with its index and threads."""

    def __init__(self, instance: Instance, replica: MemoryReplica, indexed: IndexedSearch, rules: Rules) -> None:
        self.instance = instance
        self.replica = replica
        self.indexed = indexed
        self.rules = rules

    async def times(self, kind: str, count: int, *, with_customer: bool, one_skill: bool = False) -> Times:
        times = Times()
        for seed in range(count):
            full = resolved(
                self.replica.graph, asked(self.instance, kind, seed, one_skill=one_skill), None, TODAY, self.rules
            )
            customer_id = customer_in(zone_of(kind, seed)) if with_customer else None
            began = monotonic()
            candidates = self.indexed.candidates(full, customer_id)
            assert candidates is not None, "the index is ready"
            cut = monotonic()
            found = await self.indexed.best(candidates, 0, SEARCH_SECONDS)
            if isinstance(found, Proposal):
                times.candidates.append(cut - began)
                times.search.append(monotonic() - cut)
                times.eligible.append(len(candidates.rows))
                is_proved = found.certificate.status is CertificateStatus.PROVED
                times.proved += is_proved
                times.bounded += not is_proved
        return times


@asynccontextmanager
async def engine_on(people: int, beta: int = 200) -> AsyncGenerator[tuple[Engine, list[object]]]:
    rules = Rules(collaboration_points=beta)
    instance = build(people)
    replica = MemoryReplica(*instance.records, *customers())
    instance.records.clear()
    gc.freeze()
    began = monotonic()
    async with search_threads(2) as threads, open_index(replica, rules, lambda: TODAY) as index:
        await threads.warmed()
        await index.ready()
        built = monotonic() - began
        indexed = IndexedSearch(index, threads)
        engine = Engine(instance, replica, indexed, rules)
        yield engine, [f"{people:,}", f"{built:.1f}", f"{index.bytes / 2**20:.0f}", milliseconds(await booked(engine))]


async def booked(engine: Engine) -> float:
    """Book seats one after the other; return the seconds that the next question takes longer for one."""
    full = resolved(engine.replica.graph, demand(engine.instance, "rare", 0), None, TODAY, engine.rules)
    seconds: list[float] = []
    for number in range(200):
        swarm = Swarm(
            id=f"swarm:{number}", formed_at=datetime.combine(TODAY, time(), UTC), starts_on=TODAY, ends_on=TODAY
        )
        link = MemberOf(
            source=person_id(number), target=swarm.id, roles=(), since=TODAY, until=TODAY, share_permille=100
        )
        changes = [upsert(swarm), upsert(link)]
        engine.replica.graph.apply(changes)
        before = monotonic()
        engine.indexed.candidates(full, None)
        between = monotonic()
        engine.replica.tell(Visible("", datetime.now(UTC), [(None, change) for change in changes]))
        engine.indexed.candidates(full, None)
        seconds.append(monotonic() - between - (between - before))
    return percentile(seconds, 0.5)


def row(people: int, beta: int, what: str, kind: str, times: Times) -> list[object]:
    both = [first + second for first, second in zip(times.candidates, times.search, strict=True)]
    return [
        f"{people:,}", beta, what, kind, f"{percentile(times.eligible, 0.5):,}",
        milliseconds(percentile(times.candidates, 0.5)),
        *(milliseconds(percentile(times.search, share)) for share in (0.5, 0.99, 1.0)),
        milliseconds(percentile(both, 0.99)),
        f"{times.proved} of {times.proved + times.bounded}",
    ]  # fmt: skip


async def measure_engine() -> None:
    rows: list[list[object]] = []
    indexes: list[list[object]] = []
    for people, beta in ((100_000, 200), (100_000, 400), (300_000, 200)):
        async with engine_on(people, beta) as (engine, index):
            indexes.append(index)
            for kind in KINDS:
                rows.append(row(people, beta, "6 skills", kind, await engine.times(kind, DEMANDS, with_customer=True)))
            for kind in KINDS:
                if people == 100_000:  # the size that is aimed at
                    times = await engine.times(kind, DEMANDS, with_customer=False)
                    rows.append(row(people, beta, "6 skills, no customer", kind, times))
                    times = await engine.times(kind, DEMANDS, with_customer=True, one_skill=True)
                    rows.append(row(people, beta, "5 seats of one skill", kind, times))
        gc.unfreeze()
    publish(
        "swarm_engine",
        ["people", "beta", "asked for", "skills", "eligible p50", "candidates p50 ms", "search p50", "p99", "max",
         "both p99", "proved of feasible"],
        rows,
        f"Teams of 5, {DEMANDS} demands a row, one after the other; ms.",
    )  # fmt: skip
    publish(
        "swarm_index",
        ["people", "built in s", "MiB", "a booked seat, ms p50"],
        indexes,
        "Built beside the service, in slices of 5 ms.",
    )


async def measure_peers() -> None:
    rows: list[list[object]] = []
    solver = CpSatSolver()
    async with engine_on(100_000) as (engine, _):
        for kind in KINDS:
            ours: list[float] = []
            theirs: list[float] = []
            highs: list[float] = []
            equal, compared, undecided = 0, 0, 0
            seed = 0
            while len(ours) < SAMPLED and seed < DEMANDS:
                full = resolved(engine.replica.graph, demand(engine.instance, kind, seed), None, TODAY, engine.rules)
                customer_id = customer_in(zone_of(kind, seed))
                seed += 1
                began = monotonic()
                candidates = engine.indexed.candidates(full, customer_id)
                assert candidates is not None
                found = await engine.indexed.best(candidates, 0, SEARCH_SECONDS)
                if not isinstance(found, Proposal) or candidates.given is None:
                    continue
                ours.append(monotonic() - began)
                taken = SnapshotReading(
                    engine.replica.graph, full, customer_id=customer_id, today=TODAY, rules=engine.rules
                ).at_once()
                problem = problem_of(taken, terms_of(full))
                began = monotonic()
                answer = solver.solve(problem, PEER_SECONDS)
                theirs.append(monotonic() - began)
                began = monotonic()
                points = best_points(candidates.given, PEER_SECONDS)
                highs.append(monotonic() - began)
                for value in (points, _proved_points(answer)):
                    undecided += value is None
                    compared += value is not None
                    equal += value == found.team.objective
            ratios = (f"{sum(one) / sum(ours):,.0f}" for one in (theirs, highs))
            medians = (f"{percentile(one, 0.5) * 1000:,.0f}" for one in (ours, theirs, highs))
            rows.append([kind, len(ours), *medians, *ratios, f"{equal} of {compared}", undecided])
    publish(
        "swarm_peers",
        ["skills", "demands", "ours p50 ms", "CP-SAT p50 ms", "HiGHS p50 ms", "CP-SAT / ours", "HiGHS / ours",
         "same optimum", "not proved in 60 s"],
        rows,
        "100,000 people, beta 200; the same demands in the same run. Ours holds the cutting of candidates, theirs only "
        "building and solving the model; ratios are of the sums.",
    )  # fmt: skip


def _proved_points(answer: object) -> int | None:
    if isinstance(answer, Proposal) and answer.certificate.status is CertificateStatus.PROVED:
        return answer.team.objective
    return None


async def measure_door() -> None:
    async with engine_on(100_000) as (engine, _), SolverPool(processes=1, solves_max=64) as pool:
        now = datetime.combine(TODAY, time(9), UTC)
        settings = load_settings()
        assembly = Assembly(engine.replica, pool, settings, lambda: now, engine.indexed)
        server = Server(service_on(engine.replica, assembler=assembly, port=0))
        await server.listens()
        try:
            latencies, kinds = await ask_at_a_pace(server.port, await open_tasks(engine, REQUESTS))
        finally:
            await server.stop()
    publish(
        "swarm_door",
        ["requests/s", "requests", "p50 ms", "p99", "max", "answers"],
        [
            [
                REQUESTS_A_SECOND,
                len(latencies),
                *(milliseconds(percentile(latencies, s)) for s in (0.5, 0.99, 1.0)),
                kinds,
            ]
        ],
        "`proposeSwarm` for tasks of customers, over HTTP on loopback at 100,000 people, topical and very common "
        "skills in turn, client and service in one process.",
    )


async def open_tasks(engine: Engine, count: int) -> list[str]:
    """Open tasks for which there is a team, of topical and of very common skills in turn; return their ids."""
    found: list[str] = []
    number = 0
    while len(found) < count:
        kind, seed = KINDS[number % 2], number // 2
        drawn, task_id, customer_id = (
            demand(engine.instance, kind, seed),
            f"task:open-{number}",
            customer_in(zone_of(kind, seed)),
        )
        number += 1
        full = resolved(engine.replica.graph, drawn, None, TODAY, engine.rules)
        candidates = engine.indexed.candidates(full, customer_id)
        assert candidates is not None, "the index is ready"
        if isinstance(await engine.indexed.best(candidates, 0, SEARCH_SECONDS), Proposal):
            task = Task(id=task_id, title="Asked for", demand=stored(drawn))
            records = [task, For(source=task_id, target=customer_id), *required(task_id, drawn)]
            engine.replica.graph.apply(map(upsert, records))
            found.append(task_id)
    return found


async def ask_at_a_pace(port: int, tasks: Sequence[str]) -> tuple[list[float], str]:
    latencies: list[float] = []
    ends: dict[str, int] = {}
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False, headers=headers
    ) as http:

        async def one(number: int) -> None:
            body = {"query": PROPOSE, "variables": {"task": tasks[number]}}
            began = monotonic()
            answer = (await http.post("/graphql", json=body)).json()
            latencies.append(monotonic() - began)
            told = answer["data"]["proposeSwarm"]["__typename"] if "errors" not in answer else "error"
            ends[told] = ends.get(told, 0) + 1

        await one(0)
        latencies.clear()
        began = monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(len(tasks)):
                await asyncio.sleep(max(0.0, began + number / REQUESTS_A_SECOND - monotonic()))
                group.create_task(one(number))
    return latencies, ", ".join(f"{count} {name}" for name, count in sorted(ends.items()))


async def main(parts: Sequence[str]) -> None:
    measures = {"engine": measure_engine, "peers": measure_peers, "door": measure_door}
    for part in parts or measures:
        await measures[part]()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
