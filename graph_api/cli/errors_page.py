"""Print docs/errors.md from the errors themselves: `python -m graph_api.cli.errors_page`."""

import sys
from collections.abc import Iterator
from typing import Final

from graph_api.api.door import Answer
from graph_api.cli.outcome import exit_code_of
from graph_api.kernel.errors import SwarmgraphError
from graph_api.kernel.problems import PROBLEM_CODES
from graph_api.web.negotiation import GRAPHQL_RESPONSE, JSON, status_of

_ADVICE: Final = {
    "BAD_USER_INPUT": "Alter the request, or the setting that is named. Sent again as it is, it fails again.",
    "UNAUTHENTICATED": "Send `Authorization: Bearer` and a token: that of the link printed at the start, one that "
    "`swarmgraph token create` made, or one of the issuer that the settings name.",
    "FORBIDDEN": "Ask somebody who has the right; a host name is allowed by `SWARMGRAPH_HOST_NAMES`.",
    "NOT_FOUND": "Check the id or the path.",
    "CONFLICT": "Read the newest state, then decide anew. A new request wants a new idempotency key.",
    "REVISION_TIMEOUT": "Try again; the replica is still catching up with that revision.",
    "REVISION_GONE": "Ask without a revision, and go on from the one that the answer carries.",
    "QUERY_TOO_COSTLY": "Ask for less at once, or raise the limit: [settings.md](settings.md) lists all.",
    "RATE_LIMITED": "Wait a moment, then try again.",
    "TIMEOUT": "Try again, a change under the same idempotency key: it may have been made.",
    "UNAVAILABLE": "Try again, a change under the same idempotency key. `swarmgraph doctor` says what is missing.",
    "INTERNAL": "Report it with what the log says under its `errorId`.",
}

_HEAD: Final = """# Errors

This page is printed from the code by `make docs`, and a test compares the two.

An error carries a `message` and, under `extensions`, a `code` and, where something can be done, a `suggestion`:

```json
{"message": "...", "path": ["people"], "extensions": {"code": "QUERY_TOO_COSTLY", "suggestion": "..."}}
```

Programs go by the code; messages may be reworded. What a user may well meet when all is right (nobody is free, the
input contradicts itself) is no error but an outcome of the mutation or query: a type that implements `Refusal`.

## Codes of errors

| code | what it means | what to do | HTTP status | HTTP status, plain JSON | exit code |
|---|---|---|---|---|---|
"""

_MIDDLE: Final = f"""
* **HTTP status** is that of a request that was not executed at all. The first one goes with
  `{GRAPHQL_RESPONSE}`, the other with `{JSON}`, which says 200 to every well-formed request.
  A request that was executed says 200 whatever became of its fields: a field that failed is null, its error names it
  by `path`, and its neighbours are answered. A body that cannot be read says 400 either way; an unknown path 404; a
  method or media type that is not offered 405, 406 or 415, with the code `BAD_USER_INPUT`.
* **exit code** is that of a command, which prints the same code, message, place and suggestion as one paragraph.
* **`errorId`** stands under `extensions` of `INTERNAL` alone, whose message tells nothing else. The log of the service
  (its error stream) has a line `Error <errorId> at <path>` with the stack trace. On the command line the paragraph
  itself names the fault.

## Codes of problems

`InputRejected.problems` tells everything that is wrong with an input at once, each problem with its `path` into the
input, a `code`, a `message` and mostly a `suggestion`. Nothing was changed.

| code | what it means | what to do |
|---|---|---|
"""


def error_kinds() -> list[type[SwarmgraphError]]:
    """Return the errors that bring a code of their own, in the order in which they are declared."""
    return [kind for kind in SwarmgraphError.__subclasses__() if kind.__module__ == SwarmgraphError.__module__]


def errors_page() -> str:
    """Return the page: one row a code."""
    problems = (f"| `{code}` | {meaning} | {advice} |\n" for code, (meaning, advice) in PROBLEM_CODES.items())
    return _HEAD + "".join(map(_row, error_kinds())) + _MIDDLE + "".join(problems)


def _row(kind: type[SwarmgraphError]) -> str:
    return "| " + " | ".join(_cells(kind)) + " |\n"


def _cells(kind: type[SwarmgraphError]) -> Iterator[str]:
    refused = Answer({}, frozenset({kind.code}))
    yield f"`{kind.code}`"
    yield kind.__doc__ or ""
    yield _ADVICE[kind.code]
    yield from (str(status_of(refused, media_type)) for media_type in (GRAPHQL_RESPONSE, JSON))
    yield str(exit_code_of(kind("")).value)


if __name__ == "__main__":
    sys.stdout.write(errors_page())
