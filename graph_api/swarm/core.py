"""Candidates that decide whether any team exists: everybody else is interchangeable with one of them."""

from collections.abc import Iterator

from graph_api.swarm.problem import AssemblyProblem, Candidate

_Kind = tuple[bool, ...]


def feasibility_core(problem: AssemblyProblem) -> list[int]:
    """Return indices of candidates such that a team exists among them exactly if one exists at all.

    People named in a pin or a separated pair are kept. The others are of one kind if they qualify for the same slots,
    count for the same depths and for the country alike. Of a kind, a team of k needs at most k people: where the kind
    lives in k cities or more, one of each of k cities will do, as they can always be chosen in cities that no other
    member is in; where it lives in fewer, k of each city and k of unknown city leave every choice open.
    """
    named = {*problem.pinned_ids, *(one for pair in problem.separated_pairs for one in pair)}
    kept: list[int] = []
    kinds: dict[_Kind, dict[str | None, list[int]]] = {}
    for index, candidate in enumerate(problem.candidates):
        if candidate.person_id in named:
            kept.append(index)
        else:
            city = candidate.city if problem.minimum_cities else None
            kinds.setdefault(_kind(problem, candidate), {}).setdefault(city, []).append(index)
    for cities in kinds.values():
        kept.extend(_enough(cities, problem.headcount))
    return sorted(kept)


def _kind(problem: AssemblyProblem, candidate: Candidate) -> _Kind:
    able = candidate.levels_as_primary
    return (
        *(able[seating.skill] >= seating.level for seating in problem.seatings),
        *(candidate.levels[depth.skill] >= depth.level for depth in problem.depths),
        candidate.country == problem.member_in_country,
    )


def _enough(cities: dict[str | None, list[int]], headcount: int) -> Iterator[int]:
    known = [people for city, people in cities.items() if city is not None]
    if len(known) >= headcount:
        yield from (people[0] for people in known[:headcount])
    else:
        for people in cities.values():
            yield from people[:headcount]
