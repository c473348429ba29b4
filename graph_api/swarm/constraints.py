"""The constraints of a demand one by one: each can be dropped, and some relaxed by degrees."""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Final

import msgspec

from graph_api.kernel.quantities import PERMILLE, Days
from graph_api.organization.model import format_days
from graph_api.swarm.assembly import Constraint, ConstraintKind
from graph_api.swarm.eligibility import free_permille
from graph_api.swarm.facts import Snapshot
from graph_api.swarm.model import HEADCOUNT_MAX
from graph_api.swarm.terms import LOWEST_LEVEL, SkillTerm, Terms

replace = msgspec.structs.replace


class Relaxation(msgspec.Struct, frozen=True):
    """Terms with one constraint relaxed to a value; None where it is left out."""

    relaxed_to: str | None
    terms: Terms


def constraints_of(terms: Terms) -> tuple[Constraint, ...]:
    """List every constraint of the terms."""
    return (*_skill_constraints(terms), *_time_constraints(terms), *_team_constraints(terms), *_people(terms))


def _skill_constraints(terms: Terms) -> Iterable[Constraint]:
    for skill in terms.skills:
        people = "one person" if skill.seats == 1 else f"{skill.seats} different people"
        kinds = [(ConstraintKind.SKILL, f"{skill.skill_id} needs {people} who can do it.")]
        if skill.level > LOWEST_LEVEL:
            kinds.append((ConstraintKind.LEVEL, f"{skill.skill_id} needs level {skill.level} or more."))
        if skill.critical:
            kinds.append((ConstraintKind.CRITICAL, f"{skill.skill_id} is critical: one more member must be able."))
        yield from (Constraint(kind=kind, skill_id=skill.skill_id, detail=detail) for kind, detail in kinds)


def _time_constraints(terms: Terms) -> Iterable[Constraint]:
    if terms.days is not None:
        detail = f"Everybody is there from {terms.days.starts_on} to {terms.days.ends_on}."
        yield Constraint(kind=ConstraintKind.DAYS, detail=detail)
    if terms.window_hours is not None:
        detail = f"Everybody's clock is at most {terms.window_hours:g} hours away."
        yield Constraint(kind=ConstraintKind.TIMEZONE, detail=detail)
    if terms.share_permille is not None:
        detail = f"A share of {terms.share_permille / PERMILLE:g} of each day is free."
        yield Constraint(kind=ConstraintKind.CAPACITY, detail=detail)


def _team_constraints(terms: Terms) -> Iterable[Constraint]:
    if terms.headcount_least == terms.headcount:
        yield Constraint(kind=ConstraintKind.HEADCOUNT, detail=f"The team has exactly {terms.headcount} members.")
    if terms.minimum_cities:
        detail = f"The members come from at least {terms.minimum_cities} cities."
        yield Constraint(kind=ConstraintKind.CITIES, detail=detail)
    if terms.member_in_country is not None:
        yield Constraint(kind=ConstraintKind.REGION, detail=f"A member is in {terms.member_in_country}.")


def _people(terms: Terms) -> Iterable[Constraint]:
    for person_id in terms.pinned_ids:
        detail = f"{person_id} is a member."
        yield Constraint(kind=ConstraintKind.PINNED, person_id=person_id, detail=detail)
    for person_id in sorted(terms.excluded_ids):
        detail = f"{person_id} is no member."
        yield Constraint(kind=ConstraintKind.EXCLUDED, person_id=person_id, detail=detail)
    for pair in terms.separated_pairs:
        detail = f"{pair[0]} and {pair[1]} are not in one team."
        yield Constraint(kind=ConstraintKind.SEPARATED, person_id=pair[0], other_person_id=pair[1], detail=detail)


def without(terms: Terms, dropped: Iterable[Constraint]) -> Terms:
    """Return the terms without those constraints, in whatever order they come."""
    return reduce(lambda left, constraint: _DROPS[constraint.kind](left, constraint), dropped, terms)


def _with_skill(terms: Terms, skill_id: str | None, change: Callable[[SkillTerm], SkillTerm]) -> Terms:
    skills = (change(skill) if skill.skill_id == skill_id else skill for skill in terms.skills)
    return replace(terms, skills=tuple(skills))


def _with_seats(terms: Terms, skill_id: str | None, filled: int) -> Terms:
    return _with_skill(terms, skill_id, lambda skill: replace(skill, filled=filled))


def _with_level(terms: Terms, skill_id: str | None, level: int) -> Terms:
    return _with_skill(terms, skill_id, lambda skill: replace(skill, level=level))


def _of_any_size(terms: Terms) -> Terms:
    return replace(terms, headcount_least=1, headcount=min(HEADCOUNT_MAX, terms.seats))


def _less(people: tuple[str, ...], constraint: Constraint) -> tuple[str, ...]:
    return tuple(person_id for person_id in people if person_id != constraint.person_id)


def _together(terms: Terms, constraint: Constraint) -> Terms:
    kept = (pair for pair in terms.separated_pairs if pair != (constraint.person_id, constraint.other_person_id))
    return replace(terms, separated_pairs=tuple(kept))


