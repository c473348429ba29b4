"""Every constraint of a demand checked on a given team, and the team's points, from the records alone."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TypeAlias

from graph_api.organization.model import Person
from graph_api.swarm.model import SkillDemand
from graph_api.swarm.problem import Seat, Solution
from tests.swarm.real.facts import LEVEL_POINTS, Facts

Team: TypeAlias = Mapping[str, Sequence[str]]
"""By member, the skills that he is primary for."""


def faults(facts: Facts, team: Team) -> list[str]:
    """Return every constraint that a team breaks."""
    return [
        *(hindrance for one in team for hindrance in facts.hindrances(one)),
        *_size_faults(facts, team),
        *(fault for skill in facts.skills for fault in _skill_faults(facts, skill, team)),
        *_people_faults(facts, team),
        *_place_faults(facts, team),
    ]


def _size_faults(facts: Facts, team: Team) -> Iterator[str]:
    if len(team) != facts.demand.headcount:
        yield f"{len(team)} members instead of {facts.demand.headcount}"
    yield from (f"{one} has no role" for one, roles in team.items() if not roles)
    asked = {skill.skill_id for skill in facts.skills}
    for one, roles in team.items():
        yield from (f"{one} is primary for {role}, which nobody asks for" for role in roles if role not in asked)


def _skill_faults(facts: Facts, skill: SkillDemand, team: Team) -> Iterator[str]:
    primaries = [one for one, roles in team.items() for role in roles if role == skill.skill_id]
    if len(primaries) != skill.seats:
        yield f"{len(primaries)} primaries for the {skill.seats} seats of {skill.skill_id}"
    if len(set(primaries)) != len(primaries):
        yield f"one member has two seats of {skill.skill_id}"
    yield from (f"the level of {one} is too low for {skill.skill_id}" for one in primaries if not facts.can(one, skill))
    if skill.critical and not {one for one in team if facts.can(one, skill)} - set(primaries):
        yield f"nobody is second to the primaries of {skill.skill_id}"


def _people_faults(facts: Facts, team: Team) -> Iterator[str]:
    demand = facts.demand
    yield from (f"{one} is pinned and not there" for one in demand.pinned_ids or () if one not in team)
    for first, second in demand.separated_pairs or ():
        if first in team and second in team:
            yield f"{first} and {second} are together"


def _place_faults(facts: Facts, team: Team) -> Iterator[str]:
    people = [person for one in team if (person := facts.view.node(Person, one)) is not None]
    cities = {person.city for person in people if person.city}
    if len(cities) < (facts.demand.minimum_cities or 0):
        yield f"{len(cities)} cities instead of {facts.demand.minimum_cities}"
    country = facts.demand.member_in_country
    if country and country not in {person.country for person in people}:
        yield f"nobody in {country}"


def worth(facts: Facts, team: Team) -> int:
    """Return the milli-points of a team with these roles."""
    skill = sum(skill_points(facts, one, roles) for one, roles in team.items())
    return skill + tie_points(facts, team) - sum(facts.penalty(one) for one in team)


def skill_points(facts: Facts, person_id: str, roles: Sequence[str]) -> int:
    """Return what somebody's roles bring."""
    weights = {skill.skill_id: skill.weight for skill in facts.skills}
    return sum(LEVEL_POINTS * weights[role] * facts.level(person_id, role) for role in roles)


def tie_points(facts: Facts, team: Team) -> int:
    """Return what it brings that members know each other."""
    ties = facts.ties(team)
    return sum(ties.get(pair, 0) for pair in combinations(sorted(team), 2))


def solution_faults(facts: Facts, solution: Solution) -> list[str]:
    """Return what is wrong with a team of the product's: broken constraints, and points that are not so."""
    team = {seat.person_id: seat.roles for seat in solution.seats}
    if len(team) != len(solution.seats):
        return ["somebody is there twice"]
    # The points of a team that breaks a rule may not even be defined.
    return faults(facts, team) or list(_point_faults(facts, team, solution))


def _point_faults(facts: Facts, team: Team, solution: Solution) -> Iterator[str]:
    yield from (f"the points of {seat.person_id}" for seat in solution.seats if not _is_seat_true(facts, seat))
    if sum(seat.points.collaboration for seat in solution.seats) != tie_points(facts, team):
        yield "the points of collaboration"
    if solution.objective != worth(facts, team):
        yield f"{solution.objective} points instead of {worth(facts, team)}"


def _is_seat_true(facts: Facts, seat: Seat) -> bool:
    points = seat.points
    cost = points.load + points.distance + points.move
    return (points.skill, cost) == (skill_points(facts, seat.person_id, seat.roles), facts.penalty(seat.person_id))
