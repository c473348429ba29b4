"""Checking a certificate: who may be in a better team is worked out anew, in another way, and solved by another solver.

The prices l of slots, r >= 0 of cover rows (so many members at least are of a kind) and p >= 0 of people are those
that a linear programme finds; whatever they are, they are valid. With q(i) = c + penalty(i) + p(i) - r over the rows
that i counts for - max over roles R of (sum over R of (value(i, s) - l(s))), c such that the least q is 0, a team T of
k members is worth at most Z - sum of q over T + its bonuses, Z = sum of l - r * least + p + k c. Shared out to pairs,
e(i, j) = (k - 1) b(i, j) - q(i) - q(j), a team that holds i is worth at most
Z + (2 own(i) + sum of the k - 1 greatest rest(j)) / (2 (k - 1)), own(i) the sum of i's k - 1 greatest e, rest(j)
that of j's k - 2 greatest. Whoever is in no team worth more than the answer is left out, again and again; among the
others CP-SAT has to find the same optimum.
"""

from collections.abc import Iterable, Mapping
from heapq import nlargest
from itertools import combinations
from time import monotonic
from typing import Final

import msgspec
from msgspec.structs import replace

from graph_api.swarm.clock import Deadline
from graph_api.swarm.cpsat import CpSatSolver
from graph_api.swarm.prices import Integers, Prices, prices_of, rows_of
from graph_api.swarm.problem import POINTS_A_LEVEL, AssemblyProblem, Candidate, CertificateStatus, Solution
from graph_api.swarm.solver import Proposal, Short

