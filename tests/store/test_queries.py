"""Query files: each is declared and used, its header is true, and its plan scans nothing that it does not admit."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from graph_api.kernel.errors import QueryFileError
from graph_api.knowledge.search import stored
from graph_api.ops import files
from graph_api.ops.files import project_path
from graph_api.permission import records
from graph_api.projection import replica
from graph_api.store.cypher import NoParams, NoRow, Query, cypher_type, declare, declared_queries
from graph_api.store.database import Database
from graph_api.store.migrations import migrate

EVERY_QUERY_IS_DECLARED_BY = (replica, records, stored)
FORBIDDEN = ("AllNodesScan", "CartesianProduct", "NodeByLabelScan", "AllRelationshipsScan")
SAMPLES: dict[str, Any] = {
    "STRING": "x",
    "INTEGER": 1,
    "MAP": {},
    "LIST<STRING>": [],
    "LIST<MAP>": [],
    "ZONED DATETIME": None,
}


def names() -> list[str]:
    folder = project_path("cypher")
    paths = folder.rglob("*.cypher")
    return sorted(str(path.relative_to(folder).with_suffix("")) for path in paths if "migrations" not in path.parts)


def test_every_query_file_is_declared_and_every_declaration_has_a_file() -> None:
    assert names() == sorted(declared_queries())


def test_every_declared_query_is_used() -> None:
    package = Path(files.__file__).parent.parent
    source = "\n".join(path.read_text() for path in package.rglob("*.py"))
    constants = re.findall(r"^(\w+) = declare\(", source, flags=re.MULTILINE)
    assert len(constants) >= len(declared_queries())
    unused = [name for name in constants if len(re.findall(rf"\b{name}\b", source)) < 2]
    assert unused == []


def operators(plan: dict[str, Any]) -> Iterator[str]:
    yield str(plan["operatorType"]).split("@")[0]
    for child in plan.get("children", []):
        yield from operators(child)


@pytest.fixture(scope="module")
async def migrated(database: Database) -> Database:
    """The plans need the indexes, whichever test comes first."""
    await migrate(database, log_id="a" * 32, log_format=1, first_hash="0", at=datetime.now(UTC))
    return database


@pytest.mark.parametrize("name", [name for name in names() if "constraint" not in name])
async def test_the_plan_is_what_the_header_says(migrated: Database, name: str) -> None:
    query = declared_queries()[name]
    params = {field: SAMPLES[cypher_type(hint)] for field, hint in hints(query.params).items()}
    found = {operator for operator in operators(await migrated.explain(query, params)) if operator in FORBIDDEN}
    unadmitted = {operator for operator in found if operator not in query.plan}
    assert unadmitted == set()


def hints(params: type[msgspec.Struct]) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(params)}


class _Limit(msgspec.Struct):
    limit: int


class _Id(msgspec.Struct):
    id: str


HEADER = "// Say.\n// mode: {mode}\n// params: {params}\n// returns: {returns}\n// plan: x\n"

BROKEN = {
    "no header": ("MATCH (n) RETURN n.id AS id", _Limit, _Id, "lacks"),
    "parameter of another type": (
        HEADER.format(mode="read", params="limit STRING", returns="id STRING") + "RETURN $limit AS id",
        _Limit,
        _Id,
        "params",
    ),
    "row field missing": (
        HEADER.format(mode="read", params="limit INTEGER", returns="") + "RETURN $limit AS id",
        _Limit,
        _Id,
        "returns",
    ),
    "unused parameter": (
        HEADER.format(mode="read", params="limit INTEGER", returns="id STRING") + "RETURN 'x' AS id",
        _Limit,
        _Id,
        "uses the parameters",
    ),
    "writing while it says read": (
        HEADER.format(mode="read", params="limit INTEGER", returns="id STRING")
        + "CREATE (n {a: $limit}) RETURN n.id AS id",
        _Limit,
        _Id,
        "writes",
    ),
    "unknown mode": (
        HEADER.format(mode="maybe", params="limit INTEGER", returns="id STRING") + "RETURN $limit AS id",
        _Limit,
        _Id,
        "mode",
    ),
    "two statements": (
        HEADER.format(mode="read", params="limit INTEGER", returns="id STRING") + "RETURN $limit AS id; RETURN 1",
        _Limit,
        _Id,
        "more than one",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_contradicts_its_declaration_is_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, params, row, reason = BROKEN[kind]
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "query.cypher").write_text(text)

    def here(name: str) -> Path:
        return tmp_path

    monkeypatch.setattr("graph_api.store.cypher.project_path", here)
    with pytest.raises(QueryFileError, match=reason):
        declare("broken/query", params, row)


def test_a_file_that_does_not_exist_is_refused() -> None:
    with pytest.raises(QueryFileError, match="no query file"):
        declare("store/nowhere", NoParams, NoRow)


def test_queries_carry_their_name_into_the_query_log() -> None:
    queries: list[Query[Any, Any]] = list(declared_queries().values())
    assert all(query.text.startswith(f"// {query.name}\n") for query in queries)
