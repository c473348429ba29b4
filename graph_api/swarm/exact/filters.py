"""Who can still lift a team above what is known: three bounds of all teams that hold a team so far and one more.

With e members there and r missing, of size k: everybody's slack is shared among his k - 1 pairs. `by_halves` gives each
of the missing half of the gains of his best r - 1 pairs; `by_wholes` gives the one looked at the whole of his, and the
others one pair less; `by_roles` fills exactly the slots that are left. All sums are doubled and times k - 1.
"""

from typing import Final

import numpy as np

from graph_api.swarm.exact.arrays import Integers, Truths
from graph_api.swarm.exact.compiling import compiled
from graph_api.swarm.exact.frames import Frames, new_frames
from graph_api.swarm.exact.kept import FAR, Pairs, People, Rules

_ROUNDS: Final = 12


@compiled
def halves(pairs: Pairs, people: People, one: int, most: int, marks: Integers, stamp: int) -> int:
    """Twice the half-sum of somebody's best pairs with others who may join; a pair without a tie costs his slack."""
    filler = -2 * people.short[one]
    total, found = 0, 0
    for place in range(pairs.starts[one], pairs.starts[one + 1]):
        if found == most or pairs.gains[place] <= filler:
            break
        if marks[pairs.others[place]] == stamp:
            total += pairs.gains[place]
            found += 1
    return total + (most - found) * filler


@compiled
def by_halves(frames: Frames, depth: int, count: int, missing: int, base: int, least_scaled: int) -> int:
    """Leave out who cannot lift a team above what is known, with the best of the others."""
    if count < missing:
        return 0
    top = np.sort(frames.worth[depth, :count])[count - missing :]
    rest = base + top[1:].sum()
    kept = 0
    for place in range(count):
        if rest + frames.worth[depth, place] >= least_scaled:
            frames.allowed[depth, kept] = frames.allowed[depth, place]
            frames.worth[depth, kept] = frames.worth[depth, place]
            kept += 1
    return kept


@compiled
def by_wholes(
    people: People, pairs: Pairs, frames: Frames, depth: int, count: int, rules: Rules, room: int, marks: Integers
) -> int:
    """Leave out by a second bound: the pairs of the one looked at count whole, and the others have one pair less."""
    missing, scale = rules.size - depth, 2 * (rules.size - 1)
    stamp = int(marks[frames.allowed[depth, 0]])
    rest = np.empty(count, np.int64)
    for place in range(count):
        one = frames.allowed[depth, place]
        own = scale * frames.ties[depth, one] - 2 * depth * people.short[one]
        rest[place] = own + halves(pairs, people, one, missing - 2, marks, stamp)
    most = room + np.sort(rest)[count - missing + 1 :].sum()
    kept = 0
    for place in range(count):
        one = frames.allowed[depth, place]
        own = scale * frames.ties[depth, one] - 2 * depth * people.short[one]
        if most + own + _wholes(pairs, people, one, missing - 1, marks, stamp) >= 0:
            frames.allowed[depth, kept] = one
            frames.worth[depth, kept] = frames.worth[depth, place]
            kept += 1
    return kept


@compiled
def by_roles(
    people: People, pairs: Pairs, frames: Frames, depth: int, count: int, rules: Rules, least_scaled: int,
    marks: Integers,
) -> int:  # fmt: skip
    """Leave out by a third bound: those who are missing must fill exactly the slots that are left, each in some role.

    What somebody adds in a role is his ties to the team and half-sums of pairs, less his whole slack in that role.
    """
    missing, scale = rules.size - depth, 2 * max(1, rules.size - 1)
    if count < missing:
        return 0
    adds = np.empty(count, np.int64)
    by_role = np.full(rules.full + 1, -FAR, np.int64)
    stamp = int(marks[frames.allowed[depth, 0]])
    for place in range(count):
        one = frames.allowed[depth, place]
        adds[place] = scale * frames.ties[depth, one] + _hopes(pairs, people, one, missing - 1, marks, stamp, rules)
        role = people.able[one]
        while role:
            if people.slack[one, role] < FAR:
                by_role[role] = max(by_role[role], adds[place] - scale * people.slack[one, role])
            role = (role - 1) & people.able[one]
    around = _around(frames.covered[depth], _partitions(by_role, missing - 1), rules, missing - 1, scale)
    fixed = scale * (rules.ceiling + frames.bonuses[depth])
    kept = 0
    for place in range(count):
        one = frames.allowed[depth, place]
        most = -FAR
        role = people.able[one]
        while role:
            if people.slack[one, role] < FAR and around[role] > -FAR:
                most = max(most, around[role] - scale * people.slack[one, role])
            role = (role - 1) & people.able[one]
        if most > -FAR and fixed + adds[place] + most >= least_scaled:
            frames.allowed[depth, kept] = one
            frames.worth[depth, kept] = frames.worth[depth, place]
            kept += 1
    return kept


