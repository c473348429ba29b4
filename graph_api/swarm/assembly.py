"""The port of assembly as the doors need it: what may be asked, and the sealed values that come back."""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeAlias, TypeVar

import msgspec

from graph_api.kernel.commands import InputRejected, Refusal
from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import Money
from graph_api.swarm.explaining.variation import Again
from graph_api.swarm.model import Demand, LeaveReason
from graph_api.swarm.problem import Points
from graph_api.swarm.reorganising.model import Evaluation
from graph_api.swarm.solver import Proposal

ValueT = TypeVar("ValueT", covariant=True)
View: TypeAlias = Callable[[], GraphView]
"""Gives what the asker may see of the committed state of the moment: a team is found in that, as if it were all."""


class ConstraintKind(StrEnum):
    """What a demand may ask of a team."""

    SKILL = "SKILL"
    LEVEL = "LEVEL"
    DAYS = "DAYS"
    TIMEZONE = "TIMEZONE"
    CAPACITY = "CAPACITY"
    HEADCOUNT = "HEADCOUNT"
    CITIES = "CITIES"
    REGION = "REGION"
    PINNED = "PINNED"
    EXCLUDED = "EXCLUDED"
    SEPARATED = "SEPARATED"
    CRITICAL = "CRITICAL"


class Constraint(msgspec.Struct, frozen=True, kw_only=True):
    """One constraint of a demand, with the skill or person it is about, in one sentence; a pair has another person."""

    kind: ConstraintKind
    detail: str
    skill_id: str | None = None
    person_id: str | None = None
    other_person_id: str | None = None


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """The demand can be met when this one constraint is relaxed; the best team is then worth so many milli-points.

    Where time ran out before it was proved, the best team found stands for it.
    """

    relaxes: Constraint
    objective: int
    relaxed_to: str | None = None
    is_proved: bool = True


class Shortage(Refusal, frozen=True, kw_only=True, tag=True):
    """No team satisfies the demand: a minimal conflict, and every single relaxation that mends it."""

    conflict: tuple[Constraint, ...]
    repairs: tuple[Repair, ...] = ()


class NotDecided(Refusal, frozen=True, kw_only=True, tag=True):
    """The deadline came before any team; none is worth more than `upper_bound` milli-points."""

    upper_bound: int | None = None


class Booked(Refusal, frozen=True, kw_only=True, tag=True):
    """These people cannot be booked any more."""

    person_ids: tuple[str, ...]


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A team, the milliseconds it took to find, and the day up to which common work counted: a proof needs it."""

    proposal: Proposal
    elapsed_ms: float
    ties_as_of: date | None = None


class WhyNot(msgspec.Struct, frozen=True, kw_only=True):
    """What keeps a person out of a team: every hard constraint that he breaks by himself.

    `best` is the best team and `best_with` the best one that he is in; each is None where there is none. `shortfall` is
    the best team's points less the other's, term by term, in milli-points.
    """

    person_id: str
    violates: tuple[Constraint, ...]
    best: Proposed | None = None
    best_with: Proposed | None = None
    shortfall: Points | None = None


class Assembled(msgspec.Struct, frozen=True, kw_only=True):
    """A swarm was made; `proposed` is the team that it was made of."""

    swarm_id: str
    proposed: Proposed


class MemberReplaced(msgspec.Struct, frozen=True, kw_only=True):
    """A member's seat was given to somebody else."""

    swarm_id: str
    replacement_id: str


class PersonEnded(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's last day is set, and these swarms were given somebody else for what comes after it."""

    person_id: str
    swarm_ids: tuple[str, ...]


class TaskOpened(msgspec.Struct, frozen=True, kw_only=True):
    """A task was opened."""

    task_id: str


class TaskFields(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said of a task beside its title; None: nothing."""

    customer_id: str | None = None
    value: Money | None = None
    effort_days: float | None = None
    due_at: datetime | None = None
    regulations: tuple[str, ...] | None = None
    demand: Demand | None = None


class NewTask(TaskFields, frozen=True, kw_only=True):
    """A task to open; without an id it gets one."""

    title: str
    id: str | None = None
    regulations: tuple[str, ...] = ()


class Answered(msgspec.Struct, Generic[ValueT], frozen=True):
    """What came of a question or a command, and the revision of the state that it holds for.

    `again` solves variations of the question that a team answers, where there is one.
    """

    value: ValueT
    revision: str
    again: Again | None = None


ProposeOutcome: TypeAlias = Proposed | Shortage | NotDecided | InputRejected
AssembleOutcome: TypeAlias = Assembled | Shortage | NotDecided | Booked | InputRejected
WhyNotOutcome: TypeAlias = WhyNot | NotDecided | InputRejected
ReplaceMemberOutcome: TypeAlias = MemberReplaced | Shortage | NotDecided | Booked | InputRejected
EndPersonOutcome: TypeAlias = PersonEnded | Shortage | NotDecided | Booked | InputRejected
OpenTaskOutcome: TypeAlias = TaskOpened | InputRejected


class AssemblyPort(Protocol):
    """Exact assembly on the living state.

    Each method raises RateLimited where too many solve or wait already, and what the replica raises. A task or person
    that does not exist is an InputRejected. Nothing is changed unless the value says that it was. Without `view` all of
    the state is looked at.
    """

    async def propose(
        self,
        *,
        task_id: str | None,
        demand: Demand | None,
        alternatives: int,
        deadline_ms: int,
        view: View | None = None,
    ) -> Answered[ProposeOutcome]:
        """Find the best team for a demand, laid over the task's own where one is named; change nothing."""
        ...

    async def why_not(
        self, *, task_id: str | None, demand: Demand | None, person_id: str, deadline_ms: int, view: View | None = None
    ) -> Answered[WhyNotOutcome]:
        """Tell what keeps a person out of the best team for a demand; a person whom `view` hides does not exist."""
        ...

    async def trigger(self, task_id: str, value: Money | None) -> Answered[Evaluation]:
        """Say whether people should be moved to a task, at its own value or another; raises Unavailable.

        All of the state is looked at. Nothing is recorded.
        """
        ...

    async def open_task(self, task: NewTask, *, actor: str, idempotency_key: str | None) -> Answered[OpenTaskOutcome]:
        """Open a task."""
        ...

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
        """Book the best team, or exactly the given people, for a task: swarm, bookings and task state in one commit."""
        ...

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
        """Give a member's seat to the given person, or to whoever makes the best team with those who stay."""
        ...

    async def end_person(
        self, *, person_id: str, last_day: date, actor: str, idempotency_key: str | None, view: View | None = None
    ) -> Answered[EndPersonOutcome]:
        """Set a person's last day, and give every seat after it to whoever makes the best team, in one commit."""
        ...
