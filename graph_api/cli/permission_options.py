"""What the commands about permission have in common: options, the service that they ask, how refusals are told."""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeAlias

import msgspec
import typer

from graph_api.api.service import ApiService
from graph_api.cli.asking import ask
from graph_api.cli.composition import open_service
from graph_api.kernel.errors import BadUserInput
from graph_api.ops.settings import Settings
from graph_api.permission.casting import Misfit, parsed_timestamp

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_PATIENCE_SECONDS: Final = 120.0
_ROWS: Final = 10_000
_WHOLE: Final = 100_000_000
"""Rows beyond which nothing is printed; what a request may cost is a matter of those who share a service."""

UserArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="USER", help='"type:id", "type:*" or a userset "type:id#relation".')
]
RelationArgument: TypeAlias = Annotated[str, typer.Argument(metavar="RELATION", help="The relation.")]
ObjectArgument: TypeAlias = Annotated[str, typer.Argument(metavar="OBJECT", help='"type:id".')]
ContextOption: TypeAlias = Annotated[
    str | None, typer.Option("--context", metavar="JSON", help='Parameters of conditions, such as {"hour": 9}.')
]
AtOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="As of then: an instant, or a day, which is its beginning in UTC."),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


def context_of(text: str | None) -> dict[str, Any] | None:
    """Read the option --context; raises BadUserInput."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        raise BadUserInput(
            f"The context is no JSON object: {fault}.",
            suggestion='Write for example {"hour": 9}.',
            place=("--context",),
        ) from fault


def instant_of(text: str | None, place: str) -> str | None:
    """Read an option that tells an instant or a day; raises BadUserInput."""
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC).isoformat()
        return parsed_timestamp(text).isoformat()
    except (Misfit, ValueError) as fault:
        raise BadUserInput(
            f"{text[:60]!r} is no instant: {fault}",
            suggestion="Write for example 2026-05-31T08:30:00+08:00.",
            place=(place,),
        ) from fault


def patient(settings: Settings) -> Settings:
    """Return settings for one command: it asks nobody but itself, so that it may wait, and take large pages."""
    own = {
        "solver_processes": 0,
        "mutation_seconds": max(_PATIENCE_SECONDS, settings.mutation_seconds),
        "page_max_rows": _ROWS,
        "answer_rows_max": _WHOLE,
        "tuples_scanned_max": _WHOLE,
    }
    return settings.model_copy(update=own)


def answer_to(settings: Settings, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Ask one question as the local administrator; raises the error that it is answered with."""

    async def asked() -> dict[str, Any]:
        async with open_service(patient(settings)) as service:
            return await ask(service, query, variables)

    return asyncio.run(asked())


def rows_of(settings: Settings, field: str, query: str, variables: dict[str, Any]) -> list[dict[str, Any]]:
    """Ask for all pages of a list and return its edges."""

    async def asked() -> list[dict[str, Any]]:
        async with open_service(patient(settings)) as service:
            return [edge async for edge in _edges(service, field, query, variables)]

    return asyncio.run(asked())


async def _edges(
    service: ApiService, field: str, query: str, variables: dict[str, Any]
) -> AsyncGenerator[dict[str, Any]]:
    after: str | None = None
    while True:
        page = (await ask(service, query, variables | {"first": _ROWS, "after": after}))[field]
        for edge in page["edges"]:
            yield edge
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def pretty(value: object) -> str:
    """Return a value as JSON text for people."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def refusal_of(outcome: dict[str, Any], leave_out: int = 0) -> str:
    """Say why an input was refused, `leave_out` steps of each path being the command's own and not its asker's."""
    return "\n".join((outcome["message"], *_problems(outcome["problems"], leave_out)))


def _problems(problems: Sequence[dict[str, Any]], leave_out: int) -> Iterator[str]:
    for problem in problems:
        place = ".".join(problem["path"][leave_out:])
        yield f"  {place}{': ' if place else ''}{problem['message']} {problem['suggestion'] or ''}".rstrip()
