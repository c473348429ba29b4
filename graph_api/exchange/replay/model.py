"""The model of a replayed history: a module beside the core module and beside whatever else is live."""

from pathlib import Path
from typing import Final

import msgspec

from graph_api.kernel.errors import Conflict
from graph_api.permission.commands import ModelSource
from graph_api.permission.core import Core
from graph_api.permission.model import AuthorizationModel, ObjectType

MODULE: Final = "kubernetes"
_FILE: Final = Path(__file__).with_name("kubernetes.fga")


def replay_model(core: Core) -> AuthorizationModel:
    """Return the module beside the core module."""
    return core.complete(ModelSource(dsl=_FILE.read_text(encoding="utf-8"))).model


def own_types(model: AuthorizationModel) -> dict[str, ObjectType]:
    """Return the types that the module declares."""
    return {name: each for name, each in model.types.items() if each.module == MODULE}


def beside(live: AuthorizationModel, model: AuthorizationModel) -> AuthorizationModel:
    """Return the live model with the module in it; raises Conflict where it has a type of one of these names."""
    types = dict(live.types)
    for name, each in own_types(model).items():
        stored = types.get(name)
        if stored is not None and stored.module != MODULE:
            raise Conflict(
                f"The live authorization model has a type `{name}` of its own.",
                suggestion="Rename it, or replay into another database.",
            )
        types[name] = each if stored is None else _extended(each, stored)
    return AuthorizationModel("1.2", types, live.conditions)


def _extended(each: ObjectType, stored: ObjectType) -> ObjectType:
    """Return a type with the relations that other modules gave to the stored one."""
    others = {name: one for name, one in stored.relations.items() if one.module not in (None, MODULE)}
    return msgspec.structs.replace(each, relations={**each.relations, **others})
