"""What others save and book while an import runs is neither lost nor doubled."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from graph_api.exchange.importing import Imported, import_folder
from graph_api.kernel.errors import Conflict
from graph_api.kernel.records import Record
from graph_api.organization.model import Customer, Person, ReportsTo, Skill, Task, TaskState
from graph_api.projection.commit import CommitCodec
from graph_api.projection.loading import cold_load
from graph_api.projection.replica import Committed, Replica
from graph_api.projection.state import digest
from graph_api.swarm.model import MemberOf, Staffs, Swarm
from tests.support.commands import PUT, Put
from tests.support.replicas import REGISTRY, Site

CODEC = CommitCodec(REGISTRY)
PEOPLE = 40
LAST = "person:p39"
DAY = date(2024, 5, 6)


async def put(replica: Replica, *records: Record) -> None:
    done = await replica.submit(PUT, Put(records=records), actor="test", timeout_seconds=60)
    assert isinstance(done, Committed)


async def saved_meanwhile(replica: Replica, folder: Path, *records: Record) -> Imported:
    """Import a folder, and save records after its first part was staged."""
    saving: list[asyncio.Task[None]] = []

    def meanwhile(done: int, total: int) -> None:
        if not saving:
            assert done < total / 2
            saving.append(asyncio.create_task(put(replica, *records)))

    try:
        return await import_folder(replica, folder, actor="test", progress=meanwhile)
    finally:
        await asyncio.gather(*saving)


def written(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def people(column: str, values: Sequence[str]) -> str:
    return f"id,{column}\n" + "".join(f"p{number:02},{value}\n" for number, value in enumerate(values))


def known() -> list[Record]:
    return [Person(id=f"person:p{number:02}", name="Old") for number in range(PEOPLE)]


async def test_name_saved_during_an_import_of_cities_survives_it(site: Site, tmp_path: Path) -> None:
    folder = written(tmp_path, people=people("city", ["Xi'an"] * PEOPLE))
    async with site.replica(import_chunk_changes=2) as replica:
        await put(replica, *known())
        imported = await saved_meanwhile(replica, folder, Person(id=LAST, name="New"))
        assert imported.report.loaded
        assert replica.graph.node(Person, LAST) == Person(id=LAST, name="New", city="Xi'an")


async def test_manager_saved_during_an_import_of_managers_is_replaced_and_not_doubled(
    site: Site, tmp_path: Path
) -> None:
    folder = written(tmp_path, people=people("manager", ["", *["p00"] * (PEOPLE - 1)]))
    async with site.replica(import_chunk_changes=2) as replica:
        await put(replica, *known())
        await saved_meanwhile(replica, folder, ReportsTo(source=LAST, target="person:p38"))
        assert [link.target for link in replica.graph.outgoing(ReportsTo, LAST)] == ["person:p00"]


def booked(swarm: str, task: str) -> list[Record]:
    formed = datetime(2024, 5, 1, tzinfo=UTC)
    return [
        Swarm(id=swarm, formed_at=formed, starts_on=DAY, ends_on=DAY),
        MemberOf(source=LAST, target=swarm, roles=(), since=DAY, until=DAY, share_permille=1000),
        Staffs(source=swarm, target=task),
        Task(id=task, title="Old", state=TaskState.STAFFED),
    ]


FILES = {
    "swarms": "id,formed_at,starts_on,ends_on,task\ns1,2024-05-01,2024-05-06,2024-05-06,t1\n",
    "swarm_member": "swarm,person,since,until,share_permille\ns1,p39,2024-05-06,2024-05-06,1000\n",
}
CASES = {
    "person": ("task:t2", FILES, "p39 would be booked beyond the capacity of 1000"),
    "second swarm": ("task:t1", {"swarms": FILES["swarms"]}, "the task has an active swarm already: s2"),
    "state": ("task:t1", {"tasks": "id,title,task_state\nt1,New,OPEN\n"}, "t1 was staffed meanwhile"),
}


@pytest.mark.parametrize("case", CASES)
async def test_import_that_no_longer_fits_what_was_booked_meanwhile_is_refused_whole(
    site: Site, tmp_path: Path, case: str
) -> None:
    task, files, reason = CASES[case]
    folder = written(tmp_path, skills=people("name", ["Skill"] * PEOPLE), customers=people("name", ["C"] * 3), **files)
    async with site.replica(import_chunk_changes=2) as replica:
        await put(replica, *known(), *(Task(id=f"task:t{number}", title="Old") for number in (1, 2)))
        with pytest.raises(Conflict, match=reason):
            await saved_meanwhile(replica, folder, *booked("swarm:s2", task))
        assert replica.live.state.open_imports == []
        assert [swarm.id for swarm in replica.graph.nodes(Swarm)] == ["swarm:s2"]
        assert replica.graph.count(Skill) == replica.graph.count(Customer) == 0
        assert digest((await cold_load(replica.database, REGISTRY, CODEC)).graph) == digest(replica.graph)
