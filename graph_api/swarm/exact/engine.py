"""From arrays to the best teams: prices, a first team, who can still matter, and the search among them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from graph_api.swarm.exact.arrays import Integers, SolverInput, Truths
from graph_api.swarm.exact.bounds import (
    best_of_roles,
    bound_by_person,
    completions,
    floors,
    is_role,
    role_slacks,
)
from graph_api.swarm.exact.compiling import compiled
from graph_api.swarm.exact.components import search
from graph_api.swarm.exact.dives import dive, improve
from graph_api.swarm.exact.kept import FAR, Best, Pairs, People, Rules
from graph_api.swarm.exact.pairs import pairs_of
from graph_api.swarm.exact.prices import prices_of

SHORTLIST: Final = 96
"""The first teams are made of so many of the least short, and so many of the greatest bound."""
SEEDS: Final = 5
ROUNDS_MAX: Final = 5
WIDTH: Final = 8
Team: TypeAlias = tuple[int, ...]
FindAny: TypeAlias = Callable[[], "Team | None"]
"""Finds any team that satisfies the problem; None where none exists; raises NothingFound where it does not know."""


class NothingFound(Exception):
    """Time ran out before it was known whether any team exists."""


@dataclass
class Teams:
    """The best teams so far, best first: candidates in increasing order, and milli-points."""

    count: int
    found: list[tuple[int, Team]] = field(default_factory=list[tuple[int, Team]])

    def add(self, points: int, team: Team) -> None:
        """Put a team in its place; of equals the one known before stays before, and a known one is not taken again."""
        if all(team != known for _, known in self.found):
            self.found.append((points, team))
            self.found.sort(key=lambda one: -one[0])
            del self.found[self.count :]

    @property
    def threshold(self) -> int:
        """What another team must exceed."""
        return self.found[self.count - 1][0] if len(self.found) >= self.count else -FAR


@dataclass(frozen=True)
class Searched:
    """What a search came to: the teams, what no other team exceeds, and whether nothing was left open."""

    teams: Teams
    upper: int
    is_complete: bool


def search_teams(
    given: SolverInput, stop: Integers, count: int, find_any: FindAny, known: Sequence[Team] = ()
) -> Searched:
    """Find the `count` best teams of every allowed size; `stop[0]` set by another thread ends it with a true bound."""
    teams = Teams(count)
    least = max(given.headcount_least, len(given.pinned))
    sizes = [_Sized(given, size) for size in range(given.headcount, least - 1, -1)]
    possible = [sized for sized in sizes if sized.is_possible]
    for sized in possible:
        sized.seed(teams, known)
    if possible and not teams.found:
        team = find_any()
        if team is None:
            return Searched(teams, -FAR, is_complete=True)
        possible[[sized.size for sized in possible].index(len(team))].seed(teams, [team])
    upper = max((sized.run(teams, stop) for sized in possible), default=-FAR)
    return Searched(teams, upper, is_complete=upper == -FAR)


class _Sized:
    """One problem for one size of team."""

    def __init__(self, given: SolverInput, size: int) -> None:
        self.size = size
        self._given = given
        self._prices = prices_of(given, size)
        self._roles = is_role(given.groups)
        self._best_of_roles, by_role, self._short = best_of_roles(
            given.values, self._prices.bases, self._prices.slots, self._roles, size
        )
        self._rules = Rules(
            size=size,
            full=len(self._roles) - 1,
            ceiling=self._prices.ceiling,
            price=int(self._prices.slots.sum()),
            minimum_cities=given.minimum_cities,
            needs_country=given.needs_country,
            depth_members=given.depth_members,
            completion=completions(by_role, size),
        )
        self._alive: Truths = self._short < FAR
        self._bound = self._bounds()

    @property
    def is_possible(self) -> bool:
        """Say whether the slots could be filled if one person could be several."""
        return self._rules.completion[self.size, self._rules.full] < FAR and bool(
            (self._short[self._given.pinned] < FAR).all()
        )

    def seed(self, teams: Teams, known: Sequence[Team]) -> None:
        """Make first teams out of the most promising people, beginning with the known ones."""
        kept = _Kept(self, self._promising(known))
        kept.dives([team for team in known if len(team) == self.size], teams)

    def run(self, teams: Teams, stop: Integers) -> int:
        """Search among all who can be in a better team; return a bound of what was left open, -FAR for nothing."""
        self._leave_out(teams.threshold)
        if stop[0]:
            return int(self._bound[self._alive].max(initial=-FAR))
        survivors = np.flatnonzero(self._alive)
        if len(survivors) < self.size:
            return -FAR
        return _Kept(self, survivors).search(teams, stop)

    def _bounds(self) -> Integers:
        ties = self._given.ties
        return bound_by_person(
            self._alive, self._short, ties.starts, ties.others, ties.bonuses, self.size, self._prices.ceiling
        )

    def _leave_out(self, least: int) -> None:
        """Leave out for good whoever can be in no better team, until few more fall away."""
        for _ in range(ROUNDS_MAX):
            alive = self._alive & (self._bound > least)
            alive[self._given.pinned] = True
            is_settled = alive.sum() * 10 >= self._alive.sum() * 9
            self._alive = alive
            if is_settled:
                break
            self._bound = self._bounds()

    def _promising(self, known: Sequence[Team]) -> Integers:
        alive = np.flatnonzero(self._alive)
        if len(alive) <= 2 * SHORTLIST:
            return alive
        named = np.array([one for team in known for one in team], dtype=np.int64)
        by_role = self._best_of_roles[self._best_of_roles >= 0]
        by_bound, by_short = _least_of(alive, -self._bound), _least_of(alive, self._short)
        return np.unique(np.concatenate([by_bound, by_short, self._given.pinned, named, by_role]))

    def people(self, kept: Integers) -> People:
        """Lay out the tables of those who are kept."""
        given, prices = self._given, self._prices
        slack, floor = _tables(given.values[kept], prices.bases[kept], prices.slots, self._roles)
        place_of = self.places(kept)
        separated = place_of[given.separated]
        return People(
            able=(given.values[kept] >= 0) @ (1 << np.arange(given.slots, dtype=np.int64)),
            slack=slack,
            floor=floor,
            short=self._short[kept],
            offset=prices.bases[kept] - given.penalties[kept],
            cities=given.cities[kept],
            in_country=given.in_country[kept],
            depth_able=np.ascontiguousarray(given.depth_able[:, kept]),
            separated=separated[(separated >= 0).all(axis=1)],
        )

    def places(self, kept: Integers) -> Integers:
        """Return the place of each candidate among those who are kept, -1 for the others."""
        place_of = np.full(self._given.candidates, -1, dtype=np.int64)
        place_of[kept] = np.arange(len(kept))
        return place_of

    def pairs(self, kept: Integers, people: People) -> Pairs:
        """Lay out the ties of those who are kept."""
        ties = self._given.ties
        return pairs_of(
            kept, self.places(kept), people, self._rules.full, self.size, ties.starts, ties.others, ties.bonuses
        )

    @property
    def rules(self) -> Rules:
        """The rules of a team of this size."""
        return self._rules

    @property
    def pinned(self) -> Integers:
        """Candidates who must be members."""
        return self._given.pinned


def _least_of(among: Integers, worth: Integers) -> Integers:
    """Return the SHORTLIST people of least worth, of equals the first."""
    order = worth[among] * len(among) + np.arange(len(among))
    return among[np.argpartition(order, SHORTLIST)[:SHORTLIST]]


@compiled
def _tables(values: Integers, bases: Integers, prices: Integers, roles: Truths) -> tuple[Integers, Integers]:
    slack = np.empty((len(bases), len(roles)), np.int64)
    floor = np.empty((len(bases), len(roles)), np.int64)
    for one in range(len(bases)):
        role_slacks(values[one], bases[one], prices, roles, slack[one])
        floors(slack[one], len(prices), floor[one])
    return slack, floor


class _Kept:
    """Some of the candidates, laid out for the search."""

    def __init__(self, sized: _Sized, kept: Integers) -> None:
        self._sized = sized
        self._kept = kept
        self._people = sized.people(kept)
        self._pairs = sized.pairs(kept, self._people)
        self._places = sized.places(kept)
        self._pinned = self._places[sized.pinned]

    def dives(self, known: Sequence[Team], teams: Teams) -> None:
        """Make teams, and better them."""
        best = self._best(teams)
        for start in self._starts(known):
            dive(self._people, self._pairs, self._sized.rules, start, best)
        if best.teams[0, 0] >= 0:
            improve(self._people, self._pairs, self._sized.rules, self._pinned, best)
        self._give_back(best, teams)

    def search(self, teams: Teams, stop: Integers) -> int:
        """Search to the end, or until stopped; return a bound of what was left open."""
        best = self._best(teams)
        left_open, _ = search(self._people, self._pairs, self._sized.rules, self._pinned, best, stop)
        self._give_back(best, teams)
        return left_open

    def _starts(self, known: Sequence[Team]) -> Iterator[Integers]:
        """Yield whom a team begins with: known teams, nobody but the pinned, and one of each promising pair."""
        for team in known:
            yield self._places[np.array(team, dtype=np.int64)]
        yield self._pinned
        room = self._sized.rules.size - len(self._pinned)
        if room < 1 or len(self._pairs.gains) == 0:
            return
        sources = np.repeat(np.arange(len(self._kept)), np.diff(self._pairs.starts))
        order = np.argsort(-self._pairs.gains, kind="stable")
        seeds = list(dict.fromkeys(sources[order[: 8 * SEEDS]].tolist()))
        for seed in [one for one in seeds if one not in self._pinned][:SEEDS]:
            yield np.append(self._pinned, seed)

    def _best(self, teams: Teams) -> Best:
        rows = np.full((teams.count, WIDTH), -1, dtype=np.int64)
        points = np.full(teams.count, -FAR, dtype=np.int64)
        for place, (worth, team) in enumerate(teams.found):
            points[place] = worth
            here = self._places[np.array(team, dtype=np.int64)]
            if len(team) == self._sized.size and (here >= 0).all():
                rows[place, : len(team)] = here
            else:  # a team that is none here: it only sets the threshold
                rows[place, 0] = -2 - place
        return Best(rows, points)

    def _give_back(self, best: Best, teams: Teams) -> None:
        for row, points in zip(best.teams, best.points, strict=True):
            if row[0] >= 0:
                teams.add(int(points), tuple(self._kept[row[row >= 0]].tolist()))
