"""Query files that prove themselves at load.

A query is one statement in `cypher/<room>/<verb>.cypher` under a header that tells its mode, parameters, row fields
and plan. `declare` compares the header with the Python types that are used to call it, so a file and its caller
cannot drift apart. Nothing is ever formatted into a query.
"""

import re
import types
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Generic, LiteralString, TypeVar, cast, get_args, get_origin, get_type_hints

import msgspec

from graph_api.kernel.errors import QueryFileError
from graph_api.ops.files import project_path

ParamsT = TypeVar("ParamsT", bound=msgspec.Struct)
RowT = TypeVar("RowT", bound=msgspec.Struct)

MODES: Final = frozenset({"read", "write", "schema"})
_HEADER: Final = re.compile(r"// (?P<key>mode|params|returns|plan):[ ]?(?P<value>.*)")
_FIELD: Final = re.compile(r"(?P<name>\w+) (?P<type>[A-Z]+(?: DATETIME)?(?:<[^,]*>)?)")
_PARAMETER: Final = re.compile(r"\$(?P<name>[a-z]\w*)")
_WRITING: Final = re.compile(r"\b(CREATE|MERGE|SET|DELETE|REMOVE|DROP)\b")
_SCALARS: Final[Mapping[Any, str]] = {
    str: "STRING",
    int: "INTEGER",
    float: "FLOAT",
    bool: "BOOLEAN",
    date: "DATE",
    datetime: "ZONED DATETIME",
    Any: "ANY",
}


class NoParams(msgspec.Struct, frozen=True):
    """A query without parameters."""


class NoRow(msgspec.Struct, frozen=True):
    """A query whose rows nobody reads."""


class Query(msgspec.Struct, Generic[ParamsT, RowT], frozen=True):
    """A checked statement with the types of its parameters and rows."""

    name: str
    mode: str
    plan: str
    text: LiteralString
    params: type[ParamsT]
    row: type[RowT]


_declared: Final[dict[str, Query[Any, Any]]] = {}


def declared_queries() -> Mapping[str, Query[Any, Any]]:
    """Return every query that the imported rooms have declared, by name."""
    return types.MappingProxyType(_declared)


def declare(name: str, params: type[ParamsT], row: type[RowT]) -> Query[ParamsT, RowT]:
    """Load `cypher/<name>.cypher` and check it against its types; raises QueryFileError where they disagree."""
    query = load_query(project_path("cypher"), name, params, row)
    _declared[name] = query
    return query


def load_query(folder: Path, name: str, params: type[ParamsT], row: type[RowT]) -> Query[ParamsT, RowT]:
    """Load and check `<name>.cypher` of any folder without declaring it as one of the product's."""
    header, statement = _split(name, folder / f"{name}.cypher")
    _check_fields(name, "params", header["params"], params)
    _check_fields(name, "returns", header["returns"], row)
    _check_statement(name, header, statement)
    # The text comes from a file of ours and nothing is ever formatted into it: this is the one place that says so.
    text = cast("LiteralString", f"// {name}\n{statement}")
    return Query(name=name, mode=header["mode"], plan=header["plan"], text=text, params=params, row=row)


def _split(name: str, path: Path) -> tuple[Mapping[str, str], str]:
    if not path.is_file():
        raise QueryFileError(f"There is no query file for {name}.")
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = [line for line in lines if line.startswith("//")]
    found = (_HEADER.fullmatch(line) for line in comments)
    header = {match["key"]: match["value"].strip() for match in found if match}
    if missing := {"mode", "params", "returns", "plan"} - header.keys():
        raise QueryFileError(f"The header of {name} lacks {', '.join(sorted(missing))}.")
    return header, "\n".join(line for line in lines if not line.startswith("//")).strip()


def _check_fields(name: str, part: str, written: str, declared: type[msgspec.Struct]) -> None:
    in_file = _fields(written)
    in_code = {field: cypher_type(hint) for field, hint in get_type_hints(declared).items()}
    if in_file != in_code:
        raise QueryFileError(f"The {part} of {name} are {in_file} in the file and {in_code} in Python.")


def _fields(written: str) -> dict[str, str]:
    return {match["name"]: match["type"] for match in _FIELD.finditer(written)}


def cypher_type(hint: Any) -> str:
    """Return the Cypher type of a Python annotation; `X | None` is X, which may be null."""
    if isinstance(hint, types.UnionType):
        (hint,) = (part for part in get_args(hint) if part is not types.NoneType)
    origin = get_origin(hint) or hint
    if origin in (list, tuple):
        return f"LIST<{cypher_type(get_args(hint)[0])}>"
    if origin in (dict, Mapping):
        return "MAP"
    return _SCALARS[origin]


def _check_statement(name: str, header: Mapping[str, str], statement: str) -> None:
    used = {match["name"] for match in _PARAMETER.finditer(statement)}
    listed = set(_fields(header["params"]))
    if used != listed:
        raise QueryFileError(f"{name} uses the parameters {sorted(used)} and lists {sorted(listed)}.")
    if header["mode"] not in MODES:
        raise QueryFileError(f"The mode of {name} is {header['mode']!r}, not one of {sorted(MODES)}.")
    if header["mode"] == "read" and _WRITING.search(_without_strings(statement)):
        raise QueryFileError(f"{name} says that it reads, but it writes.")
    if ";" in statement:
        raise QueryFileError(f"{name} holds more than one statement.")


@cache
def _string_literal() -> re.Pattern[str]:
    return re.compile(r"'[^']*'|\"[^\"]*\"")


def _without_strings(statement: str) -> str:
    return _string_literal().sub("''", statement)
