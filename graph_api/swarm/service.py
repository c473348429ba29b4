"""The assembler that the doors are given: propose, open, assemble."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from graph_api.kernel.commands import InputRejected, Refusal, Refused
from graph_api.kernel.errors import Unavailable
from graph_api.kernel.quantities import Money
from graph_api.ops.settings import Settings
from graph_api.organization.model import Task
from graph_api.projection.port import ReplicaPort
from graph_api.swarm.assembly import (
    Answered,
    AssembleOutcome,
    EndPersonOutcome,
    NewTask,
    OpenTaskOutcome,
    ProposeOutcome,
    ReplaceMemberOutcome,
    View,
    WhyNotOutcome,
)
from graph_api.swarm.booking import Assembling, Booking, Plan, new_id
from graph_api.swarm.clock import Deadline
from graph_api.swarm.decisions import ASSEMBLE_SWARM, OPEN_TASK, OpenTask
from graph_api.swarm.explaining.asking import why_not
from graph_api.swarm.facts import Rules
from graph_api.swarm.finding import Clock, TeamFinder, Wish
from graph_api.swarm.index.searching import IndexedSearch
from graph_api.swarm.life.ending import Ending, EndPerson
from graph_api.swarm.life.replacing import ReplaceMember, Replacing
from graph_api.swarm.model import Demand, LeaveReason, Swarm
from graph_api.swarm.reorganising.model import Evaluation
from graph_api.swarm.reorganising.movers import Tariff
from graph_api.swarm.reorganising.trigger import Trigger
from graph_api.swarm.worker import SolverPool


def utc_now() -> datetime:
    """Return the clock's time in UTC."""
    return datetime.now(UTC)


class Assembly:
    """An `AssemblyPort` on one replica and one pool of solvers; `indexed` answers what needs no explanation."""

    def __init__(
        self,
        replica: ReplicaPort,
        pool: SolverPool,
        settings: Settings,
        clock: Clock = utc_now,
        indexed: IndexedSearch | None = None,
    ) -> None:
        self._replica = replica
        self._settings = settings
        self._finder = TeamFinder(replica, pool, rules_of(settings), clock, indexed)
        self._trigger = None if indexed is None else trigger_on(replica, indexed, settings, clock)

    async def propose(
        self,
        *,
        task_id: str | None,
        demand: Demand | None,
        alternatives: int,
        deadline_ms: int,
        view: View | None = None,
    ) -> Answered[ProposeOutcome]:
        """Find the best team for a demand; see the port."""
        wish = Wish(task_id=task_id, demand=demand, alternatives=alternatives, view=view)
        found = await self._finder.find(wish, Deadline(deadline_ms / 1000))
        return Answered(found.value, found.revision, found.again)

    async def why_not(
        self, *, task_id: str | None, demand: Demand | None, person_id: str, deadline_ms: int, view: View | None = None
    ) -> Answered[WhyNotOutcome]:
        """Tell what keeps somebody out of the best team; see the port."""
        wish = Wish(task_id=task_id, demand=demand, view=view)
        return await why_not(self._finder, rules_of(self._settings), wish, person_id, Deadline(deadline_ms / 1000))

    async def trigger(self, task_id: str, value: Money | None) -> Answered[Evaluation]:
        """Say whether people should be moved to a task; see the port."""
        if self._trigger is None:
            raise Unavailable("This process evaluates no tasks.", suggestion="Ask a service that stays.")
        found = await self._trigger.evaluate(task_id, value, self._settings.reorganization_seconds)
        return Answered(found, self._replica.revision)

    async def open_task(self, task: NewTask, *, actor: str, idempotency_key: str | None) -> Answered[OpenTaskOutcome]:
        """Open a task; see the port."""
        task_id = task.id or new_id(Task.entity_type, actor, OPEN_TASK.name, idempotency_key)
        command = OpenTask(task_id=task_id, task=task)
        done = await self._replica.submit(OPEN_TASK, command, actor=actor, idempotency_key=idempotency_key)
        if isinstance(done, Refused):
            assert isinstance(done.refusal, InputRejected), "opening a task is refused for its input only"
            return Answered(done.refusal, self._replica.revision)
        return Answered(done.outcome, done.revision)

    async def assemble(
        self,
        *,
        task_id: str,
        demand: Demand | None,
        person_ids: tuple[str, ...] | None,
        actor: str,
        idempotency_key: str | None,
        view: View | None = None,
    ) -> Answered[AssembleOutcome]:
        """Book the best team, or the given one, solving again where people were booked meanwhile; see the port."""
        wish = Wish(task_id=task_id, demand=demand, person_ids=person_ids, view=view)
        swarm_id = new_id(Swarm.entity_type, actor, ASSEMBLE_SWARM.name, idempotency_key)
        return await self._book(Assembling(wish, swarm_id), actor, idempotency_key)

    async def replace_member(
        self,
        *,
        swarm_id: str,
        person_id: str,
        replacement_id: str | None,
        starts_on: date | None,
        reason: LeaveReason,
        actor: str,
        idempotency_key: str | None,
        view: View | None = None,
    ) -> Answered[ReplaceMemberOutcome]:
        """Give a member's seat to another; see the port."""
        command = ReplaceMember(
            swarm_id=swarm_id,
            person_id=person_id,
            replacement_id=replacement_id,
            starts_on=starts_on,
            reason=reason,
        )
        return await self._book(Replacing(command, view), actor, idempotency_key)

    async def end_person(
        self, *, person_id: str, last_day: date, actor: str, idempotency_key: str | None, view: View | None = None
    ) -> Answered[EndPersonOutcome]:
        """Set a person's last day; see the port."""
        command = EndPerson(person_id=person_id, last_day=last_day)
        return await self._book(Ending(command, view), actor, idempotency_key)

    async def _book(self, plan: Plan, actor: str, idempotency_key: str | None) -> Answered[Any]:
        booking = Booking(self._replica, self._finder, plan, actor, idempotency_key)
        answer = await booking.book(Deadline(self._settings.mutation_seconds))
        if idempotency_key is None or not isinstance(answer.value, Refusal):
            return answer
        # The first command under the key may have booked the very people who are missing now.
        recorded = await booking.recorded(self._settings.mutation_seconds)
        return recorded or answer


def trigger_on(replica: ReplicaPort, indexed: IndexedSearch, settings: Settings, clock: Clock = utc_now) -> Trigger:
    """Return what evaluates whether people should be moved to a task."""
    tariff = Tariff(
        currency=settings.reorganization_currency,
        handover_days=Decimal(str(settings.reorganization_handover_days)),
        threshold=settings.reorganization_threshold,
    )
    return Trigger(replica, indexed, rules_of(settings), tariff, lambda: clock().astimezone(UTC).date())


def rules_of(settings: Settings) -> Rules:
    """Return what assembly depends on in the settings."""
    return Rules(
        swarm_days_default=settings.swarm_days_default,
        load_base_points=settings.load_base_points,
        load_growth=settings.load_growth,
        collaboration_points=settings.collaboration_points,
    )
