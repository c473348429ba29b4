"""Depth-first branch and bound over people."""

from typing import Final

import numpy as np

from graph_api.swarm.exact.arrays import Integers
from graph_api.swarm.exact.compiling import compiled
from graph_api.swarm.exact.filters import by_halves, by_roles, by_wholes, halves
from graph_api.swarm.exact.frames import Frames, new_frames
from graph_api.swarm.exact.kept import (
    FAR,
    Best,
    Pairs,
    People,
    Rules,
    extend,
    least,
    may_join,
    points_of,
    take,
    threshold,
)

_LOOKS: Final = 63
"""The flag to stop is looked at after so many nodes, in binary ones."""
_AGAIN: Final = 3
"""So often at most the bounds of a node are worked out anew because people fell away."""


@compiled
def search(people: People, pairs: Pairs, rules: Rules, pinned: Integers, best: Best, stop: Integers) -> tuple[int, int]:
    """Find every team that belongs among the best; return a bound of what was left open (-FAR: nothing), and nodes.

    `stop[0]` may be set by another thread; then what is open is bounded and left.
    """
    size, scale = rules.size, 2 * max(1, rules.size - 1)
    frames = new_frames(size, len(people.short), rules.full)
    marks = np.zeros(len(people.short), np.int64)
    team = np.zeros(size, np.int64)
    depth = _begin(people, pairs, rules, pinned, frames, team)
    nodes = 0
    if depth < 0:
        return -FAR, nodes
    if depth == size:
        take(best, team, size, points_of(people, pairs, rules, team, frames.covered[size, rules.full]))
        return -FAR, nodes
    _open(people, pairs, rules, frames, depth, marks, threshold(best), 1)
    first = depth
    while depth >= first:
        nodes += 1
        if nodes & _LOOKS == 0 and stop[0] != 0:
            return _left_open(frames, size, first, depth) // scale, nodes
        place = frames.places[depth]
        if _bound_at(frames, depth, size - depth, place) < scale * (threshold(best) + 1):
            depth -= 1
            continue
        one = frames.allowed[depth, place]
        frames.places[depth] = place + 1
        if not may_join(people, rules, team, depth, one):
            continue
        extend(frames.covered[depth], people.slack[one], int(people.able[one]), frames.covered[depth + 1])
        team[depth] = one
        if depth + 1 == size:
            slack = frames.covered[size, rules.full]
            if slack < FAR:
                take(best, team, size, points_of(people, pairs, rules, team, slack))
        elif _push(pairs, people, rules, frames, depth, one):
            depth += 1
            _open(people, pairs, rules, frames, depth, marks, threshold(best), nodes + 1)
    return -FAR, nodes


@compiled
def _begin(people: People, pairs: Pairs, rules: Rules, pinned: Integers, frames: Frames, team: Integers) -> int:
    """Put those who must be members first; return their number, or -1 where they cannot be in one team."""
    frames.covered[0, 0] = 0
    frames.counts[0] = len(people.short)
    frames.allowed[0] = np.arange(len(people.short))
    for depth in range(len(pinned)):
        one = pinned[depth]
        if depth >= rules.size or not may_join(people, rules, team, depth, one):
            return -1
        team[depth] = one
        extend(frames.covered[depth], people.slack[one], int(people.able[one]), frames.covered[depth + 1])
        frames.places[depth] = 0
        if not _push(pairs, people, rules, frames, depth, one):
            return -1
        left = frames.allowed[depth + 1, : frames.counts[depth + 1]]
        left = left[left != one]
        frames.counts[depth + 1] = len(left)
        frames.allowed[depth + 1, : len(left)] = left
    return len(pinned)


@compiled
def _push(pairs: Pairs, people: People, rules: Rules, frames: Frames, depth: int, one: int) -> bool:
    """Prepare the next depth: who may still join, and their ties to the team; False where it cannot be completed."""
    missing = rules.size - depth - 1
    if least(frames.covered[depth + 1], rules, missing) >= FAR:
        return False
    start, end = frames.places[depth], frames.counts[depth]
    frames.counts[depth + 1] = end - start
    frames.allowed[depth + 1, : end - start] = frames.allowed[depth, start:end]
    frames.bonuses[depth + 1] = frames.bonuses[depth] + frames.ties[depth, one]
    for place in range(start, end):
        other = frames.allowed[depth, place]
        frames.ties[depth + 1, other] = frames.ties[depth, other]
    for place in range(pairs.starts[one], pairs.starts[one + 1]):
        other = pairs.others[place]
        frames.ties[depth + 1, other] = frames.ties[depth, other] + pairs.bonuses[place]
    return True


@compiled
def _open(
    people: People, pairs: Pairs, rules: Rules, frames: Frames, depth: int, marks: Integers, least_points: int,
    stamp: int,
) -> None:  # fmt: skip
    """Work out what everybody who may join can add, leave out who cannot help, and sort the others."""
    missing, scale = rules.size - depth, 2 * max(1, rules.size - 1)
    slack = least(frames.covered[depth], rules, missing)
    base = scale * (rules.ceiling - slack + frames.bonuses[depth])
    frames.bases[depth] = base
    frames.places[depth] = 0
    count = frames.counts[depth]
    for turn in range(_AGAIN):
        for place in range(count):
            marks[frames.allowed[depth, place]] = stamp * _AGAIN + turn
        for place in range(count):
            one = frames.allowed[depth, place]
            own = scale * frames.ties[depth, one] - 2 * depth * people.short[one]
            if rules.size == 1:
                own = -2 * people.short[one]
            worth = own + halves(pairs, people, one, missing - 1, marks, stamp * _AGAIN + turn)
            frames.worth[depth, place] = worth
        kept = by_halves(frames, depth, count, missing, base, scale * (least_points + 1))
        if missing > 1 and kept >= missing:
            room = base - scale * (least_points + 1)
            kept = by_wholes(people, pairs, frames, depth, kept, rules, room, marks)
            kept = by_roles(people, pairs, frames, depth, kept, rules, scale * (least_points + 1), marks)
        is_settled = kept * 10 >= count * 9
        count = kept
        if is_settled:
            break
    order = np.argsort(-frames.worth[depth, :count], kind="mergesort")
    frames.allowed[depth, :count] = frames.allowed[depth, :count][order]
    frames.worth[depth, :count] = frames.worth[depth, :count][order]
    frames.counts[depth] = count


@compiled
def _bound_at(frames: Frames, depth: int, missing: int, place: int) -> int:
    """Return what a team with this one and later ones can be worth at most, scaled; -FAR where too few are left."""
    if place + missing > frames.counts[depth]:
        return -(1 << 60)
    return frames.bases[depth] + frames.worth[depth, place : place + missing].sum()


@compiled
def _left_open(frames: Frames, size: int, first: int, last: int) -> int:
    found = -(1 << 60)
    for depth in range(first, last + 1):
        found = max(found, _bound_at(frames, depth, size - depth, frames.places[depth]))
    return found