_DROPS: Final[dict[ConstraintKind, Callable[[Terms, Constraint], Terms]]] = {
    ConstraintKind.SKILL: lambda terms, it: _with_seats(terms, it.skill_id, 0),
    ConstraintKind.LEVEL: lambda terms, it: _with_level(terms, it.skill_id, LOWEST_LEVEL),
    ConstraintKind.CRITICAL: lambda terms, it: _with_skill(terms, it.skill_id, lambda s: replace(s, critical=False)),
    ConstraintKind.DAYS: lambda terms, _: replace(terms, days=None),
    ConstraintKind.TIMEZONE: lambda terms, _: replace(terms, window_hours=None),
    ConstraintKind.CAPACITY: lambda terms, _: replace(terms, share_permille=None),
    ConstraintKind.HEADCOUNT: lambda terms, _: _of_any_size(terms),
    ConstraintKind.CITIES: lambda terms, _: replace(terms, minimum_cities=0),
    ConstraintKind.REGION: lambda terms, _: replace(terms, member_in_country=None),
    ConstraintKind.PINNED: lambda terms, it: replace(terms, pinned_ids=_less(terms.pinned_ids, it)),
    ConstraintKind.EXCLUDED: lambda terms, it: replace(terms, excluded_ids=terms.excluded_ids - {it.person_id}),
    ConstraintKind.SEPARATED: _together,
}


def ladder(snapshot: Snapshot, terms: Terms, constraint: Constraint) -> list[Relaxation]:
    """Return the ways to relax one constraint, from the mildest step to the furthest, which leaves nothing asked.

    A team that satisfies one step satisfies every further one. Days and headcount have no such ladder: there are
    several ways to ask for fewer days, and a team of one size is none of another.
    """
    match constraint.kind:
        case ConstraintKind.SKILL:
            return _seat_steps(terms, constraint)
        case ConstraintKind.LEVEL:
            return _level_steps(terms, constraint)
        case ConstraintKind.TIMEZONE:
            return _window_steps(snapshot, terms, constraint)
        case ConstraintKind.CAPACITY:
            return _share_steps(snapshot, terms, constraint)
        case ConstraintKind.CITIES:
            steps = range(terms.minimum_cities - 1, 0, -1)
            milder = [Relaxation(str(cities), replace(terms, minimum_cities=cities)) for cities in steps]
            return [*milder, left_out(terms, constraint)]
        case _:
            return [left_out(terms, constraint)]


def left_out(terms: Terms, constraint: Constraint) -> Relaxation:
    """Relax one constraint as far as can be: it is dropped."""
    return Relaxation(None, without(terms, [constraint]))


def _skill_of(terms: Terms, constraint: Constraint) -> SkillTerm:
    return next(skill for skill in terms.skills if skill.skill_id == constraint.skill_id)


def _seat_steps(terms: Terms, constraint: Constraint) -> list[Relaxation]:
    fewer = range(_skill_of(terms, constraint).filled - 1, 0, -1)
    milder = [Relaxation(str(seats), _with_seats(terms, constraint.skill_id, seats)) for seats in fewer]
    return [*milder, left_out(terms, constraint)]


def _level_steps(terms: Terms, constraint: Constraint) -> list[Relaxation]:
    lower = range(_skill_of(terms, constraint).level - 1, 0, -1)
    return [Relaxation(str(level), _with_level(terms, constraint.skill_id, level)) for level in lower]


def on_days(terms: Terms, days: Days) -> Relaxation:
    """Ask for those of the demanded days alone."""
    return Relaxation(format_days(days), replace(terms, days=days))


def _window_steps(snapshot: Snapshot, terms: Terms, constraint: Constraint) -> list[Relaxation]:
    asked = terms.window_hours
    assert asked is not None
    hours = {person.window_hours for person in snapshot.people if person.window_hours is not None}
    wider = sorted(found for found in hours if found > asked)
    steps = [Relaxation(f"{found:g}", replace(terms, window_hours=found)) for found in wider]
    return [*steps, left_out(terms, constraint)]


def _share_steps(snapshot: Snapshot, terms: Terms, constraint: Constraint) -> list[Relaxation]:
    asked = terms.share_permille
    assert asked is not None
    free = {free_permille(person, terms.days) for person in snapshot.people}
    smaller = sorted((share for share in free if 0 < share < asked), reverse=True)
    steps = [Relaxation(f"{share / PERMILLE:g}", replace(terms, share_permille=share)) for share in smaller]
    return [*steps, left_out(terms, constraint)]


def other_sizes(terms: Terms) -> tuple[list[Relaxation], list[Relaxation]]:
    """Ask for fewer members, and for more, the nearest size first."""
    fewer = range(terms.headcount - 1, 0, -1)
    more = range(terms.headcount + 1, min(HEADCOUNT_MAX, terms.seats) + 1)
    return [_of_size(terms, size) for size in fewer], [_of_size(terms, size) for size in more]


def _of_size(terms: Terms, size: int) -> Relaxation:
    return Relaxation(str(size), replace(terms, headcount_least=size, headcount=size))
