"""The trigger: people are moved to a task where that is worth more, in money, than it costs.

keep is the best team of free people. free is the best team where busy people may come too, each at the cost of moving:
the re-planned loss of the swarm that he leaves, and the hand-over. A cost enters the search as its lower bound, the
hand-over alone, and is made exact for those who are in the best team, until that stands. It fires where the worth of
free, less what moving costs, exceeds that of keep by more than the threshold. With the value of the task the worth of a
team grows and the costs stay, so it fires at every greater value too.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from time import monotonic

import msgspec

from graph_api.kernel.errors import Conflict, Unavailable
from graph_api.kernel.quantities import Money
from graph_api.organization.model import Task
from graph_api.projection.port import ReplicaPort
from graph_api.swarm.clock import Deadline
from graph_api.swarm.decisions import task_problems
from graph_api.swarm.demand import demand_problems, missing_skills, resolved
from graph_api.swarm.facts import Rules
from graph_api.swarm.index.candidates import Candidates
from graph_api.swarm.index.searching import IndexedSearch
from graph_api.swarm.model import Demand
from graph_api.swarm.reorganising.model import Evaluation, Move, Premises
from graph_api.swarm.reorganising.movers import Mover, Tariff, mover_of
from graph_api.swarm.reorganising.planning import NOT_READY, NotDecidedInTime, Planner, task_value
from graph_api.swarm.reorganising.premises import evaluation_digest, said_of_task
from graph_api.swarm.reorganising.teams import Found, FreeTeams
from graph_api.swarm.reorganising.worth import to_cents, weights_of, worth_of
from graph_api.swarm.snapshot import customer_of
from graph_api.swarm.solver import Proposal
from graph_api.swarm.terms import terms_of


class Trigger:
    """Evaluates tasks on the index of one replica."""

    def __init__(
        self, replica: ReplicaPort, indexed: IndexedSearch, rules: Rules, tariff: Tariff, today: Callable[[], date]
    ) -> None:
        self._replica = replica
        self._indexed = indexed
        self._rules = rules
        self._tariff = tariff
        self._today = today

    async def evaluate(self, task_id: str, value: Money | None, seconds: float) -> Evaluation:
        """Say whether people should be moved to a task, at its own value or another; raises Unavailable, and Conflict
        where the task was changed meanwhile.
        """
        self._replica.ensure_fresh()
        view, today, tariff = self._replica.graph, self._today(), self._tariff
        worth = value or task_value(view, task_id)
        demand = resolved(view, None, view.node(Task, task_id), today, self._rules)
        if reason := self._obstacle(task_id, worth, demand):
            return Evaluation(task_id=task_id, fires=False, reason=reason, value=worth)
        assert worth is not None, "a task without a value is an obstacle"
        movers: dict[str, Mover] = {}

        def may_move(person_id: str) -> bool:
            assert demand.days is not None
            found = mover_of(view, person_id, demand.days, today, tariff)
            if found is not None and found.task_id != task_id:
                movers[person_id] = found
            return person_id in movers

        candidates = self._indexed.candidates_who_may_move(demand, customer_of(view, task_id), may_move)
        if candidates is None:
            raise Unavailable(NOT_READY, suggestion="Try again in a moment.")
        planner = Planner(self._replica, self._indexed, self._rules, today, tariff, Deadline(seconds))
        said = said_of_task(view, task_id)
        case = _Case(task_id, worth, demand, candidates, movers, planner, tariff)
        started = monotonic()
        try:
            told = await case.evaluation()
            if said_of_task(self._replica.graph, task_id) != said:
                raise Conflict(f"{task_id} was changed while it was evaluated.", suggestion="Evaluate it anew.")
            return msgspec.structs.replace(told, is_decided=True, elapsed_ms=(monotonic() - started) * 1000)
        except NotDecidedInTime:
            reason = "It was not decided in time."
            return Evaluation(task_id=task_id, fires=False, reason=reason, value=worth, is_late=True)

    def _obstacle(self, task_id: str, value: Money | None, demand: Demand) -> str:
        """Return why nothing can be said of a task; an empty text where something can."""
        view, currency = self._replica.graph, self._tariff.currency
        if problems := task_problems(view, task_id):
            return " ".join(problem.message for problem in problems)
        if value is None:
            return "What the task is worth is unknown."
        if value.currency != currency:
            return f"Its value is told in {value.currency}, everything is reckoned in {currency}, and no rate is known."
        if value.amount <= 0:
            return "The task is worth nothing."
        problems = missing_skills(demand, ()) or demand_problems(view, demand, ())
        return " ".join(problem.message for problem in problems)


class _Case:
    """One task at one value."""

    def __init__(
        self,
        task_id: str,
        value: Money,
        demand: Demand,
        candidates: Candidates,
        movers: dict[str, Mover],
        planner: Planner,
        tariff: Tariff,
    ) -> None:
        self._task_id = task_id
        self._value = value
        self._demand = demand
        self._candidates = candidates
        self._movers = movers
        self._planner = planner
        self._tariff = tariff
        self._weights = weights_of(terms_of(demand))
        self._teams = FreeTeams(candidates, movers, planner, self._weights)

    async def evaluation(self) -> Evaluation:
        """Compare both teams."""
        keep = await self._planner.solve(self._candidates.moved(dict.fromkeys(self._movers)))
        # Nothing is certain of a team that is not proved, so its upper bound stands for it.
        kept = keep.certificate.upper if isinstance(keep, Proposal) else 0
        found = await self._teams.best(self._value.amount, lambda team: self._pays(team, self._value.amount, kept))
        told = Evaluation(
            task_id=self._task_id,
            fires=False,
            reason="Nobody who is busy makes a better team.",
            value=self._value,
            keep=keep if isinstance(keep, Proposal) else None,
        )
        if found is not None:
            told = self._compared(told, found, kept)
        return msgspec.structs.replace(told, break_even=await self._known_break_even(found, kept))

    async def _known_break_even(self, found: Found | None, kept: int) -> Money | None:
        try:
            return await self._break_even(found, kept)
        except NotDecidedInTime:
            return None

    def _compared(self, told: Evaluation, found: Found, kept: int) -> Evaluation:
        benefit = worth_of(self._value.amount, found.points - kept, self._weights)
        net = benefit - found.cost
        fires = self._pays(found, self._value.amount, kept)
        reason = "What it gains does not exceed what it costs."
        if fires:
            gained = f"{'' if found.is_best else 'at least '}{self._money(net).amount} {self._tariff.currency}"
            reason = f"It gains {gained} to move {len(found.plans)} people."
        moves = tuple(self._planner.move(mover, plan) for mover, plan in found.plans)
        return msgspec.structs.replace(
            told,
            fires=fires,
            reason=reason,
            benefit=self._money(benefit),
            cost=self._money(found.cost),
            free=found.proposal,
            moves=moves,
            premises=self._premises(told, moves),
        )

    def _premises(self, told: Evaluation, moves: tuple[Move, ...]) -> Premises:
        digest = evaluation_digest(self._planner.graph, msgspec.structs.replace(told, moves=moves))
        return Premises(demand=self._demand, digest=digest)

    def _money(self, amount: Decimal) -> Money:
        return Money(to_cents(amount), self._tariff.currency)

    async def _break_even(self, found: Found | None, kept: int) -> Money | None:
        """Return the least value at which it pays, by Newton's method on value * gain(team) - cost(team).

        That is convex and grows with the value, so each step comes from above and the last one stands. Dinkelbach 1967.
        """
        best, value = found, None
        if best is None or self._gain(best, kept) <= 0:
            best = await self._teams.best(None, lambda team: self._gain(team, kept) > 0)
        while best is not None and (gain := self._gain(best, kept)) > 0:
            least = (best.cost + self._tariff.threshold) / gain
            if value is not None and least >= value:
                break
            value = least
            if value <= 0:
                break
            best = await self._teams.best(value, partial(self._pays, value=value, kept=kept))
        return None if value is None else self._money(value)

    def _pays(self, found: Found, value: Decimal, kept: int) -> bool:
        """Say whether what a team is worth more than keep, at a value, exceeds what it costs and the threshold."""
        return worth_of(value, found.points - kept, self._weights) - found.cost > self._tariff.threshold

    def _gain(self, found: Found, kept: int) -> Decimal:
        """What a team is worth more than keep, a unit of the task's value."""
        return worth_of(Decimal(1), found.points - kept, self._weights)
