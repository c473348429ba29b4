"""Answering one GraphQL request: freshness, revision, execution, and an answer whose every error has a code."""

from typing import Any, Final

import msgspec
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graph_api.api.errors import tell, tell_fault
from graph_api.api.schema import build_schema
from graph_api.api.service import ApiService
from graph_api.kernel.errors import BadUserInput, SwarmgraphError
from graph_api.organization.graphql.request import Identity

READS: Final = frozenset({OperationType.QUERY})
EVERYTHING: Final = frozenset({OperationType.QUERY, OperationType.MUTATION})


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
        for revision in (at_least, _asked_revision(question)):
            if revision is not None:
                await service.replica.wait_for(revision)
        service.replica.ensure_fresh()
        return await _execute(service, question, identity, may_change=may_change)
    except OnlyReads:
        raise
    except SwarmgraphError as fault:
        return refusal(fault)


def refusal(fault: SwarmgraphError) -> Answer:
    """Return the answer to a request that is not executed."""
    return Answer({"errors": [tell_fault(fault)]}, frozenset({fault.code}))


def _asked_revision(question: Question) -> str | None:
    revision = (question.extensions or {}).get("atLeast")
    if revision is not None and not isinstance(revision, str):
        raise BadUserInput("extensions.atLeast is no revision.", suggestion="Send back one that an answer carried.")
    return revision


async def _execute(service: ApiService, question: Question, identity: Identity, *, may_change: bool) -> Answer:
    schema = build_schema(service.settings.query_depth_max, service.settings.query_tokens_max)
    before = service.replica.revision
    request = service.request(identity)
    request.names_operation = question.operation_name is not None
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
        raise BadUserInput("Subscriptions are not offered over this door.") from fault
    except (MissingQueryError, CannotGetOperationTypeError) as fault:
        raise BadUserInput(_about_operation(fault)) from fault
    return _answer(result, request.written_revision or before)


def _about_operation(fault: MissingQueryError | CannotGetOperationTypeError) -> str:
    if isinstance(fault, MissingQueryError):
        return "The request holds no query."
    if fault.operation_name is not None:
        return f"The document holds no operation named {fault.operation_name[:60]!r}."
    return "The document holds no operation, or several of which none is named."


def _answer(result: ExecutionResult, revision: str) -> Answer:
    told = tell(result.errors or [])
    if result.data is None and not _was_executed(result.errors or []):
        return Answer({"errors": told}, frozenset(error["extensions"]["code"] for error in told))
    body: dict[str, Any] = {"data": result.data, "extensions": {"revision": revision}}
    return Answer({"errors": told, **body} if told else body)


def _was_executed(errors: list[GraphQLError]) -> bool:
    return not errors or any(error.path is not None for error in errors)
