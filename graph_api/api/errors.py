"""How errors are told: each with a code, what can be done, and nothing about our insides.

What is the asker's doing keeps its message. What is a fault of ours is logged under an errorId; that id alone is told.
"""

import logging
import uuid
from collections.abc import Iterable
from typing import Any, Final

from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError, StrawberryInputCoercionError
from strawberry.schema.exceptions import CannotGetOperationTypeError

from graph_api.kernel.errors import BadUserInput, Internal, QueryTooCostly, SwarmgraphError

_log: Final = logging.getLogger(__name__)
_SYNTAX: Final = "Syntax Error: "
_TOO_COSTLY: Final = ("Document contains more than", "Document is nested too deeply", "Validation aborted")
_ARGUMENT: Final = "Argument "


def tell(errors: Iterable[GraphQLError]) -> list[dict[str, Any]]:
    """Return errors as an answer carries them."""
    return [_told(error) for error in errors]


def tell_fault(fault: SwarmgraphError) -> dict[str, Any]:
    """Return an error that belongs to no field, as an answer carries it."""
    return _told(GraphQLError(fault.message, original_error=fault))


def _told(error: GraphQLError) -> dict[str, Any]:
    cause = cause_of(error)
    told: dict[str, Any] = {**error.formatted, "message": cause.message}
    told["extensions"] = {"code": cause.code}
    if cause.suggestion:
        told["extensions"]["suggestion"] = cause.suggestion
    if cause.code == Internal.code:
        told |= _masked(error)
    return told


def cause_of(error: GraphQLError) -> SwarmgraphError:
    """Return the error of ours that a GraphQL error stands for."""
    innermost: Exception = error
    while isinstance(innermost, GraphQLError) and innermost.original_error is not None:
        innermost = innermost.original_error
    if isinstance(innermost, SwarmgraphError):
        return innermost
    if isinstance(innermost, RecursionError):
        return QueryTooCostly("The query is nested too deeply.")
    if isinstance(innermost, StrawberryInputCoercionError):
        return BadUserInput(error.message)
    if isinstance(innermost, MissingQueryError | CannotGetOperationTypeError):
        return about_operation(innermost)
    if isinstance(innermost, GraphQLError):
        return _of_graphql(error)
    return Internal(str(innermost))


def about_operation(fault: MissingQueryError | CannotGetOperationTypeError) -> BadUserInput:
    """Return the error for a request in which nothing to execute is found."""
    if isinstance(fault, MissingQueryError):
        return BadUserInput("The request holds no query.")
    if fault.operation_name is not None:
        return BadUserInput(f"The document holds no operation named {fault.operation_name[:60]!r}.")
    return BadUserInput("The document holds no operation, or several of which none is named.")


def _of_graphql(error: GraphQLError) -> SwarmgraphError:
    """Tell what GraphQL itself refuses from a result that it cannot write, which is a fault of ours."""
    message = error.message.removeprefix(_SYNTAX)
    if message.startswith(_TOO_COSTLY):
        return QueryTooCostly(message, suggestion="Ask for less at once.")
    if error.path is not None and not error.message.startswith(_ARGUMENT):
        return Internal(error.message)
    return BadUserInput(error.message)


def _masked(error: GraphQLError) -> dict[str, Any]:
    error_id = uuid.uuid4().hex[:12]
    original = error.original_error or error
    place = ".".join(map(str, error.path or ()))
    _log.error("Error %s at %s: %s", error_id, place or "the request", original, exc_info=original)
    return {
        "message": f"A fault of ours; it stands in the log under {error_id}.",
        "extensions": {"code": Internal.code, "errorId": error_id},
    }
