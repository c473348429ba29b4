"""Relationships that are found by a key of their own: written, replaced and removed by it, and by it alone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from graph_api.kernel.records import AnyChange, Record, removal, upsert
from graph_api.organization.model import Person
from graph_api.permission.records import Granted, Resource, absent_id
from graph_api.store.cypher import declared_queries
from graph_api.store.database import Database, StatementFailed
from graph_api.store.graph import load_records, write_changes
from graph_api.store.migrations import migrate, pending_migrations, shipped_migrations
from tests.support.cleaning import empty
from tests.support.replicas import REGISTRY

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA, ZOE = Person(id="person:ada", name="Ada"), Resource(id=absent_id("person:zoe"))
DOCUMENT, EVERYBODY = Resource(id="document:1"), Resource(id="user:*")


def granted(user: str, relation: str = "viewer", **fields: Any) -> Granted:
    return Granted(source=user, target=DOCUMENT.id, relation=relation, **fields)


@pytest.fixture
async def graph(database: Database) -> Database:
    """An empty graph with its constraints and the ends of some tuples."""
    await empty(database)
    await migrate(database, log_id="a" * 32, log_format=1, first_hash="0", at=AT)
    await write(database, *map(upsert, (ADA, ZOE, DOCUMENT, EVERYBODY)))
    return database


async def write(database: Database, *changes: AnyChange) -> None:
    async with database.transaction(write=True) as transaction:
        await write_changes(transaction, changes)


async def grants(database: Database) -> list[Record]:
    pages = [page async for page in load_records(database, REGISTRY, set())]
    return [record for page in pages for record in page if isinstance(record, Granted)]


async def test_a_graph_of_the_version_before_gets_the_constraint_at_the_next_start(graph: Database) -> None:
    await graph.run_schema("DROP CONSTRAINT granted_key")
    await graph.run_schema("MATCH (migration:Migration {number: 2}) DELETE migration")
    assert await migrate(graph, log_id="a" * 32, log_format=1, first_hash="0", at=AT) == ["grants"]
    assert await pending_migrations(graph) == []
    assert [migration.number for migration in shipped_migrations()][:2] == [1, 2]
    await write(graph, upsert(granted(ZOE.id)), upsert(granted(ADA.id)))
    with pytest.raises(StatementFailed, match="already exists"):
        await graph.run_schema("MATCH ()-[grant:GRANTED]->() SET grant.key = 'one for both'")


async def test_tuples_between_the_same_ends_are_told_apart_by_their_relations(graph: Database) -> None:
    several = [granted(ADA.id), granted(ADA.id, "owner"), granted(ADA.id, subject_relation="deputy")]
    await write(graph, *map(upsert, several))
    assert sorted(await grants(graph), key=lambda each: each.key) == sorted(several, key=lambda each: each.key)


async def test_a_tuple_that_is_written_again_is_replaced_with_all_its_properties(graph: Database) -> None:
    await write(graph, upsert(granted(ADA.id, condition="in_office", context='{"hour":9}', expires_at=AT)))
    await write(graph, upsert(granted(ADA.id)))
    assert await grants(graph) == [granted(ADA.id)]


async def test_a_tuple_is_removed_by_its_key_and_no_other_one(graph: Database) -> None:
    await write(graph, upsert(granted(ADA.id)), upsert(granted(EVERYBODY.id)))
    await write(graph, removal(granted(ADA.id)), removal(granted(ADA.id, "owner")))
    assert await grants(graph) == [granted(EVERYBODY.id)]


async def test_a_tuple_whose_end_is_missing_is_refused(graph: Database) -> None:
    with pytest.raises(StatementFailed, match="an end that does not exist"):
        await write(graph, upsert(granted("user:nobody")))


async def test_no_second_tuple_of_one_name_can_be_written_between_other_ends(graph: Database) -> None:
    zoe = Person(id="person:zoe", name="Zoe")
    await write(graph, upsert(zoe), upsert(granted(ZOE.id)))
    with pytest.raises(StatementFailed, match="already exists"):
        await write(graph, upsert(granted(zoe.id)))


async def test_a_tuple_may_come_where_one_of_its_name_goes_in_the_same_commit(graph: Database) -> None:
    zoe = Person(id="person:zoe", name="Zoe")
    await write(graph, upsert(granted(ZOE.id)))
    await write(graph, upsert(zoe), upsert(granted(zoe.id)), removal(granted(ZOE.id)), removal(ZOE))
    assert await grants(graph) == [granted(zoe.id)]


@pytest.mark.parametrize("name", ["permission/write_granted", "permission/remove_granted"])
async def test_it_is_looked_up_in_the_index_of_keys(graph: Database, name: str) -> None:
    plan = str(await graph.explain(declared_queries()[name], {"rows": []}))
    assert "DirectedRelationshipUniqueIndexSeek" in plan
    assert "Expand" not in plan
