"""Depth-first branch and bound along the ties of a team.

Ties are sparse: a team falls into components of its ties, and members without ties to others. The component of the
greatest bonus comes first; each is grown from its tie of the greatest gain by people tied to it, so that the list at a
node is as long as its members have ties. Who has no tie in the team is filled in last (`filling`), where only slack
counts. Ties are ranked by gain; a component holds none before the one that it is grown from, so that it comes once.
"""

from typing import Final

import numpy as np

from graph_api.swarm.exact.arrays import Integers
from graph_api.swarm.exact.compiling import compiled
from graph_api.swarm.exact.filling import fill
from graph_api.swarm.exact.kept import FAR, Best, Pairs, People, Rules, least, least_completed, may_join, threshold
from graph_api.swarm.exact.path import Path, Ranked, complete, enter, is_stopped, leave, new_path, ranked_by_gain

_NO_CAP: Final = 1 << 40
_ATTACHED, _FILLING, _TIES = 0, 1, 2


@compiled
def search(people: People, pairs: Pairs, rules: Rules, pinned: Integers, best: Best, stop: Integers) -> tuple[int, int]:
    """Find every team that belongs among the best; return a bound of what was left open (-FAR: nothing), and nodes.

    `stop[0]` may be set by another thread; then what is open is bounded and left.
    """
    path = new_path(people, pairs, rules)
    ranked = ranked_by_gain(pairs)
    depth = len(pinned)
    if not _begin(people, pairs, rules, pinned, path):
        return -FAR, 0
    path.caps[depth] = _NO_CAP
    path.floors[depth] = -1
    _open(people, pairs, rules, ranked, path, depth)
    first, most = depth, _most(rules, path, depth)
    while depth >= first:
        if is_stopped(path, stop):
            return _left_open(pairs, rules, ranked, path, first, most), path.counters[0]
        if depth == rules.size:
            complete(people, pairs, rules, path, best)
            depth = _back(pairs, ranked, path, depth)
        elif path.stages[depth] == _ATTACHED:
            depth = _attach(people, pairs, rules, ranked, path, best, depth)
        elif path.stages[depth] == _FILLING:
            if rules.ceiling + path.bonuses[depth] - path.least[depth] > threshold(best):
                fill(people, pairs, rules, path, best, stop, depth)
            path.stages[depth] = _TIES
        else:
            depth = _begin_component(people, pairs, rules, ranked, path, best, depth)
    return -FAR, path.counters[0]


@compiled
def _begin(people: People, pairs: Pairs, rules: Rules, pinned: Integers, path: Path) -> bool:
    """Put those who must be members first, as one component; False where they cannot be in one team."""
    size = rules.size
    for depth in range(len(pinned)):
        one = pinned[depth]
        if depth >= size or not may_join(people, rules, path.team, depth, one):
            return False
        bonus = 0
        for place in range(pairs.starts[one], pairs.starts[one + 1]):
            if (path.team[:depth] == pairs.others[place]).any():
                bonus += pairs.bonuses[place]
        enter(people, path, depth, one)
        path.bonuses[depth + 1] = path.bonuses[depth] + bonus
    return bool(least(path.covered[len(pinned)], rules, size - len(pinned)) < FAR)


@compiled
def _open(people: People, pairs: Pairs, rules: Rules, ranked: Ranked, path: Path, depth: int) -> None:
    """Prepare a depth: its bounds, and who may join the last component."""
    missing = rules.size - depth
    if missing == 0:
        return
    path.bases[depth] = rules.ceiling - least(path.covered[depth], rules, missing) + path.bonuses[depth]
    path.least[depth] = least_completed(path.covered[depth], rules, missing)
    path.stages[depth], path.places[depth] = _ATTACHED, 0
    path.counts[depth] = _attached(people, pairs, rules, ranked, path, depth)


