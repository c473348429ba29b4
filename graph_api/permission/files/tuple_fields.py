"""Tuples as they stand in JSON and YAML: in the shapes that OpenFGA's command line and API write and read."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from graph_api.permission.casting import Misfit, parsed_timestamp
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.files.fields import FieldReader
from graph_api.permission.files.nodes import Fields, Items, Node, Scalar, kind_of
from graph_api.permission.files.source import tell
from graph_api.permission.language.problems import Problems
from graph_api.permission.model import Position
from graph_api.permission.tuples import Condition, RelationshipTuple, TupleKey, TupleRules

TUPLE_FIELDS: Final = ("user", "relation", "object", "condition", "expires_at")
CONDITION_FIELDS: Final = ("name", "context")
LISTS: Final = ("tuple_keys", "tuples")
RELATION: Final = re.compile(r"[^:#@\s]{1,50}")
RELATION_HINT: Final = "Write a name without colon, #, @ and blanks, of at most 50 characters."


class Placed(msgspec.Struct, frozen=True):
    """A tuple and where it stands."""

    tuple: RelationshipTuple
    position: Position


def listed(root: Node, reader: FieldReader) -> tuple[Node, ...]:
    """Return the nodes of tuples: of a list, of `{"tuple_keys": [...]}` or of `{"tuples": [...]}`."""
    if isinstance(root, Items):
        return root.items
    if not isinstance(root, Fields):
        message = f"It is {kind_of(root)}, where a list of tuples is wanted."
        reader.tell("wrong-value", message, root, suggestion='Write [{"user": ..., "relation": ..., "object": ...}].')
        return ()
    fields = reader.fields(root, "a file of tuples", (*LISTS, "continuation_token")) or {}
    given = [name for name in LISTS if name in fields]
    if len(given) != 1:
        message = "Exactly one list of tuples is wanted."
        reader.tell("missing-field", message, root, "tuple_keys", "Name it tuple_keys or tuples.")
        return ()
    return reader.items(fields[given[0]], given[0])


def read_tuple(node: Node, reader: FieldReader) -> Placed | None:
    """Read a tuple, perhaps one that an answer of the API holds as `key`; None where something was told."""
    told = len(reader.problems.found)
    key = _key_of(node, reader)
    fields = reader.fields(key, "a tuple", TUPLE_FIELDS) if key is not None else None
    if key is None or fields is None:
        return None
    user = reader.user(fields["user"], "user") if "user" in fields else reader.required(fields, "user", key)
    relation = read_relation(fields, reader, key)
    target = reader.object(fields["object"], "object") if "object" in fields else reader.required(fields, "object", key)
    condition = _condition(fields.get("condition"), reader)
    expiry = fields.get("expires_at")
    expires_at = None if _is_null(expiry) else read_instant(expiry, reader, "expires_at")
    if user is None or relation is None or target is None or len(reader.problems.found) > told:
        return None
    found = RelationshipTuple(user, relation, target, condition, expires_at)
    return Placed(found, reader.source.place(key.offset))


def _key_of(node: Node, reader: FieldReader) -> Node | None:
    if isinstance(node, Fields) and any(key.text == "key" for key, _ in node.fields):
        fields = reader.fields(node, "a stored tuple", ("key", "timestamp")) or {}
        return fields.get("key")
    return node


def _is_null(node: Node | None) -> bool:
    return node is None or (isinstance(node, Scalar) and node.value is None)


def read_relation(fields: Mapping[str, Node], reader: FieldReader, owner: Node) -> str | None:
    """Read the name of a relation."""
    text = reader.required(fields, "relation", owner)
    if text is not None and not RELATION.fullmatch(text):
        reader.tell("wrong-value", "It is no name of a relation.", fields["relation"], "relation", RELATION_HINT)
        return None
    return text


def _condition(node: Node | None, reader: FieldReader) -> Condition | None:
    if node is None or _is_null(node):
        return None
    fields = reader.fields(node, "condition", CONDITION_FIELDS)
    if fields is None:
        return None
    name = reader.required(fields, "name", node)
    context = reader.context(fields.get("context"), "condition.context")
    return Condition(name, context) if name is not None else None


def read_instant(node: Node | None, reader: FieldReader, field: str) -> Any:
    """Read an instant with its offset from UTC."""
    text = reader.text(node, field) if node is not None else None
    if text is None or node is None:
        return None
    try:
        return parsed_timestamp(text)
    except Misfit as misfit:
        reader.tell("wrong-value", str(misfit), node, field)
        return None


def check_all(found: Iterable[Placed], problems: Problems, rules: TupleRules | None = None) -> None:
    """Tell the tuples that stand twice, and those that the model does not allow."""
    first: dict[TupleKey, Position] = {}
    for each in found:
        if problems.full:
            return
        before = first.setdefault(each.tuple.key, each.position)
        if before is not each.position:
            message = f"The tuple stands in line {before.line} already."
            tell(problems, "duplicated-error", message, each.position, suggestion="Remove one of them.")
        elif rules is not None:
            _check(each, rules, problems)


def _check(each: Placed, rules: TupleRules, problems: Problems) -> None:
    try:
        rules.check(each.tuple)
    except PermissionGraphError as error:
        tell(problems, "not-allowed", error.message, each.position, suggestion=error.suggestion)
