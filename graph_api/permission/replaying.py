"""Replaying a history of permissions: its events become commits that occurred when the history says (R6).

What was replayed is noted in the commit that replays it, so that no event is replayed twice, whoever dies or comes in
between. The model that is live when a replay begins counts from the first event on.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation, Refused
from graph_api.kernel.errors import Conflict
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, upsert
from graph_api.permission.commands import ChangePermissions, PermissionsChanged
from graph_api.permission.decisions import ChangeDecision
from graph_api.permission.ends import Ends
from graph_api.permission.live_model import live_permission, stored_model
from graph_api.permission.records import Replay
from graph_api.permission.tuples import RelationshipTuple, TupleKey


class BeginReplay(Command, frozen=True, kw_only=True):
    """Let the live model, which must be this one, count from the instant at which the command occurred."""

    replay_id: str
    model_id: str


class ReplayBegun(msgspec.Struct, frozen=True, kw_only=True):
    """The replay may go on after so many events."""

    events: int


class ReplayEvents(Command, frozen=True, kw_only=True):
    """Replay the next events of a history: those behind the first `after`. `digest` is the hash of all up to here."""

    replay_id: str
    after: int
    events: int
    digest: str
    add: tuple[RelationshipTuple, ...] = ()
    remove: tuple[TupleKey, ...] = ()


def decide_begin(view: GraphView, command: BeginReplay, context: Context) -> Decision:
    """Restate the live model as of the first event's instant; what was begun before goes on."""
    pointer, begun = live_permission(view), view.node(Replay, command.replay_id)
    if begun is not None:
        return Accepted((), ReplayBegun(events=begun.events))
    model = stored_model(view, command.model_id)
    if pointer is None or model is None or pointer.live != model.id:
        raise Conflict("Another authorization model became live meanwhile.", suggestion="Replay again.")
    first = Replay(id=command.replay_id, events=0, digest="")
    return Accepted((upsert(model), upsert(pointer), upsert(first)), ReplayBegun(events=0))


BEGIN_REPLAY: Final = Operation("beginReplay", BeginReplay, decide_begin, ReplayBegun)


class ReplayDecision:
    """Decides events as the changes of tuples that they are, each event once and in the order of the history."""

    def __init__(self, ends: Ends, changing: ChangeDecision) -> None:
        self._ends = ends
        self._changing = changing

    @property
    def operation(self) -> Operation[ReplayEvents]:
        """The operation that decides so."""
        return Operation("replayPermissions", ReplayEvents, self.decide, PermissionsChanged)

    def decide(self, view: GraphView, command: ReplayEvents, context: Context) -> Decision:
        """Make the changes and note how far the history is replayed; raises Conflict where somebody else did so."""
        noted = view.node(Replay, command.replay_id)
        if noted is None or noted.events != command.after:
            raise Conflict(
                f"The events behind the first {command.after} are replayed already, or those before are not.",
                suggestion="Replay again: it goes on where it ended.",
            )
        asked = ChangePermissions(add=command.add, remove=command.remove)
        decision = self._changing.decide(view, asked, context)
        if isinstance(decision, Refused):
            return decision
        known = self._known(view, command)
        progress = msgspec.structs.replace(noted, events=command.after + command.events, digest=command.digest)
        return Accepted((*known, *decision.changes, upsert(progress)), decision.outcome)

    def _known(self, view: GraphView, command: ReplayEvents) -> Iterator[AnyChange]:
        """Yield tuples that stand already as they are: restated, they count from when the event occurred."""
        for each in command.add:
            found = self._ends.find(view, each.key)
            if found is not None and found.tuple == each:
                yield upsert(found)