@compiled
def _attach(people: People, pairs: Pairs, rules: Rules, ranked: Ranked, path: Path, best: Best, depth: int) -> int:
    """Let the next who is tied to the last component join; return the depth to go on at."""
    place = path.places[depth]
    if place == path.counts[depth] or _hope(path, rules, depth) <= threshold(best):
        path.banned[path.lists[depth, :place]] -= 1
        _ban_neighbours(pairs, path, depth, 1)
        path.stages[depth], path.ties[depth] = _FILLING, -1
        return depth
    path.places[depth] += 1
    one = path.lists[depth, place]
    gained = path.gained[depth, place]
    if path.owns[depth] + gained > path.caps[depth] or not may_join(people, rules, path.team, depth, one):
        path.banned[one] += 1
        return depth
    enter(people, path, depth, one)  # he stays banned when the path comes back: that team was tried
    if least(path.covered[depth + 1], rules, rules.size - depth - 1) >= FAR:
        return depth
    path.begins[depth + 1] = path.begins[depth]
    path.bonuses[depth + 1] = path.bonuses[depth] + gained
    path.owns[depth + 1] = path.owns[depth] + gained
    path.caps[depth + 1] = path.caps[depth]
    path.floors[depth + 1] = path.floors[depth]
    _open(people, pairs, rules, ranked, path, depth + 1)
    return depth + 1


@compiled
def _begin_component(
    people: People, pairs: Pairs, rules: Rules, ranked: Ranked, path: Path, best: Best, depth: int
) -> int:
    """Begin another component with the next tie; return the depth to go on at."""
    cap = path.owns[depth] if path.floors[depth] >= 0 else path.caps[depth]
    tie = _next_tie(people, pairs, rules, ranked, path, best, depth, cap) if rules.size - depth > 1 else -1
    if tie < 0:
        _ban_neighbours(pairs, path, depth, -1)
        return _back(pairs, ranked, path, depth)
    path.ties[depth] = tie
    gained = pairs.bonuses[ranked.first_place[tie]]
    path.begins[depth + 2] = depth
    path.bonuses[depth + 2] = path.bonuses[depth] + gained
    path.owns[depth + 2] = gained
    path.caps[depth + 2] = cap
    path.floors[depth + 2] = tie
    _open(people, pairs, rules, ranked, path, depth + 2)
    return depth + 2


@compiled
def _back(pairs: Pairs, ranked: Ranked, path: Path, depth: int) -> int:
    """Return the depth that the path came from; the two of a tie that a component began with leave."""
    if depth > 1 and path.floors[depth] >= 0 and path.begins[depth] == depth - 2:
        leave(path, depth - 2)
        leave(path, depth - 1)
        return depth - 2
    return depth - 1


@compiled
def _most(rules: Rules, path: Path, depth: int) -> int:
    """Return what no team exceeds that holds the members so far, right after the depth was opened."""
    missing, scale = rules.size - depth, 2 * max(1, rules.size - 1)
    if missing == 0:
        return path.bonuses[depth] + rules.ceiling
    each = max(0, path.outside[depth, missing - 1])
    if path.counts[depth] > 0:
        each = max(each, path.worth[depth, 0])
    return path.bases[depth] + missing * each // scale


@compiled
def _left_open(pairs: Pairs, rules: Rules, ranked: Ranked, path: Path, first: int, most: int) -> int:
    """Return what no team exceeds that was not tried yet."""
    if path.stages[first] != _TIES or path.ties[first] < 0:
        return most
    gain = int(pairs.gains[ranked.first_place[path.ties[first]]])
    with_tie = _with_tie_at_most(gain, rules.size - first) // (2 * max(1, rules.size - 1))
    return min(most, path.bases[first] + with_tie)


@compiled
def _with_tie_at_most(gain: int, missing: int) -> int:
    """What people in as many pairs add, of whom one gains so much and none more; doubled, and times k - 1."""
    return 2 * gain + (missing * missing - missing - 2) * max(0, gain)


@compiled
def _ban_neighbours(pairs: Pairs, path: Path, depth: int, by: int) -> None:
    for member in path.team[path.begins[depth] : depth]:
        for place in range(pairs.starts[member], pairs.starts[member + 1]):
            path.banned[pairs.others[place]] += by


