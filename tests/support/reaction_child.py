"""A process that opens a task worth a reorganisation, and dies at a chosen point of what that causes."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from graph_api.kernel.commands import AnyOperation, Command
from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import Money
from graph_api.projection.commit import Commit
from graph_api.projection.reactions import Reacting
from graph_api.projection.records import Reaction
from graph_api.projection.replica import Replica
from graph_api.projection.state import State
from graph_api.store.address import ServerAddress
from graph_api.swarm.assembly import NewTask
from graph_api.swarm.decisions import OPEN_TASK, REORGANIZE, OpenTask
from graph_api.swarm.index.searching import indexed_search
from graph_api.swarm.model import Demand, SkillDemand
from graph_api.swarm.reorganising.model import ReorganizationPolicy
from graph_api.swarm.reorganising.reacting import Reorganizing
from graph_api.swarm.reorganising.trigger import Trigger
from tests.support.replicas import Site
from tests.swarm.reorganising.worlds import AT, RULES, SKILLS, TARIFF, TODAY

SECONDS = 60.0
WAIT_SECONDS = 240.0
"""The search may have to be compiled first."""


class Point(StrEnum):
    """Where the process dies: its task is committed and nothing else begun; an answer is ready; it is committed."""

    COMMITTED = "committed"
    PREPARED = "prepared"
    ANSWERED = "answered"


def opening(number: int, value: int = 10_000_000) -> OpenTask:
    """A task for two skills, which is worth a great deal."""
    skills = tuple(SkillDemand(skill_id=SKILLS[(number + step) % len(SKILLS)]) for step in range(2))
    task = NewTask(title="New", value=Money(Decimal(value), "CNY"), demand=Demand(skills=skills, headcount=2))
    return OpenTask(task_id=f"task:n{number}", task=task)


def as_it_is(reacting: Reacting) -> Reacting:
    return reacting


@asynccontextmanager
async def reorganizing_replica(
    site: Site, policy: ReorganizationPolicy, wrapped: Callable[[Reacting], Reacting] = as_it_is
) -> AsyncGenerator[Replica]:
    """Open a replica that answers reactions by real evaluations."""
    reorganizing = Reorganizing(policy, SECONDS)
    reacting = {REORGANIZE: wrapped(reorganizing)}
    async with (
        site.replica(reacting=reacting, clock=lambda: AT, mutation_seconds=SECONDS) as replica,
        indexed_search(replica, RULES, lambda: TODAY, 1) as indexed,
    ):
        await asyncio.wait_for(indexed.ready(), WAIT_SECONDS)
        reorganizing.begin(Trigger(replica, indexed, RULES, TARIFF, lambda: TODAY))
        yield replica


def die() -> None:
    os.kill(os.getpid(), 9)


def die_at(replica: Replica, *, is_there: bool) -> None:
    """Die at the commit after which a reaction is there, or is gone, before whoever answers it takes a step."""

    def notice(state: State, commit: Commit | None) -> None:
        told = [] if commit is None else [one for one in commit.changes if one.key[0] == Reaction.__name__]
        if any((one.after is not None) is is_there for one in told):
            die()

    replica.live.subscribe(notice)


def dying(reacting: Reacting) -> Reacting:
    """Die once the answer is prepared."""

    async def prepare(reaction: Reaction, view: GraphView) -> tuple[AnyOperation, Command]:
        await reacting(reaction, view)
        die()
        raise AssertionError("nobody outlives this")

    return prepare


async def main(uri: str, password: str, folder: str, point: str) -> None:
    site = Site(ServerAddress(uri, "neo4j", password or None), Path(folder))
    wrapped = dying if point == Point.PREPARED else as_it_is
    async with reorganizing_replica(site, ReorganizationPolicy.APPLY, wrapped) as replica:
        if point != Point.PREPARED:
            die_at(replica, is_there=point == Point.COMMITTED)
        await replica.submit(OPEN_TASK, opening(0), actor="test")
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
