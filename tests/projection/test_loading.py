"""R2: a load that runs beside writers ends equal to the incremental state, and to the fold of the log."""

import asyncio
import random
from itertools import count

from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Link, Node, Record
from graph_api.organization.model import BelongsTo, HasSkill, Person, Skill, SkillBasis, Unit
from graph_api.projection.commit import FIRST_HASH, CommitCodec
from graph_api.projection.loading import cold_load
from graph_api.projection.replica import Replica
from graph_api.projection.state import State, differences, digest
from graph_api.projection.verify import commits_from
from graph_api.store.log import HeadRow, read_head
from tests.support.commands import DROP, PUT, Drop, Put
from tests.support.replicas import REGISTRY, Site

CODEC = CommitCodec(REGISTRY)


def random_records(chance: random.Random, step: int) -> list[Record]:
    """A few nodes and relationships out of a small world, so that they meet again and again."""
    person, skill, unit = (chance.randrange(size) for size in (40, 15, 5))
    nodes: list[Node] = [
        Person(id=f"person:{person}", name=f"P{step}", capacity=chance.random()),
        Skill(id=f"skill:{skill}", name=f"S{step}"),
        Unit(id=f"unit:{unit}", name=f"U{step}"),
    ]
    links: list[Link] = [
        HasSkill(source=nodes[0].id, target=nodes[1].id, level=chance.randint(1, 5), basis=SkillBasis.DERIVED),
        BelongsTo(source=nodes[0].id, target=nodes[2].id, roles=(f"r{step % 3}",)),
    ]
    return [*nodes, *links]


async def write_history(replica: Replica, chance: random.Random, steps: range, pace_seconds: float = 0.0) -> None:
    for step in steps:
        if chance.random() < 0.3 and (victim := random_removal(replica.graph, chance)):
            await replica.submit(DROP, Drop(records=tuple(victim)), actor="test", timeout_seconds=60)
        else:
            records = tuple(random_records(chance, step))
            await replica.submit(PUT, Put(records=records), actor="test", timeout_seconds=60)
        await asyncio.sleep(pace_seconds)


def random_removal(graph: Graph, chance: random.Random) -> list[Record]:
    """A person with every relationship, listed one by one."""
    people = list(graph.nodes(Person))
    if not people:
        return []
    person = chance.choice(people)
    return [*graph.outgoing(HasSkill, person.id), *graph.outgoing(BelongsTo, person.id), person]


async def folded(replica: Replica) -> Graph:
    """The state from the log alone."""
    async with replica.database.transaction(write=False) as transaction:
        head = await read_head(transaction)
    assert head is not None
    state = State(HeadRow(head.log_id, head.format, 0, FIRST_HASH, head.at, []))
    async for commit in commits_from(replica.database, CODEC, 1):
        state.evolve(commit)
    return state.graph


async def test_r2_graph_log_and_memory_agree(site: Site) -> None:
    async with site.replica() as replica:
        await write_history(replica, random.Random(1), range(150))
        loaded = (await cold_load(replica.database, REGISTRY, CODEC)).graph
        assert differences(loaded, replica.graph) == {}
        assert differences(await folded(replica), replica.graph) == {}


async def test_r2_loads_beside_writers_end_equal(site: Site) -> None:
    async with site.replica() as writer:
        await load_while_writing(writer, loads=4, writers=4, pace_seconds=0.0)


async def load_while_writing(writer: Replica, *, loads: int, writers: int, pace_seconds: float) -> None:
    steps = count()
    chances = [random.Random(seed) for seed in range(writers)]
    stop = asyncio.Event()

    async def write(chance: random.Random) -> None:
        # Each writer keeps to people of its own, so that a removal lists what nobody else adds meanwhile.
        while not stop.is_set():
            await write_history(writer, chance, range(next(steps), next(steps) + 1), pace_seconds)

    await write_history(writer, random.Random(99), range(60))
    tasks = [asyncio.create_task(write(chance)) for chance in chances[:1]]
    adding = [asyncio.create_task(add_only(writer, number, stop, pace_seconds)) for number in range(1, writers)]
    states: list[State] = []
    for _ in range(loads):
        states.append(await cold_load(writer.database, REGISTRY, CODEC))
    stop.set()
    await asyncio.gather(*tasks, *adding)
    final = digest(writer.graph)
    for state in states:
        async for commit in commits_from(writer.database, CODEC, state.revision + 1):
            state.evolve(commit)
        assert differences(state.graph, writer.graph) == {}
        assert digest(state.graph) == final


async def add_only(writer: Replica, number: int, stop: asyncio.Event, pace_seconds: float) -> None:
    step = 0
    while not stop.is_set():
        person = Person(id=f"person:w{number}-{step % 50}", name=f"N{step}")
        skill = Skill(id=f"skill:w{number}", name=f"S{step}")
        link = HasSkill(source=person.id, target=skill.id, level=1 + step % 5)
        await writer.submit(PUT, Put(records=(person, skill, link)), actor="test", timeout_seconds=60)
        step += 1
        await asyncio.sleep(pace_seconds)
