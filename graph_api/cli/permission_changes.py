"""`swarmgraph permission grant` and `revoke`: one tuple, as the local administrator."""

from typing import Annotated, Any, Final

import typer

from graph_api.cli.composition import settings_of
from graph_api.cli.outcome import ExitCode
from graph_api.cli.permission_options import (
    ContextOption,
    JsonOption,
    ObjectArgument,
    RelationArgument,
    UserArgument,
    answer_to,
    context_of,
    instant_of,
    pretty,
    refusal_of,
)
from graph_api.kernel.errors import BadUserInput

_CHANGE: Final = """mutation Change($input: ChangePermissionsInput!) {
  outcome: changePermissions(input: $input) {
    __typename
    ... on PermissionsChanged { added removed unchanged revision }
    ... on InputRejected { message problems { path code message suggestion } }
  }
}"""
_OWN_STEPS: Final = 2
"""Of a path such as add.0.object."""


def grant(
    context: typer.Context,
    user: UserArgument,
    relation: RelationArgument,
    target: ObjectArgument,
    condition: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only where this condition of the model holds.")
    ] = None,
    parameters: ContextOption = None,
    expires_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Until then: an instant, or a day, which is its beginning in UTC."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Give a user a relation to an object; given before, it gets this condition and end."""
    if parameters is not None and condition is None:
        raise BadUserInput(
            "A context belongs to a condition.", suggestion="Name it by --condition.", place=("--context",)
        )
    added: dict[str, Any] = {"user": user, "relation": relation, "object": target}
    if condition is not None:
        added["condition"] = {"name": condition, "context": context_of(parameters)}
    if expires_at is not None:
        added["expiresAt"] = instant_of(expires_at, "--expires-at")
    outcome = _changed(context, {"add": [added]})
    done = "Granted" if outcome.get("added") else "There already"
    _tell(outcome, f"{done}: {user} {relation} {target}.", as_json=as_json)


def revoke(
    context: typer.Context,
    user: UserArgument,
    relation: RelationArgument,
    target: ObjectArgument,
    as_json: JsonOption = False,
) -> None:
    """Take a relation to an object from a user; where it was not granted nothing changes."""
    outcome = _changed(context, {"remove": [{"user": user, "relation": relation, "object": target}]})
    done = "Revoked" if outcome.get("removed") else "It was not granted"
    _tell(outcome, f"{done}: {user} {relation} {target}.", as_json=as_json)


def _changed(context: typer.Context, change: dict[str, Any]) -> dict[str, Any]:
    return answer_to(settings_of(context), _CHANGE, {"input": change})["outcome"]


def _tell(outcome: dict[str, Any], done: str, *, as_json: bool) -> None:
    """Print what became of a change; where it was refused, end with exit code 1."""
    refused = outcome["__typename"] == "InputRejected"
    if as_json:
        typer.echo(pretty(outcome))
    else:
        typer.echo(refusal_of(outcome, _OWN_STEPS) if refused else done)
    if refused:
        raise typer.Exit(ExitCode.REFUSED)
