"""R7: what a commit causes is done exactly once, on whichever replica, also after a crash."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graph_api.kernel.commands import AnyOperation, Command
from graph_api.kernel.errors import Unavailable
from graph_api.kernel.graph import GraphView
from graph_api.organization.model import Skill
from graph_api.projection.records import Reaction
from graph_api.projection.replica import Replica
from tests.support.commands import CAUSE, INCREMENT, REFUSE, Cause, Increment, Refuse
from tests.support.replicas import Site
from tests.support.waiting import until


async def increment(reaction: Reaction, view: GraphView) -> tuple[AnyOperation, Command]:
    return INCREMENT, Increment(skill_id=reaction.subject)


async def refuse(reaction: Reaction, view: GraphView) -> tuple[AnyOperation, Command]:
    return REFUSE, Refuse()


def count(replica: Replica, skill_id: str = "skill:c") -> int:
    skill = replica.graph.node(Skill, skill_id)
    return int(skill.name) if skill else 0


async def cause(replica: Replica, times: int, reaction: str = "count") -> None:
    for _ in range(times):
        await replica.submit(CAUSE, Cause(reaction=reaction, subject="skill:c"), actor="test")


def nothing_pending(*replicas: Replica) -> bool:
    return all(replica.graph.count(Reaction) == 0 for replica in replicas)


async def test_r7_two_replicas_answer_each_reaction_once(site: Site) -> None:
    options: dict[str, Any] = {"reacting": {"count": increment}}
    async with site.two_replicas(**options) as (first, second):
        await cause(first, 15)
        await cause(second, 15)
        await until(lambda: nothing_pending(first, second), seconds=30)
        await first.wait_for(second.revision)
        assert count(first) == 30


async def test_r7_a_reaction_outlives_the_process_that_caused_it(site: Site) -> None:
    async with site.replica() as replica:
        await cause(replica, 3)
        assert replica.graph.count(Reaction) == 3
    async with site.replica(reacting={"count": increment}) as later:
        await until(lambda: nothing_pending(later))
        assert count(later) == 3
    async with site.replica(reacting={"count": increment}) as again:
        assert count(again) == 3


async def test_r7_a_reaction_whose_answer_is_refused_goes(site: Site) -> None:
    async with site.replica(reacting={"count": refuse}) as replica:
        await cause(replica, 2)
        await until(lambda: nothing_pending(replica))
        assert count(replica) == 0


async def fail_as_expected() -> None:
    raise Unavailable("not yet")


async def fail_as_nobody_expected() -> None:
    raise KeyError("a fault of whoever reacts")


async def never_end() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("first_try", [fail_as_expected, fail_as_nobody_expected, never_end])
async def test_r7_a_reaction_that_fails_is_tried_again(site: Site, first_try: Callable[[], Awaitable[None]]) -> None:
    tries: list[str] = []

    async def at_second_try(reaction: Reaction, view: GraphView) -> tuple[AnyOperation, Command]:
        tries.append(reaction.id)
        if len(tries) == 1:
            await first_try()
        return INCREMENT, Increment(skill_id=reaction.subject)

    async with site.replica(reacting={"count": at_second_try}, background_commit_seconds=2.0) as replica:
        await cause(replica, 1)
        await until(lambda: count(replica) == 1)
        assert len(tries) == 2
