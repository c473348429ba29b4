"""What is true of small problems, found by trying every team and every way to seat it."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import combinations, product

from graph_api.swarm.problem import AssemblyProblem, Slot

Ways = dict[frozenset[Hashable], int]
"""Who has the roles of a skill, or of several, and the most points of it."""


def roles_worth(problem: AssemblyProblem, team: tuple[int, ...]) -> int | None:
    """Return the best points of all ways to give each slot a primary, or None where there is no way."""
    demanded = [slot for slot in problem.slots if slot.level]
    skills = sorted({slot.skill for slot in demanded})
    ways = [_ways(problem, team, [slot for slot in demanded if slot.skill == skill]) for skill in skills]
    return most_points(team, ways, len(problem.slots) - len(demanded))


def most_points(people: Iterable[Hashable], ways: Iterable[Ways], idle: int) -> int | None:
    """Return the most points of one way for each skill that leaves at most so many without a role, or None."""
    best: Ways = {frozenset(): 0}
    for ways_of_skill in ways:
        best = _most(
            (busy | holders, points + more) for busy, points in best.items() for holders, more in ways_of_skill.items()
        )
    everybody = frozenset(people)
    return max((points for busy, points in best.items() if len(everybody - busy) <= idle), default=None)


def _most(ways: Iterable[tuple[frozenset[Hashable], int]]) -> Ways:
    best: Ways = {}
    for holders, points in ways:
        best[holders] = max(points, best.get(holders, points))
    return best


def _ways(problem: AssemblyProblem, team: tuple[int, ...], slots: Sequence[Slot]) -> Ways:
    """Return who may have the slots of one skill, nobody two of them, and the points of each such set."""
    able = [
        {person: level for person in team if (level := _level(problem, person, slot)) is not None} for slot in slots
    ]
    return _most(
        (
            frozenset(primaries),
            sum(200 * slot.weight * levels[one] for slot, levels, one in zip(slots, able, primaries, strict=True)),
        )
        for primaries in product(*able)
        if len({*primaries}) == len(slots)
    )


def _level(problem: AssemblyProblem, person: int, slot: Slot) -> int | None:
    candidate = problem.candidates[person]
    is_barred = candidate.takes is not None and slot.skill not in candidate.takes
    return None if is_barred or candidate.levels[slot.skill] < slot.level else candidate.levels[slot.skill]


def is_lawful(problem: AssemblyProblem, team: tuple[int, ...]) -> bool:
    """Say whether the team keeps every rule that is not about seats."""
    people = [problem.candidates[index] for index in team]
    ids = {person.person_id for person in people}
    return (
        set(problem.pinned_ids) <= ids
        and not any(set(pair) <= ids for pair in problem.separated_pairs)
        and len({person.city for person in people} - {None}) >= problem.minimum_cities
        and (problem.member_in_country is None or any(p.country == problem.member_in_country for p in people))
        and all(
            sum(person.levels[depth.skill] >= depth.level for person in people) >= depth.members
            for depth in problem.depths
        )
    )


def worth(problem: AssemblyProblem, team: tuple[int, ...]) -> int | None:
    """Return the team's points, or None where it breaks a rule."""
    points = roles_worth(problem, team) if is_lawful(problem, team) else None
    if points is None:
        return None
    bonuses = sum(bonus for first, second, bonus in problem.pairs if first in team and second in team)
    costs = sum(
        problem.candidates[index].load + problem.candidates[index].distance + problem.candidates[index].move
        for index in team
    )
    return points + bonuses - costs


def teams(problem: AssemblyProblem) -> Iterator[tuple[int, ...]]:
    """Yield every set of people of an allowed size."""
    for size in range(problem.headcount_least, problem.headcount + 1):
        yield from combinations(range(len(problem.candidates)), size)


def all_worths(problem: AssemblyProblem) -> list[tuple[int, tuple[str, ...]]]:
    """Return every lawful team with its points, best first."""
    found: list[tuple[int, tuple[str, ...]]] = []
    for team in teams(problem):
        points = worth(problem, team)
        if points is not None:
            found.append((points, tuple(problem.candidates[index].person_id for index in team)))
    return sorted(found, key=lambda entry: -entry[0])
