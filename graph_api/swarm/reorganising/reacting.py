"""The reaction to a task that opens, or whose value changes: it is evaluated by itself (R7)."""

import logging
from collections import Counter
from typing import Final

from graph_api.kernel.commands import AnyOperation, Command
from graph_api.kernel.errors import Unavailable
from graph_api.kernel.graph import GraphView
from graph_api.projection.reactions import REACTOR
from graph_api.projection.records import Reaction, reaction_id
from graph_api.swarm.booking import new_id
from graph_api.swarm.decisions import REORGANIZE
from graph_api.swarm.model import Swarm
from graph_api.swarm.reorganising.decisions import RECORD, RecordReorganization
from graph_api.swarm.reorganising.model import Evaluation, Reorganization, ReorganizationPolicy
from graph_api.swarm.reorganising.trigger import Trigger

_log: Final = logging.getLogger(__name__)
TRIES_MAX: Final = 3
_OFF: Final = "The policy is off."


class Reorganizing:
    """Answers reactions; until it was given a trigger they wait."""

    def __init__(self, policy: ReorganizationPolicy, seconds: float) -> None:
        self._policy = policy
        self._seconds = seconds
        self._trigger: Trigger | None = None
        self._late: Counter[str] = Counter()

    def begin(self, trigger: Trigger) -> None:
        """Answer by this trigger from now on."""
        self._trigger = trigger

    async def __call__(self, reaction: Reaction, view: GraphView) -> tuple[AnyOperation, Command]:
        """Evaluate the task of a reaction; raises Unavailable."""
        return RECORD, RecordReorganization(
            reorganization_id=_id(Reorganization.entity_type, reaction.id),
            swarm_id=_id(Swarm.entity_type, reaction.id),
            found=await self._in_time(reaction),
            policy=self._policy,
        )

    async def _in_time(self, reaction: Reaction) -> Evaluation:
        """Evaluate; what was late is tried again a few times, as a busy moment must not lose it."""
        found = await self._evaluated(reaction.subject)
        if not found.is_late:
            self._late.pop(reaction.id, None)
            return found
        self._late[reaction.id] += 1
        if self._late[reaction.id] < TRIES_MAX:
            raise Unavailable(f"Whether to move people to {reaction.subject} was not decided in time.")
        _log.warning("Whether to move people to %s was not decided in %d tries.", reaction.subject, TRIES_MAX)
        del self._late[reaction.id]
        return found

    async def _evaluated(self, task_id: str) -> Evaluation:
        if self._policy is ReorganizationPolicy.OFF:
            return Evaluation(task_id=task_id, fires=False, reason=_OFF)
        if self._trigger is None:
            raise Unavailable("This process evaluates no tasks yet.")
        return await self._trigger.evaluate(task_id, None, self._seconds)


def reorganization_of(view: GraphView, task_id: str, revision: int) -> Reorganization | None:
    """Return what was recorded of a task because of the commit of that number."""
    caused_by = reaction_id(REORGANIZE, task_id, revision)
    return view.node(Reorganization, _id(Reorganization.entity_type, caused_by))


def _id(entity_type: str, caused_by: str) -> str:
    """Return the same id on every replica, and another for each event."""
    return new_id(entity_type, REACTOR, RECORD.name, caused_by)
