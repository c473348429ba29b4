"""Prices of seats and members: what a linear relaxation says a candidate is short of the best team.

With any prices l (a seat), r (a cover row), p (a person): a team's points without ties are at most
Z - sum of its members' shortfalls, where Z = sum of seats * l - sum of least * r + sum of p and
shortfall(i) = least over roles R of (sum of l over R + p(i) - r over the rows i counts for - value(i, R) + penalty(i)).
This holds for every choice of prices, so rounding them to integers costs nothing but tightness. The linear programme
only finds prices that make Z small. Method: Lagrangean relaxation of the set partitioning of roles.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog  # pyright: ignore[reportUnknownVariableType]  # scipy is typed in part

from graph_api.swarm.problem import POINTS_A_LEVEL, AssemblyProblem

Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]
UNABLE: Final = -(10**9)
_ABLE: Final = UNABLE // 2


@dataclass(frozen=True)
class Rows:
    """A problem as arrays over its candidates: value of each seating (UNABLE where not qualified), penalty, covers.

    `values` is (candidates, seatings) with one more column of zeros where there are open slots; `seats` the seats of
    each column; `exact` the columns that must be filled exactly (open slots only at most); `covers` is (rows,
    candidates): at least `least` members of each row are in the team.
    """

    values: Integers
    penalties: Integers
    seats: Integers
    exact: Truths
    covers: Truths
    least: Integers


def rows_of(problem: AssemblyProblem) -> Rows:
    """Lay a problem out as arrays."""
    seatings = problem.seatings
    open_slots = problem.open_slots
    levels = np.array([candidate.levels for candidate in problem.candidates], dtype=np.int64)
    able = np.array([candidate.levels_as_primary for candidate in problem.candidates], dtype=np.int64)
    columns = [
        np.where(
            able[:, seating.skill] >= seating.level,
            POINTS_A_LEVEL * seating.weight * able[:, seating.skill],
            UNABLE,
        )
        for seating in seatings
    ]
    if open_slots:
        columns.append(np.zeros(len(levels), dtype=np.int64))
    covers = _covers(problem, levels)
    return Rows(
        values=np.stack(columns, axis=1),
        penalties=np.array([candidate.penalty for candidate in problem.candidates], dtype=np.int64),
        seats=np.array([seating.seats for seating in seatings] + [open_slots] * bool(open_slots), dtype=np.int64),
        exact=np.array([True] * len(seatings) + [False] * bool(open_slots)),
        covers=np.stack([row for row, _ in covers]) if covers else np.zeros((0, len(levels)), dtype=np.bool_),
        least=np.array([least for _, least in covers], dtype=np.int64),
    )


def _covers(problem: AssemblyProblem, levels: Integers) -> list[tuple[Truths, int]]:
    rows = [(levels[:, depth.skill] >= depth.level, depth.members) for depth in problem.depths]
    if problem.member_in_country is not None:
        here = [candidate.country == problem.member_in_country for candidate in problem.candidates]
        rows.append((np.array(here, dtype=np.bool_), 1))
    positions = problem.positions
    for person_id in problem.pinned_ids:
        only = np.zeros(len(levels), dtype=np.bool_)
        only[positions[person_id]] = True
        rows.append((only, 1))
    return rows


@dataclass(frozen=True)
class Prices:
    """Z, the shortfall of each candidate, and the prices l of a seat of each column, r of covers, p of people."""

    ceiling: int
    shortfalls: Integers
    seats: Integers
    covers: Integers
    people: Integers


def prices_of(rows: Rows, headcount: int) -> Prices:
    """Return good prices; they are valid even where the linear programme has no answer."""
    columns = _columns(rows, headcount)
    duals = _duals(rows, headcount, columns)
    people, seat_price, cover_price = duals
    gains = np.full(len(rows.penalties), UNABLE, dtype=np.int64)
    for role in _roles(rows):
        gains = np.maximum(gains, rows.values[:, role].sum(axis=1) - seat_price[role].sum())
    shortfalls = rows.penalties + people - gains - cover_price @ rows.covers.astype(np.int64)
    least = int(shortfalls.min())
    ceiling = int(seat_price @ rows.seats - cover_price @ rows.least + people.sum())
    return Prices(ceiling - headcount * least, shortfalls - least, seat_price, cover_price, people)


def _roles(rows: Rows) -> list[list[int]]:
    """All non-empty sets of columns."""
    width = rows.values.shape[1]
    return [[column for column in range(width) if role >> column & 1] for role in range(1, 1 << width)]


@dataclass(frozen=True)
class _Columns:
    people: Integers
    roles: list[list[int]]
    worth: Integers


def _columns(rows: Rows, headcount: int) -> _Columns:
    """The best people of each role, of all and of each cover row: enough for the optimum without ties."""
    classes = [np.arange(len(rows.penalties))] + [np.flatnonzero(cover) for cover in rows.covers]
    people: list[Integers] = []
    roles: list[list[int]] = []
    worths: list[Integers] = []
    for role in _roles(rows):
        worth = rows.values[:, role].sum(axis=1) - rows.penalties
        best = np.unique(np.concatenate([_largest(worth, members, 2 * headcount) for members in classes]))
        people.append(best)
        roles.extend([role] * len(best))
        worths.append(worth[best])
    return _Columns(np.concatenate(people), roles, np.concatenate(worths))


def _largest(worth: Integers, members: Integers, count: int) -> Integers:
    able = members[worth[members] > _ABLE]
    if len(able) <= count:
        return able
    return able[np.argsort(-worth[able], kind="stable")[:count]]


def _duals(rows: Rows, headcount: int, columns: _Columns) -> tuple[Integers, Integers, Integers]:
    """Prices of people, seats and cover rows, rounded; zeros where the programme has no optimum."""
    width, people = rows.values.shape[1], len(rows.penalties)
    none = (np.zeros(people, np.int64), np.zeros(width, np.int64), np.zeros(len(rows.least), np.int64))
    if not len(columns.people):
        return none
    once, names = _once(columns)
    seats = _seat_rows(columns, width)
    covers = rows.covers[:, columns.people].astype(np.float64)
    equal = np.vstack([seats[rows.exact], np.ones((1, len(columns.people)))])
    below = np.vstack([seats[~rows.exact], -covers, once])
    found: Any = linprog(
        -columns.worth.astype(np.float64),
        A_eq=equal,
        b_eq=np.concatenate([rows.seats[rows.exact], [headcount]]),
        A_ub=below,
        b_ub=np.concatenate([rows.seats[~rows.exact], -rows.least, np.ones(len(names))]),
        method="highs",
    )
    if found.status != 0:
        return none
    return _split(rows, names, np.rint(-found.eqlin.marginals), np.rint(-found.ineqlin.marginals))


def _split(
    rows: Rows, names: Integers, equal: NDArray[np.float64], below: NDArray[np.float64]
) -> tuple[Integers, Integers, Integers]:
    # A price of an inequality has a sign; only with it is the bound valid.
    below = np.maximum(below, 0.0)
    seat_price = np.zeros(rows.values.shape[1], dtype=np.int64)
    exact, open_columns = int(rows.exact.sum()), int((~rows.exact).sum())
    seat_price[rows.exact] = equal[:exact]
    seat_price[~rows.exact] = below[:open_columns]
    cover_price = below[open_columns : open_columns + len(rows.least)].astype(np.int64)
    people = np.zeros(len(rows.penalties), dtype=np.int64)
    people[names] = below[open_columns + len(rows.least) :]
    return people, seat_price, cover_price


def _once(columns: _Columns) -> tuple[NDArray[np.float64], Integers]:
    """Rows that let each person be taken once."""
    names, places = np.unique(columns.people, return_inverse=True)
    count = len(columns.people)
    once = np.zeros((len(names), count))
    once[places, np.arange(count)] = 1.0
    return once, names


def _seat_rows(columns: _Columns, width: int) -> NDArray[np.float64]:
    seats = np.zeros((width, len(columns.people)))
    for place, role in enumerate(columns.roles):
        seats[role, place] = 1.0
    return seats
