"""Undoing an import that a process left: once, however often the watch looks while it is under way."""

import asyncio
import sys
from collections import Counter

from graph_api.organization.model import Person
from graph_api.store.log import read_commits
from tests.support.replicas import Site

STAGED = 100
CHUNK = 5


async def test_watch_that_looks_while_an_import_is_being_undone_does_not_undo_it_again(site: Site) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.import_child",
        site.address.uri, site.address.password or "", str(site.folder),
    )  # fmt: skip
    assert await asyncio.wait_for(child.wait(), 60) == -9
    async with site.replica(import_chunk_changes=CHUNK, import_lease_seconds=0.002) as replica:
        assert (replica.live.state.open_imports, replica.graph.count(Person)) == ([], 0)
        async with replica.database.transaction(write=False) as transaction:
            phases = Counter(commit.import_phase for commit in await read_commits(transaction, 1, 1000))
    assert phases == {"opened": 1, "restored": STAGED // CHUNK, "undone": 1}
