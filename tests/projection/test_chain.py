"""R12: the log is a chain of hashes that stays whole where entries are redacted, and breaks where they are altered."""

from typing import Any

import pytest

from graph_api.kernel.errors import CorruptLog
from graph_api.organization.model import Person, Skill
from graph_api.projection.commit import FIRST_HASH, CommitCodec
from graph_api.projection.state import State
from graph_api.projection.verify import commits_from, verify_log
from graph_api.store.cypher import NoParams, NoRow, Query
from graph_api.store.database import Database
from graph_api.store.log import HeadRow
from tests.support.commands import PUT, Put
from tests.support.replicas import REGISTRY, Site

CODEC = CommitCodec(REGISTRY)

REDACT = """MATCH (c:Commit) SET
c.salts = [i IN range(0, size(c.entries) - 1) |
  CASE WHEN c.entries[i] CONTAINS 'person:ada' THEN '' ELSE c.salts[i] END],
c.entries = [e IN c.entries | CASE WHEN e CONTAINS 'person:ada' THEN '' ELSE e END]"""

TAMPERING = {
    "an entry": "MATCH (c:Commit {revision: 2}) SET c.entries = [e IN c.entries | replace(e, 'Tax', 'Tix')]",
    "a hash": "MATCH (c:Commit {revision: 2}) SET c.hashes = [c.hashes[0], c.hashes[0]]",
    "the time": "MATCH (c:Commit {revision: 2}) SET c.at = c.at + duration('PT1S')",
    "a missing commit": "MATCH (c:Commit {revision: 2}) DELETE c",
    "a missing last commit": "MATCH (c:Commit {revision: 3}) DELETE c",
    "a salt": "MATCH (c:Commit {revision: 2}) SET c.salts = [s IN c.salts | 'ab' + s]",
    "the format": "MATCH (c:Commit {revision: 2}) SET c.format = 99",
}


async def run(database: Database, text: Any) -> None:
    query = Query(name="tests/edit", mode="write", plan="", text=text, params=NoParams, row=NoRow)
    async with database.transaction(write=True) as transaction:
        await transaction.run_raw(query, {})


async def write_three(site: Site) -> None:
    async with site.replica() as replica:
        for records in (
            (Person(id="person:ada", name="Ada"),),
            (Skill(id="skill:tax", name="Tax"),),
            (Person(id="person:bo", name="Bo"),),
        ):
            await replica.submit(PUT, Put(records=records), actor="test")


async def test_a_whole_log_verifies(site: Site, database: Database) -> None:
    await write_three(site)
    report = await verify_log(database, CODEC)
    assert (report.commits, report.entries, report.redacted) == (3, 6, 0)


async def test_r12_a_redacted_log_still_verifies_and_says_how_much_is_gone(site: Site, database: Database) -> None:
    await write_three(site)
    await run(database, REDACT)
    report = await verify_log(database, CODEC)
    assert (report.commits, report.entries, report.redacted) == (3, 6, 1)


async def test_r12_folding_skips_what_is_redacted(site: Site, database: Database) -> None:
    await write_three(site)
    await run(database, REDACT)
    state: State | None = None
    async for commit in commits_from(database, CODEC, 1):
        row = commit.row
        state = state or State(HeadRow(row.log_id, row.format, 0, FIRST_HASH, row.at, []))
        state.evolve(commit)
    assert state is not None
    assert [person.id for person in state.graph.nodes(Person)] == ["person:bo"]


@pytest.mark.parametrize("tampering", TAMPERING)
async def test_r12_what_was_altered_is_found(site: Site, database: Database, tampering: str) -> None:
    await write_three(site)
    await run(database, TAMPERING[tampering])
    with pytest.raises(CorruptLog):
        await verify_log(database, CODEC)
