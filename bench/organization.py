"""Records, server and replicas for benchmarks."""

import random
import tempfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from graph_api.cli.composition import REGISTRY, open_server
from graph_api.kernel.records import Record
from graph_api.ops.settings import Settings, load_settings
from graph_api.organization.model import HasSkill, Person, Skill, SkillBasis
from graph_api.projection.replica import Replica, open_replica
from graph_api.store.address import ServerAddress

SKILLS = 2000


@asynccontextmanager
async def fresh_server() -> AsyncGenerator[tuple[Settings, ServerAddress]]:
    """An empty managed server in a folder that is gone afterwards, or the one that NEO4J_URI names."""
    with tempfile.TemporaryDirectory(prefix="swarmgraph-bench-") as folder:
        settings = load_settings(data_dir=Path(folder))
        async with open_server(settings) as address:
            yield settings, address


@asynccontextmanager
async def replica_on(settings: Settings, address: ServerAddress, *, warm: bool = True) -> AsyncGenerator[Replica]:
    async with open_replica(settings, REGISTRY, address, warm=warm) as replica:
        yield replica


def organization(people: int, links_a_person: int, seed: int = 7) -> Iterator[Record]:
    """People with skills: nodes first, then `people * links_a_person` relationships."""
    chance = random.Random(seed)
    yield from (Skill(id=f"skill:{number}", name=f"Skill {number}") for number in range(SKILLS))
    yield from (
        Person(id=f"person:{number}", name=f"Person {number}", city=f"City {number % 64}") for number in range(people)
    )
    for number in range(people):
        for skill in chance.sample(range(SKILLS), links_a_person):
            yield HasSkill(
                source=f"person:{number}", target=f"skill:{skill}", level=chance.randint(1, 5), basis=SkillBasis.DERIVED
            )
