"""The record of a proposed reorganisation, and what was found of it."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from graph_api.kernel.quantities import Money
from graph_api.kernel.records import Node, Record
from graph_api.swarm.checks import TeamMember
from graph_api.swarm.model import Demand, MemberOf
from graph_api.swarm.solver import Proposal


class ReorganizationState(StrEnum):
    """PROPOSED waits for a dispatcher; STALE is one whose premises do not hold any more, which is seen, not stored."""

    PROPOSED = "PROPOSED"
    APPLIED = "APPLIED"
    DECLINED = "DECLINED"
    STALE = "STALE"


class ReorganizationPolicy(StrEnum):
    """What comes of a task that is worth a reorganisation: nothing, a proposal, or the reorganisation itself."""

    OFF = "off"
    PROPOSE = "propose"
    APPLY = "apply"


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is moved out of a swarm (`booking`), and `replacement_id` makes the best team with those who stay.

    `team` is that team; `cost` is its loss of worth and the hand-over, in the reporting currency.
    """

    booking: MemberOf
    replacement_id: str
    team: tuple[TeamMember, ...]
    cost: Money


class Premises(msgspec.Struct, frozen=True, kw_only=True):
    """What a reorganisation rests on: the task and the left swarms as they were, by a digest, and the demand."""

    demand: Demand
    digest: str


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of a task: whether people should be moved to it, and why.

    `benefit` is what the best team with movers is worth more than the best of free people, `cost` what moving costs,
    `break_even` the least value of the task at which it pays; None where unknown. `keep` is None where no free people
    make a team, `free` where none is found that is better. `is_decided` where both were looked for, `is_late` where the
    time ran out before it was known.
    """

    task_id: str
    fires: bool
    reason: str
    is_decided: bool = False
    is_late: bool = False
    elapsed_ms: float = 0.0
    value: Money | None = None
    benefit: Money | None = None
    cost: Money | None = None
    break_even: Money | None = None
    keep: Proposal | None = None
    free: Proposal | None = None
    moves: tuple[Move, ...] = ()
    premises: Premises | None = None


class Reorganization(Node, frozen=True, kw_only=True):
    """A reorganisation that was found worth while by itself; `found` is an Evaluation as JSON.

    `state` is what was decided of it; `swarm_id` is the swarm that it made.
    """

    entity_type: ClassVar[str] = "reorganization"
    task: str
    state: ReorganizationState = ReorganizationState.PROPOSED
    created_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None
    swarm_id: str | None = None
    found: str

    @property
    def evaluation(self) -> Evaluation:
        """What was found."""
        return msgspec.json.decode(self.found, type=Evaluation)


RECORDS: Final[tuple[type[Record], ...]] = (Reorganization,)
