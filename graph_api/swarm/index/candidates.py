"""The candidates of one demand, cut out of the index as the search reads them."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

import numpy as np
from msgspec import structs

from graph_api.kernel.graph import GraphView
from graph_api.organization.model import Customer
from graph_api.swarm.candidates import depths_of, slots_of, takes_of
from graph_api.swarm.exact.among import ties_among
from graph_api.swarm.exact.arrays import UNABLE, Integers, SolverInput, Truths
from graph_api.swarm.explaining.variation import Variation, varied_terms
from graph_api.swarm.index.holders import Holders
from graph_api.swarm.index.knowing import Knowing
from graph_api.swarm.index.people import PeopleColumns
from graph_api.swarm.model import Demand
from graph_api.swarm.problem import POINTS_A_LEVEL, AssemblyProblem, Candidate, Slot
from graph_api.swarm.snapshot import known_zone
from graph_api.swarm.terms import Terms, terms_of

MayMove: TypeAlias = Callable[[str], bool]
"""Says of somebody (id) whether he may be moved out of what he is booked for."""


@dataclass(frozen=True)
class Candidates:
    """Who can take a seat (n, in the canonical order of ids), and the problem as arrays.

    `rows` are theirs in `people`. `given` is None where somebody pinned is no candidate, or too few can take part.
    `levels` (n, skills), 0 = none; `load`, `distance` and `move` in milli-points; `busy` are those who would be moved.
    `as_primary` are the levels, 0 where somebody may not be primary for a skill.
    """

    terms: Terms
    people: PeopleColumns
    rows: Integers
    levels: Integers
    as_primary: Integers
    load: Integers
    distance: Integers
    given: SolverInput | None
    busy: Truths
    move: Integers | None = None

    @property
    def ids(self) -> list[str]:
        """The candidates' ids."""
        return [self.people.ids[row] for row in self.rows.tolist()]

    def moved(self, points: Mapping[str, int | None], apart: Iterable[tuple[str, str]] = ()) -> "Candidates":
        """Return the same people at such costs of moving (milli-points; None: is not moved), some kept apart."""
        move = np.zeros(len(self.rows), dtype=np.int64)
        values = None if self.given is None else self.given.values.copy()
        for place in np.flatnonzero(self.busy).tolist():
            cost = points[self.people.ids[int(self.rows[place])]]
            move[place] = cost or 0
            if cost is None and values is not None:
                values[place] = UNABLE
        if self.given is None or values is None:
            return replace(self, move=move)
        pairs = [(self._place(one), self._place(other)) for one, other in apart]
        separated = np.concatenate([self.given.separated, np.array(pairs, dtype=np.int64).reshape(-1, 2)])
        penalties = self.load + self.distance + move
        given = replace(self.given, penalties=penalties, values=values, separated=separated)
        return replace(self, given=given, move=move)

    def varied(self, variation: Variation) -> "Candidates":
        """Return the same people for a variation of the question."""
        terms = varied_terms(self.terms, variation)
        given = None if self.given is None else self._varied(self.given, terms, variation)
        return replace(self, terms=terms, given=given)

    def _varied(self, given: SolverInput, terms: Terms, variation: Variation) -> SolverInput | None:
        asked = Asked(terms, self.levels, self.as_primary)
        also, without = self._place(variation.also), self._place(variation.without)
        pinned = {*given.pinned.tolist(), *([] if also is None else [also])} - {without}
        if (variation.also is not None and also is None) or not asked.may_be_met:
            return None
        if without is not None:
            asked.values[without] = UNABLE
        return replace(
            given,
            values=asked.values,
            groups=asked.groups,
            open_slots=asked.open_slots,
            depth_able=asked.depth_able,
            depth_members=asked.depth_members,
            pinned=np.array(sorted(pinned), dtype=np.int64),
            headcount=asked.headcount,
            headcount_least=terms.headcount_least,
        )

    def _place(self, person_id: str | None) -> int | None:
        row = self.people.rows.get(person_id) if person_id is not None else None
        places = np.flatnonzero(self.rows == (-1 if row is None else row))
        return int(places[0]) if len(places) else None

    @property
    def problem(self) -> AssemblyProblem:
        """The whole problem without its ties: enough to say whether any team meets it."""
        given = self.given
        assert given is not None, "only where there is a problem there are teams"
        able = np.flatnonzero((given.values != UNABLE).any(axis=1)).tolist()
        ids, pinned, apart = self.ids, _numbers(given.pinned), _numbers(given.separated.ravel())
        return structs.replace(
            self._problem(list(range(len(self.rows))), is_able=frozenset(able)),
            headcount=given.headcount,
            headcount_least=given.headcount_least,
            pinned_ids=tuple(ids[one] for one in pinned),
            separated_pairs=tuple((ids[one], ids[other]) for one, other in zip(apart[::2], apart[1::2], strict=True)),
            minimum_cities=given.minimum_cities,
            member_in_country=self.terms.member_in_country,
            depths=depths_of(self.terms, {skill.skill_id: place for place, skill in enumerate(self.terms.skills)}),
        )

    @property
    def problem_with_ties(self) -> AssemblyProblem:
        """The whole problem."""
        return structs.replace(self.problem, pairs=tuple(self._pairs(tuple(range(len(self.rows))))))

    def problem_of(self, team: tuple[int, ...]) -> AssemblyProblem:
        """Return the problem of one team alone: who takes which seat."""
        return structs.replace(self._problem(list(team), frozenset(team)), pairs=tuple(self._pairs(team)))

    def _problem(self, places: list[int], is_able: frozenset[int]) -> AssemblyProblem:
        """Return a problem of some candidates; who is not able can take no seat."""
        skills = {skill.skill_id: place for place, skill in enumerate(self.terms.skills)}
        cities, countries = self.people.cities.names, self.people.countries.names
        none = (0,) * len(skills)
        return AssemblyProblem(
            skill_ids=tuple(skills),
            slots=slots_of(self.terms, skills),
            headcount=len(places),
            headcount_least=len(places),
            candidates=tuple(
                Candidate(
                    self.people.ids[row],
                    tuple(self.levels[one].tolist()) if one in is_able else none,
                    load=int(self.load[one]),
                    distance=int(self.distance[one]),
                    move=0 if self.move is None else int(self.move[one]),
                    city=_named(cities, int(self.people.city[row])),
                    country=_named(countries, int(self.people.country[row])),
                    takes=takes_of(self.terms, self.people.ids[row], skills),
                )
                for one, row in zip(places, _numbers(self.rows[places]), strict=True)
            ),
        )

    def _pairs(self, team: tuple[int, ...]) -> list[tuple[int, int, int]]:
        assert self.given is not None
        ties, places = self.given.ties, {one: place for place, one in enumerate(team)}
        return [
            (place, places[other], bonus)
            for one, place in places.items()
            for other, bonus in zip(
                ties.others[ties.starts[one] : ties.starts[one + 1]].tolist(),
                ties.bonuses[ties.starts[one] : ties.starts[one + 1]].tolist(),
                strict=True,
            )
            if place < places.get(other, -1)
        ]


