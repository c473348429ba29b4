"""What is true of small problems, found by trying every team and every way to seat it."""

from collections.abc import Iterator
from itertools import combinations

from graph_api.swarm.problem import AssemblyProblem


def roles_worth(problem: AssemblyProblem, team: tuple[int, ...]) -> int | None:
    """Return the best points of all ways to give each slot a primary, or None where there is no way."""
    return _worth_from(problem, team, 0, ())


def _worth_from(problem: AssemblyProblem, team: tuple[int, ...], at: int, primaries: tuple[int, ...]) -> int | None:
    if at == len(problem.slots):
        return 0 if set(primaries) == set(team) else None
    if len(set(team) - set(primaries)) > len(problem.slots) - at:
        return None
    slot = problem.slots[at]
    best: int | None = None
    for primary in team:
        candidate = problem.candidates[primary]
        is_barred = candidate.takes is not None and slot.skill not in candidate.takes
        level = 0 if is_barred else candidate.levels[slot.skill]
        if slot.level and (level < slot.level or _has_one_of(problem, primary, slot.skill, primaries)):
            continue
        rest = _worth_from(problem, team, at + 1, (*primaries, primary))
        if rest is not None:
            here = 200 * slot.weight * level if slot.level else 0
            best = here + rest if best is None else max(best, here + rest)
    return best


def _has_one_of(problem: AssemblyProblem, person: int, skill: int, primaries: tuple[int, ...]) -> bool:
    taken = zip(problem.slots, primaries, strict=False)
    return any(primary == person and slot.skill == skill and slot.level for slot, primary in taken)


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
