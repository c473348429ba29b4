"""Random small problems, each the function of a seed."""

import random

from msgspec.structs import replace

from graph_api.swarm.problem import AssemblyProblem, Candidate, Depth, Slot


def random_problem(seed: int) -> AssemblyProblem:
    """Make a problem of 4-9 candidates, 2-5 members and up to 7 slots; about half can be met.

    In one of three there are up to 6 members, and ties of up to 1,500 points, which count for more than all else.
    """
    chance = random.Random(seed)
    people = chance.randint(4, 9)
    headcount = chance.randint(2, min(6 if is_tight(seed) else 5, people))
    slots, depths = _slots(chance, headcount)
    skills = max(slot.skill for slot in slots) + 1
    candidates = tuple(_barred(seed, _candidate(chance, place, skills)) for place in range(people))
    ids = [candidate.person_id for candidate in candidates]
    return AssemblyProblem(
        skill_ids=tuple(f"skill:{skill}" for skill in range(len(candidates[0].levels))),
        slots=slots,
        headcount=headcount,
        headcount_least=headcount if chance.random() < 0.9 else chance.randint(1, headcount),
        candidates=candidates,
        pairs=_pairs(chance, people, 1500 if is_tight(seed) else 400),
        pinned_ids=tuple(chance.sample(ids, chance.choice([0, 0, 0, 1, 2]))),
        separated_pairs=tuple(_two(chance, ids) for _ in range(chance.choice([0, 0, 1, 2]))),
        minimum_cities=chance.choice([0, 0, 0, 1, 2, 3]),
        member_in_country=chance.choice([None, None, "MX"]),
        depths=depths,
    )


def is_tight(seed: int) -> bool:
    """Tell whether the problem of a seed is one of larger teams and stronger ties."""
    return seed % 3 == 2


def _two(chance: random.Random, ids: list[str]) -> tuple[str, str]:
    first, second = chance.sample(ids, 2)
    return first, second


def _slots(chance: random.Random, headcount: int) -> tuple[tuple[Slot, ...], tuple[Depth, ...]]:
    while True:
        slots: list[Slot] = []
        depths: list[Depth] = []
        for skill in range(chance.randint(1, 5)):
            weight, level, seats = chance.randint(1, 3), chance.choice([1, 1, 2, 3]), chance.choice([1, 1, 1, 2, 3])
            slots.extend(Slot(skill, weight, level if chance.random() < 0.95 else 0) for _ in range(seats))
            if chance.random() < 0.1:
                depths.append(Depth(skill, level, seats + 1))
        if headcount <= len(slots) <= 7:
            return tuple(slots), tuple(depths)


def _candidate(chance: random.Random, place: int, skills: int) -> Candidate:
    return Candidate(
        f"person:{place}",
        tuple(chance.choice([0, 1, 2, 3, 4, 5]) for _ in range(skills)),
        load=chance.randint(0, 300),
        distance=30 * chance.randint(0, 12),
        move=chance.choice([0, 0, 50]),
        city=chance.choice([None, "Shenzhen", "Hangzhou", "Chengdu"]),
        country=chance.choice([None, "CN", "MX"]),
    )


def _barred(seed: int, candidate: Candidate) -> Candidate:
    """In one problem of four most people may not be primary for every skill."""
    chance = random.Random(f"{seed} {candidate.person_id}")
    if seed % 4 or chance.random() < 0.3:
        return candidate
    skills = range(len(candidate.levels))
    return replace(candidate, takes=tuple(skill for skill in skills if chance.random() < 0.7))


def _pairs(chance: random.Random, people: int, most: int) -> tuple[tuple[int, int, int], ...]:
    density = chance.choice([0.0, 0.4, 0.9])
    return tuple(
        (first, second, chance.randint(1, most))
        for first in range(people)
        for second in range(first + 1, people)
        if chance.random() < density
    )
