"""The best team of free and busy people at a value of its task, each busy one at what moving him costs.

The search goes on as long as there is time. Whatever team is met on the way whose left swarms can all go on is kept
with its exact cost: where time, or more rounds than are usual, did not show the best one, such a team may still pay.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import combinations, count
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from graph_api.swarm.index.candidates import Candidates
from graph_api.swarm.problem import CertificateStatus, Solution, certificate
from graph_api.swarm.reorganising.movers import Mover
from graph_api.swarm.reorganising.planning import NotDecidedInTime, Plan, Planner
from graph_api.swarm.reorganising.worth import points_of, worth_of
from graph_api.swarm.solver import Proposal, Short

ROUNDS: Final = 60
"""After so many rounds a team that pays is enough."""
RANKED: Final = 8
"""So many of the next best teams are looked at where the left swarms want the same people as the best one; then a team
that pays is enough, else twice as many are looked at, and so on."""
POINTS_MAX: Final = 10**8
"""No team brings so many milli-points: whoever costs more is not moved."""
_Plans: TypeAlias = tuple[tuple[Mover, Plan], ...]


class Found(Struct, frozen=True, kw_only=True):
    """A team with movers: its points before what moving costs, and how the left swarms go on.

    `is_best` where it is known that no other gains more.
    """

    proposal: Proposal
    points: int
    plans: _Plans
    is_best: bool = True

    @property
    def cost(self) -> Decimal:
        """What all moves cost."""
        return _cost(self.plans)


Pays: TypeAlias = Callable[[Found], bool]
"""Says of a team, at the value that is asked about, whether it is enough."""


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
        self._met: dict[tuple[str, ...], tuple[Solution, _Plans | None]] = {}
        self._last: Proposal | None = None

    async def best(self, value: Decimal | None, pays: Pays) -> Found | None:
        """Return the best team at a value (None: so great that no cost counts); None where nobody is moved for it.

        Where that is not known in time, or not soon, a team is returned that pays. Raises NotDecidedInTime.
        """
        self._last = None
        try:
            return await self._searched(value, pays)
        except NotDecidedInTime:
            if (found := self._paying(value, pays)) is not None:
                return found
            raise

    async def _searched(self, value: Decimal | None, pays: Pays) -> Found | None:
        # Each round but the last makes a cost exact that was not, or tells two people apart: there is an end to them.
        for rounds in count(1):
            reply = await self._solve(value, 0)
            if isinstance(reply, Short):
                return None
            is_settled = await self._is_settled(reply.team)
            self._note(reply.team)
            if reply.certificate.status is not CertificateStatus.PROVED:
                raise NotDecidedInTime
            if not self._movers_in(reply.team):
                return None
            if is_settled:
                plans = await self._together(reply.team)
                if plans is not None and _cost(plans) == self._cost_alone(reply.team):
                    return _found(reply, reply.team, plans)
                is_settled, found = await self._ranked(value, pays)
                if is_settled:
                    return found if found is not None and found.plans else None
            if rounds >= ROUNDS and (enough := self._paying(value, pays)) is not None:
                return enough
        raise AssertionError("the rounds are counted without end")

    async def _solve(self, value: Decimal | None, alternatives: int) -> Proposal | Short:
        points = {one: self._points_of(cost, value) for one, cost in self._costs.items()}
        reply = await self._planner.solve(self._candidates.moved(points, sorted(self._apart)), alternatives)
        self._last = reply if isinstance(reply, Proposal) else None
        return reply

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

    def _note(self, team: Solution) -> None:
        """Keep a team that can be had without anything being solved: no two of its moves want the same person."""
        plans = [(mover, self._plans.get(mover.person_id)) for mover in self._movers_in(team)]
        known = tuple((mover, plan) for mover, plan in plans if plan is not None)
        taken = [*team.person_ids, *(plan.replacement_id for _, plan in known)]
        swarms = [mover.swarm_id for mover, _ in known]
        if len(known) == len(plans) and len(set(taken)) == len(taken) and len(set(swarms)) == len(swarms):
            self._met[team.person_ids] = (team, known)

    async def _together(self, team: Solution) -> _Plans | None:
        """Return how all left swarms go on beside the team, nobody taken twice; None where one of them cannot."""
        if team.person_ids not in self._met:
            self._met[team.person_ids] = (team, await self._planned(team))
        return self._met[team.person_ids][1]

    async def _planned(self, team: Solution) -> _Plans | None:
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

    async def _ranked(self, value: Decimal | None, pays: Pays) -> tuple[bool, Found | None]:
        """Return the best of the next best teams too, where swarms want the same people; False: a cost became exact.

        A team is worth no more together with others than alone, so the first whose worth alone is no more than that of
        one found before ends it. Raises NotDecidedInTime.
        """
        wanted = RANKED
        while True:
            reply = await self._solve(value, wanted)
            assert isinstance(reply, Proposal), "there was a team a moment ago"
            best: tuple[Decimal, Found] | None = None
            for team in (reply.team, *reply.alternatives):
                if not await self._is_settled(team):
                    return False, None
                if best is not None and self._net(value, team, self._cost_alone(team)) <= best[0]:
                    return True, best[1]
                plans = await self._together(team)
                if plans is not None:
                    net = self._net(value, team, _cost(plans))
                    if best is None or net > best[0]:
                        best = (net, _found(reply, team, plans))
            if reply.are_all:
                return True, best[1] if best else None
            if len(reply.alternatives) < wanted:
                raise NotDecidedInTime
            if (enough := self._paying(value, pays)) is not None:
                return True, enough
            wanted *= 2

    def _paying(self, value: Decimal | None, pays: Pays) -> Found | None:
        """Return the best at a value of the teams that were met, where it pays; None where nothing bounds it."""
        if self._last is None:
            return None
        met = [(self._priced(value, team, plans), plans) for team, plans in self._met.values() if plans]
        if not met:
            return None
        team, plans = max(met, key=lambda one: self._net(value, one[0], _cost(one[1])))
        bounds = self._last.certificate
        proof = certificate(team.objective, bounds.upper, bounds.candidates, is_proved=False)
        found = Found(proposal=Proposal(team, proof), points=_points(team), plans=plans, is_best=False)
        return found if pays(found) else None

    def _priced(self, value: Decimal | None, team: Solution, plans: _Plans) -> Solution:
        """Return a team at what its moves cost exactly."""
        costs = {mover.person_id: self._points_of(plan.cost, value) or 0 for mover, plan in plans}
        seats = tuple(
            replace(seat, points=replace(seat.points, move=costs.get(seat.person_id, 0))) for seat in team.seats
        )
        return Solution(seats, sum(seat.points.total for seat in seats))

    def _net(self, value: Decimal | None, team: Solution, cost: Decimal) -> Decimal:
        points = _points(team)
        return Decimal(points) if value is None else worth_of(value, points, self._weights) - cost


def _cost(plans: Iterable[tuple[Mover, Plan]]) -> Decimal:
    return sum((plan.cost for _, plan in plans), Decimal(0))


def _points(team: Solution) -> int:
    return team.objective + sum(seat.points.move for seat in team.seats)


def _found(reply: Proposal, team: Solution, plans: _Plans) -> Found:
    return Found(proposal=replace(reply, team=team, alternatives=(), are_all=False), points=_points(team), plans=plans)
