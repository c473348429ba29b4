"""What each move costs, exactly: the left swarm re-planned, as far as somebody is in a team that might be taken."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec

from graph_api.kernel.errors import Unavailable
from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import Money
from graph_api.organization.model import Task
from graph_api.projection.port import ReplicaPort
from graph_api.swarm.checks import TeamMember
from graph_api.swarm.clock import Deadline, NoTurn
from graph_api.swarm.demand import resolved
from graph_api.swarm.facts import Rules
from graph_api.swarm.index.candidates import Candidates
from graph_api.swarm.index.searching import IndexedSearch
from graph_api.swarm.model import Demand
from graph_api.swarm.problem import Solution
from graph_api.swarm.reorganising.model import Move
from graph_api.swarm.reorganising.movers import Mover, Tariff, demand_of_rest, demand_of_today
from graph_api.swarm.reorganising.worth import to_cents, weights_of, worth_of
from graph_api.swarm.snapshot import customer_of
from graph_api.swarm.solver import Proposal, Short, Undecided
from graph_api.swarm.terms import terms_of

NOT_READY = "The index of people is being built."


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a left swarm goes on: with whom, and what the move costs in all."""

    replacement_id: str
    team: tuple[TeamMember, ...]
    cost: Decimal


class NotDecidedInTime(Exception):
    """The time ran out before a team was proved."""


class Planner:
    """Solves on the index, within one deadline, for one evaluation."""

    def __init__(
        self,
        replica: ReplicaPort,
        indexed: IndexedSearch,
        rules: Rules,
        today: date,
        tariff: Tariff,
        deadline: Deadline,
    ) -> None:
        self._replica = replica
        self._indexed = indexed
        self._rules = rules
        self._today = today
        self._tariff = tariff
        self._deadline = deadline

    @property
    def graph(self) -> GraphView:
        """The committed state of the moment."""
        return self._replica.graph

    @property
    def is_late(self) -> bool:
        """Say whether the time is over."""
        return self._deadline.has_passed

    async def solve(self, candidates: Candidates, alternatives: int = 0) -> Proposal | Short:
        """Return the best team, or that there is none; raises NotDecidedInTime."""
        try:
            async with self._indexed.turn(self._deadline.remaining_seconds):
                reply = await self._indexed.decided(candidates, self._deadline.remaining_seconds, alternatives)
        except NoTurn as fault:
            raise NotDecidedInTime from fault
        if isinstance(reply, Undecided):
            raise NotDecidedInTime
        return reply

    async def plan(self, mover: Mover, barred: Iterable[str]) -> Plan | None:
        """Return how the left swarm goes on where some are not taken for it; None where it cannot."""
        view = self.graph
        if view.link(type(mover.vacancy.booking), mover.person_id, mover.swarm_id) != mover.vacancy.booking:
            return None
        today_, kept = demand_of_today(view, mover.vacancy)
        rest, stayers = demand_of_rest(view, mover.vacancy, frozenset(barred))
        before = await self.solve(self._candidates(today_, mover.task_id, kept))
        after = await self.solve(self._candidates(rest, mover.task_id, stayers))
        if isinstance(before, Short) or isinstance(after, Short):
            return None
        return _plan(mover, before.team, after.team, stayers, weights_of(terms_of(self._resolved(today_))))

    def _candidates(self, demand: Demand, task_id: str, kept: frozenset[str]) -> Candidates:
        found = self._indexed.candidates(self._resolved(demand), customer_of(self.graph, task_id), kept)
        if found is None:
            raise Unavailable(NOT_READY, suggestion="Try again in a moment.")
        return found

    def _resolved(self, demand: Demand) -> Demand:
        return resolved(self.graph, demand, None, self._today, self._rules)

    def move(self, mover: Mover, plan: Plan) -> Move:
        """Return a planned move as it is told."""
        return Move(
            booking=mover.vacancy.booking,
            replacement_id=plan.replacement_id,
            team=plan.team,
            cost=Money(to_cents(plan.cost), self._tariff.currency),
        )


def _plan(mover: Mover, before: Solution, after: Solution, stayers: frozenset[str], weights: int) -> Plan:
    """The loss is what the team of today is worth more to its own task than the best one without the mover."""
    lost = worth_of(mover.task_value, before.objective - after.objective, weights)
    return Plan(
        replacement_id=next(one for one in after.person_ids if one not in stayers),
        team=tuple(TeamMember(seat.person_id, seat.roles) for seat in after.seats),
        cost=mover.handover + max(Decimal(0), lost),
    )


def task_value(view: GraphView, task_id: str) -> Money | None:
    """Return what a task is worth; None where it does not say."""
    task = view.node(Task, task_id)
    if task is None or task.value is None or task.currency is None:
        return None
    return Money(task.value, task.currency)
