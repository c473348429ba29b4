"""Prices of slots and people: how much each candidate is short of the best linear team, in whole milli-points.

With any prices l (a slot), r >= 0 (a cover row) and p >= 0 (a person) a team's points without ties are
Z - sum of its members' slacks - sum of p over everybody else - what cover rows are exceeded by, where
Z = sum of l - sum of r * least + sum of p - headcount * m and
slack(i, R) = base(i) + sum over R of (l(s) - value(i, s)), base(i) = penalty(i) + p(i) - r over i's cover rows - m.
m makes the least slack zero, so the bound is valid for any prices, also rounded ones. Good prices are the duals of the
partition of the slots into roles, found by column generation (Gilmore, Gomory 1961) on the small programme of patterns:
a pattern says which skills a role takes and how many open slots.
"""

from typing import Final

import numpy as np

from graph_api.swarm.exact.arrays import Floats, Integers, SolverInput, Truths
from graph_api.swarm.exact.compiling import compiled
from graph_api.swarm.exact.simplex import AT_LEAST, AT_MOST, EQUAL, maximise

_ROUNDS_MAX: Final = 12
_NONE: Final = -(1 << 60)


class Prices:
    """Z (`ceiling`), the price of each slot, and the base of each candidate's slack; milli-points."""

    def __init__(self, ceiling: int, slots: Integers, bases: Integers) -> None:
        self.ceiling = ceiling
        self.slots = slots
        self.bases = bases


def prices_of(given: SolverInput, headcount: int) -> Prices:
    """Return good prices of a problem for one size of team; they are valid whatever they are."""
    columns, places, seats, opens = _columns(given)
    covers, least = _covers(given)
    by_column, by_cover, by_person = _duals(columns, seats, opens, given.penalties, covers, least, headcount)
    slots = by_column[places]
    bases = given.penalties + by_person - by_cover @ covers.astype(np.int64)
    lowest = int((bases - _gains(columns, by_column, opens)).min())
    ceiling = int(by_column @ seats - by_cover @ least + by_person.sum()) - headcount * lowest
    return Prices(ceiling, slots, bases - lowest)


def _columns(given: SolverInput) -> tuple[Integers, Integers, Integers, int]:
    """Return values (n, skills) of slots that are alike taken together, the column of each slot, seats, open slots.

    Open slots share the last column; it has no values.
    """
    _, first, places = np.unique(given.groups[~given.open_slots], return_index=True, return_inverse=True)
    columns = given.values[:, np.flatnonzero(~given.open_slots)[first]]
    opens = int(given.open_slots.sum())
    of_slots = np.full(given.slots, len(first), dtype=np.int64)
    of_slots[~given.open_slots] = places
    seats = np.bincount(of_slots, minlength=len(first) + 1).astype(np.int64)
    return np.ascontiguousarray(columns), of_slots, seats, opens


def _covers(given: SolverInput) -> tuple[Truths, Integers]:
    """Return who counts for each row of people of whom at least so many must be members."""
    rows = [*given.depth_able]
    least = [*given.depth_members]
    if given.needs_country:
        rows.append(given.in_country)
        least.append(1)
    for one in given.pinned:
        rows.append(np.arange(given.candidates) == one)
        least.append(1)
    return np.array(rows, dtype=np.bool_).reshape(len(rows), given.candidates), np.array(least, dtype=np.int64)


@compiled
def _gains(columns: Integers, prices: Integers, opens: int) -> Integers:
    """For each candidate the greatest value less price of a role; _NONE where there is none."""
    people, skills = columns.shape
    gains = np.empty(people, np.int64)
    for one in range(people):
        total, single, has_any = 0, _NONE, False
        for skill in range(skills):
            if columns[one, skill] >= 0:
                gain = columns[one, skill] - prices[skill]
                single = max(single, gain)
                if gain > 0:
                    total += gain
                    has_any = True
        if opens > 0:
            single = max(single, -prices[skills])
            if prices[skills] < 0:
                total -= opens * prices[skills]
                has_any = True
        gains[one] = total if has_any else single
    return gains


@compiled
def _duals(
    columns: Integers,
    seats: Integers,
    opens: int,
    penalties: Integers,
    covers: Truths,
    least: Integers,
    headcount: int,
) -> tuple[Integers, Integers, Integers]:
    """Rounded prices of columns, cover rows and people: column generation until no pattern of anybody gains."""
    people, skills = columns.shape
    patterns = (1 << skills) * (opens + 1)
    whose, which = np.empty(0, np.int64), np.empty(0, np.int64)
    once = np.empty(0, np.int64)
    adjusted = penalties.astype(np.float64)
    height = skills + 2 + len(least)
    price = np.zeros(height)
    everybody = np.ones(people, np.bool_)
    for turn in range(_ROUNDS_MAX):
        best, gain = _best_by_pattern(columns, opens, adjusted, everybody)
        fresh = _improving(best, gain, price, skills, opens, turn == 0)
        if turn == 0:
            for row in range(len(least)):
                of_row, _ = _best_by_pattern(columns, opens, adjusted, covers[row])
                fresh = np.concatenate((fresh, np.flatnonzero(of_row >= 0) + patterns * (row + 1)))
                best = np.concatenate((best, of_row))
        if len(fresh) == 0:
            break
        whose = np.concatenate((whose, best[fresh]))
        which = np.concatenate((which, fresh % patterns))
        solution, price = _solve(columns, seats, opens, penalties, covers, least, headcount, whose, which, once)
        more = _used_twice(solution, whose, once, people)
        if len(more) > 0:
            once = np.concatenate((once, more))
            solution, price = _solve(columns, seats, opens, penalties, covers, least, headcount, whose, which, once)
        adjusted = penalties.astype(np.float64)
        for row in range(len(least)):
            for one in range(people):
                if covers[row, one]:
                    adjusted[one] += min(0.0, price[skills + 2 + row])
        for place in range(len(once)):
            adjusted[once[place]] += max(0.0, price[height + place])
    return _rounded(price, once, skills, len(least), people)


