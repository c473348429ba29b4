"""Reminders of swarms that work after their last day: they never end silently, so somebody has to be told."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation
from graph_api.kernel.errors import SwarmgraphError
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import upsert
from graph_api.projection.port import ReplicaPort
from graph_api.swarm.model import Swarm
from graph_api.swarm.read_model import is_overdue

_log: Final = logging.getLogger(__name__)
REMINDER: Final = "system:reminders"
_RETRY_SECONDS: Final = 10.0
_LONGEST_WAIT_SECONDS: Final = 600.0
"""A clock that is set anew is noticed after that long."""


class RemindSwarms(Command, frozen=True, kw_only=True):
    """Say of swarms that they are overdue, where that was not said within so many days."""

    swarm_ids: tuple[str, ...]
    every_days: int


class SwarmsReminded(msgspec.Struct, frozen=True, tag=True):
    """These swarms were reminded of."""

    swarm_ids: tuple[str, ...]


def decide_remind_swarms(view: GraphView, command: RemindSwarms, context: Context) -> Decision:
    """Remind of those that still are; of several replicas that want to, the first does."""
    at = context.at.astimezone(UTC)
    named = (swarm for one in command.swarm_ids if (swarm := view.node(Swarm, one)) is not None)
    due = [swarm for swarm in named if is_due(swarm, at, command.every_days)]
    changes = tuple(upsert(replace(swarm, reminded_on=at.date())) for swarm in due)
    return Accepted(changes, SwarmsReminded(tuple(swarm.id for swarm in due)))


def is_due(swarm: Swarm, at: datetime, every_days: int) -> bool:
    """Tell whether a swarm is overdue, and nobody was reminded of it within so many days."""
    last = swarm.reminded_on
    return is_overdue(swarm, at.date()) and (last is None or last + timedelta(days=every_days) <= at.date())


REMIND_SWARMS: Final = Operation("remindSwarms", RemindSwarms, decide_remind_swarms, SwarmsReminded)


class Reminders:
    """Reminds on one replica, at the beginning of each day (UTC) and of its own life."""

    def __init__(self, replica: ReplicaPort, every_days: int, clock: Callable[[], datetime]) -> None:
        self._replica = replica
        self._every_days = every_days
        self._clock = clock

    async def run(self) -> None:
        """Remind until cancelled; trouble is logged and tried again."""
        while True:
            try:
                await self.remind()
                seconds = self._seconds_of_today()
            except SwarmgraphError as fault:
                _log.warning("Overdue swarms could not be reminded of yet: %s", fault.message)
                seconds = _RETRY_SECONDS
            await asyncio.sleep(min(seconds, _LONGEST_WAIT_SECONDS))

    async def remind(self) -> None:
        """Remind of every swarm that is due now."""
        now = self._clock()
        due = tuple(one.id for one in self._replica.graph.nodes(Swarm) if is_due(one, now, self._every_days))
        if due:
            command = RemindSwarms(swarm_ids=due, every_days=self._every_days)
            await self._replica.submit(REMIND_SWARMS, command, actor=REMINDER)

    def _seconds_of_today(self) -> float:
        now = self._clock().astimezone(UTC)
        tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        return max(1.0, (tomorrow - now).total_seconds())
