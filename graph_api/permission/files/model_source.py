"""Read a model's file as the source that the service is sent: the service itself says what is wrong in the model."""

import json
from typing import Any, cast

from graph_api.permission.commands import ModelModule, ModelSource
from graph_api.permission.files.fields import FieldReader
from graph_api.permission.files.json_text import parse_json
from graph_api.permission.files.model_files import MODEL_FILE_MAX_BYTES, Fetch, modules_of
from graph_api.permission.files.source import Source, decoded, raise_any
from graph_api.permission.files.yaml_text import parse_yaml
from graph_api.permission.language.problems import Problems


def read_model_source(data: bytes, name: str, fetch: Fetch) -> ModelSource:
    """Return the source in a file: .mod lists modules, anything else holds DSL or JSON.

    Raise `PermissionGraphError` with all problems where the file, or one that it lists, cannot be read.
    """
    problems = Problems()
    source = decoded(data, name, MODEL_FILE_MAX_BYTES, problems)
    raise_any(problems)
    assert source is not None, "nothing was told, so it could be decoded"
    if name.endswith(".mod"):
        return ModelSource(modules=_modules(source, fetch, problems))
    if source.text.lstrip().startswith("{"):
        return ModelSource(json=_object(source, problems))
    return ModelSource(dsl=source.text)


def _modules(source: Source, fetch: Fetch, problems: Problems) -> tuple[ModelModule, ...]:
    root = parse_yaml(source, problems)
    found = modules_of(root, FieldReader(source, problems), fetch) if root is not None else {}
    raise_any(problems)
    return tuple(ModelModule(name=name, dsl=text) for name, text in found.items())


def _object(source: Source, problems: Problems) -> dict[str, Any]:
    parse_json(source, problems)  # it tells where the text is no JSON
    raise_any(problems)
    return cast("dict[str, Any]", json.loads(source.text))