@compiled
def _attached(people: People, pairs: Pairs, rules: Rules, ranked: Ranked, path: Path, depth: int) -> int:
    """List who may join the last component, those first who promise most; return their number."""
    found, missing, scale = 0, rules.size - depth, 2 * max(1, rules.size - 1)
    floor = path.floors[depth]
    for member in path.team[path.begins[depth] : depth]:
        for place in range(pairs.starts[member], pairs.starts[member + 1]):
            one = pairs.others[place]
            if path.banned[one]:
                continue
            if path.sums[one] == 0:
                path.lists[depth, found] = one
                found += 1
            path.sums[one] += pairs.bonuses[place] if ranked.rank[place] > floor else -_NO_CAP
    kept = 0
    for place in range(found):
        one = path.lists[depth, place]
        if path.sums[one] > 0:
            worth = scale * path.sums[one] - 2 * depth * people.short[one]
            path.worth[depth, kept] = worth + _halves(pairs, people, path, one, missing - 1)
            path.lists[depth, kept] = one
            path.gained[depth, kept] = path.sums[one]
            kept += 1
        path.sums[one] = 0
    order = np.argsort(-path.worth[depth, :kept], kind="mergesort")
    path.lists[depth, :kept] = path.lists[depth, :kept][order]
    path.worth[depth, :kept] = path.worth[depth, :kept][order]
    path.gained[depth, :kept] = path.gained[depth, :kept][order]
    return kept


@compiled
def _halves(pairs: Pairs, people: People, path: Path, one: int, most: int) -> int:
    """Twice the half-sum of somebody's best pairs with others who may join; a pair without a tie costs his slack."""
    filler = -2 * people.short[one]
    total, found = 0, 0
    for place in range(pairs.starts[one], pairs.starts[one + 1]):
        if found == most or pairs.gains[place] <= filler:
            break
        if path.banned[pairs.others[place]] == 0:
            total += pairs.gains[place]
            found += 1
    return total + (most - found) * filler


@compiled
def _hope(path: Path, rules: Rules, depth: int) -> int:
    """Return what a team with the next who is tied to it, and with later ones, can be worth at most."""
    place, count = path.places[depth], path.counts[depth]
    missing, scale = rules.size - depth, 2 * max(1, rules.size - 1)
    total = path.worth[depth, place]
    outside = path.outside[depth, missing - 1]
    for further in range(place + 1, place + missing):
        total += max(outside, path.worth[depth, further]) if further < count else outside
    return path.bases[depth] + total // scale


@compiled
def _next_tie(
    people: People, pairs: Pairs, rules: Rules, ranked: Ranked, path: Path, best: Best, depth: int, cap: int
) -> int:  # fmt: skip
    """Let the two of the next tie join that can begin another component, and return the tie; -1 where none is left."""
    missing, scale = rules.size - depth, 2 * max(1, rules.size - 1)
    covered = path.covered[depth]
    room = threshold(best) + 1 - rules.ceiling - path.bonuses[depth]
    if missing // 2 * cap - path.least[depth] < room:
        return -1
    room = scale * (room + least(covered, rules, missing))
    outside = (missing - 2) * path.outside[depth, max(0, missing - 3)]
    for tie in range(path.ties[depth] + 1, len(ranked.first)):
        place = ranked.first_place[tie]
        gain = int(pairs.gains[place])
        if _with_tie_at_most(gain, missing) < room:
            return -1
        first, second = ranked.first[tie], ranked.second[tie]
        if path.banned[first] or path.banned[second] or pairs.bonuses[place] > cap:
            continue
        hope = 2 * gain - 2 * depth * (people.short[first] + people.short[second]) + outside
        if hope + 2 * (missing - 2) * 2 * max(0, gain) < room:
            continue
        hope += _wholes_after(pairs, people, path, first, place, missing - 2)
        hope += _wholes_after(pairs, people, path, second, ranked.second_place[tie], missing - 2)
        if hope >= room and _both(people, rules, path, depth, first, second):
            return tie
    return -1


@compiled
def _wholes_after(pairs: Pairs, people: People, path: Path, one: int, after: int, most: int) -> int:
    """Twice the sum of somebody's best pairs that stand after a place in his row."""
    total, found, filler = 0, 0, -people.short[one]
    for place in range(after + 1, pairs.starts[one + 1]):
        if found == most or pairs.gains[place] <= filler:
            break
        if path.banned[pairs.others[place]] == 0:
            total += pairs.gains[place]
            found += 1
    return 2 * (total + (most - found) * filler)


@compiled
def _both(people: People, rules: Rules, path: Path, depth: int, first: int, second: int) -> bool:
    """Let two people join where rules and slots allow it."""
    if not may_join(people, rules, path.team, depth, first):
        return False
    enter(people, path, depth, first)
    if may_join(people, rules, path.team, depth + 1, second):
        enter(people, path, depth + 1, second)
        if least(path.covered[depth + 2], rules, rules.size - depth - 2) < FAR:
            return True
        leave(path, depth + 1)
    leave(path, depth)
    return False
