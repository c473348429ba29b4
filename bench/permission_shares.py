"""Of a request that makes many checks: how much of its time is the engine's, and how much graphql-core's."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from time import monotonic_ns
from typing import Any, Final

from graphql import (
    ExecutionResult,
    build_schema,
    execute,  # pyright: ignore[reportUnknownVariableType]  # hooks that nobody sets here are not typed
    parse,
    validate,
)

from bench.organization import replica_on
from bench.tables import milliseconds, percentile
from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.api.door import Question, answer
from graph_api.api.service import ApiService
from graph_api.cli.composition import PERMISSION_DECLARED, service_on, solver_pool
from graph_api.ops.files import project_path
from graph_api.ops.settings import Settings
from graph_api.permission.service import open_permissions
from graph_api.store.address import ServerAddress

REPEATS: Final = 40
PAUSE_SECONDS: Final = 0.05


@asynccontextmanager
async def in_process(settings: Settings, address: ServerAddress) -> AsyncGenerator[ApiService]:
    """Open a service in this process that nobody reaches over HTTP."""
    async with (
        replica_on(settings, address) as replica,
        open_permissions(replica, PERMISSION_DECLARED, settings) as permissions,
    ):
        yield service_on(replica, permissions, solver_pool(settings), settings)


async def shares_rows(service: ApiService, query: str, items: Sequence[Mapping[str, str]]) -> list[list[object]]:
    """Measure a request that makes many checks without HTTP, and what parts of it take by themselves."""
    question = Question(query=query, variables={"items": list(items)})
    answered: Any = (await answer(service, question, LOCAL_ADMINISTRATOR)).body["data"]
    prepared = Prepared(answered)
    assert prepared.execute(question) == answered
    graph = service.permissions.graph

    async def whole() -> None:
        assert "errors" not in (await answer(service, question, LOCAL_ADMINISTRATOR)).body

    async def core() -> None:
        prepared.execute(question)

    async def engine() -> None:
        for each in items:
            graph.check(each["user"], each["relation"], each["object"])

    parts = {"the same in process, without HTTP": whole, "graphql-core alone": core, "the engine alone": engine}
    taken = await _timed(parts)
    total = percentile(next(iter(taken.values())), 0.5)
    return [
        [label, *(milliseconds(percentile(found, share)) for share in (0.5, 0.99, 1.0)),
         f"{percentile(found, 0.5) / total:.0%}"]
        for label, found in taken.items()
    ]  # fmt: skip


class Prepared:
    """The schema by graphql-core alone, without Strawberry and without us, over an answer that is there already."""

    def __init__(self, answered: Mapping[str, Any]) -> None:
        self._schema = build_schema(project_path("schema.graphql").read_text(encoding="utf-8"))
        self._answered = answered

    def execute(self, question: Question) -> Any:
        """Read, validate and execute a question."""
        document = parse(question.query)
        assert validate(self._schema, document) == []
        result = execute(self._schema, document, self._answered, variable_values=question.variables)
        assert isinstance(result, ExecutionResult)
        assert result.errors is None, result.errors
        return result.data


async def _timed(parts: Mapping[str, Callable[[], Awaitable[None]]]) -> dict[str, list[float]]:
    """Time each part in turn, again and again, with pauses in which the service may look at its log."""
    found: dict[str, list[float]] = {label: [] for label in parts}
    for label, done in list(parts.items()) * REPEATS:
        await asyncio.sleep(PAUSE_SECONDS)
        began = monotonic_ns()
        await done()
        found[label].append((monotonic_ns() - began) / 1e9)
    return found
