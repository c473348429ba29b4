"""Why somebody is not in the best team: what he breaks by himself, and what the best team with him falls short of."""

from collections.abc import Iterator

import msgspec

from graph_api.kernel.quantities import PERMILLE
from graph_api.swarm.assembly import Constraint, ConstraintKind
from graph_api.swarm.eligibility import free_permille, is_inside_window, is_present
from graph_api.swarm.facts import PersonFacts
from graph_api.swarm.problem import Points, Solution
from graph_api.swarm.terms import LOWEST_LEVEL, SkillTerm, Terms


def violations(facts: PersonFacts, terms: Terms) -> tuple[Constraint, ...]:
    """Return every hard constraint that a person breaks by himself, whoever else is in the team."""
    return (*_of_time(facts, terms), *_of_team(facts.person_id, terms), *_of_skill(facts, terms))


def _of_time(facts: PersonFacts, terms: Terms) -> Iterator[Constraint]:
    person_id = facts.person_id
    if terms.days is not None and not is_present(facts, terms.days):
        detail = f"{person_id} is not there from {terms.days.starts_on} to {terms.days.ends_on}."
        yield Constraint(kind=ConstraintKind.DAYS, person_id=person_id, detail=detail)
    share, free = terms.share_permille, free_permille(facts, terms.days)
    if share is not None and share > free:
        detail = f"{person_id} has a share of {max(0, free) / PERMILLE:g} free, and {share / PERMILLE:g} is asked."
        yield Constraint(kind=ConstraintKind.CAPACITY, person_id=person_id, detail=detail)
    if not is_inside_window(facts, terms.window_hours):
        detail = f"The clock of {person_id} is not within {terms.window_hours:g} hours."
        yield Constraint(kind=ConstraintKind.TIMEZONE, person_id=person_id, detail=detail)


def _of_team(person_id: str, terms: Terms) -> Iterator[Constraint]:
    if person_id in terms.excluded_ids:
        detail = f"{person_id} may not be a member."
        yield Constraint(kind=ConstraintKind.EXCLUDED, person_id=person_id, detail=detail)
    for pair in terms.separated_pairs:
        other = next((one for one in pair if one != person_id), person_id)
        if person_id in pair and other in terms.pinned_ids:
            detail = f"{person_id} may not be in one team with {other}, who must be a member."
            kind = ConstraintKind.SEPARATED
            yield Constraint(kind=kind, person_id=person_id, other_person_id=other, detail=detail)
    if len(terms.pinned_ids) >= terms.headcount and person_id not in terms.pinned_ids:
        detail = f"All {terms.headcount} seats are for people who must be members."
        yield Constraint(kind=ConstraintKind.HEADCOUNT, person_id=person_id, detail=detail)


def _of_skill(facts: PersonFacts, terms: Terms) -> Iterator[Constraint]:
    """Every member holds a seat: whoever can hold one breaks nothing, and who can hold none breaks it for each."""
    held = list(zip(terms.skills, facts.levels, strict=True))
    if any(level >= skill.level for skill, level in held):
        return
    for skill, level in held:
        yield _lacking(facts.person_id, skill, level)


def _lacking(person_id: str, skill: SkillTerm, level: int) -> Constraint:
    if level < LOWEST_LEVEL:
        detail, kind = f"{person_id} does not hold {skill.skill_id}.", ConstraintKind.SKILL
    else:
        detail = f"{person_id} holds {skill.skill_id} at level {level}, and {skill.level} is asked."
        kind = ConstraintKind.LEVEL
    return Constraint(kind=kind, skill_id=skill.skill_id, person_id=person_id, detail=detail)


def shortfall(best: Solution, other: Solution) -> Points:
    """Return the points of one team less those of another, term by term, in milli-points."""
    ours, theirs = _points(best), _points(other)
    return Points(*(one - two for one, two in zip(ours, theirs, strict=True)))


def _points(team: Solution) -> tuple[int, ...]:
    rows = (msgspec.structs.astuple(seat.points) for seat in team.seats)
    return tuple(sum(column) for column in zip(*rows, strict=True))
