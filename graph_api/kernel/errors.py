"""Errors that end a request. Expected refusals are values (see `outcomes`), not errors.

SwarmgraphError
  BadUserInput        BAD_USER_INPUT      the request cannot be understood
  Unauthenticated     UNAUTHENTICATED     no valid token
  Forbidden           FORBIDDEN           the viewer lacks the right
  NotFound            NOT_FOUND           the named thing does not exist for the viewer
  Conflict            CONFLICT            the state or an idempotency key contradicts the command
  RevisionTimeout     REVISION_TIMEOUT    the asked revision did not arrive in time
  RevisionGone        REVISION_GONE       the asked revision belongs to another log, or is too old
  QueryTooCostly      QUERY_TOO_COSTLY    depth, page or size beyond the limit
  RateLimited         RATE_LIMITED        too much waiting already
  TimedOut            TIMEOUT             the work did not end in time
  Unavailable         UNAVAILABLE         the database cannot be reached, or this replica is too far behind
  Internal            INTERNAL            a fault of ours; its errorId stands in the log
    CorruptLog        INTERNAL            the change log contradicts itself
    QueryFileError    INTERNAL            a query file contradicts its declaration
  SettingsError       BAD_USER_INPUT      a setting cannot be understood
"""

from typing import ClassVar


class SwarmgraphError(Exception):
    """Base of all errors: what happened, what to do about it, and where."""

    code: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, *, suggestion: str = "", place: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.suggestion = suggestion
        self.place = place

    def __str__(self) -> str:
        return f"{self.message} {self.suggestion}".strip()


class BadUserInput(SwarmgraphError):
    """The request cannot be understood."""

    code = "BAD_USER_INPUT"


class SettingsError(BadUserInput):
    """A setting, given by variable or option, cannot be understood."""


class Unauthenticated(SwarmgraphError):
    """No valid token came with the request."""

    code = "UNAUTHENTICATED"


class Forbidden(SwarmgraphError):
    """The viewer lacks the right."""

    code = "FORBIDDEN"


class NotFound(SwarmgraphError):
    """The named thing does not exist, or not for this viewer."""

    code = "NOT_FOUND"


class Conflict(SwarmgraphError):
    """The state, or an idempotency key used before, contradicts the command."""

    code = "CONFLICT"


class RevisionTimeout(SwarmgraphError):
    """The revision asked for did not arrive in time."""

    code = "REVISION_TIMEOUT"


class RevisionGone(SwarmgraphError):
    """The revision asked for belongs to another log, or is too old to answer from."""

    code = "REVISION_GONE"


class QueryTooCostly(SwarmgraphError):
    """The query is deeper, longer or larger than the limits allow."""

    code = "QUERY_TOO_COSTLY"


class RateLimited(SwarmgraphError):
    """Too much of this work waits already."""

    code = "RATE_LIMITED"


class TimedOut(SwarmgraphError):
    """The work did not end in its time."""

    code = "TIMEOUT"


class Unavailable(SwarmgraphError):
    """The database cannot be reached, or this replica is too far behind to answer."""

    code = "UNAVAILABLE"


class Internal(SwarmgraphError):
    """A fault of ours."""


class CorruptLog(Internal):
    """The change log contradicts itself: a gap, a wrong hash or an unknown format."""


class QueryFileError(Internal):
    """A query file contradicts its header or its declaration in Python."""
