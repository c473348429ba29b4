"""`swarmgraph permission check`, `explain`, `list objects`, `list users` and `tuples`: who may do what, and why."""

from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from graph_api.cli.composition import settings_of
from graph_api.cli.outcome import ExitCode
from graph_api.cli.permission_options import (
    AtOption,
    ContextOption,
    JsonOption,
    ObjectArgument,
    RelationArgument,
    UserArgument,
    answer_to,
    context_of,
    instant_of,
    pretty,
    rows_of,
)
from graph_api.permission.files.values import json_text

listing = typer.Typer(no_args_is_help=True, help="List all objects of a user, or all users of an object.")

_DECISION: Final = "{ outcome allowed missingContext revision }"
_TUPLE: Final = "{ user relation object source conditionName conditionContext expiresAt valid }"
_CHECK: Final = f"""query Check($user: String!, $relation: String!, $object: String!, $context: JSONObject, $at: DateTime) {{
  check(user: $user, relation: $relation, object: $object, context: $context, at: $at) {_DECISION}
}}"""  # noqa: E501  # the head of a query stands on one line
_EXPLAIN: Final = f"""query Explain($user: String!, $relation: String!, $object: String!, $context: JSONObject) {{
  explainAccess(user: $user, relation: $relation, object: $object, context: $context) {{
    decision {_DECISION} text path {_TUPLE} wouldGrant {_TUPLE} modelId
  }}
}}"""
_OBJECTS: Final = """query Objects(
  $user: String!, $relation: String!, $type: String!, $context: JSONObject, $at: DateTime, $first: Int, $after: String
) {
  listObjects(
    user: $user, relation: $relation, type: $type, context: $context, at: $at, first: $first, after: $after
  ) { edges { node } pageInfo { hasNextPage endCursor } }
}"""
_USERS: Final = """query Users(
  $object: String!, $relation: String!, $filters: [String!]!, $context: JSONObject, $at: DateTime, $first: Int,
  $after: String
) {
  listUsers(
    object: $object, relation: $relation, filters: $filters, context: $context, at: $at, first: $first, after: $after
  ) { edges { node excluded } pageInfo { hasNextPage endCursor } }
}"""
_TUPLES: Final = f"""query Tuples(
  $user: String, $relation: String, $object: String, $source: TupleSource, $valid: Boolean, $first: Int, $after: String
) {{
  tuples(
    user: $user, relation: $relation, object: $object, source: $source, valid: $valid, first: $first, after: $after
  ) {{ edges {{ node {_TUPLE} }} pageInfo {{ hasNextPage endCursor }} }}
}}"""


class Source(StrEnum):
    """Where stored tuples come from."""

    EXPLICIT = "explicit"
    DERIVED = "derived"


def check(
    context: typer.Context,
    user: UserArgument,
    relation: RelationArgument,
    target: ObjectArgument,
    parameters: ContextOption = None,
    at: AtOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether a user has a relation to an object; exit code 1 where not, or where that depends on context."""
    variables = _asked(user, relation, target, parameters) | {"at": instant_of(at, "--at")}
    decision = answer_to(settings_of(context), _CHECK, variables)["check"]
    typer.echo(pretty(decision) if as_json else _decided(decision, f"{user} {relation} {target}"))
    if not decision["allowed"]:
        raise typer.Exit(ExitCode.REFUSED)


def _asked(user: str, relation: str, target: str, parameters: str | None) -> dict[str, Any]:
    return {"user": user, "relation": relation, "object": target, "context": context_of(parameters)}


def _decided(decision: dict[str, Any], question: str) -> str:
    missing = decision["missingContext"]
    depends = f"; it depends on {', '.join(missing)}, to be given by --context" if missing else ""
    return f"{decision['outcome']}: {question}{depends}."


def explain(
    context: typer.Context,
    user: UserArgument,
    relation: RelationArgument,
    target: ObjectArgument,
    parameters: ContextOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a user has a relation to an object, or what would grant it."""
    asked = _asked(user, relation, target, parameters)
    told = answer_to(settings_of(context), _EXPLAIN, asked)["explainAccess"]
    typer.echo(pretty(told) if as_json else told["text"])


@listing.command("objects")
def list_objects(
    context: typer.Context,
    user: UserArgument,
    relation: RelationArgument,
    type_name: Annotated[str, typer.Argument(metavar="TYPE", help="The type of the objects.")],
    parameters: ContextOption = None,
    at: AtOption = None,
    as_json: JsonOption = False,
) -> None:
    """List all objects of a type to which a user has a relation, one a line."""
    variables = {"user": user, "relation": relation, "type": type_name}
    variables |= {"context": context_of(parameters), "at": instant_of(at, "--at")}
    names = [edge["node"] for edge in rows_of(settings_of(context), "listObjects", _OBJECTS, variables)]
    _print(pretty(names) if as_json else "\n".join(names))


@listing.command("users")
def list_users(
    context: typer.Context,
    target: ObjectArgument,
    relation: RelationArgument,
    filters: Annotated[list[str], typer.Argument(metavar="TYPE", help='Kinds of users: "person", "unit#member", ...')],
    parameters: ContextOption = None,
    at: AtOption = None,
    as_json: JsonOption = False,
) -> None:
    """List all users of some kinds who have a relation to an object, one a line; "type:*" stands for everybody else."""
    variables: dict[str, Any] = {"object": target, "relation": relation, "filters": filters}
    variables |= {"context": context_of(parameters), "at": instant_of(at, "--at")}
    edges = rows_of(settings_of(context), "listUsers", _USERS, variables)
    users = [{"user": edge["node"], "excluded": edge["excluded"]} for edge in edges]
    _print(pretty(users) if as_json else "\n".join(map(_user, users)))


def _user(each: dict[str, Any]) -> str:
    return f"{each['user']} but not {', '.join(each['excluded'])}" if each["excluded"] else each["user"]


def tuples(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(help="Only those of this user.")] = None,
    relation: Annotated[str | None, typer.Option(help="Only those of this relation.")] = None,
    target: Annotated[str | None, typer.Option("--object", help="Only those on this object.")] = None,
    source: Annotated[
        Source | None, typer.Option(help="Only those that were written, or those that follow from the organization.")
    ] = None,
    valid: Annotated[
        bool | None, typer.Option("--valid/--invalid", help="Only those that the live model lets count, or the others.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the stored tuples that match all that is given, one a line."""
    variables = {"user": user, "relation": relation, "object": target, "valid": valid}
    variables["source"] = source.name if source is not None else None
    found = [edge["node"] for edge in rows_of(settings_of(context), "tuples", _TUPLES, variables)]
    _print(pretty(found) if as_json else "\n".join(map(_line, found)))


def _line(each: dict[str, Any]) -> str:
    parts = [f"{each['user']} {each['relation']} {each['object']}"]
    if each["conditionName"] is not None:
        parts.append(f"where {each['conditionName']}{_stored(each['conditionContext'])}")
    if each["expiresAt"] is not None:
        parts.append(f"until {each['expiresAt']}")
    if each["source"] == Source.DERIVED.name:
        parts.append("(follows from the organization)")
    if not each["valid"]:
        parts.append("(does not count under the live model)")
    return " ".join(parts)


def _stored(context: dict[str, Any] | None) -> str:
    return "" if not context else f" with {json_text(context)}"


def _print(text: str) -> None:
    """Print a list, and no empty line for an empty one."""
    if text:
        typer.echo(text)
