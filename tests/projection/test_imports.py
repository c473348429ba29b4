"""Large imports: applied together, left out while open, in nobody's way twice, undone when their process died."""

import asyncio
import sys

import pytest

from graph_api.kernel.errors import Conflict
from graph_api.kernel.records import AnyChange, upsert
from graph_api.organization.model import HasSkill, Person, Skill
from graph_api.projection.commit import CommitCodec
from graph_api.projection.loading import cold_load
from graph_api.projection.replica import Committed, Replica
from graph_api.projection.state import digest
from graph_api.projection.verify import verify_log
from tests.support.commands import PUT, Put
from tests.support.replicas import REGISTRY, Site
from tests.support.waiting import until

CODEC = CommitCodec(REGISTRY)
OLD = Person(id="person:3", name="Old name", city="Old city")


def organization(people: int) -> list[AnyChange]:
    skill = Skill(id="skill:s", name="S")
    persons = [Person(id=f"person:{number}", name="Imported") for number in range(people)]
    return [
        upsert(record)
        for record in (skill, *persons, *(HasSkill(source=p.id, target=skill.id, level=2) for p in persons))
    ]


async def test_an_import_is_seen_whole_or_not_at_all_on_both_replicas(site: Site) -> None:
    seen: set[int] = set()
    async with site.two_replicas(import_chunk_changes=50) as (first, second):
        for replica in (first, second):
            replica.subscribe(lambda state, commit: seen.add(state.graph.count(Person)))
        revision = await first.import_changes("import:1", organization(200), actor="test", progress=lambda done: None)
        await second.wait_for(revision)
        assert seen == {0, 200}
        assert digest(first.graph) == digest(second.graph)
        assert digest((await cold_load(first.database, REGISTRY, CODEC)).graph) == digest(first.graph)
        assert (await verify_log(first.database, CODEC)).commits > 8


async def test_importing_the_same_again_stages_no_change(site: Site) -> None:
    async with site.replica() as replica:
        await replica.import_changes("import:1", organization(20), actor="test", progress=lambda done: None)
        before = digest(replica.graph)
        await replica.import_changes("import:2", organization(20), actor="test", progress=lambda done: None)
        assert digest(replica.graph) == before


async def test_entities_of_an_open_import_conflict_and_others_do_not(site: Site) -> None:
    outcomes: list[object] = []
    tasks: set[asyncio.Task[None]] = set()

    async def try_both(replica: Replica) -> None:
        for person in ("person:3", "person:elsewhere"):
            try:
                outcomes.append(await replica.submit(PUT, Put(records=(Person(id=person, name="Mine"),)), actor="test"))
            except Conflict as fault:
                outcomes.append(fault)

    async with site.replica(import_chunk_changes=20) as replica:

        def meanwhile(_: int) -> None:
            if not tasks:
                tasks.add(asyncio.create_task(try_both(replica)))

        await replica.import_changes("import:1", organization(400), actor="test", progress=meanwhile)
        await asyncio.gather(*tasks)
        assert [type(outcome) for outcome in outcomes] == [Conflict, Committed]


async def test_a_cold_load_leaves_an_open_import_out(site: Site) -> None:
    loads: list[asyncio.Task[str]] = []

    async with site.replica(import_chunk_changes=20) as replica:
        await replica.submit(PUT, Put(records=(OLD,)), actor="test")
        before = digest(replica.graph)

        async def load() -> str:
            return digest((await cold_load(replica.database, REGISTRY, CODEC)).graph)

        def meanwhile(_: int) -> None:
            if len(loads) < 3:
                loads.append(asyncio.create_task(load()))

        await replica.import_changes("import:1", organization(1500), actor="test", progress=meanwhile)
        assert {await load_ for load_ in loads} <= {before, digest(replica.graph)}
        assert await loads[0] == before


async def test_a_failing_import_is_undone(site: Site) -> None:
    dangling = upsert(HasSkill(source="person:1", target="skill:gone", level=2))
    async with site.replica(import_chunk_changes=50) as replica:
        await replica.submit(PUT, Put(records=(OLD,)), actor="test")
        before = digest(replica.graph)
        with pytest.raises(Exception, match="does not exist"):
            await replica.import_changes(
                "import:1", [*organization(100), dangling], actor="test", progress=lambda done: None
            )
        assert digest(replica.graph) == before
        assert digest((await cold_load(replica.database, REGISTRY, CODEC)).graph) == before
        assert replica.live.state.open_imports == []


async def test_a_killed_import_is_undone_at_the_next_start(site: Site) -> None:
    async with site.replica() as replica:
        await replica.submit(PUT, Put(records=(OLD,)), actor="test")
        before = digest(replica.graph)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.import_child",
        site.address.uri, site.address.password or "", str(site.folder),
    )  # fmt: skip
    assert await asyncio.wait_for(child.wait(), 60) == -9
    async with site.replica() as next_start:
        assert next_start.live.state.open_imports == []
        assert digest(next_start.graph) == before
        assert digest((await cold_load(next_start.database, REGISTRY, CODEC)).graph) == before


async def test_an_import_of_another_machine_is_undone_when_its_lease_ends(site: Site) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.import_child",
        site.address.uri, site.address.password or "", str(site.folder / "other-machine"),
    )  # fmt: skip
    assert await asyncio.wait_for(child.wait(), 60) == -9
    async with site.replica(import_lease_seconds=30.0) as patient:
        assert patient.live.state.open_imports == ["import:killed"]
        assert patient.graph.count(Person) == 0
    async with site.replica(import_lease_seconds=0.2) as replica:
        await until(lambda: replica.live.state.open_imports == [])
        assert replica.graph.count(Person) == 0
        assert digest((await cold_load(replica.database, REGISTRY, CODEC)).graph) == digest(replica.graph)