ROUNDS_MAX: Final = 8
_Tied = Mapping[int, Mapping[int, int]]


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found: of so many `candidates`, `survivors` may be in a better team than the answer; milli-points.

    `ceiling` is Z, `optimum` what the second solver proves among the survivors, None where it was not asked, or not
    done in time (`is_late`). `faults` say what differs.
    """

    candidates: int
    survivors: int
    ceiling: int
    optimum: int | None
    faults: tuple[str, ...]
    is_late: bool = False
    seconds: float

    @property
    def holds(self) -> bool | None:
        """True where nothing differs, None where that is not known in time."""
        if self.faults:
            return False
        return None if self.is_late else True


def verify(problem: AssemblyProblem, answer: Solution, seconds: float) -> Verification:
    """Check a team that is said to be the best of a problem of one headcount."""
    started, size, deadline = monotonic(), problem.headcount, Deadline(seconds)
    faults = [*team_faults(problem, answer)]
    ceiling, bounds = 0, list[int]()
    if not faults:
        ceiling, short = _shortfalls(problem, prices_of(rows_of(problem), size), size)
        bounds = _settled(short, _ties(problem), size, ceiling, answer.objective, deadline)
    team = {problem.positions[one] for one in answer.person_ids if one in problem.positions}
    kept = sorted(team | {place for place, bound in enumerate(bounds) if bound > answer.objective})
    optimum, is_late = None, not faults and deadline.has_passed
    if not faults and not is_late:
        optimum, is_late, told = _solved(_restricted(problem, kept), answer, deadline.remaining_seconds)
        faults += told
    return Verification(
        candidates=len(problem.candidates),
        survivors=sum(bound > answer.objective for bound in bounds),
        ceiling=ceiling,
        optimum=optimum,
        faults=tuple(faults),
        is_late=is_late,
        seconds=monotonic() - started,
    )


def team_faults(problem: AssemblyProblem, answer: Solution) -> Iterable[str]:
    """Yield every constraint that a team breaks by its stated roles, and whether its points are not what is stated."""
    people = [problem.candidates[problem.positions[one]] for one in answer.person_ids if one in problem.positions]
    if len(people) < len(answer.seats):
        yield "Somebody of the team is no candidate."
        return
    if len(set(answer.person_ids)) != problem.headcount:
        yield f"The team has {len(set(answer.person_ids))} members, and {problem.headcount} are asked."
    yield from _role_faults(problem, answer)
    yield from _people_faults(problem, people)
    points = _points(problem, answer, people)
    if points != answer.objective:
        yield f"The team is worth {points} milli-points, and {answer.objective} are stated."


def _role_faults(problem: AssemblyProblem, answer: Solution) -> Iterable[str]:
    for number, skill_id in enumerate(problem.skill_ids):
        slots = [slot for slot in problem.slots if slot.skill == number]
        filled = sum(not slot.is_open for slot in slots)
        roles = sum(seat.roles.count(skill_id) for seat in answer.seats)
        if roles != len(slots) or len(_held(problem, answer, number)) < filled:
            yield f"{skill_id} is not held by {filled} different people at its level, in {len(slots)} seats."
    yield from (f"{seat.person_id} has no role." for seat in answer.seats if not seat.roles)


def _held(problem: AssemblyProblem, answer: Solution, number: int) -> list[int]:
    """Return the points of those who hold a skill at its level, the greatest first; open slots bring none."""
    slot = next((slot for slot in problem.slots if slot.skill == number and not slot.is_open), None)
    holders = {seat.person_id for seat in answer.seats if problem.skill_ids[number] in seat.roles}
    levels = (problem.candidates[problem.positions[one]].levels_as_primary[number] for one in holders)
    if slot is None:
        return []
    return sorted((POINTS_A_LEVEL * slot.weight * level for level in levels if level >= slot.level), reverse=True)


def _people_faults(problem: AssemblyProblem, people: list[Candidate]) -> Iterable[str]:
    ids = {one.person_id for one in people}
    yield from (f"{one} is missing." for one in problem.pinned_ids if one not in ids)
    yield from (f"{one} and {other} are in one team." for one, other in problem.separated_pairs if {one, other} <= ids)
    if len({one.city for one in people} - {None}) < problem.minimum_cities:
        yield f"The members come from less than {problem.minimum_cities} cities."
    if problem.member_in_country is not None and all(one.country != problem.member_in_country for one in people):
        yield f"Nobody is in {problem.member_in_country}."
    for depth in problem.depths:
        if sum(one.levels[depth.skill] >= depth.level for one in people) < depth.members:
            yield f"Too few are able to do {problem.skill_ids[depth.skill]}, which is critical."


def _points(problem: AssemblyProblem, answer: Solution, people: list[Candidate]) -> int:
    skill = 0
    for number in range(len(problem.skill_ids)):
        filled = sum(slot.skill == number and not slot.is_open for slot in problem.slots)
        skill += sum(_held(problem, answer, number)[:filled])
    team = {problem.positions[one.person_id] for one in people}
    ties = sum(bonus for first, second, bonus in problem.pairs if first in team and second in team)
    return skill + ties - sum(one.penalty for one in people)


def _shortfalls(problem: AssemblyProblem, prices: Prices, size: int) -> tuple[int, list[int]]:
    """Return Z and q of each candidate, a large number where somebody can take no seat."""
    seats, covers, people = (_numbers(one) for one in (prices.seats, prices.covers, prices.people))
    kinds = [(one.skill, one.weight, one.level) for one in problem.seatings]
    slots = [
        seats[-1] if slot.is_open else seats[kinds.index((slot.skill, slot.weight, slot.level))]
        for slot in problem.slots
    ]
    assert min([0, *covers, *people]) >= 0, "else the bound is none"
    roles = [role for role in _subsets(len(problem.slots)) if _is_role(problem, role)]
    rows = list(_cover_rows(problem))
    gains: list[int] = []
    for place, one in enumerate(problem.candidates):
        covered = sum(price for price, (members, _) in zip(covers, rows, strict=True) if one.person_id in members)
        gain = max((_gain(problem, one, role, slots) for role in roles), default=_NEVER)
        gains.append(gain + covered - people[place])
    best = max(gains, default=0)
    least = sum(price * count for price, (_, count) in zip(covers, rows, strict=True))
    return sum(slots) - least + sum(people) + size * best, [best - gain for gain in gains]


def _numbers(array: Integers) -> list[int]:
    return array.tolist()


def _cover_rows(problem: AssemblyProblem) -> Iterable[tuple[frozenset[str], int]]:
    """Yield who counts for each row, and how many of them a team has at least."""
    people = problem.candidates
    for depth in problem.depths:
        yield frozenset(one.person_id for one in people if one.levels[depth.skill] >= depth.level), depth.members
    if problem.member_in_country is not None:
        yield frozenset(one.person_id for one in people if one.country == problem.member_in_country), 1
    yield from ((frozenset([one]), 1) for one in sorted(set(problem.pinned_ids)))


_NEVER: Final = -(10**12)


def _subsets(slots: int) -> Iterable[tuple[int, ...]]:
    for count in range(1, slots + 1):
        yield from combinations(range(slots), count)


def _is_role(problem: AssemblyProblem, role: tuple[int, ...]) -> bool:
    """Tell whether one person may take these slots: of one skill at most one, unless they are open."""
    skills = [problem.slots[place].skill for place in role if not problem.slots[place].is_open]
    return len(set(skills)) == len(skills)


def _gain(problem: AssemblyProblem, one: Candidate, role: tuple[int, ...], prices: list[int]) -> int:
    gain, levels = -one.penalty, one.levels_as_primary
    for place in role:
        slot = problem.slots[place]
        if not slot.is_open:
            if levels[slot.skill] < slot.level:
                return _NEVER
            gain += POINTS_A_LEVEL * slot.weight * levels[slot.skill]
        gain -= prices[place]
    return gain


def _ties(problem: AssemblyProblem) -> _Tied:
    tied: dict[int, dict[int, int]] = {}
    for first, second, bonus in problem.pairs:
        tied.setdefault(first, {})[second] = bonus
        tied.setdefault(second, {})[first] = bonus
    return tied


def _settled(short: list[int], tied: _Tied, size: int, ceiling: int, least: int, deadline: Deadline) -> list[int]:
    """Return each candidate's bound, after those who are in no better team were left out again and again."""
    alive = set(range(len(short)))
    bounds = [ceiling - one for one in short]
    for _ in range(ROUNDS_MAX if size > 1 else 0):
        bounds = _bounds(short, tied, size, ceiling, alive)
        kept = {place for place in alive if bounds[place] > least}
        if kept == alive or deadline.has_passed:
            break
        alive = kept
    return [bound if place in alive else min(bound, least) for place, bound in enumerate(bounds)]


