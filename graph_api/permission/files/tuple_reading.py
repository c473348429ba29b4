"""Read tuples from a file: all of them, or all that is wrong with it."""

from collections.abc import Iterable
from enum import StrEnum

from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.files.fields import FieldReader
from graph_api.permission.files.json_text import parse_json
from graph_api.permission.files.nodes import Node
from graph_api.permission.files.source import FileLimits, Source, decoded, raise_any
from graph_api.permission.files.tuple_csv import read_csv
from graph_api.permission.files.tuple_fields import Placed, check_all, listed, read_tuple
from graph_api.permission.files.yaml_text import parse_yaml
from graph_api.permission.language.problems import Problems
from graph_api.permission.tuples import RelationshipTuple, TupleRules


class TupleFormat(StrEnum):
    """How tuples are written in a file."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    YAML = "yaml"


def format_of(name: str) -> TupleFormat:
    """Return the format of a file by the end of its name; raise 2000 where there is none."""
    ending = name.rpartition(".")[2].lower()
    try:
        return TupleFormat.YAML if ending == "yml" else TupleFormat(ending)
    except ValueError as error:
        raise PermissionGraphError(
            Code.VALIDATION_ERROR,
            f"`{name}` is no file of tuples.",
            suggestion="Its name ends with .csv, .json, .jsonl, .yaml or .yml.",
        ) from error


def read_tuples(
    data: bytes | str,
    form: TupleFormat,
    name: str = "tuples",
    *,
    limits: FileLimits | None = None,
    rules: TupleRules | None = None,
) -> tuple[RelationshipTuple, ...]:
    """Return the tuples of a file in their order; raise 2000 with all its problems (up to 100) and their places.

    With `rules`, a tuple that the model does not allow is one.
    """
    problems = Problems()
    found = gather_tuples(data, form, name, problems, limits or FileLimits())
    check_all(found, problems, rules)
    raise_any(problems)
    return tuple(each.tuple for each in found)


def gather_tuples(
    data: bytes | str, form: TupleFormat, name: str, problems: Problems, limits: FileLimits
) -> list[Placed]:
    """Return those tuples of a file in which nothing is wrong; the rest is told."""
    largest = limits.yaml_max_bytes if form is TupleFormat.YAML else limits.file_max_bytes
    source = decoded(data, name, largest, problems)
    if source is None:
        return []
    match form:
        case TupleFormat.CSV:
            return list(read_csv(source, problems, limits))
        case TupleFormat.JSONL:
            return _of_lines(source, problems)
        case TupleFormat.JSON:
            root = parse_json(source, problems)
        case TupleFormat.YAML:
            root = parse_yaml(source, problems)
    reader = FieldReader(source, problems)
    return read_all(listed(root, reader), reader) if root is not None else []


def read_all(nodes: Iterable[Node], reader: FieldReader) -> list[Placed]:
    """Read nodes of tuples."""
    found = list[Placed]()
    for node in nodes:
        if reader.problems.full:
            break
        each = read_tuple(node, reader)
        if each is not None:
            found.append(each)
    return found


def _of_lines(source: Source, problems: Problems) -> list[Placed]:
    reader, found, start = FieldReader(source, problems), list[Placed](), 0
    while start < len(source.text) and not problems.full:
        end = source.text.find("\n", start)
        end = len(source.text) if end < 0 else end
        node = parse_json(source, problems, start, end) if source.text[start:end].strip() else None
        found += read_all([node] if node is not None else [], reader)
        start = end + 1
    return found
