"""A plan that was made while the database was empty serves the first import too: it may not scan for each row."""

from collections.abc import Iterator
from typing import Any

import msgspec

from graph_api.organization.model import HasSkill, Person, Skill
from graph_api.projection import replica as declaring
from graph_api.store.cypher import declared_queries
from graph_api.store.database import Database
from tests.support.cleaning import empty
from tests.support.commands import PUT, Put
from tests.support.replicas import Site

EVERY_QUERY_IS_DECLARED_BY = declaring
SCANS = ("Scan", "RelationshipTypeLookup")
RECORDS = (
    Person(id="person:ada", name="Ada"),
    Skill(id="skill:mx", name="Mexico"),
    HasSkill(source="person:ada", target="skill:mx", level=2),
)
ROWS: list[dict[str, Any]] = [
    {"id": "x:1", "label": "X", "type": "X", "source": "x:1", "target": "x:2", "discriminator": "", "properties": {}}
]


def operators(plan: dict[str, Any]) -> Iterator[str]:
    yield str(plan["operatorType"]).split("@")[0]
    for child in plan.get("children", []):
        yield from operators(child)


async def test_no_row_of_a_written_or_removed_list_is_looked_for_among_all(site: Site, database: Database) -> None:
    async with site.replica() as replica:  # for the constraints, and for the names of what will be asked
        await replica.submit(PUT, Put(records=RECORDS), actor="test")
    await empty(database)
    queries = [query for query in declared_queries().values() if {"rows", "ids"} & set(query.params.__struct_fields__)]
    assert {"store/write_nodes", "store/write_links"} < {query.name for query in queries}
    for query in queries:
        forced = msgspec.structs.replace(query, text=f"CYPHER replan=force {query.text}")
        found = set(operators(await database.explain(forced, {"rows": ROWS * 1000, "ids": ["x:1"] * 1000})))
        assert {operator for operator in found if any(scan in operator for scan in SCANS)} == set(), query.name


async def test_relationships_are_found_from_the_side_of_their_source(site: Site, database: Database) -> None:
    """An expansion between two ends may begin at a target that has all relationships of a kind, row by row."""
    async with site.replica() as replica:
        await replica.submit(PUT, Put(records=RECORDS), actor="test")
    for query in (declared_queries()[name] for name in ("store/write_links", "store/remove_links")):
        forced = msgspec.structs.replace(query, text=f"CYPHER replan=force {query.text}")
        found = set(operators(await database.explain(forced, {"rows": ROWS})))
        assert {operator for operator in found if operator.startswith("VarLength")} == {"VarLengthExpand(All)"}, found
