"""What dispatchers ask at 100,000 people: how long it takes, and how long it keeps the event loop from others.

The bench instance with the five most popular skills asked for 8 weeks, 20,000 past tasks that required one of them, and
2,000 swarms of five formed in the last 90 days. Held is the longest that another task of the loop had to wait.
"""

import asyncio
import gc
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from time import perf_counter
from typing import Any, Final

import numpy as np

from bench.instance import TODAY, build, person_id
from bench.tables import milliseconds, publish
from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.api.door import Question, answer
from graph_api.api.service import ApiService
from graph_api.kernel.records import Record
from graph_api.organization.model import Requires, Task, TaskState
from graph_api.swarm.model import MemberOf, Staffs, Swarm
from tests.api.organization import service_on
from tests.support.memory_replica import MemoryReplica

PEOPLE: Final = 100_000
TASKS: Final = 20_000
SWARMS: Final = 2_000
SKILLS: Final = tuple(f"skill:{number:04d}" for number in range(5))
SEED: Final = 5
ASKED: Final = {
    "tides": "query($ids: [ID!]!) { tides(skillIds: $ids) { mase } }",
    "tides, again": "query($ids: [ID!]!) { tides(skillIds: $ids) { mase } }",
    "free capacity": "query($ids: [ID!]!) { freeCapacity(skillIds: $ids) { holders weeks { freePersonDays } } }",
    "forecast gap": "query($ids: [ID!]!) { forecastGap(skillIds: $ids) { weeks { gapPersonDays } } }",
    "idle share": "{ idleShare { now } }",
    "fairness": "{ fairness { seats maximumLoad lowerBoundMaximumLoad } }",
    "open tasks by value density": "{ tasks(first: 20, filter: {states: [OPEN]}, orderBy: {field: VALUE_DENSITY, "
    "direction: DESC}) { totalCount } }",
}


def history() -> Iterator[Record]:
    chance = np.random.default_rng(SEED)
    for number in range(TASKS):
        opened = datetime.combine(TODAY, time(8), UTC) - timedelta(days=int(chance.integers(1, 1500)))
        task = Task(id=f"task:past{number:05d}", title="Past", state=TaskState.CLOSED, opened_at=opened,
                    closed_at=opened + timedelta(days=int(chance.integers(1, 40))))  # fmt: skip
        yield task
        yield Requires(source=task.id, target=SKILLS[int(chance.integers(len(SKILLS)))], seats=2, level=3)


def swarms() -> Iterator[Record]:
    chance = np.random.default_rng(SEED)
    for number in range(SWARMS):
        swarm, task = f"swarm:{number:04d}", f"task:now{number:04d}"
        starts = TODAY + timedelta(days=int(chance.integers(-60, 60)))
        ends = starts + timedelta(days=27)
        formed = datetime.combine(TODAY, time(0), UTC) - timedelta(days=int(chance.integers(0, 89)))
        yield Task(id=task, title="Now", state=TaskState.STAFFED)
        yield from (Requires(source=task, target=skill, level=3) for skill in SKILLS)
        yield Swarm(id=swarm, formed_at=formed, starts_on=starts, ends_on=ends)
        yield Staffs(source=swarm, target=task)
        for skill, who in zip(SKILLS, chance.choice(PEOPLE, len(SKILLS), replace=False).tolist(), strict=True):
            yield MemberOf(source=person_id(who), target=swarm, roles=(skill,), since=starts, until=ends,
                           share_permille=100)  # fmt: skip


async def measured(service: ApiService, query: str) -> tuple[float, float]:
    """Return how long an answer took, and the longest wait of another task of the loop meanwhile, s."""
    waits: list[float] = []

    async def beside() -> None:
        while True:
            began = perf_counter()
            await asyncio.sleep(0)
            waits.append(perf_counter() - began)

    other = asyncio.create_task(beside())
    await asyncio.sleep(0)
    began = perf_counter()
    told: Any = (await answer(service, Question(query, {"ids": list(SKILLS)}), LOCAL_ADMINISTRATOR)).body
    taken = perf_counter() - began
    await asyncio.sleep(0)
    other.cancel()
    assert "errors" not in told, told
    return taken, max(waits)


async def main() -> None:
    service = service_on(MemoryReplica(*build(PEOPLE).records, *history(), *swarms()))
    # Indices of the state and the permission graph are made with the first question, whichever it is.
    await measured(
        service, "{ people { totalCount } tasks { totalCount } swarms { totalCount } skills { totalCount } }"
    )
    # As the server does before it serves.
    gc.collect()
    gc.freeze()
    rows: list[list[object]] = []
    for name, query in ASKED.items():
        taken, held = await measured(service, query)
        rows.append([name, milliseconds(taken), milliseconds(held)])
        print(rows[-1], flush=True)
    publish("dispatch", ("question", "ms", "loop held, ms"), rows, f"{PEOPLE:,} people. Bar: held some 50 ms.")


if __name__ == "__main__":
    asyncio.run(main())
