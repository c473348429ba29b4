"""The one entry to the modelling language: a text or JSON, perhaps with modules, becomes a valid model."""

from collections.abc import Mapping
from typing import Any

import msgspec

from graph_api.permission.errors import ModelProblem
from graph_api.permission.language.assembling import read_modules, read_single
from graph_api.permission.language.json_reading import decoded, read_json
from graph_api.permission.language.problems import Problems
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.validation import validate

# Where these are told, parts of the model are not known, and what refers to them would be told for nothing.
UNREADABLE = frozenset({"invalid-syntax", "mixed-operators", "nested-too-deep", "undefined-type"})


class ParsedModel(msgspec.Struct, frozen=True):
    """A valid model, and what is doubtful about it."""

    model: AuthorizationModel
    warnings: tuple[ModelProblem, ...] = ()


def parse_model(source: str | Mapping[str, Any] | None = None, modules: Mapping[str, str] | None = None) -> ParsedModel:
    """Parse and validate a model; raise `PermissionGraphError` with all its problems.

    `source` is DSL text, JSON text or a JSON object. With `modules` (DSL by the name of its file) the source, if there
    is one, is a module too. Lines and columns of problems count from 1.
    """
    problems = Problems()
    model = read(source, modules, problems)
    if model is None or problems.names & UNREADABLE:
        problems.raise_any()
    assert model is not None, "nothing was told, so it could be read"
    warnings = validate(model, problems)
    problems.raise_any()
    return ParsedModel(model, tuple(warnings))


def read(
    source: str | Mapping[str, Any] | None, modules: Mapping[str, str] | None, problems: Problems
) -> AuthorizationModel | None:
    """Read a model in whichever form it comes."""
    if modules is not None and not isinstance(source, Mapping):
        own: dict[str | None, str] = {} if source is None else {None: source}
        return read_modules({**own, **modules}, problems)
    if modules is not None:
        problems.tell("module-required", "Modules are text; JSON holds those of a model already.")
        return None
    if isinstance(source, Mapping):
        return read_json(source, problems)
    text = source or ""
    return read_json(decoded(text), problems) if text.lstrip().startswith("{") else read_single(text, problems)