def _bounds(short: list[int], tied: _Tied, size: int, ceiling: int, alive: set[int]) -> list[int]:
    others = size - 1
    strengths = {place: _strengths(place, short, tied, others, alive) for place in alive}
    rest = sum(nlargest(others, (sum(found[: others - 1]) for found in strengths.values())))
    return [
        ceiling + (2 * sum(strengths[place]) + rest) // (2 * others) if place in alive else ceiling - short[place]
        for place in range(len(short))
    ]


def _strengths(place: int, short: list[int], tied: _Tied, others: int, alive: set[int]) -> list[int]:
    """Return the greatest e of a candidate, the greatest first; pairs without a tie count as -q(i) at most."""
    found = [
        others * bonus - short[place] - short[other] for other, bonus in tied.get(place, {}).items() if other in alive
    ]
    untied = [-short[place]] * others
    return nlargest(others, [*found, *untied])


def _restricted(problem: AssemblyProblem, kept: list[int]) -> AssemblyProblem:
    places = {place: number for number, place in enumerate(kept)}
    return replace(
        problem,
        candidates=tuple(problem.candidates[place] for place in kept),
        pairs=tuple(
            (places[first], places[second], bonus)
            for first, second, bonus in problem.pairs
            if first in places and second in places
        ),
    )


def _solved(problem: AssemblyProblem, answer: Solution, seconds: float) -> tuple[int | None, bool, list[str]]:
    """Return the optimum, whether the time ran out before it was proved, and what differs."""
    found = CpSatSolver().solve(problem, seconds)
    if isinstance(found, Short):
        return None, False, ["The second solver finds no team at all."]
    points = found.team.objective if isinstance(found, Proposal) else None
    if isinstance(found, Proposal) and found.team.objective > answer.objective:
        better = ", ".join(found.team.person_ids)
        return points, False, [f"The second solver finds {points} milli-points: {better}."]
    if not isinstance(found, Proposal) or found.certificate.status is not CertificateStatus.PROVED:
        return None, True, []
    if points == answer.objective:
        return points, False, []
    return points, False, [f"The second solver proves {points} milli-points, which is less."]
