"""What a team can be worth at most: tables of roles, sparse pairs, and the bound of all teams that hold somebody.

Each member's slack is shared among the k - 1 pairs that he is in. A pair gains (k - 1) * bonus less what both are short
in disjoint roles; a pair without a tie gains nothing and costs what each is short. So a team's points are at most
Z + (sum of the gains of its pairs) / (k - 1), and only pairs that gain can lift it above Z.
"""

from typing import Final

import numpy as np

from graph_api.swarm.exact.arrays import Integers, Small, Truths
from graph_api.swarm.exact.compiling import compiled
from graph_api.swarm.exact.kept import FAR

_LOW: Final = -(1 << 60)


@compiled
def is_role(groups: Integers) -> Truths:
    """For each set of slots whether one member can hold it: not empty, and one slot of a group at most."""
    slots = len(groups)
    found = np.zeros(1 << slots, np.bool_)
    for role in range(1, 1 << slots):
        found[role] = True
        for first in range(slots):
            for second in range(first):
                if role >> first & 1 and role >> second & 1 and groups[first] == groups[second]:
                    found[role] = False
    return found


@compiled
def role_slacks(values: Integers, base: int, prices: Integers, roles: Truths, slack: Integers) -> None:
    """Fill in somebody's slack in each role, FAR where he cannot have it; `values` are his, by slot."""
    slack[:] = FAR
    able = 0
    for slot in range(len(prices)):
        if values[slot] >= 0:
            able |= 1 << slot
    role = able
    while role:
        if roles[role]:
            total = base
            for slot in range(len(prices)):
                if role >> slot & 1:
                    total += prices[slot] - values[slot]
            slack[role] = total
        role = (role - 1) & able


@compiled
def floors(slack: Integers, slots: int, floor: Integers) -> None:
    """Fill in the least slack over the roles within each set of slots."""
    floor[:] = slack
    for slot in range(slots):
        for taken in range(len(floor)):
            if taken >> slot & 1:
                floor[taken] = min(floor[taken], floor[taken ^ (1 << slot)])


@compiled
def completions(by_role: Integers, size: int) -> Integers:
    """completion[r, f]: least slack of r roles that are f together, whoever holds them, one person several as well."""
    full = len(by_role) - 1
    table = np.full((size + 1, full + 1), FAR, np.int64)
    table[0, 0] = 0
    for count in range(1, size + 1):
        for covered in range(1, full + 1):
            role = covered
            while role:
                before = table[count - 1, covered ^ role]
                if before < FAR and by_role[role] < FAR:
                    table[count, covered] = min(table[count, covered], before + by_role[role])
                role = (role - 1) & covered
    return table


@compiled
def _greatest(
    one: int, count: int, alive: Truths, short: Integers, starts: Integers, others: Small, bonuses: Small,
    shares: int, top: Integers,
) -> None:  # fmt: skip
    """Fill in the `count` greatest gains of somebody's pairs, twice his slack lost where he has fewer."""
    top[:count] = -2 * short[one]
    for place in range(starts[one], starts[one + 1]):
        most = shares * bonuses[place] - short[one]
        if most <= top[count - 1]:
            break  # the row is sorted by bonus, and nobody is short of less than nothing
        other = others[place]
        if alive[other]:
            gain = most - short[other]
            at = count - 1
            if gain > top[at]:
                while at > 0 and top[at - 1] < gain:
                    top[at] = top[at - 1]
                    at -= 1
                top[at] = gain


@compiled
def bound_by_person(
    alive: Truths, short: Integers, starts: Integers, others: Small, bonuses: Small, size: int, ceiling: int
) -> Integers:
    """Return for each person alive the most that a team with him can be worth; _LOW for the others.

    His own pairs count whole, one without a tie as his slack; each other member's count half, and are one fewer.
    """
    people, shares = len(short), size - 1
    bound = np.full(people, _LOW, np.int64)
    top = np.empty(size, np.int64)
    best = np.full(shares, _LOW, np.int64)
    for one in range(people):
        if not alive[one] or short[one] >= FAR:
            continue
        if shares == 0:
            bound[one] = ceiling - short[one]
            continue
        _greatest(one, shares, alive, short, starts, others, bonuses, shares, top)
        half = top[: shares - 1].sum()
        own = 0
        for place in range(shares):
            own += max(top[place], -short[one])
        bound[one] = 2 * own
        if half > best[shares - 1]:
            at = shares - 1
            while at > 0 and best[at - 1] < half:
                best[at] = best[at - 1]
                at -= 1
            best[at] = half
    if shares == 0:
        return bound
    rest = best.sum() if best[shares - 1] > _LOW else 0
    for one in range(people):
        if bound[one] > _LOW:
            bound[one] = ceiling + (bound[one] + rest) // (2 * shares)
    return bound


@compiled
def best_of_roles(
    values: Integers, bases: Integers, prices: Integers, roles: Truths, count: int
) -> tuple[Integers, Integers, Integers]:
    """Return the `count` least short people of each role (roles, count), -1 where there are fewer; least slacks.

    The least slacks are those of each role over people, and of each person over roles; FAR where there is none.
    """
    found = np.full((len(roles), count), -1, np.int64)
    worth = np.full((len(roles), count), FAR, np.int64)
    by_person = np.full(len(bases), FAR, np.int64)
    slack = np.empty(len(roles), np.int64)
    for one in range(len(bases)):
        role_slacks(values[one], bases[one], prices, roles, slack)
        for role in range(1, len(roles)):
            if slack[role] < by_person[one]:
                by_person[one] = slack[role]
            at = count - 1
            if slack[role] >= worth[role, at]:
                continue
            while at > 0 and worth[role, at - 1] > slack[role]:
                worth[role, at], found[role, at] = worth[role, at - 1], found[role, at - 1]
                at -= 1
            worth[role, at], found[role, at] = slack[role], one
    return found, worth[:, 0].copy(), by_person
