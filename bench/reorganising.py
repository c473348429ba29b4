"""A task's value rises at 100,000 people: how long until what pays is recorded: `python -m bench.reorganising`.

On the bench instance, in one process and in memory: 8,000 swarms of 5 work on tasks of their own, everybody has a day
rate. Measured is from the command that alters the value to the recorded proposal; what the database adds to two commits
stands in the table of the write path.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time
from decimal import Decimal
from time import monotonic
from typing import Final

from msgspec.structs import replace

from bench.instance import KINDS, TODAY, demand, zone_of
from bench.swarm_engine import SEARCH_SECONDS, Engine, customer_in, engine_on
from bench.tables import milliseconds, percentile, publish
from graph_api.kernel.quantities import Money
from graph_api.kernel.records import AnyChange, removal, upsert
from graph_api.organization.model import For, Person, Requires, Task, TaskState
from graph_api.projection.records import Reaction
from graph_api.projection.visible import Visible
from graph_api.swarm.assembly import TaskFields
from graph_api.swarm.decisions import required, stored, swarm_changes
from graph_api.swarm.demand import resolved
from graph_api.swarm.life.tasks import UPDATE_TASK, UpdateTask
from graph_api.swarm.model import Demand
from graph_api.swarm.reorganising.model import Reorganization, ReorganizationPolicy
from graph_api.swarm.reorganising.movers import Tariff
from graph_api.swarm.reorganising.reacting import Reorganizing
from graph_api.swarm.reorganising.trigger import Trigger
from graph_api.swarm.solver import Proposal

SWARMS, TASKS = 8000, 200
RATE, LITTLE, MUCH = Decimal(800), Decimal(20_000), Decimal(2_000_000)
TARIFF: Final = Tariff(currency="CNY", handover_days=Decimal(2), threshold=Decimal(0))


async def shown(engine: Engine, changes: list[AnyChange]) -> None:
    engine.replica.graph.apply(changes)
    engine.replica.tell(Visible("", datetime.now(UTC), [(None, change) for change in changes]))
    await asyncio.sleep(0)


def task_changes(task_id: str, drawn: Demand, customer_id: str, state: TaskState) -> list[AnyChange]:
    task = Task(id=task_id, title=task_id, state=state, value=LITTLE, currency="CNY", demand=stored(drawn))
    links: list[For | Requires] = [For(source=task_id, target=customer_id), *required(task_id, drawn)]
    return [upsert(task), *map(upsert, links)]


async def staff(engine: Engine) -> int:
    """Book teams for tasks of their own; return how many swarms there are."""
    made = number = 0
    while made < SWARMS:
        kind, seed = KINDS[number % len(KINDS)], number // len(KINDS)
        number += 1
        drawn, customer_id = demand(engine.instance, kind, seed), customer_in(zone_of(kind, seed))
        full = resolved(engine.replica.graph, drawn, None, TODAY, engine.rules)
        candidates = engine.indexed.candidates(full, customer_id)
        if candidates is None:
            await asyncio.sleep(0.01)
            continue
        found = await engine.indexed.best(candidates, 0, SEARCH_SECONDS)
        if not isinstance(found, Proposal):
            continue
        task_id = f"task:staffed-{made}"
        changes = task_changes(task_id, drawn, customer_id, TaskState.STAFFED)
        task = Task(id=task_id, title=task_id, value=LITTLE, currency="CNY")
        formed = datetime.combine(TODAY, time(), UTC)
        changes += swarm_changes(f"swarm:s{made}", full, found.team.seats, task, ties_as_of=None, at=formed)
        await shown(engine, [*changes[:-1], changes[0]])
        made += 1
    return made


@asynccontextmanager
async def prepared() -> AsyncGenerator[tuple[Engine, Reorganizing]]:
    async with engine_on(100_000) as (engine, _):
        graph = engine.replica.graph
        graph.apply([upsert(replace(one, day_rate=RATE, currency="CNY")) for one in list(graph.nodes(Person))])
        await staff(engine)
        reorganizing = Reorganizing(ReorganizationPolicy.PROPOSE, 20.0)
        reorganizing.begin(Trigger(engine.replica, engine.indexed, engine.rules, TARIFF, lambda: TODAY))
        yield engine, reorganizing


async def raised(engine: Engine, reorganizing: Reorganizing, task_id: str) -> tuple[float, bool]:
    """Raise a task's value; return the seconds until what that causes is done, and whether it was recorded."""
    graph, before = engine.replica.graph, engine.replica.graph.count(Reorganization)
    began = monotonic()
    command = UpdateTask(task_id=task_id, fields=TaskFields(value=Money(MUCH, "CNY")))
    await engine.replica.submit(UPDATE_TASK, command, actor="bench")
    (reaction,) = graph.nodes(Reaction)
    operation, answer = await reorganizing(reaction, graph)
    await engine.replica.submit(operation, answer, actor="bench")
    seconds = monotonic() - began
    graph.apply([removal(reaction)])
    return seconds, graph.count(Reorganization) > before


async def measure() -> None:
    rows: list[list[object]] = []
    async with prepared() as (engine, reorganizing):
        for kind in KINDS:
            seconds: list[float] = []
            firing: list[float] = []
            for seed in range(TASKS):
                # The very demands for which the best people are booked already.
                drawn, task_id = demand(engine.instance, kind, seed), f"task:{kind[0]}{seed}"
                customer_id = customer_in(zone_of(kind, seed))
                await shown(engine, task_changes(task_id, drawn, customer_id, TaskState.OPEN))
                took, is_recorded = await raised(engine, reorganizing, task_id)
                seconds.append(took)
                firing += [took] if is_recorded else []
            spread = (milliseconds(percentile(seconds, share)) for share in (0.5, 0.9, 0.99, 1.0))
            rows.append(
                [kind, TASKS, *spread, len(firing), *(milliseconds(percentile(firing or [0.0], s)) for s in (0.5, 1.0))]
            )
    publish(
        "reorganising",
        ["skills", "tasks", "p50 ms", "p90", "p99", "max", "recorded", "of these p50", "max"],
        rows,
        f"A value of {LITTLE:,} rises to {MUCH:,} at 100,000 people with {SWARMS:,} swarms at work; until what that "
        "causes is done: evaluated with its break-even value, and recorded where it pays; in memory.",
    )


def main() -> None:
    asyncio.run(measure())


if __name__ == "__main__":
    main()
