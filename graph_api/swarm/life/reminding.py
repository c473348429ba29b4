"""Reminders of what never ends silently, such as swarms that work after their last day: somebody has to be told."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeAlias

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

IsDue: TypeAlias = Callable[[GraphView, Swarm, date, int], bool]
"""Whether somebody has to be reminded of a swarm on a day (UTC), at least so many days after the last time."""


class RemindSwarms(Command, frozen=True, kw_only=True):
    """Say of swarms what they are due for, where that was not said within so many days."""

    swarm_ids: tuple[str, ...]
    every_days: int


class SwarmsReminded(msgspec.Struct, frozen=True, tag=True):
    """These swarms were reminded of."""

    swarm_ids: tuple[str, ...]


class Reminder(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to remind of: when a swarm is due for it, by which operation, and how often."""

    is_due: IsDue
    operation: Operation[RemindSwarms]
    every_days: int


def reminding(name: str, is_due: IsDue, field: str) -> Operation[RemindSwarms]:
    """Return the operation that notes the day of a reminder in a field of each swarm that is due.

    Of several replicas that want to remind, the first does.
    """

    def decide(view: GraphView, command: RemindSwarms, context: Context) -> Decision:
        today = context.at.astimezone(UTC).date()
        named = (swarm for one in command.swarm_ids if (swarm := view.node(Swarm, one)) is not None)
        due = [swarm for swarm in named if is_due(view, swarm, today, command.every_days)]
        changes = tuple(upsert(replace(swarm, **{field: today})) for swarm in due)
        return Accepted(changes, SwarmsReminded(tuple(swarm.id for swarm in due)))

    return Operation(name, RemindSwarms, decide, SwarmsReminded)


def is_overdue_and_due(view: GraphView, swarm: Swarm, today: date, every_days: int) -> bool:
    """Tell whether a swarm is overdue, and nobody was reminded of it within so many days."""
    last = swarm.reminded_on
    return is_overdue(swarm, today) and (last is None or last + timedelta(days=every_days) <= today)


REMIND_SWARMS: Final = reminding("remindSwarms", is_overdue_and_due, "reminded_on")


class Reminders:
    """Reminds on one replica, at the beginning of each day (UTC) and of its own life."""

    def __init__(self, replica: ReplicaPort, reminders: Sequence[Reminder], clock: Callable[[], datetime]) -> None:
        self._replica = replica
        self._reminders = reminders
        self._clock = clock

    async def run(self) -> None:
        """Remind until cancelled; trouble is logged and tried again."""
        while True:
            try:
                await self.remind()
                seconds = self._seconds_of_today()
            except SwarmgraphError as fault:
                _log.warning("What is due could not be reminded of yet: %s", fault.message)
                seconds = _RETRY_SECONDS
            await asyncio.sleep(min(seconds, _LONGEST_WAIT_SECONDS))

    async def remind(self) -> None:
        """Remind of every swarm that is due now."""
        for reminder in self._reminders:
            await self._remind(reminder, self._clock().astimezone(UTC).date())

    async def _remind(self, one: Reminder, today: date) -> None:
        graph = self._replica.graph
        due = tuple(each.id for each in graph.nodes(Swarm) if one.is_due(graph, each, today, one.every_days))
        if due:
            command = RemindSwarms(swarm_ids=due, every_days=one.every_days)
            await self._replica.submit(one.operation, command, actor=REMINDER)

    def _seconds_of_today(self) -> float:
        now = self._clock().astimezone(UTC)
        tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        return max(1.0, (tomorrow - now).total_seconds())
