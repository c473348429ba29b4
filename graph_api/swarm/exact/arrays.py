"""An assembly problem as arrays: what the compiled search reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graph_api.swarm.problem import POINTS_A_LEVEL, AssemblyProblem

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Small = NDArray[np.int32]
Truths = NDArray[np.bool_]
UNABLE: Final = -1
NO_CITY: Final = -1


@dataclass(frozen=True)
class Ties:
    """Pairs that have worked together, both ways: the pairs of candidate i stand from `starts[i]` to `starts[i + 1]`.

    A row is sorted by bonus, the greatest first, then by the other. `bonuses` are milli-points above 0.
    """

    starts: Integers
    others: Small
    bonuses: Small


@dataclass(frozen=True)
class SolverInput:
    """Candidates (n, in the canonical order of ids) and slots (S) of one problem; milli-points.

    `values[i, s]`: what i brings as primary of slot s, UNABLE where not able, 0 for an open slot. `groups[s]`: slots of
    one skill share a group, of which a member holds one at most; each open slot is a group of its own. `cities`: a
    number a city, NO_CITY where unknown. `depth_able[d]`: who counts for a depth, of which a team needs
    `depth_members[d]`. `pinned` and `separated` (m, 2) are candidates.
    """

    penalties: Integers
    values: Integers
    groups: Integers
    open_slots: Truths
    cities: Integers
    in_country: Truths
    needs_country: bool
    depth_able: Truths
    depth_members: Integers
    pinned: Integers
    separated: Integers
    headcount: int
    headcount_least: int
    minimum_cities: int
    ties: Ties

    @property
    def candidates(self) -> int:
        """Number of candidates."""
        return len(self.penalties)

    @property
    def slots(self) -> int:
        """Number of slots."""
        return len(self.groups)


def input_of(problem: AssemblyProblem) -> SolverInput | None:
    """Lay a problem out; None where somebody pinned is no candidate, or slots or candidates are too few."""
    positions = problem.positions
    if any(one not in positions for one in problem.pinned_ids) or not _may_be_met(problem):
        return None
    people = problem.candidates
    levels = np.array([one.levels for one in people], dtype=np.int64)
    pairs = ((positions.get(a), positions.get(b)) for a, b in problem.separated_pairs)
    return SolverInput(
        penalties=_integers(one.penalty for one in people),
        values=_values(problem, np.array([one.levels_as_primary for one in people], dtype=np.int64)),
        groups=_groups(problem),
        open_slots=np.array([slot.is_open for slot in problem.slots], dtype=np.bool_),
        cities=_numbered([one.city for one in people]),
        in_country=np.array([one.country == problem.member_in_country for one in people], dtype=np.bool_),
        needs_country=problem.member_in_country is not None,
        depth_able=np.array(
            [levels[:, depth.skill] >= depth.level for depth in problem.depths], dtype=np.bool_
        ).reshape(len(problem.depths), len(people)),
        depth_members=_integers(depth.members for depth in problem.depths),
        pinned=_integers(sorted({positions[one] for one in problem.pinned_ids})),
        separated=np.array([pair for pair in pairs if None not in pair], dtype=np.int64).reshape(-1, 2),
        headcount=min(problem.headcount, len(people), len(problem.slots)),
        headcount_least=problem.headcount_least,
        minimum_cities=problem.minimum_cities,
        ties=ties_of(np.array(problem.pairs, dtype=np.int64).reshape(-1, 3), len(people)),
    )


def _may_be_met(problem: AssemblyProblem) -> bool:
    return min(len(problem.slots), len(problem.candidates)) >= max(1, problem.headcount_least)


def _integers(values: Iterable[int]) -> Integers:
    return np.fromiter(values, dtype=np.int64)


def _values(problem: AssemblyProblem, levels: Integers) -> Integers:
    columns: list[Any] = [
        np.where(levels[:, slot.skill] >= slot.level, POINTS_A_LEVEL * slot.weight * levels[:, slot.skill], UNABLE)
        if not slot.is_open
        else np.zeros(len(levels), dtype=np.int64)
        for slot in problem.slots
    ]
    return np.stack(columns, axis=1).astype(np.int64)


def _groups(problem: AssemblyProblem) -> Integers:
    return _integers(
        len(problem.skill_ids) + place if slot.is_open else slot.skill for place, slot in enumerate(problem.slots)
    )


def _numbered(names: list[str | None]) -> Integers:
    numbers = {name: number for number, name in enumerate(sorted({name for name in names if name is not None}))}
    return _integers(NO_CITY if name is None else numbers[name] for name in names)


def ties_of(pairs: Integers, people: int) -> Ties:
    """Lay pairs (first, second, bonus), each once, out both ways."""
    first, second, bonus = pairs.T
    sources, others, bonuses = np.concatenate([first, second]), np.concatenate([second, first]), np.tile(bonus, 2)
    order = np.lexsort((others, -bonuses, sources))
    starts = np.searchsorted(sources[order], np.arange(people + 1))
    return Ties(starts.astype(np.int64), others[order].astype(np.int32), bonuses[order].astype(np.int32))
