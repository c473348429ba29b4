"""From people and terms to the assembly problem."""

from typing import Final

from graph_api.swarm.eligibility import is_eligible, is_qualified
from graph_api.swarm.facts import PersonFacts, Snapshot
from graph_api.swarm.problem import OPEN_LEVEL, POINTS_AN_HOUR, AssemblyProblem, Candidate, Depth, Slot
from graph_api.swarm.terms import Terms
from graph_api.swarm.ties import pair_bonuses

UNKNOWN_HOURS: Final = 12.0


def problem_of(snapshot: Snapshot, terms: Terms, *, with_ties: bool = True) -> AssemblyProblem:
    """Build the problem of the eligible people who can take a seat; ties do not matter for whether it can be met."""
    places = {skill_id: place for place, skill_id in enumerate(snapshot.skill_ids)}
    people = [person for person in snapshot.people if _can_take_part(person, terms, places)]
    pairs = pair_bonuses(people, snapshot.recency, snapshot.collaboration_points) if with_ties else ()
    return AssemblyProblem(
        skill_ids=snapshot.skill_ids,
        slots=slots_of(terms, places),
        headcount=terms.headcount,
        headcount_least=terms.headcount_least,
        candidates=tuple(_candidate(person, snapshot, terms, places) for person in people),
        pairs=pairs,
        pinned_ids=terms.pinned_ids,
        separated_pairs=terms.separated_pairs,
        minimum_cities=terms.minimum_cities,
        member_in_country=terms.member_in_country,
        depths=depths_of(terms, places),
    )


def _can_take_part(person: PersonFacts, terms: Terms, places: dict[str, int]) -> bool:
    able = any(is_qualified(person, places[skill.skill_id], skill) for skill in terms.skills)
    return able and is_eligible(person, terms)


def slots_of(terms: Terms, places: dict[str, int]) -> tuple[Slot, ...]:
    """Return the seats of a demand; `places` are the skills' indices."""
    slots: list[Slot] = []
    for skill in terms.skills:
        place = places[skill.skill_id]
        slots += [Slot(place, skill.weight, skill.level)] * skill.filled
        slots += [Slot(place, 0, OPEN_LEVEL)] * (skill.seats - skill.filled)
    return tuple(slots)


def depths_of(terms: Terms, places: dict[str, int]) -> tuple[Depth, ...]:
    """A critical skill has one qualified member beside those who hold its seats; where nobody need, none beside."""
    return tuple(
        Depth(places[skill.skill_id], skill.level, skill.filled + 1)
        for skill in terms.skills
        if skill.critical and skill.filled
    )


def takes_of(terms: Terms, person_id: str, places: dict[str, int]) -> tuple[int, ...] | None:
    """Return the skills that a person may be primary for; `places` are the skills' indices."""
    taken = terms.takeable(person_id)
    return None if taken is None else tuple(sorted(places[one] for one in taken if one in places))


def _candidate(person: PersonFacts, snapshot: Snapshot, terms: Terms, places: dict[str, int]) -> Candidate:
    return Candidate(
        person.person_id,
        person.levels,
        load=person.load,
        distance=_distance(person, snapshot, terms),
        city=person.city,
        country=person.country,
        takes=takes_of(terms, person.person_id, places),
    )


def _distance(person: PersonFacts, snapshot: Snapshot, terms: Terms) -> int:
    """Milli-points of the distance to the window's zone, else to the customer's; none where neither is known."""
    if terms.window_hours is not None:
        hours = person.window_hours
    elif snapshot.knows_customer_zone:
        hours = person.customer_hours
    else:
        return 0
    return round(POINTS_AN_HOUR * (UNKNOWN_HOURS if hours is None else hours))
