"""What the permission graph refuses, with OpenFGA's numbers.

PermissionGraphError   .code is an int of `Code`; .line and .column (from 1) are None outside models

It is no `SwarmgraphError`: that one's codes are the words of the GraphQL door, and this package is also embedded by
integrators, who know OpenFGA's numbers. The door translates.
"""

from collections.abc import Sequence
from enum import IntEnum

import msgspec


class Code(IntEnum):
    """OpenFGA's error numbers, as far as the permission graph answers with them."""

    VALIDATION_ERROR = 2000
    AUTHORIZATION_MODEL_NOT_FOUND = 2001
    AUTHORIZATION_MODEL_RESOLUTION_TOO_COMPLEX = 2002
    INVALID_WRITE_INPUT = 2003
    CANNOT_ALLOW_DUPLICATE_TUPLES_IN_ONE_REQUEST = 2004
    CANNOT_ALLOW_DUPLICATE_TYPES_IN_ONE_REQUEST = 2005
    CANNOT_ALLOW_MULTIPLE_REFERENCES_TO_ONE_RELATION = 2006
    INVALID_TUPLE_SET = 2008
    INVALID_CHECK_INPUT = 2009
    INVALID_EXPAND_INPUT = 2010
    UNSUPPORTED_USER_SET = 2011
    INVALID_OBJECT_FORMAT = 2012
    WRITE_FAILED_DUE_TO_INVALID_INPUT = 2017
    TYPE_NOT_FOUND = 2021
    RELATION_NOT_FOUND = 2022
    EMPTY_RELATION_DEFINITION = 2023
    INVALID_USER = 2025
    INVALID_TUPLE = 2027
    UNKNOWN_RELATION = 2028
    EXCEEDED_ENTITY_LIMIT = 2053
    INVALID_CONTEXTUAL_TUPLE = 2054
    DUPLICATE_CONTEXTUAL_TUPLE = 2055
    INVALID_AUTHORIZATION_MODEL = 2056
    UNSUPPORTED_SCHEMA_VERSION = 2057


class ModelProblem(msgspec.Struct, frozen=True):
    """One thing wrong (or doubtful) in a model: `name` is its kind; line and column count from 1, or are unknown."""

    name: str
    message: str
    suggestion: str | None = None
    line: int | None = None
    column: int | None = None
    file: str | None = None

    def __str__(self) -> str:
        parts = [str(part) for part in (self.file, self.line, self.column) if part is not None]
        return f"{':'.join(parts)}{': ' if parts else ''}{self.message} {self.suggestion or ''}".strip()


class PermissionGraphError(Exception):
    """A refusal: `code` (OpenFGA's number), what happened, what would mend it and, in models, where."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        suggestion: str | None = None,
        line: int | None = None,
        column: int | None = None,
        problems: Sequence[ModelProblem] = (),
    ) -> None:
        super().__init__(message)
        self.code = int(code)
        self.message = message
        self.suggestion = suggestion
        self.line = line
        self.column = column
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return f"{self.message} {self.suggestion or ''}".strip()


def refused_model(
    problems: Sequence[ModelProblem], code: int = Code.INVALID_AUTHORIZATION_MODEL
) -> PermissionGraphError:
    """Build the error that tells all problems of a model, and has the place of the first."""
    first = problems[0]
    others = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return PermissionGraphError(
        code,
        f"{first.message}{others}",
        suggestion=first.suggestion,
        line=first.line,
        column=first.column,
        problems=problems,
    )