@compiled
def _partitions(by_role: Integers, count: int) -> Integers:
    """table[c, f]: the most that c people add in roles that are exactly f together; -FAR where they cannot be."""
    full = len(by_role) - 1
    table = np.full((count + 1, full + 1), -FAR, np.int64)
    table[0, 0] = 0
    for people in range(1, count + 1):
        for covered in range(1, full + 1):
            role = covered
            while role:
                if by_role[role] > -FAR and table[people - 1, covered ^ role] > -FAR:
                    table[people, covered] = max(
                        table[people, covered], by_role[role] + table[people - 1, covered ^ role]
                    )
                role = (role - 1) & covered
    return table


@compiled
def _around(covered: Integers, table: Integers, rules: Rules, others: int, scale: int) -> Integers:
    """around[R]: the most that the team so far and so many others add around one more in role R; -FAR: they cannot."""
    around = np.full(rules.full + 1, -FAR, np.int64)
    for taken in range(rules.full + 1):
        if covered[taken] >= FAR:
            continue
        free = rules.full & ~taken
        role = free
        while role:
            if table[others, free ^ role] > -FAR:
                around[role] = max(around[role], table[others, free ^ role] - scale * covered[taken])
            role = (role - 1) & free
    return around


@compiled
def _hopes(pairs: Pairs, people: People, one: int, most: int, marks: Integers, stamp: int, rules: Rules) -> int:
    """Twice the half-sum of somebody's best bonuses with others who may join, as if nobody were short of anything."""
    top = np.zeros(max(1, most), np.int64)
    if most == 0:
        return 0
    for place in range(pairs.starts[one], pairs.starts[one + 1]):
        if pairs.bonuses[place] > top[most - 1] and marks[pairs.others[place]] == stamp:
            at = most - 1
            while at > 0 and top[at - 1] < pairs.bonuses[place]:
                top[at] = top[at - 1]
                at -= 1
            top[at] = pairs.bonuses[place]
    return (rules.size - 1) * int(top.sum())


@compiled
def _wholes(pairs: Pairs, people: People, one: int, most: int, marks: Integers, stamp: int) -> int:
    """Twice the sum of somebody's best pairs with others who may join; a pair without a tie costs his slack."""
    total, found = 0, 0
    for place in range(pairs.starts[one], pairs.starts[one + 1]):
        if found == most or pairs.gains[place] <= -people.short[one]:
            break
        if marks[pairs.others[place]] == stamp:
            total += pairs.gains[place]
            found += 1
    return 2 * (total - (most - found) * people.short[one])


@compiled
def leave_out(people: People, pairs: Pairs, rules: Rules, least_points: int) -> Truths:
    """Tell who can be in a team worth more than `least_points`, by pairs of disjoint roles, until few fall away."""
    count, scale = len(people.short), 2 * max(1, rules.size - 1)
    frames = new_frames(0, count, rules.full)
    frames.allowed[0] = np.arange(count)
    marks = np.zeros(count, np.int64)
    left = count
    room = scale * (rules.ceiling - least_points - 1)
    for stamp in range(1, _ROUNDS + 1):
        for place in range(left):
            marks[frames.allowed[0, place]] = stamp
        if left < rules.size or rules.size == 1:
            break
        kept = by_wholes(people, pairs, frames, 0, left, rules, room, marks)
        if kept == left:
            break
        left = kept
    alive = np.zeros(count, np.bool_)
    alive[frames.allowed[0, :left]] = True
    return alive
