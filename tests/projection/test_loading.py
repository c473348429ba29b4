"""R2: a load that runs beside writers ends equal to the incremental state, and to the fold of the log."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from time import monotonic
from typing import Final, NamedTuple

import pytest

from graph_api.kernel.errors import CorruptLog
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Link, Node, Record
from graph_api.organization.model import BelongsTo, HasSkill, Person, Skill, SkillBasis, Unit
from graph_api.projection.commit import Commit, CommitCodec
from graph_api.projection.loading import cold_load
from graph_api.projection.replica import Replica
from graph_api.projection.state import State, differences, digest
from graph_api.store.graph import load_records
from tests.support.commands import DROP, PUT, Drop, Put
from tests.support.folds import Fold
from tests.support.replicas import REGISTRY, Site

CODEC = CommitCodec(REGISTRY)
CHANGES_A_SECOND: Final = 500
"""A load counts where at least so many changes were committed beside it."""
TRIES: Final = 10
ADDERS: Final = 3


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


async def write_history(replica: Replica, chance: random.Random, steps: range) -> None:
    for step in steps:
        if chance.random() < 0.3 and (victim := random_removal(replica.graph, chance)):
            await replica.submit(DROP, Drop(records=tuple(victim)), actor="test", timeout_seconds=60)
        else:
            records = tuple(random_records(chance, step))
            await replica.submit(PUT, Put(records=records), actor="test", timeout_seconds=60)


def random_removal(graph: Graph, chance: random.Random) -> list[Record]:
    """A person with every relationship, listed one by one."""
    people = list(graph.nodes(Person))
    if not people:
        return []
    person = chance.choice(people)
    return [*graph.outgoing(HasSkill, person.id), *graph.outgoing(BelongsTo, person.id), person]


async def test_r2_graph_log_and_memory_agree(site: Site) -> None:
    async with site.replica() as replica:
        await write_history(replica, random.Random(1), range(150))
        loaded = (await cold_load(replica.database, REGISTRY, CODEC)).graph
        assert differences(loaded, replica.graph) == {}
        folded = await Fold(replica.database).up_to(replica.live.state.revision)
        assert differences(folded.graph, replica.graph) == {}


@pytest.mark.parametrize(
    ("loads", "people"),
    [pytest.param(20, 500, id="small"), pytest.param(20, 20_000, id="large", marks=pytest.mark.soak)],
)
async def test_r2_loads_beside_writers_end_equal(
    site: Site, loads: int, people: int, record_property: Callable[[str, object], None]
) -> None:
    """Each load is compared with the log's fold at its own revision, and the last fold with the writer's memory."""
    async with site.replica() as writer:
        await fill(writer, people)
        measured = [load async for load in loads_beside_writers(writer, loads)]
        counted = [load for load in measured if load.changes_a_second >= CHANGES_A_SECOND]
        slowest, average = min(load.changes_a_second for load in counted), total_rate(counted)
        record_property(
            f"{len(measured)} loads beside writers",
            f"{len(counted)} with {slowest:.0f} changes/s or more beside them, {average:.0f} on average",
        )
        fold = Fold(writer.database)
        for load in measured:
            folded = await fold.up_to(load.state.revision)
            assert differences(load.state.graph, folded.graph) == {}
            assert (load.state.hash, digest(load.state.graph)) == (folded.hash, digest(folded.graph))
        last = await fold.up_to(writer.live.state.revision)
        assert differences(last.graph, writer.graph) == {}


async def test_r2_what_is_seen_by_half_and_no_commit_is_writing_is_told_as_damage(site: Site) -> None:
    async with site.replica() as writer:
        ada, skill = Person(id="person:ada", name="Ada"), Skill(id="skill:tax", name="Tax")
        level = HasSkill(source=ada.id, target=skill.id, level=3)
        await writer.submit(PUT, Put(records=(ada, skill, level)), actor="test")
        half_seen = set[str]()
        await writer.database.run_schema("MATCH (node:Entity {id: 'skill:tax'}) REMOVE node:Skill")
        pages = [page async for page in load_records(writer.database, REGISTRY, half_seen, page_nodes=1)]
        assert (half_seen, [record for page in pages for record in page]) == ({"skill:tax"}, [ada, level])
        with pytest.raises(CorruptLog, match="no commit is writing: skill:tax"):
            await cold_load(writer.database, REGISTRY, CODEC)


class Load(NamedTuple):
    """One cold load, how long it took, and how many changes were committed meanwhile."""

    state: State
    seconds: float
    changes: int

    @property
    def changes_a_second(self) -> float:
        return self.changes / self.seconds


def total_rate(loads: Sequence[Load]) -> float:
    return sum(load.changes for load in loads) / sum(load.seconds for load in loads)


async def fill(writer: Replica, people: int) -> None:
    """Make a graph that takes a while to load, of people whom no writer touches."""
    for start in range(0, people, 1000):
        records = tuple(Person(id=f"person:still-{number}", name="S") for number in range(start, start + 1000))
        await writer.submit(PUT, Put(records=records[: people - start]), actor="test", timeout_seconds=60)


async def loads_beside_writers(writer: Replica, loads: int) -> AsyncGenerator[Load]:
    """Load until so many loads had enough changes beside them; those with fewer are yielded as well."""
    changes = ChangeCount(writer)
    async with writing(writer):
        counted = tried = 0
        while counted < loads:
            tried += 1
            assert tried <= TRIES * loads, f"of {tried} loads {counted} had {CHANGES_A_SECOND} changes/s beside them"
            began, before = monotonic(), changes.count
            state = await cold_load(writer.database, REGISTRY, CODEC)
            load = Load(state, monotonic() - began, changes.count - before)
            counted += load.changes_a_second >= CHANGES_A_SECOND
            yield load


class ChangeCount:
    """Counts the changes that a replica folds."""

    def __init__(self, replica: Replica) -> None:
        self.count = 0
        replica.subscribe(self._notice)

    def _notice(self, _state: State, commit: Commit | None) -> None:
        self.count += sum(1 for _ in commit.changes) if commit else 0


@asynccontextmanager
async def writing(writer: Replica) -> AsyncGenerator[None]:
    """Let one writer make, alter and remove at random, and others add and alter, until the block ends."""
    stop = asyncio.Event()
    await write_history(writer, random.Random(99), range(60))
    async with asyncio.TaskGroup() as group:
        group.create_task(write_at_random(writer, stop))
        for number in range(ADDERS):
            group.create_task(add_only(writer, number, stop))
        try:
            yield
        finally:
            stop.set()


async def write_at_random(writer: Replica, stop: asyncio.Event) -> None:
    chance = random.Random(1)
    # It alone removes, so that a removal lists what nobody else adds meanwhile.
    for step in count():
        if stop.is_set():
            return
        await write_history(writer, chance, range(step, step + 1))


async def add_only(writer: Replica, number: int, stop: asyncio.Event) -> None:
    skill = f"skill:w{number}"
    for step in count():
        if stop.is_set():
            return
        people = [Person(id=f"person:w{number}-{(step + place) % 50}", name=f"N{step}") for place in range(10)]
        levels = [HasSkill(source=person.id, target=skill, level=1 + step % 5) for person in people]
        records = (Skill(id=skill, name=f"S{step}"), *people, *levels)
        await writer.submit(PUT, Put(records=records), actor="test", timeout_seconds=60)
