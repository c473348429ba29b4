"""The best team of free and busy people at a value of its task, each busy one at what moving him costs."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations
from typing import Final, TypeAlias

import msgspec

from graph_api.swarm.index.candidates import Candidates
from graph_api.swarm.problem import Solution
from graph_api.swarm.reorganising.movers import Mover
from graph_api.swarm.reorganising.planning import NotDecidedInTime, Plan, Planner
from graph_api.swarm.reorganising.worth import points_of, worth_of
from graph_api.swarm.solver import Proposal, Short

ROUNDS_MAX: Final = 60
RANKED: Final = 8
"""So many of the next best teams are looked at where the left swarms want the same people as the best one."""
POINTS_MAX: Final = 10**8
"""No team brings so many milli-points: whoever costs more is not moved."""
_Plans: TypeAlias = tuple[tuple[Mover, Plan], ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The best team with movers: its points before what moving costs, and how the left swarms go on."""

    proposal: Proposal
    points: int
    plans: _Plans

    @property
    def cost(self) -> Decimal:
        """What all moves cost."""
        return _cost(self.plans)


class FreeTeams:
    """Finds such teams for one task; what was made exact once stays so at every value."""

    def __init__(self, candidates: Candidates, movers: dict[str, Mover], planner: Planner, weights: int) -> None:
        self._candidates = candidates
        self._movers = movers
        self._planner = planner
        self._weights = weights
        self._costs: dict[str, Decimal | None] = {one: mover.handover for one, mover in movers.items()}
        self._plans: dict[str, Plan] = {}
        self._apart: set[tuple[str, str]] = set()

    async def best(self, value: Decimal | None) -> Found | None:
        """Return the best team at a value (None: so great that no cost counts); None where nobody is moved for it.

        Raises NotDecidedInTime.
        """
        for _ in range(ROUNDS_MAX):
            reply = await self._solve(value, 0)
            if isinstance(reply, Short) or not self._movers_in(reply.team):
                return None
            if await self._is_settled(reply.team):
                plans = await self._together(reply.team)
                if plans is not None and _cost(plans) == self._cost_alone(reply.team):
                    return _found(reply, reply.team, plans)
                is_settled, found = await self._ranked(value)
                if is_settled:
                    return found if found is not None and found.plans else None
        raise NotDecidedInTime

    async def _solve(self, value: Decimal | None, alternatives: int) -> Proposal | Short:
        points = {one: self._points_of(cost, value) for one, cost in self._costs.items()}
        return await self._planner.solve(self._candidates.moved(points, sorted(self._apart)), alternatives)

    def _points_of(self, cost: Decimal | None, value: Decimal | None) -> int | None:
        if cost is None or value is None:
            return None if cost is None else 0
        points = points_of(cost, value, self._weights)
        return points if points < POINTS_MAX else None

    def _movers_in(self, team: Solution) -> list[Mover]:
        return [self._movers[one] for one in team.person_ids if one in self._movers]

    async def _is_settled(self, team: Solution) -> bool:
        """Make exact what moving the team's members costs; say whether that was known before, and nobody is apart."""
        movers = self._movers_in(team)
        apart = {
            (one.person_id, other.person_id) for one, other in combinations(movers, 2) if one.swarm_id == other.swarm_id
        }
        unknown = [mover for mover in movers if mover.person_id not in self._plans]
        self._apart |= apart
        before = dict(self._costs)
        for mover in unknown:
            if (plan := await self._planner.plan(mover, ())) is not None:
                self._plans[mover.person_id] = plan
            self._costs[mover.person_id] = None if plan is None else plan.cost
        return not apart and before == self._costs

    def _cost_alone(self, team: Solution) -> Decimal:
        return sum((self._plans[mover.person_id].cost for mover in self._movers_in(team)), Decimal(0))

    async def _together(self, team: Solution) -> _Plans | None:
        """Return how all left swarms go on beside the team, nobody taken twice; None where one of them cannot."""
        taken, plans = set(team.person_ids), list[tuple[Mover, Plan]]()
        for mover in self._movers_in(team):
            known = self._plans[mover.person_id]
            is_free = known.replacement_id not in taken
            plan = known if is_free else await self._planner.plan(mover, taken)
            if plan is None:
                return None
            taken.add(plan.replacement_id)
            plans.append((mover, plan))
        return tuple(plans)

    async def _ranked(self, value: Decimal | None) -> tuple[bool, Found | None]:
        """Return the best of the next best teams too, where swarms want the same people; False: a cost became exact.

        A team is worth no more together with others than alone, so the first whose worth alone is no more than that of
        one found before ends it. Raises NotDecidedInTime where that comes after more teams than are looked at.
        """
        reply = await self._solve(value, RANKED)
        assert isinstance(reply, Proposal), "there was a team a moment ago"
        best: tuple[Decimal, Found] | None = None
        teams = (reply.team, *reply.alternatives)
        for team in teams:
            if not await self._is_settled(team):
                return False, None
            if best is not None and self._net(value, team, self._cost_alone(team)) <= best[0]:
                return True, best[1]
            plans = await self._together(team)
            if plans is not None:
                net = self._net(value, team, _cost(plans))
                if best is None or net > best[0]:
                    best = (net, _found(reply, team, plans))
        if len(teams) > RANKED or self._planner.is_late:
            raise NotDecidedInTime
        return True, best[1] if best else None

    def _net(self, value: Decimal | None, team: Solution, cost: Decimal) -> Decimal:
        points = _points(team)
        return Decimal(points) if value is None else worth_of(value, points, self._weights) - cost


def _cost(plans: Iterable[tuple[Mover, Plan]]) -> Decimal:
    return sum((plan.cost for _, plan in plans), Decimal(0))


def _points(team: Solution) -> int:
    return team.objective + sum(seat.points.move for seat in team.seats)


def _found(reply: Proposal, team: Solution, plans: _Plans) -> Found:
    return Found(proposal=msgspec.structs.replace(reply, team=team, alternatives=()), points=_points(team), plans=plans)
