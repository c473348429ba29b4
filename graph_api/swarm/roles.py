"""The best roles of a given team, exactly: a dynamic programme over the skills and the sets of members in use."""

from collections.abc import Iterable, Sequence
from itertools import combinations

from graph_api.swarm.problem import POINTS_A_LEVEL, AssemblyProblem, Points, Seat, Seating, Solution

_Choice = tuple[int, ...]
_Table = dict[int, tuple[int, tuple[_Choice, ...]]]
"""By the bit set of members that are primary of something: points, and the members chosen for each seating."""


def seated(problem: AssemblyProblem, team: Iterable[int]) -> Solution | None:
    """Return the team (indices of candidates) with its best roles, or None where no roles fill every slot.

    Of several best roles the first in the canonical order of members is taken. Only the slots are looked at: pins,
    cities and the like are not.
    """
    members = sorted(team)
    table: _Table = {0: (0, ())}
    for seating in problem.seatings:
        table = _extended(table, _choices(problem, members, seating))
    covered = _best_cover(table, len(members), problem.open_slots)
    if covered is None:
        return None
    return _solution(problem, members, table[covered][1])


def _choices(problem: AssemblyProblem, members: Sequence[int], seating: Seating) -> list[tuple[int, int, _Choice]]:
    levels = [problem.candidates[member].levels_as_primary[seating.skill] for member in members]
    able = [place for place, level in enumerate(levels) if level >= seating.level]
    worth = POINTS_A_LEVEL * seating.weight
    return [
        (sum(1 << place for place in chosen), worth * sum(levels[place] for place in chosen), chosen)
        for chosen in combinations(able, seating.seats)
    ]


def _extended(table: _Table, choices: list[tuple[int, int, _Choice]]) -> _Table:
    extended: _Table = {}
    for covered, (points, made) in table.items():
        for bits, worth, chosen in choices:
            known = extended.get(covered | bits)
            if known is None or (-points - worth, (*made, chosen)) < (-known[0], known[1]):
                extended[covered | bits] = (points + worth, (*made, chosen))
    return extended


def _best_cover(table: _Table, members: int, open_slots: int) -> int | None:
    everybody = (1 << members) - 1
    enough = [covered for covered in table if (everybody & ~covered).bit_count() <= open_slots]
    return min(enough, key=lambda covered: (-table[covered][0], table[covered][1]), default=None)


def _solution(problem: AssemblyProblem, members: Sequence[int], made: Sequence[_Choice]) -> Solution:
    roles: list[list[str]] = [[] for _ in members]
    skill_points = [0] * len(members)
    for seating, chosen in zip(problem.seatings, made, strict=True):
        for place in chosen:
            level = problem.candidates[members[place]].levels[seating.skill]
            roles[place].append(problem.skill_ids[seating.skill])
            skill_points[place] += POINTS_A_LEVEL * seating.weight * level
    _hand_out_open_slots(problem, roles)
    shared = _shared_bonuses(problem, members)
    seats = tuple(
        _seat(problem, member, roles[place], skill_points[place], shared[place]) for place, member in enumerate(members)
    )
    return Solution(seats, sum(seat.points.total for seat in seats))


def _hand_out_open_slots(problem: AssemblyProblem, roles: list[list[str]]) -> None:
    for slot in problem.slots:
        if slot.is_open:
            taker = next((held for held in roles if not held), roles[0])
            taker.append(problem.skill_ids[slot.skill])


def _shared_bonuses(problem: AssemblyProblem, members: Sequence[int]) -> list[int]:
    """Give the odd milli-point of a pair to its first member, so that the seats add up to the team."""
    places = {member: place for place, member in enumerate(members)}
    shared = [0] * len(members)
    for first, second, bonus in problem.pairs:
        if first in places and second in places:
            shared[places[first]] += bonus - bonus // 2
            shared[places[second]] += bonus // 2
    return shared


def _seat(problem: AssemblyProblem, member: int, roles: list[str], skill_points: int, collaboration: int) -> Seat:
    candidate = problem.candidates[member]
    points = Points(skill_points, collaboration, candidate.load, candidate.distance, candidate.move)
    return Seat(candidate.person_id, tuple(sorted(roles)), points)
