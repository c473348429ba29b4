"""Who worked with whom: the bonus of each pair as of one Monday, a row a person, both ways."""

import math
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

import numpy as np
from scipy import sparse

from graph_api.kernel.graph import GraphView
from graph_api.organization.model import WorkedOn
from graph_api.swarm.exact.arrays import Floats, Integers, Small
from graph_api.swarm.facts import recency_of
from graph_api.swarm.index.people import PeopleColumns
from graph_api.swarm.index.ragged import Ragged
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState
from graph_api.swarm.snapshot import done_on, tasks_of

_NOBODY: Final = (-1, 0)
_DOUBT: Final = 1e-6
"""Nearer to half a milli-point than this, rounding asks the very arithmetic of `ties`."""


class Works:
    """The past tasks of people, gathered a person at a time, before the pairs are worked out of them."""

    def __init__(self, as_of: date) -> None:
        self.as_of = as_of
        self._people: list[int] = []
        self._tasks: list[str] = []
        self._days: dict[str, date | None] = {}

    def add(self, view: GraphView, person_id: str, row: int) -> None:
        """Add what a person worked on."""
        for task_id in set(tasks_of(view, person_id)):
            if task_id not in self._days:
                self._days[task_id] = done_on(view, task_id)
            day = self._days[task_id]
            if day is not None and day <= self.as_of:
                self._people.append(row)
                self._tasks.append(task_id)

    def bonuses(self, rows: int, points: int) -> tuple[Integers, Integers, Small, Small]:
        """Return starts, lengths, others and bonuses of all rows; each sorted by bonus, the greatest first, then other.

        Recencies are added in the order of tasks, as they are where the pairs of a few people are worked out.
        """
        tasks = sorted(set(self._tasks))
        places = {task_id: place for place, task_id in enumerate(tasks)}
        recency = np.array([recency_of(self._days[task_id] or self.as_of, self.as_of) for task_id in tasks])
        order = np.array([places[task_id] for task_id in self._tasks], dtype=np.int64)
        people = np.array(self._people, dtype=np.int64)
        by_task = np.lexsort((order, people))
        people, order = people[by_task], order[by_task]
        starts = np.searchsorted(people, np.arange(rows + 1))
        library: Any = sparse  # typed in part only
        weighted = library.csr_array((recency[order], order, starts), shape=(rows, len(tasks)))
        present = library.csr_array((np.ones(len(order)), order, starts), shape=(rows, len(tasks)))
        sums = (weighted @ present.T.tocsr()).tocoo()
        return _rows_of(sums.row, sums.col, rounded(sums.data, points), rows)


def _rows_of(first: Any, second: Any, bonus: Integers, rows: int) -> tuple[Integers, Integers, Small, Small]:
    kept = (first != second) & (bonus > 0)
    first, second, bonus = first[kept], second[kept], bonus[kept]
    order = np.lexsort((second, -bonus, first))
    lengths = np.bincount(first, minlength=rows).astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    return starts, lengths, second[order].astype(np.int32), bonus[order].astype(np.int32)


def rounded(sums: Floats, points: int) -> Integers:
    """Return round(points * (1 - exp(-sum))) of each, to the milli-point as `ties` rounds."""
    exact = points * (1.0 - np.exp(-sums))
    found = np.rint(exact).astype(np.int64)
    for place in np.flatnonzero(np.abs(exact - np.floor(exact) - 0.5) < _DOUBT).tolist():
        found[place] = bonus_of(float(sums[place]), points)
    return found


def bonus_of(total: float, points: int) -> int:
    """Return the bonus of two people whose common tasks' recencies add up to a total."""
    return round(points * (1.0 - math.exp(-total)))


class Knowing:
    """The rows; `as_of` is None before they were built."""

    def __init__(self, people: PeopleColumns, points: int) -> None:
        self._people = people
        self._points = points
        self.rows = Ragged(0, _NOBODY)
        self.as_of: date | None = None

    def take(self, works: Works, built: tuple[Integers, Integers, Small, Small]) -> None:
        """Replace all rows by those that were worked out."""
        self.rows.fill(*built)
        self.as_of = works.as_of

    def refresh(self, view: GraphView, person_id: str) -> None:
        """Work out anew whom a person knows, in his row and in theirs."""
        row = self._people.row(person_id)
        fresh = self._worked_out(view, person_id, row)
        self.grow()
        known = self._known(row)
        self._put(row, fresh)
        for other in known.keys() | fresh.keys():
            if known.get(other) != fresh.get(other):
                theirs = self._known(other)
                theirs.pop(row, None)
                if other in fresh:
                    theirs[row] = fresh[other]
                self._put(other, theirs)

    def grow(self) -> None:
        """Make room for everybody who was met meanwhile."""
        self.rows.grow(len(self._people.present))

    def _known(self, row: int) -> dict[int, int]:
        others, bonuses = self.rows.row(row)
        return dict(zip(others.tolist(), bonuses.tolist(), strict=True))

    def _put(self, row: int, known: dict[int, int]) -> None:
        pairs = sorted(known.items(), key=lambda pair: (-pair[1], pair[0]))
        self.rows.replace(row, [other for other, _ in pairs], [bonus for _, bonus in pairs])

    def _worked_out(self, view: GraphView, person_id: str, row: int) -> dict[int, int]:
        as_of = self.as_of
        assert as_of is not None, "rows are refreshed after they were built"
        sums: dict[int, float] = {}
        for task_id in sorted(set(tasks_of(view, person_id))):
            day = done_on(view, task_id)
            if day is None or day > as_of:
                continue
            recency = recency_of(day, as_of)
            for other in workers_on(view, task_id):
                place = self._people.row(other)
                sums[place] = sums.get(place, 0.0) + recency
        sums.pop(row, None)
        bonuses = {other: bonus_of(total, self._points) for other, total in sums.items()}
        return {other: bonus for other, bonus in bonuses.items() if bonus > 0}


def workers_on(view: GraphView, task_id: str) -> set[str]:
    """Return who worked on a task, or is or was a member of a swarm that works on it."""
    found = {link.source for link in view.incoming(WorkedOn, task_id)}
    for staffs in view.incoming(Staffs, task_id):
        found.update(members_of(view, staffs.source))
    return found


def members_of(view: GraphView, swarm_id: str) -> Iterable[str]:
    """Yield the members of a swarm that was not cancelled."""
    swarm = view.node(Swarm, swarm_id)
    if swarm is not None and swarm.state is not SwarmState.CANCELLED:
        yield from (link.source for link in view.incoming(MemberOf, swarm_id))
