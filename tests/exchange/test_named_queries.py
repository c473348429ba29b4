"""The named queries by which tests ask: each file is used, and its plan scans nothing that its header does not say."""

from collections.abc import Iterator
from typing import Any

import msgspec

from graph_api.store.database import Database
from tests.support import named_answers
from tests.support.replicas import Site

TO_BE_ADMITTED = ("CartesianProduct", "NodeByLabelScan", "AllRelationshipsScan")


def asked() -> Iterator[tuple[named_answers.AnyQuery, msgspec.Struct]]:
    yield from ((query, msgspec.Struct()) for query in named_answers.COUNTS)
    for questions in named_answers.QUESTIONS.values():
        for question in questions.values():
            yield from question.queries


def operators(plan: dict[str, Any]) -> Iterator[str]:
    yield str(plan["operatorType"]).split("@")[0]
    for child in plan.get("children", []):
        yield from operators(child)


def test_every_query_file_is_asked() -> None:
    assert {query.name for query, _ in asked()} == {path.stem for path in named_answers.FOLDER.glob("*.cypher")}
    assert {query.mode for query, _ in asked()} == {"read"}


async def test_plans_of_the_named_queries_are_what_their_headers_say(site: Site, database: Database) -> None:
    async with site.replica():  # for the constraints
        pass
    for query, params in asked():
        found = " ".join(operators(await database.explain(query, msgspec.to_builtins(params))))
        assert "ProduceResults" in found
        assert "AllNodesScan" not in found, query.name
        assert [scan for scan in TO_BE_ADMITTED if scan in found and scan not in query.plan] == [], query.name
