"""Forgetting outcomes that are too old to be asked for again (R5)."""

from itertools import islice
from typing import Final

import msgspec

from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import removal
from graph_api.projection.deciding import is_forgotten
from graph_api.projection.records import Remembered

FORGET_AT_ONCE: Final = 1000


class ForgetOutcomes(Command, frozen=True, kw_only=True):
    """Remove remembered outcomes older than so many days."""

    idempotency_days: int


class Forgotten(msgspec.Struct, frozen=True):
    """So many outcomes were forgotten; more may be left where it is FORGET_AT_ONCE."""

    count: int


def decide_forget(view: GraphView, command: ForgetOutcomes, context: Context) -> Decision:
    """Remove the first FORGET_AT_ONCE outcomes that are too old by the commit's time."""
    old = (node for node in view.nodes(Remembered) if is_forgotten(node, context.at, command.idempotency_days))
    changes = tuple(removal(node) for node in islice(old, FORGET_AT_ONCE))
    return Accepted(changes, Forgotten(len(changes)))


FORGET: Final = Operation("forgetOutcomes", ForgetOutcomes, decide_forget, Forgotten)
