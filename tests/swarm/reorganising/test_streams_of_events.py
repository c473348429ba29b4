"""Random streams of events come to rest: no reorganisation causes another, and nobody is ever double-booked."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from random import Random

import pytest
from msgspec.structs import replace

from graph_api.kernel.commands import Accepted, AnyOperation, Command, Context, Refused
from graph_api.kernel.errors import Unavailable
from graph_api.kernel.quantities import Money
from graph_api.kernel.records import upsert
from graph_api.organization.model import Person, Task
from graph_api.projection.reactions import completing
from graph_api.projection.records import Reaction
from graph_api.projection.replica import Committed
from graph_api.swarm.assembly import NewTask, TaskFields
from graph_api.swarm.decisions import OPEN_TASK, OpenTask
from graph_api.swarm.exact.threads import SearchThreads
from graph_api.swarm.index.index import open_index
from graph_api.swarm.index.searching import IndexedSearch
from graph_api.swarm.life.tasks import UPDATE_TASK, UpdateTask
from graph_api.swarm.model import Demand, SkillDemand
from graph_api.swarm.reorganising.decisions import APPLY, ApplyReorganization, RecordReorganization
from graph_api.swarm.reorganising.model import Reorganization, ReorganizationPolicy, ReorganizationState
from graph_api.swarm.reorganising.reacting import TRIES_MAX, Reorganizing
from graph_api.swarm.reorganising.trigger import Trigger
from tests.support.memory_replica import MemoryReplica
from tests.support.seeds import seeds
from tests.swarm.conftest import WAIT_SECONDS
from tests.swarm.reorganising.test_decisions import overbooked
from tests.swarm.reorganising.worlds import RULES, SKILLS, TARIFF, TODAY, world

STEPS = 15


@dataclass
class Stream:
    """A world, what is done to it, and how its reactions are answered: as the worker of a replica does."""

    state: MemoryReplica
    reorganizing: Reorganizing
    chance: Random
    tasks: list[str]

    async def submit(self, operation: AnyOperation, command: Command) -> Committed | Refused:
        return await self.state.submit(operation, command, actor="test")

    async def event(self, number: int) -> None:
        value = Money(Decimal(self.chance.choice([500, 20_000, 5_000_000])), "CNY")
        if self.tasks and self.chance.random() < 0.5:
            fields = TaskFields(value=value)
            await self.submit(UPDATE_TASK, UpdateTask(task_id=self.chance.choice(self.tasks), fields=fields))
            return
        skills = tuple(SkillDemand(skill_id=one) for one in self.chance.sample(SKILLS, 2))
        task = NewTask(title="New", value=value, demand=Demand(skills=skills, headcount=2))
        self.tasks.append(f"task:n{number}")
        await self.submit(OPEN_TASK, OpenTask(task_id=self.tasks[-1], task=task))

    async def settle(self) -> int:
        """Answer all reactions there are, two replicas at once; return how many there were."""
        answered = 0
        while pending := list(self.state.graph.nodes(Reaction)):
            for reaction in pending:
                answered += 1
                prepared = [await self.reorganizing(reaction, self.state.graph) for _ in range(2)]
                for operation, command in prepared:
                    await self.submit(completing(operation, reaction.id), command)
        return answered

    async def apply_all(self) -> None:
        """Apply whatever waits, all at once, as several dispatchers would."""
        waiting = [
            one.id for one in self.state.graph.nodes(Reorganization) if one.state is ReorganizationState.PROPOSED
        ]
        commands = [ApplyReorganization(reorganization_id=one, swarm_id=f"swarm:{one[15:]}") for one in waiting]
        await asyncio.gather(*(self.submit(APPLY, command) for command in [*commands, *commands]))


def rated(seed: int) -> MemoryReplica:
    state = world(seed)
    for person in list(state.graph.nodes(Person)):
        state.graph.apply([upsert(replace(person, day_rate=Decimal(200), currency="CNY"))])
    state.start = datetime.combine(TODAY, time(9), UTC)
    return state


@pytest.mark.parametrize("policy", [ReorganizationPolicy.PROPOSE, ReorganizationPolicy.APPLY])
@pytest.mark.parametrize("seed", seeds(4, 8))
async def test_each_event_is_evaluated_once_and_causes_no_other(
    seed: int, policy: ReorganizationPolicy, threads: SearchThreads
) -> None:
    state = rated(seed)
    async with open_index(state, RULES, lambda: TODAY) as index:
        await asyncio.wait_for(index.ready(), WAIT_SECONDS)
        reorganizing = Reorganizing(policy, 60.0)
        reorganizing.begin(Trigger(state, IndexedSearch(index, threads), RULES, TARIFF, lambda: TODAY))
        stream = Stream(state, reorganizing, Random(seed), [])
        events = answered = 0
        for number in range(STEPS):
            for _ in range(stream.chance.randint(1, 3)):
                before = state.graph.count(Reaction)
                await stream.event(number * 10 + events % 10)
                events += state.graph.count(Reaction) - before
            answered += await stream.settle()
            await stream.apply_all()
            assert state.graph.count(Reaction) == 0, "a move causes no evaluation"
            assert overbooked(state.graph) == []
    assert answered == events
    made = [one.task for one in state.graph.nodes(Reorganization) if one.state is ReorganizationState.APPLIED]
    assert len(made) == len(set(made)), "a task gets one team"
    assert all(state.graph.node(Task, one) is not None for one in made)


async def test_an_answer_that_comes_second_changes_nothing(threads: SearchThreads) -> None:
    state = rated(3)
    async with open_index(state, RULES, lambda: TODAY) as index:
        await asyncio.wait_for(index.ready(), WAIT_SECONDS)
        reorganizing = Reorganizing(ReorganizationPolicy.PROPOSE, 60.0)
        reorganizing.begin(Trigger(state, IndexedSearch(index, threads), RULES, TARIFF, lambda: TODAY))
        stream = Stream(state, reorganizing, Random(1), [])
        await stream.event(1)
        (reaction,) = state.graph.nodes(Reaction)
        operation, command = await reorganizing(reaction, state.graph)
        for expected in (True, False):
            context = Context(at=state.start, actor="system:reactions", revision=99)
            decision = completing(operation, reaction.id).decide(state.graph, command, context)
            assert isinstance(decision, Accepted)
            assert bool(decision.changes) is expected
            state.graph.apply(decision.changes)


async def test_what_is_late_is_tried_again_a_few_times(threads: SearchThreads) -> None:
    state = rated(3)
    async with open_index(state, RULES, lambda: TODAY) as index:
        await asyncio.wait_for(index.ready(), WAIT_SECONDS)
        trigger = Trigger(state, IndexedSearch(index, threads), RULES, TARIFF, lambda: TODAY)
        hurried = Reorganizing(ReorganizationPolicy.PROPOSE, 0.01)
        hurried.begin(trigger)
        stream = Stream(state, hurried, Random(1), [])
        await stream.event(1)
        (reaction,) = state.graph.nodes(Reaction)
        async with threads.turn(1.0), threads.turn(1.0):  # all threads are busy
            for _ in range(TRIES_MAX - 1):
                with pytest.raises(Unavailable):
                    await hurried(reaction, state.graph)
            _, command = await hurried(reaction, state.graph)
        assert isinstance(command, RecordReorganization)
        assert (command.found.fires, command.found.is_late) == (False, True)
