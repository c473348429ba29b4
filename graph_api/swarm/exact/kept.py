"""What the compiled search works on: the people who are left, their pairs, the rules of a team, and the best teams."""

from typing import Final, NamedTuple

import numpy as np

from graph_api.swarm.exact.arrays import NO_CITY, Integers, Truths
from graph_api.swarm.exact.compiling import compiled

FAR: Final = 1 << 50
"""More than any slack: it cannot be."""


class People(NamedTuple):
    """Those who are left (m), in the canonical order, with tables over sets of slots (F = 2^S).

    `slack[i, f]`: i's slack in exactly the role f, FAR where that is no role of his; `floor[i, f]`: the least over the
    roles within f; `able[i]`: the slots he can take, as bits; `short[i]`: the least slack;
    `offset[i]`: base less penalty.
    """

    able: Integers
    slack: Integers
    floor: Integers
    short: Integers
    offset: Integers
    cities: Integers
    in_country: Truths
    depth_able: Truths
    separated: Integers


class Pairs(NamedTuple):
    """Ties among those who are left, both ways; a row is sorted by gain = (k - 1) * bonus - least joint slack."""

    starts: Integers
    others: Integers
    bonuses: Integers
    gains: Integers


class Rules(NamedTuple):
    """What a team of one size must satisfy; `completion[r, f]`: least slack of r roles that are exactly f together."""

    size: int
    full: int
    ceiling: int
    price: int
    minimum_cities: int
    needs_country: bool
    depth_members: Integers
    completion: Integers


class Best(NamedTuple):
    """The best teams so far, best first: members (count, 8) in increasing order, -1 where there is none, and points."""

    teams: Integers
    points: Integers


@compiled
def threshold(best: Best) -> int:
    """Return what another team must exceed; -FAR while there is room."""
    return best.points[-1]


@compiled
def take(best: Best, team: Integers, size: int, points: int) -> bool:
    """Put a team in its place unless it is known or no better than the last; of equals the earlier stays before."""
    count = len(best.points)
    if points <= best.points[count - 1]:
        return False
    row = np.full(best.teams.shape[1], -1, np.int64)
    row[:size] = np.sort(team[:size])
    for place in range(count):
        if best.points[place] == points and (best.teams[place] == row).all():
            return False
    place = count - 1
    while place > 0 and best.points[place - 1] < points:
        best.points[place] = best.points[place - 1]
        best.teams[place] = best.teams[place - 1]
        place -= 1
    best.points[place] = points
    best.teams[place] = row
    return True


@compiled
def may_join(people: People, rules: Rules, team: Integers, count: int, one: int) -> bool:
    """Say whether the rules that the bound does not know leave room for a team with one more member."""
    left = rules.size - count - 1
    for place in range(len(people.separated)):
        first, second = people.separated[place]
        if first == one or second == one:
            other = second if first == one else first
            if (team[:count] == other).any():
                return False
    if rules.needs_country and left == 0 and not _any_in_country(people, team, count, one):
        return False
    for depth in range(len(rules.depth_members)):
        held = int(people.depth_able[depth, one])
        for member in team[:count]:
            held += people.depth_able[depth, member]
        if held + left < rules.depth_members[depth]:
            return False
    return rules.minimum_cities == 0 or _cities(people, team, count, one) + left >= rules.minimum_cities


@compiled
def _any_in_country(people: People, team: Integers, count: int, one: int) -> bool:
    return bool(people.in_country[one] or people.in_country[team[:count]].any())


@compiled
def _cities(people: People, team: Integers, count: int, one: int) -> int:
    """Number of known cities of a team with one more member."""
    found = int(people.cities[one] != NO_CITY)
    for place in range(count):
        city = people.cities[team[place]]
        is_new = city not in (NO_CITY, people.cities[one])
        for before in range(place):
            if people.cities[team[before]] == city:
                is_new = False
        found += is_new
    return found


@compiled
def extend(covered: Integers, roles: Integers, able: int, extended: Integers) -> None:
    """From the least slacks of a team by what its roles cover, work out those with one more member in any role."""
    extended[:] = FAR
    for taken in range(len(covered)):
        if covered[taken] >= FAR:
            continue
        free = able & ~taken
        role = free
        while role:
            if roles[role] < FAR:
                extended[taken | role] = min(extended[taken | role], covered[taken] + roles[role])
            role = (role - 1) & free


@compiled
def least(covered: Integers, rules: Rules, missing: int) -> int:
    """Least slack of a team that so many more members can still complete; FAR where they cannot."""
    found = FAR
    for taken in range(rules.full + 1):
        if covered[taken] < found and rules.completion[missing, rules.full & ~taken] < FAR:
            found = covered[taken]
    return found


@compiled
def least_completed(covered: Integers, rules: Rules, missing: int) -> int:
    """Least slack of a team together with that of the roles that are missing."""
    found = FAR
    for taken in range(rules.full + 1):
        if covered[taken] < FAR:
            found = min(found, covered[taken] + rules.completion[missing, rules.full & ~taken])
    return found


@compiled
def bonus_of(pairs: Pairs, first: int, second: int) -> int:
    """Return the bonus of two people."""
    for place in range(pairs.starts[first], pairs.starts[first + 1]):
        if pairs.others[place] == second:
            return int(pairs.bonuses[place])
    return 0


@compiled
def points_of(people: People, pairs: Pairs, rules: Rules, team: Integers, slack: int) -> int:
    """Return the exact points of a full team whose roles have this slack in all."""
    points = rules.price - slack
    for place in range(rules.size):
        points += int(people.offset[team[place]])
        for before in range(place):
            points += bonus_of(pairs, team[place], team[before])
    return points