@compiled
def _rounded(price: Floats, once: Integers, skills: int, rows: int, people: int) -> tuple[Integers, Integers, Integers]:
    # A price of an inequality has a sign; only with it is the bound valid.
    by_column = np.rint(price[: skills + 1]).astype(np.int64)
    by_cover = np.maximum(-np.rint(price[skills + 2 : skills + 2 + rows]).astype(np.int64), 0)
    by_person = np.zeros(people, np.int64)
    for place in range(len(once)):
        by_person[once[place]] = max(0, round(price[skills + 2 + rows + place]))
    return by_column, by_cover, by_person


@compiled
def _best_by_pattern(columns: Integers, opens: int, adjusted: Floats, among: Truths) -> tuple[Integers, Floats]:
    """For each pattern (skills * (opens + 1) + open slots) who brings most, and what; -1 where nobody can."""
    people, skills = columns.shape
    best = np.full((1 << skills) * (opens + 1), -1, np.int64)
    gain = np.full((1 << skills) * (opens + 1), -np.inf)
    sums = np.zeros(1 << skills, np.int64)
    for one in range(people):
        if not among[one]:
            continue
        able = 0
        for skill in range(skills):
            if columns[one, skill] >= 0:
                able |= 1 << skill
        subset = 0
        while True:
            if subset:
                low = _lowest(subset)
                sums[subset] = sums[subset & (subset - 1)] + columns[one, low]
            for taken in range(opens + 1):
                place = subset * (opens + 1) + taken
                if place and sums[subset] - adjusted[one] > gain[place]:
                    best[place], gain[place] = one, sums[subset] - adjusted[one]
            subset = (subset - able) & able
            if subset == 0:
                break
    return best, gain


@compiled
def _lowest(subset: int) -> int:
    place = 0
    while not subset >> place & 1:
        place += 1
    return place


@compiled
def _improving(best: Integers, gain: Floats, price: Floats, skills: int, opens: int, is_first: bool) -> Integers:
    """Return the patterns whose best candidate brings more than it costs at these prices; at first all."""
    found = np.empty(len(best), np.int64)
    count = 0
    for pattern in range(1, len(best)):
        if best[pattern] < 0:
            continue
        subset, taken = pattern // (opens + 1), pattern % (opens + 1)
        cost = price[skills] * taken + price[skills + 1]
        for skill in range(skills):
            if subset >> skill & 1:
                cost += price[skill]
        if is_first or gain[pattern] > cost + 0.5:
            found[count] = pattern
            count += 1
    return found[:count]


@compiled
def _used_twice(solution: Floats, whose: Integers, once: Integers, people: int) -> Integers:
    used = np.zeros(people)
    for column in range(len(whose)):
        used[whose[column]] += solution[column]
    for one in once:
        used[one] = 0.0
    return np.flatnonzero(used > 1.0 + 1e-6)


@compiled
def _solve(
    columns: Integers,
    seats: Integers,
    opens: int,
    penalties: Integers,
    covers: Truths,
    least: Integers,
    headcount: int,
    whose: Integers,
    which: Integers,
    once: Integers,
) -> tuple[Floats, Floats]:
    """Rows: each column's seats, the headcount, the cover rows, people at most once."""
    skills = columns.shape[1]
    height = skills + 2 + len(least) + len(once)
    rows = np.zeros((height, len(whose)))
    gains = np.zeros(len(whose))
    for column in range(len(whose)):
        one, subset, taken = whose[column], which[column] // (opens + 1), which[column] % (opens + 1)
        gains[column] = -penalties[one]
        for skill in range(skills):
            if subset >> skill & 1:
                rows[skill, column] = 1.0
                gains[column] += columns[one, skill]
        rows[skills, column] = taken
        rows[skills + 1, column] = 1.0
        for row in range(len(least)):
            rows[skills + 2 + row, column] = covers[row, one]
        for place in range(len(once)):
            rows[skills + 2 + len(least) + place, column] = once[place] == one
    right = np.ones(height)
    kinds = np.full(height, EQUAL, np.int64)
    right[: skills + 1] = seats
    right[skills + 1] = headcount
    right[skills + 2 : skills + 2 + len(least)] = least
    kinds[skills + 2 : skills + 2 + len(least)] = AT_LEAST
    kinds[skills + 2 + len(least) :] = AT_MOST
    return maximise(rows, right, gains, kinds)
