"""The path of the search: the team so far, and at each depth what is left to try."""

from typing import Final, NamedTuple

import numpy as np

from graph_api.swarm.exact.arrays import Integers
from graph_api.swarm.exact.compiling import compiled
from graph_api.swarm.exact.kept import FAR, Best, Pairs, People, Rules, extend, points_of, take

_LOOKS: Final = 63
"""The flag to stop is looked at after so many nodes, in binary ones."""
_LOW: Final = -(1 << 60)


class Ranked(NamedTuple):
    """Ties, each once, in decreasing order of gain: whose, where they stand in both rows; the rank of each place."""

    first: Integers
    second: Integers
    first_place: Integers
    second_place: Integers
    rank: Integers


class Path(NamedTuple):
    """The team so far, and what its first d members (d the index of depth) leave to try.

    `covered`: least slacks by slots covered; `banned`: so many reasons why somebody may not join; `sums`: scratch.
    `lists`, `worth`, `gained`: who may be tried next, what he promises, the bonus of his ties; `counts` of them and the
    next of them (`places`). `outside[d, m]`: the most that somebody without ties to d members adds who has m pairs
    among others. `begins`: where the last component begins; `bonuses` of all ties and of its own (`owns`), which
    `caps` limits; the tie it was grown from (`floors`, -1 none); the next component's (`ties`). `bases`, `least`: the
    ceiling less slack and with bonuses, and the least slack with the best completion. `stages`: what is tried now.
    `counters`: nodes, and whether the search was stopped.
    """

    team: Integers
    covered: Integers
    banned: Integers
    sums: Integers
    lists: Integers
    worth: Integers
    gained: Integers
    outside: Integers
    counters: Integers
    begins: Integers
    bonuses: Integers
    owns: Integers
    caps: Integers
    floors: Integers
    bases: Integers
    least: Integers
    stages: Integers
    ties: Integers
    counts: Integers
    places: Integers


@compiled
def new_path(people: People, pairs: Pairs, rules: Rules) -> Path:
    """Make the empty path of a search."""
    size, count = rules.size, len(people.short)
    outside = np.full((size + 1, size + 1), _LOW, np.int64)
    for one in range(count):
        half, place, end = 0, pairs.starts[one], pairs.starts[one + 1]
        filler = -2 * people.short[one]
        for others in range(size):
            for depth in range(size + 1):
                outside[depth, others] = max(outside[depth, others], depth * filler + half)
            if place < end and pairs.gains[place] > filler:
                half += pairs.gains[place]
                place += 1
            else:
                half += filler
    path = Path(
        team=np.full(size, -1, np.int64),
        covered=np.full((size + 1, rules.full + 1), FAR, np.int64),
        banned=np.zeros(count, np.int64),
        sums=np.zeros(count, np.int64),
        lists=np.zeros((size + 1, count), np.int64),
        worth=np.zeros((size + 1, count), np.int64),
        gained=np.zeros((size + 1, count), np.int64),
        outside=outside,
        counters=np.zeros(2, np.int64),
        begins=np.zeros(size + 1, np.int64),
        bonuses=np.zeros(size + 1, np.int64),
        owns=np.zeros(size + 1, np.int64),
        caps=np.zeros(size + 1, np.int64),
        floors=np.full(size + 1, -1, np.int64),
        bases=np.zeros(size + 1, np.int64),
        least=np.zeros(size + 1, np.int64),
        stages=np.zeros(size + 1, np.int64),
        ties=np.full(size + 1, -1, np.int64),
        counts=np.zeros(size + 1, np.int64),
        places=np.zeros(size + 1, np.int64),
    )
    path.covered[0, 0] = 0
    return path


@compiled
def ranked_by_gain(pairs: Pairs) -> Ranked:
    """Rank ties."""
    total = len(pairs.others) // 2
    first, second = np.empty(total, np.int64), np.empty(total, np.int64)
    first_place, second_place = np.empty(total, np.int64), np.empty(total, np.int64)
    gains = np.empty(total, np.int64)
    found = 0
    for one in range(len(pairs.starts) - 1):
        for place in range(pairs.starts[one], pairs.starts[one + 1]):
            if pairs.others[place] > one:
                first[found], second[found], first_place[found] = one, pairs.others[place], place
                gains[found] = pairs.gains[place]
                found += 1
    order = np.argsort(-gains, kind="mergesort")
    first, second, first_place = first[order], second[order], first_place[order]
    rank = np.zeros(len(pairs.others), np.int64)
    for tie in range(total):
        rank[first_place[tie]] = tie
        for place in range(pairs.starts[second[tie]], pairs.starts[second[tie] + 1]):
            if pairs.others[place] == first[tie]:
                second_place[tie] = place
                rank[place] = tie
                break
    return Ranked(first, second, first_place, second_place, rank)


@compiled
def enter(people: People, path: Path, depth: int, one: int) -> None:
    """Let somebody be the member at a depth."""
    path.team[depth] = one
    path.banned[one] += 1
    extend(path.covered[depth], people.slack[one], int(people.able[one]), path.covered[depth + 1])


@compiled
def is_stopped(path: Path, stop: Integers) -> bool:
    """Count a node, and look now and then whether the search was stopped."""
    path.counters[0] += 1
    if path.counters[0] & _LOOKS == 0 and stop[0] != 0:
        path.counters[1] = 1
    return bool(path.counters[1] != 0)


@compiled
def leave(path: Path, depth: int) -> None:
    """Let the member at a depth go."""
    path.banned[path.team[depth]] -= 1


@compiled
def complete(people: People, pairs: Pairs, rules: Rules, path: Path, best: Best) -> None:
    """Take the whole team where it fills every slot."""
    slack = path.covered[rules.size, rules.full]
    if slack < FAR:
        take(best, path.team, rules.size, points_of(people, pairs, rules, path.team, slack))
