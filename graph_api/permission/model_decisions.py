"""Writing models and making them live: "pending" first, "live" by a commit of its own (R15); the first one at once."""

from typing import Final

import msgspec

from graph_api.kernel.commands import Accepted, Context, Decision, Operation, Refused
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, upsert
from graph_api.permission.commands import (
    ModelSwitched,
    ModelWritten,
    SetUp,
    SwitchModel,
    WriteModel,
    model_rejected,
)
from graph_api.permission.core import Core
from graph_api.permission.errors import refused_model
from graph_api.permission.live_model import live_permission, read_model
from graph_api.permission.records import LIVE_ID, AuthorizationModelRecord, LivePermission, model_id


class WriteModelDecision:
    """Decides that a model is stored and pending; `core` is what it must hold."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def operation(self) -> Operation[WriteModel]:
        """The operation that decides so."""
        return Operation("writeAuthorizationModel", WriteModel, self.decide, ModelWritten)

    def decide(self, view: GraphView, command: WriteModel, context: Context) -> Decision:
        """Make a model pending, in place of one that still is; the live one only takes back what is pending."""
        if lacking := self._core.missing(read_model(command.text).model):
            return Refused(model_rejected(refused_model(lacking)))
        written, pointer = model_id(command.text), live_permission(view)
        wanted = None if pointer is not None and pointer.live == written else written
        if pointer is None:
            pointer = LivePermission(id=LIVE_ID, day=context.at.date())
        changes = [*_stored(view, command.text, context)]
        if pointer.pending != wanted:
            changes.append(upsert(msgspec.structs.replace(pointer, pending=wanted)))
        return Accepted(tuple(changes), ModelWritten(model_id=written))


def decide_switch(view: GraphView, command: SwitchModel, context: Context) -> Decision:
    """Make the pending model live; another replica may have done so, or another model may be pending by now."""
    pointer = live_permission(view)
    if pointer is None or pointer.pending != command.model_id:
        return Accepted((), ModelSwitched(switched=False))
    live = msgspec.structs.replace(pointer, live=command.model_id, pending=None)
    return Accepted((upsert(live),), ModelSwitched(switched=True))


def decide_set_up(view: GraphView, command: SetUp, context: Context) -> Decision:
    """Write the first model and make it live; of services that start at once the first one does so."""
    written = model_id(command.text)
    if live_permission(view) is not None:
        return Accepted((), ModelWritten(model_id=written))
    pointer = LivePermission(id=LIVE_ID, live=written, day=context.at.date())
    return Accepted((*_stored(view, command.text, context), upsert(pointer)), ModelWritten(model_id=written))


SWITCH_MODEL: Final = Operation("switchAuthorizationModel", SwitchModel, decide_switch, ModelSwitched)
SET_UP: Final = Operation("setUpPermissions", SetUp, decide_set_up, ModelWritten)


def _stored(view: GraphView, text: str, context: Context) -> tuple[AnyChange, ...]:
    """Return the change that stores a model, none where it was written before."""
    node_id = model_id(text)
    if view.node(AuthorizationModelRecord, node_id) is not None:
        return ()
    return (upsert(AuthorizationModelRecord(id=node_id, source=text, created_at=context.at, actor=context.actor)),)
