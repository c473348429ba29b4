"""Answering one GraphQL request: freshness, revision, execution, and an answer whose every error has a code."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

import msgspec
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from graph_api.api.errors import about_operation, tell, tell_fault
from graph_api.api.limits import QueryLimits
from graph_api.api.request import ApiRequest
from graph_api.api.schema import QuietSchema, build_schema
from graph_api.api.service import ApiService
from graph_api.kernel.errors import BadUserInput, SwarmgraphError
from graph_api.organization.graphql.request import Identity
from graph_api.projection.freshness import until_fresh

READS: Final = frozenset({OperationType.QUERY})
EVERYTHING: Final = frozenset({OperationType.QUERY, OperationType.MUTATION})
STREAMED: Final = frozenset({*EVERYTHING, OperationType.SUBSCRIPTION})


class Question(msgspec.Struct, frozen=True, rename={"operation_name": "operationName"}):
    """A GraphQL request as it comes over the wire."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


class OnlyReads(BadUserInput):
    """A method that may only read was used for a mutation."""


class Answer(msgspec.Struct, frozen=True):
    """What goes back; `codes` are those of errors that kept the request from being executed at all."""

    body: dict[str, Any]
    codes: frozenset[str] = frozenset()


async def answer(
    service: ApiService, question: Question, identity: Identity, *, at_least: str | None = None, may_change: bool = True
) -> Answer:
    """Answer a question; errors are told, never raised, but OnlyReads."""
    try:
        await _wait(service, at_least, _asked_revision(question))
        return await _execute(service, question, identity, may_change=may_change)
    except OnlyReads:
        raise
    except SwarmgraphError as fault:
        return refusal(fault)


async def answers(service: ApiService, question: Question, identity: Identity) -> AsyncGenerator[Answer]:
    """Answer a question over a connection that stays: once, and a subscription for as long as there is anything.

    Errors of ours are told, never raised; one that keeps the question from going on is the last answer.
    """
    try:
        await _wait(service, _asked_revision(question))
        async with aclosing(_stream(service, question, identity)) as told:
            async for one in told:
                yield one
                if one.codes:
                    return
    except SwarmgraphError as fault:
        yield refusal(fault)


def refusal(fault: SwarmgraphError) -> Answer:
    """Return the answer to a request that is not executed."""
    return Answer({"errors": [tell_fault(fault)]}, frozenset({fault.code}))


async def _wait(service: ApiService, *revisions: str | None) -> None:
    for revision in revisions:
        if revision is not None:
            await service.replica.wait_for(revision)
    await until_fresh(service.replica)


def _asked_revision(question: Question) -> str | None:
    revision = (question.extensions or {}).get("atLeast")
    if revision is not None and not isinstance(revision, str):
        raise BadUserInput("extensions.atLeast is no revision.", suggestion="Send back one that an answer carried.")
    return revision


def _begin(service: ApiService, question: Question, identity: Identity) -> tuple[QuietSchema, ApiRequest]:
    request = service.request(identity)
    request.names_operation = question.operation_name is not None
    settings = service.settings
    limits = QueryLimits(
        levels=settings.query_depth_max,
        fields=settings.query_fields_max,
        variable_entries=settings.variable_entries_max,
        tokens=settings.query_tokens_max,
    )
    return build_schema(limits), request


async def _stream(service: ApiService, question: Question, identity: Identity) -> AsyncGenerator[Answer]:
    before = service.replica.revision
    schema, request = _begin(service, question, identity)
    results = await schema.stream(
        question.query,
        variable_values=question.variables,
        operation_name=question.operation_name,
        context_value=request,
        allowed_operation_types=STREAMED,
    )
    async with aclosing(results):
        async for result in results:
            assert isinstance(result, ExecutionResult)
            yield _answer(result, request.streamed_revision or request.written_revision or before)


async def _execute(service: ApiService, question: Question, identity: Identity, *, may_change: bool) -> Answer:
    before = service.replica.revision
    schema, request = _begin(service, question, identity)
    try:
        result = await schema.execute(
            question.query,
            variable_values=question.variables,
            operation_name=question.operation_name,
            context_value=request,
            allowed_operation_types=EVERYTHING if may_change else READS,
        )
    except InvalidOperationTypeError as fault:
        if fault.operation_type is OperationType.MUTATION:
            raise OnlyReads("GET may only read.", suggestion="Send mutations by POST.") from fault
        raise BadUserInput(
            "Subscriptions are not answered here.",
            suggestion="Ask at the same address by WebSocket, with the protocol graphql-transport-ws.",
        ) from fault
    except (MissingQueryError, CannotGetOperationTypeError) as fault:
        raise about_operation(fault) from fault
    return _answer(result, request.written_revision or before)


def _answer(result: ExecutionResult, revision: str) -> Answer:
    told = tell(result.errors or [])
    if result.data is None and not _was_executed(result):
        return Answer({"errors": told}, frozenset(error["extensions"]["code"] for error in told))
    body: dict[str, Any] = {"data": result.data, "extensions": {"revision": revision}}
    return Answer({"errors": told, **body} if told else body)


def _was_executed(result: ExecutionResult) -> bool:
    if isinstance(result, PreExecutionError):
        return False
    return not result.errors or any(error.path is not None for error in result.errors)
