"""The live model of a state: found by the pointer in the graph, read once a text."""

import json
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast

from graph_api.kernel.errors import Unavailable
from graph_api.kernel.graph import GraphView
from graph_api.permission.conditions import compile_condition
from graph_api.permission.language.writing import write_json
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.parsing import parse_model
from graph_api.permission.records import LIVE_ID, AuthorizationModelRecord, LivePermission
from graph_api.permission.tuples import TupleRules

_MODELS_KEPT: Final = 16


class ReadModel(NamedTuple):
    """A model, and what it says of tuples."""

    model: AuthorizationModel
    rules: TupleRules


def live_permission(view: GraphView) -> LivePermission | None:
    """Return the pointer to the live model; None where permission was not set up yet."""
    return view.node(LivePermission, LIVE_ID)


def stored_model(view: GraphView, node_id: str | None) -> AuthorizationModelRecord | None:
    """Return the model of that id as it is stored, or None."""
    return view.node(AuthorizationModelRecord, node_id) if node_id is not None else None


def live_model(view: GraphView) -> ReadModel:
    """Return the live model; raises Unavailable where there is none yet."""
    pointer = live_permission(view)
    stored = stored_model(view, pointer.live) if pointer is not None else None
    if stored is None:
        raise Unavailable("No authorization model is live yet.", suggestion="The service writes one when it starts.")
    return read_model(stored.source)


@lru_cache(maxsize=_MODELS_KEPT)
def read_model(source: str) -> ReadModel:
    """Read the JSON text of a stored model; a pure function, so that its last results may be kept."""
    model = parse_model(cast("dict[str, Any]", json.loads(source))).model
    conditions = {name: compile_condition(each) for name, each in model.conditions.items()}
    return ReadModel(model, TupleRules(model, conditions))


def model_text(model: AuthorizationModel) -> str:
    """Return the JSON text under which a model is stored."""
    return json.dumps(write_json(model), separators=(",", ":"), ensure_ascii=False)
