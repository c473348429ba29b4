"""Write tuples to a file, in the order of their keys; reading it gives the same tuples."""

from collections.abc import Iterable, Iterator
from typing import Any

from graph_api.permission.files.csv_text import csv_line
from graph_api.permission.files.tuple_csv import COLUMNS
from graph_api.permission.files.tuple_reading import TupleFormat
from graph_api.permission.files.values import instant_text, json_text, json_value
from graph_api.permission.files.yaml_writing import flow
from graph_api.permission.tuples import RelationshipTuple


def write_tuples(tuples: Iterable[RelationshipTuple], form: TupleFormat) -> str:
    """Write tuples; raise 2000 where one holds what no file can hold."""
    return "".join(tuple_lines(tuples, form))


def tuple_lines(tuples: Iterable[RelationshipTuple], form: TupleFormat) -> Iterator[str]:
    """Yield the parts of a file of tuples, so that a large one need not be held as a whole."""
    ordered = sorted(tuples, key=lambda each: each.key)
    match form:
        case TupleFormat.CSV:
            yield from _csv(ordered)
        case TupleFormat.JSONL:
            yield from (f"{json_text(tuple_form(each))}\n" for each in ordered)
        case TupleFormat.JSON:
            ends = [*[","] * (len(ordered) - 1), ""]
            yield "[\n"
            yield from (f"  {json_text(tuple_form(each))}{end}\n" for each, end in zip(ordered, ends, strict=False))
            yield "]\n"
        case TupleFormat.YAML:
            yield from (f"- {flow(tuple_form(each))}\n" for each in ordered) if ordered else ["[]\n"]


def tuple_form(each: RelationshipTuple) -> dict[str, Any]:
    """Return a tuple as JSON has it; what is not set is left out."""
    form: dict[str, Any] = {"user": each.user, "relation": each.relation, "object": each.object}
    if each.condition is not None:
        context = json_value(each.condition.context)
        form["condition"] = {"name": each.condition.name} | ({"context": context} if context else {})
    if each.expires_at is not None:
        form["expires_at"] = instant_text(each.expires_at)
    return form


def _csv(tuples: list[RelationshipTuple]) -> Iterator[str]:
    # OpenFGA refuses a column that it does not know: ours is written only where it is needed.
    columns = COLUMNS if any(each.expires_at is not None for each in tuples) else COLUMNS[:-1]
    yield csv_line(columns)
    for each in tuples:
        yield csv_line(_cells(each)[: len(columns)])


def _cells(each: RelationshipTuple) -> tuple[str, ...]:
    kind, _, rest = each.user.partition(":")
    key, _, user_relation = rest.partition("#")
    object_kind, _, object_key = each.object.partition(":")
    name, context = "", ""
    if each.condition is not None:
        name = each.condition.name
        context = json_text(json_value(each.condition.context)) if each.condition.context else ""
    expires_at = instant_text(each.expires_at) if each.expires_at is not None else ""
    return kind, key, user_relation, each.relation, object_kind, object_key, name, context, expires_at