class Asked:
    """What terms ask of candidates (n), by their levels (n, skills), laid out as the search reads it."""

    def __init__(self, terms: Terms, levels: Integers, as_primary: Integers) -> None:
        places = {skill.skill_id: place for place, skill in enumerate(terms.skills)}
        slots, depths, people = slots_of(terms, places), depths_of(terms, places), len(levels)
        self.values = _values(slots, as_primary)
        self.groups = np.array([len(places) + at if slot.is_open else slot.skill for at, slot in enumerate(slots)])
        self.open_slots: Truths = np.array([slot.is_open for slot in slots], dtype=np.bool_)
        able = [levels[:, depth.skill] >= depth.level for depth in depths]
        self.depth_able: Truths = np.array(able, dtype=np.bool_).reshape(len(depths), people)
        self.depth_members = np.array([depth.members for depth in depths], dtype=np.int64)
        self.headcount = min(terms.headcount, people, len(slots))
        self.may_be_met = min(len(slots), people) >= max(1, terms.headcount_least)


class CandidateReader:
    """Cuts the candidates of one demand out of the columns, as of a day."""

    def __init__(self, people: PeopleColumns, holders: Holders, knowing: Knowing, sorted_rows: int) -> None:
        self._people = people
        self._holders = holders
        self._knowing = knowing
        self._sorted_rows = sorted_rows

    def read(
        self,
        view: GraphView,
        demand: Demand,
        customer_id: str | None,
        today: date,
        kept_ids: frozenset[str],
        may_move: MayMove | None = None,
    ) -> Candidates:
        """Return the candidates of a resolved demand; the rows of the first people stand in the order of ids.

        Of `kept_ids` it is not asked whether they are free and near: they are in the team already. Of those whom only
        bookings keep from it, whoever `may_move` is a candidate too.
        """
        terms, people = terms_of(demand), self._people
        day = demand.days.starts_on if demand.days else today
        window = demand.timezone_window
        customer = view.node(Customer, customer_id) if customer_id else None
        zone = window.timezone if window else known_zone(customer.timezone) if customer else None
        able = np.zeros(len(people.ids), dtype=np.bool_)
        for skill in terms.skills:
            rows, levels = self._holders.of(skill.skill_id)
            able[rows if skill.filled < skill.seats else rows[levels >= skill.level]] = True
        zone_asked = window.timezone if window else None
        found = people.eligible(able, terms, zone_asked, day)
        movers = self._movers(able & ~found, terms, zone_asked, day, may_move) if may_move else []
        found[movers] = True
        kept = [people.rows[one] for one in kept_ids if one in people.rows]
        found[kept] = able[kept] & people.present[kept]
        rows = self._in_order(np.flatnonzero(found))
        levels = self._levels(rows, terms)
        load, distance = people.load(rows, today), people.distance(rows, zone, day)
        as_primary = self._as_primary(rows, levels, terms)
        given = self._given(terms, rows, Asked(terms, levels, as_primary), load + distance)
        return Candidates(terms, people, rows, levels, as_primary, load, distance, given, np.isin(rows, movers))

    def _movers(self, able: Truths, terms: Terms, zone: str | None, day: date, may_move: MayMove) -> list[int]:
        found = self._people.eligible(able, structs.replace(terms, share_permille=None), zone, day)
        if terms.share_permille is not None:
            found &= self._people.capacity[: len(found)] >= terms.share_permille
        ids = self._people.ids
        return [row for row in np.flatnonzero(found).tolist() if may_move(ids[row])]

    def _in_order(self, rows: Integers) -> Integers:
        """Bring rows into the canonical order of ids; those that were added later stand at the end, and are few."""
        first = int(np.searchsorted(rows, self._sorted_rows))
        added: list[int] = rows[first:].tolist()
        late = sorted((self._people.ids[row], row) for row in added)
        if not late:
            return rows
        ids = _Ids(self._people.ids, rows[:first])
        return np.insert(rows[:first], [bisect_left(ids, name) for name, _ in late], [row for _, row in late])

    def _places(self, rows: Integers, wanted: tuple[str, ...]) -> list[int]:
        """Return the places of those wanted who are candidates."""
        found = (np.flatnonzero(rows == self._people.rows.get(one, -1)) for one in wanted)
        return [int(places[0]) for places in found if len(places)]

    def _levels(self, rows: Integers, terms: Terms) -> Integers:
        place_of = np.full(len(self._people.ids), -1, dtype=np.int64)
        place_of[rows] = np.arange(len(rows))
        levels = np.zeros((len(rows), len(terms.skills)), dtype=np.int64)
        for column, skill in enumerate(terms.skills):
            holders, held = self._holders.of(skill.skill_id)
            places = place_of[holders]
            levels[places[places >= 0], column] = held[places >= 0]
        return levels

    def _as_primary(self, rows: Integers, levels: Integers, terms: Terms) -> Integers:
        if not terms.fixed_roles:
            return levels
        left = terms.left_to_others
        masked = levels * np.array([skill.skill_id in left for skill in terms.skills])
        for one in terms.fixed_roles:
            for place in self._places(rows, (one.person_id,)):
                masked[place] = levels[place] * np.array([skill.skill_id in one.skill_ids for skill in terms.skills])
        return masked

    def _given(self, terms: Terms, rows: Integers, asked: Asked, penalties: Integers) -> SolverInput | None:
        pinned = self._places(rows, terms.pinned_ids)
        separated = [self._places(rows, pair) for pair in terms.separated_pairs]
        if len(pinned) < len(terms.pinned_ids) or not asked.may_be_met:
            return None
        wanted = self._people.countries.known(terms.member_in_country)
        knowing = self._knowing.rows
        return SolverInput(
            penalties=penalties,
            values=asked.values,
            groups=asked.groups,
            open_slots=asked.open_slots,
            cities=self._people.city[rows].astype(np.int64),
            in_country=self._people.country[rows] == (-2 if wanted is None else wanted),
            needs_country=terms.member_in_country is not None,
            depth_able=asked.depth_able,
            depth_members=asked.depth_members,
            pinned=np.array(sorted(pinned), dtype=np.int64),
            separated=np.array([pair for pair in separated if len(pair) > 1], dtype=np.int64).reshape(-1, 2),
            headcount=asked.headcount,
            headcount_least=terms.headcount_least,
            minimum_cities=terms.minimum_cities,
            ties=ties_among(rows, knowing.starts, knowing.lengths, knowing.columns[0], knowing.columns[1]),
        )


class _Ids:
    """The ids of rows that stand in their order, to be searched."""

    def __init__(self, ids: list[str], rows: Integers) -> None:
        self._ids = ids
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: int) -> str:
        return self._ids[int(self._rows[place])]


def _numbers(array: Integers) -> list[int]:
    return array.tolist()


def _named(names: list[str], number: int) -> str | None:
    return None if number < 0 else names[number]


def _values(slots: tuple[Slot, ...], levels: Integers) -> Integers:
    values = np.zeros((len(levels), len(slots)), dtype=np.int64)
    for column, slot in enumerate(slots):
        if not slot.is_open:
            held = levels[:, slot.skill]
            values[:, column] = np.where(held >= slot.level, POINTS_A_LEVEL * slot.weight * held, UNABLE)
    return values
