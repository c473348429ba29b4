"""Models as files: DSL, JSON, a text within a store file, and `fga.mod` with the modules that it lists."""

from collections.abc import Callable, Mapping
from posixpath import dirname, join, normpath
from typing import Any, Final, TypeAlias
from urllib.parse import unquote_plus

import msgspec

from graph_api.permission.errors import ModelProblem, PermissionGraphError
from graph_api.permission.files.fields import FieldReader
from graph_api.permission.files.nodes import Fields, Node, Scalar
from graph_api.permission.files.source import FileLimits, Source, decoded, tell
from graph_api.permission.files.yaml_text import parse_yaml
from graph_api.permission.language.problems import Problems
from graph_api.permission.model import Position
from graph_api.permission.parsing import ParsedModel, parse_model

Fetch: TypeAlias = Callable[[str], bytes]
"""Return the content of a file that another one names; it must raise `LookupError` or `OSError` where it cannot."""

MODULES_SCHEMA: Final = "1.2"
MODEL_FILE_MAX_BYTES: Final = 1_000_000


def read_model_file(data: bytes | str, name: str, fetch: Fetch, problems: Problems) -> ParsedModel | None:
    """Read a model by the end of its file's name: .mod lists modules, anything else holds DSL or JSON."""
    if name.endswith(".mod"):
        return read_mod_file(data, name, fetch, problems)
    source = decoded(data, name, MODEL_FILE_MAX_BYTES, problems)
    return parsed(source.text, problems, lambda each: each, file=name) if source is not None else None


def parsed(
    given: str | Mapping[str, Any],
    problems: Problems,
    moved: Callable[[Position], Position],
    file: str | None = None,
    modules: Mapping[str, str] | None = None,
) -> ParsedModel | None:
    """Parse a model; its problems are told at the places where they stand in a file."""

    def placed(each: ModelProblem) -> ModelProblem:
        place = moved(Position(each.line or 0, each.column or 0, each.file or file))
        return msgspec.structs.replace(each, line=place.line or None, column=place.column or None, file=place.file)

    try:
        found = parse_model(modules=modules) if modules is not None else parse_model(given)
    except PermissionGraphError as error:
        own = ModelProblem("invalid-model", error.message, error.suggestion, error.line, error.column)
        problems.add(placed(each) for each in error.problems or (own,))
        return None
    return msgspec.structs.replace(found, warnings=tuple(map(placed, found.warnings)))


def read_inline(node: Node, reader: FieldReader) -> ParsedModel | None:
    """Read the model that a store file holds, as DSL or JSON text or as an object."""
    outside = reader.source.place(node.offset)
    if isinstance(node, Fields):
        return parsed(reader.plain(node, "model"), reader.problems, lambda _: outside)
    text = reader.text(node, "model")
    if text is None or not isinstance(node, Scalar):
        return None
    return parsed(text, reader.problems, lambda place: within(node, place, reader.source))


def within(node: Scalar, place: Position, source: Source) -> Position:
    """Return where a place of a block of text stands in its file; that of the text itself where it is no block."""
    outside = source.place(node.offset)
    if not node.literal or not place.line:
        return outside
    lines = node.text.split("\n")
    number, first = next(
        (number, line) for number, line in enumerate(lines, start=1) if line.strip() or number == len(lines)
    )
    indent = len(source.line(outside.line + number)) - len(first)
    return Position(outside.line + place.line, place.column + indent, source.name)


def read_mod_file(data: bytes | str, name: str, fetch: Fetch, problems: Problems) -> ParsedModel | None:
    """Read `fga.mod` and the modules that it lists, which lie beside it or below."""
    source = decoded(data, name, FileLimits().yaml_max_bytes, problems)
    root = parse_yaml(source, problems) if source is not None else None
    if source is None or root is None:
        return None
    told = len(problems.found)
    modules = modules_of(root, FieldReader(source, problems), fetch)
    return parsed("", problems, lambda place: place, modules=modules) if len(problems.found) == told else None


def modules_of(root: Node, reader: FieldReader, fetch: Fetch) -> dict[str, str]:
    """Return the texts of the modules that fga.mod lists, by their names; what cannot be had is told."""
    fields = reader.fields(root, "fga.mod", ("schema", "contents")) or {}
    schema = reader.required(fields, "schema", root)
    if schema is not None and schema != MODULES_SCHEMA:
        message = f"Schema {schema} has no modules."
        reader.tell("schema-version-unsupported", message, fields["schema"], "schema", "Write '1.2'.")
    contents = fields.get("contents", root)
    listed = reader.items(contents, "contents") if contents is not root else ()
    if not listed and isinstance(root, Fields):
        reader.tell("missing-field", "It lists no module.", contents, "contents")
    modules: dict[str, str] = {}
    for node in listed:
        _add_module(node, reader, fetch, modules)
    return modules


def _add_module(node: Node, reader: FieldReader, fetch: Fetch, modules: dict[str, str]) -> None:
    text = unquote_plus(reader.text(node, "contents") or "").replace("\\", "/")
    name = beside(reader.source.name, text)
    if name in modules:
        reader.tell("duplicated-error", f"`{text}` is listed twice.", node, "contents")
    elif text and not text.endswith(".fga"):
        reader.tell("wrong-value", f"`{text}` is no module; its name ends with .fga.", node, "contents")
    elif text:
        data = fetched(name, node, reader, "contents", fetch)
        source = decoded(data, name, MODEL_FILE_MAX_BYTES, reader.problems) if data is not None else None
        modules[name] = source.text if source is not None else ""


def beside(name: str, other: str) -> str:
    """Return the name of a file that another one names, from where the other is named."""
    return normpath(join(dirname(name), other))


def fetched(name: str, node: Node, reader: FieldReader, field: str, fetch: Fetch) -> bytes | None:
    """Return the content of a file that is named at a node; tell where it cannot be had."""
    try:
        return fetch(name)
    except OSError as error:
        reason = error.strerror or str(error)
    except LookupError:
        reason = "it is not there"
    tell(
        reader.problems,
        "unreadable-file",
        f"The file `{name}` cannot be read: {reason}.",
        reader.source.place(node.offset),
        field,
    )
    return None
