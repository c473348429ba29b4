"""Good teams, found quickly: the first thresholds of the search."""

import numpy as np

from graph_api.swarm.exact.arrays import Integers
from graph_api.swarm.exact.compiling import compiled
from graph_api.swarm.exact.kept import (
    FAR,
    Best,
    Pairs,
    People,
    Rules,
    extend,
    least_completed,
    may_join,
    points_of,
    take,
    threshold,
)


@compiled
def dive(people: People, pairs: Pairs, rules: Rules, start: Integers, best: Best) -> bool:
    """Build one team from a start by always adding who promises most, then swap single members while that helps."""
    size = rules.size
    team = np.full(size, -1, np.int64)
    covered = np.full((size + 1, rules.full + 1), FAR, np.int64)
    covered[0, 0] = 0
    for depth in range(size):
        one = start[depth] if depth < len(start) else _most_promising(people, pairs, rules, team, depth, covered[depth])
        if one < 0 or not may_join(people, rules, team, depth, one):
            return False
        team[depth] = one
        extend(covered[depth], people.slack[one], people.able[one], covered[depth + 1])
    slack = covered[size, rules.full]
    if slack >= FAR:
        return False
    take(best, team, size, points_of(people, pairs, rules, team, slack))
    return True


@compiled
def _most_promising(people: People, pairs: Pairs, rules: Rules, team: Integers, depth: int, covered: Integers) -> int:
    """Return who adds most to a team: ties, less the slack of the best completion, and half of what pairs may add."""
    missing, shares = rules.size - depth - 1, max(1, rules.size - 1)
    found, most = -1, -(1 << 60)
    ties = np.zeros(len(people.short), np.int64)
    for member in team[:depth]:
        for place in range(pairs.starts[member], pairs.starts[member + 1]):
            ties[pairs.others[place]] += pairs.bonuses[place]
    with_one = np.empty(rules.full + 1, np.int64)
    for one in range(len(people.short)):
        hope = 0
        for place in range(pairs.starts[one], min(pairs.starts[one] + missing, pairs.starts[one + 1])):
            hope += max(0, pairs.gains[place])
        reach = 2 * shares * (ties[one] - people.short[one]) + hope
        if reach <= most or is_in(team, depth, one) or not may_join(people, rules, team, depth, one):
            continue
        extend(covered, people.slack[one], people.able[one], with_one)
        slack = least_completed(with_one, rules, missing)
        if slack < FAR:
            worth = 2 * shares * (ties[one] - slack) + hope
            if worth > most:
                found, most = one, worth
    return found


@compiled
def is_in(team: Integers, count: int, one: int) -> bool:
    """Say whether somebody is among the first members of a team."""
    return bool((team[:count] == one).any())


@compiled
def improve(people: People, pairs: Pairs, rules: Rules, pinned: Integers, best: Best) -> None:
    """Swap single members of the best team, not the pinned, while that helps; what is found on the way is kept too."""
    is_better = True
    while is_better:
        is_better = False
        team = best.teams[0, : rules.size].copy()
        for place in range(rules.size):
            if team[place] < 0 or is_in(pinned, len(pinned), team[place]):
                continue
            known = best.points[0]
            _swap(people, pairs, rules, team, place, best)
            if best.points[0] > known:
                is_better = True
                break


@compiled
def _swap(people: People, pairs: Pairs, rules: Rules, team: Integers, place: int, best: Best) -> None:
    """Try everybody in one member's stead."""
    size = rules.size
    others = np.delete(team, place)
    covered = np.full((size, rules.full + 1), FAR, np.int64)
    covered[0, 0] = 0
    fixed = rules.price
    ties = np.zeros(len(people.short), np.int64)
    for at in range(size - 1):
        extend(covered[at], people.slack[others[at]], int(people.able[others[at]]), covered[at + 1])
        fixed += people.offset[others[at]] + ties[others[at]]
        for tie in range(pairs.starts[others[at]], pairs.starts[others[at] + 1]):
            ties[pairs.others[tie]] += pairs.bonuses[tie]
    for one in range(len(people.short)):
        reach = fixed + people.offset[one] + ties[one]
        if reach - people.short[one] <= threshold(best):
            continue
        slack = _closing(covered[size - 1], people.slack[one], rules.full)
        points = reach - slack
        if slack >= FAR or points <= threshold(best) or is_in(others, size - 1, one):
            continue
        if may_join(people, rules, others, size - 1, one):
            take(best, np.append(others, one), size, points)


@compiled
def _closing(covered: Integers, roles: Integers, full: int) -> int:
    """Least slack of a team that one more member makes whole."""
    found = FAR
    for taken in range(full):
        if covered[taken] < FAR and roles[full & ~taken] < FAR:
            found = min(found, covered[taken] + roles[full & ~taken])
    return found
