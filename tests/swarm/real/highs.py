"""The best team by another solver on another model: scipy's HiGHS, on facts that are worked out from the records.

Variables: y (a member), x (a member's seat of a skill), z (a pair of members who know each other), u (a city that is
there). As z = y y', a member's pairs are at most k - 1: summed over the team's equation, this bounds z far better than
z <= y does, and it alone makes z 0 where one of the two is missing.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import floor, inf, isfinite
from typing import Any, Final

import numpy as np
from scipy import optimize, sparse

from graph_api.organization.model import Person
from tests.swarm.real.checker import Team, faults, worth
from tests.swarm.real.facts import LEVEL_POINTS, Facts

_OPTIMAL: Final = 0
_OUT_OF_TIME: Final = 1
_INFEASIBLE: Final = 2
_TOLERANCE: Final = 0.01
_HALF: Final = 0.5

_Terms = Iterable[tuple[int, int]]


@dataclass(frozen=True)
class Solved:
    """The best team found and its points, and points that no team exceeds; None and `is_final`: there is no team."""

    team: Team | None
    best: int | None
    upper: int | None
    is_final: bool


NO_TEAM: Final = Solved(None, None, None, is_final=True)


@dataclass
class _Model:
    """Variables between 0 and 1 with their points, and rows: least <= sum of coefficient x variable <= most."""

    points: list[int] = field(default_factory=list[int])
    whole: list[bool] = field(default_factory=list[bool])
    entries: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    limits: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    def variable(self, points: int = 0, *, whole: bool = True) -> int:
        self.points.append(points)
        self.whole.append(whole)
        return len(self.points) - 1

    def row(self, terms: _Terms, least: float, most: float) -> None:
        self.entries += [(len(self.limits), variable, coefficient) for variable, coefficient in terms]
        self.limits.append((least, most))

    def solve(self, seconds: float) -> Any:
        library: Any = optimize  # typed in part only
        rows, columns, coefficients = zip(*self.entries, strict=True)
        matrix: Any = sparse.csr_array(
            (coefficients, (rows, columns)), shape=(len(self.limits), len(self.points)), dtype=float
        )
        least, most = zip(*self.limits, strict=True)
        return library.milp(
            -np.array(self.points, dtype=float),
            integrality=np.array(self.whole, dtype=int),
            bounds=library.Bounds(0, 1),
            constraints=library.LinearConstraint(matrix, least, most),
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )


class _TeamModel:
    """The model of one demand."""

    def __init__(self, facts: Facts, people: list[str]) -> None:
        self._facts = facts
        self._model = _Model()
        self._members = {one: self._model.variable(-facts.penalty(one)) for one in people}
        self._seats: dict[str, dict[str, int]] = {one: {} for one in people}
        assert facts.demand.headcount is not None
        self._headcount = facts.demand.headcount
        self._model.row(_all(self._members.values()), self._headcount, self._headcount)
        self._add_seats()
        self._add_ties()
        self._add_people()
        self._add_places()

    def _add_seats(self) -> None:
        facts, model = self._facts, self._model
        for skill in facts.skills:
            able = [one for one in self._members if facts.can(one, skill)]
            for one in able:
                points = LEVEL_POINTS * skill.weight * facts.level(one, skill.skill_id)
                self._seats[one][skill.skill_id] = model.variable(points)
            model.row(_all(self._seats[one][skill.skill_id] for one in able), skill.seats, skill.seats)
            if skill.critical:
                model.row(_all(self._members[one] for one in able), skill.seats + 1, inf)
        for one, member in self._members.items():
            for seat in self._seats[one].values():
                model.row([(seat, 1), (member, -1)], -inf, 0)
            model.row([*_all(self._seats[one].values()), (member, -1)], 0, inf)

    def _add_ties(self) -> None:
        pairs: dict[str, list[int]] = defaultdict(list)
        for (first, second), points in self._facts.ties(self._members).items():
            pair = self._model.variable(points, whole=False)
            pairs[first].append(pair)
            pairs[second].append(pair)
        for one, known in pairs.items():
            self._model.row([*_all(known), (self._members[one], 1 - self._headcount)], -inf, 0)

    def _add_people(self) -> None:
        demand = self._facts.demand
        for one in demand.pinned_ids or ():
            self._model.row(_all([self._members[one]] if one in self._members else []), 1, 1)
        for pair in demand.separated_pairs or ():
            self._model.row(_all(self._members[one] for one in pair if one in self._members), 0, 1)

    def _add_places(self) -> None:
        demand, cities, compatriots = self._facts.demand, defaultdict[str, list[int]](list), list[int]()
        for one, member in self._members.items():
            person = self._facts.view.node(Person, one)
            assert person is not None
            if person.city:
                cities[person.city].append(member)
            if person.country == demand.member_in_country:
                compatriots.append(member)
        if demand.minimum_cities:
            reached = {city: self._model.variable() for city in cities}
            for city, there in cities.items():
                self._model.row([*_all(there), (reached[city], -1)], 0, inf)
            self._model.row(_all(reached.values()), demand.minimum_cities, inf)
        if demand.member_in_country:
            self._model.row(_all(compatriots), 1, inf)

    def solve(self, seconds: float) -> Solved:
        found = self._model.solve(seconds)
        if found.status == _INFEASIBLE:
            return NO_TEAM
        if found.status not in {_OPTIMAL, _OUT_OF_TIME}:
            raise RuntimeError(f"HiGHS ends with {found.status}: {found.message}")
        upper = _rounded_down(found.mip_dual_bound)
        if found.x is None:
            return Solved(None, None, upper, is_final=False)
        team = self._team(found.x)
        points = worth(self._facts, team)
        assert not faults(self._facts, team), faults(self._facts, team)
        assert abs(points + found.fun) < _HALF, (points, found.fun)
        is_final = found.status == _OPTIMAL
        return Solved(team, points, points if is_final else upper, is_final)

    def _team(self, values: Any) -> Team:
        return {
            one: tuple(skill_id for skill_id, seat in self._seats[one].items() if values[seat] > _HALF)
            for one, member in self._members.items()
            if values[member] > _HALF
        }


def _rounded_down(bound: float | None) -> int | None:
    """Return the bound of what is maximised, in whole points; nothing is known where it is infinite."""
    return floor(_TOLERANCE - bound) if bound is not None and isfinite(bound) else None


def _all(variables: Iterable[int]) -> list[tuple[int, int]]:
    return [(variable, 1) for variable in variables]


def best_team(facts: Facts, seconds: float) -> Solved:
    """Return the best team of a demand with nothing left out, as far as it is known after so many seconds."""
    people = facts.eligible()
    return _TeamModel(facts, people).solve(seconds) if people else NO_TEAM
