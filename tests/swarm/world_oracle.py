"""What is true of a small organization and a demand, from the definitions alone, by trying every team."""

import math
from collections.abc import Iterable
from itertools import combinations

import msgspec

from graph_api.kernel.quantities import Days
from graph_api.swarm.assembly import Constraint, ConstraintKind
from graph_api.swarm.facts import PersonFacts, Snapshot
from graph_api.swarm.terms import SkillTerm, Terms
from tests.swarm.oracle import Ways, most_points

change = msgspec.structs.replace
_Ladder = list[tuple[str | None, Terms]]


class World:
    """One organization; asks what the best team is worth under any terms."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def best(self, terms: Terms) -> int | None:
        """Return the points of the best team, or None where there is none."""
        worths = [points for team in self._teams(terms) if (points := self._worth(team, terms)) is not None]
        return max(worths, default=None)

    def exists(self, terms: Terms) -> bool:
        """Say whether there is a team."""
        return any(self._worth(team, terms) is not None for team in self._teams(terms))

    def _teams(self, terms: Terms) -> Iterable[tuple[PersonFacts, ...]]:
        able = [person for person in self.snapshot.people if is_free(person, terms)]
        for size in range(terms.headcount_least, terms.headcount + 1):
            yield from combinations(able, size)

    def _worth(self, team: tuple[PersonFacts, ...], terms: Terms) -> int | None:
        if not is_lawful(team, terms, self.snapshot):
            return None
        skill = self._roles(team, terms)
        if skill is None:
            return None
        ties = sum(self.tie(first, second) for first, second in combinations(team, 2))
        return skill + ties - sum(person.load + self.distance(person, terms) for person in team)

    def _roles(self, team: tuple[PersonFacts, ...], terms: Terms) -> int | None:
        opened = sum(skill.seats - skill.filled for skill in terms.skills)
        return most_points((one.person_id for one in team), [self._ways(team, one) for one in terms.skills], opened)

    def _ways(self, team: tuple[PersonFacts, ...], skill: SkillTerm) -> Ways:
        place = self.snapshot.skill_ids.index(skill.skill_id)
        points = {
            one.person_id: 200 * skill.weight * one.levels[place] for one in team if one.levels[place] >= skill.level
        }
        return {
            frozenset(holders): sum(points[one] for one in holders) for holders in combinations(points, skill.filled)
        }

    def tie(self, first: PersonFacts, second: PersonFacts) -> int:
        """Milli-points of two people's common tasks."""
        total = sum(self.snapshot.recency[task] for task in sorted({*first.works} & {*second.works}))
        return round(self.snapshot.collaboration_points * (1 - math.exp(-total)))

    def distance(self, person: PersonFacts, terms: Terms) -> int:
        """Milli-points of the distance of clocks."""
        if terms.window_hours is None and not self.snapshot.knows_customer_zone:
            return 0
        hours = person.customer_hours if terms.window_hours is None else person.window_hours
        return round(30 * (12 if hours is None else hours))


def is_free(person: PersonFacts, terms: Terms) -> bool:
    """Say whether a person may be asked, going through the days one by one."""
    if person.person_id in terms.excluded_ids:
        return False
    if terms.window_hours is not None and (person.window_hours is None or person.window_hours > terms.window_hours):
        return False
    if terms.days is None:
        return terms.share_permille is None or terms.share_permille <= person.capacity_permille
    if person.last_day is not None and person.last_day < terms.days.ends_on:
        return False
    for day in terms.days.each():
        if any(absence.starts_on <= day <= absence.ends_on for absence in person.absences):
            return False
        booked = sum(b.share_permille for b in person.bookings if b.days.starts_on <= day <= b.days.ends_on)
        if terms.share_permille is not None and booked + terms.share_permille > person.capacity_permille:
            return False
    return True


def is_lawful(team: tuple[PersonFacts, ...], terms: Terms, snapshot: Snapshot) -> bool:
    """Say whether a team keeps the rules that are not about seats."""
    ids = {person.person_id for person in team}
    if not ids >= {*terms.pinned_ids} or any(ids >= {*pair} for pair in terms.separated_pairs):
        return False
    if len({person.city for person in team if person.city}) < terms.minimum_cities:
        return False
    if terms.member_in_country is not None and terms.member_in_country not in {person.country for person in team}:
        return False
    for place, skill in enumerate(terms.skills):
        able = sum(person.levels[place] >= skill.level for person in team)
        if skill.critical and skill.filled and able < skill.filled + 1:
            return False
    return True


def only(terms: Terms, kept: Iterable[Constraint]) -> Terms:
    """Return the terms with none but these constraints."""
    named = {(c.kind, c.skill_id, c.person_id, c.other_person_id) for c in kept}
    kinds = {c.kind for c in kept}

    def has(kind: ConstraintKind, skill: str | None = None, one: str | None = None, other: str | None = None) -> bool:
        return (kind, skill, one, other) in named

    return Terms(
        skills=tuple(
            change(
                skill,
                filled=skill.seats if has(ConstraintKind.SKILL, skill.skill_id) else 0,
                level=skill.level if has(ConstraintKind.LEVEL, skill.skill_id) else 1,
                critical=skill.critical and has(ConstraintKind.CRITICAL, skill.skill_id),
            )
            for skill in terms.skills
        ),
        headcount_least=terms.headcount if ConstraintKind.HEADCOUNT in kinds else 1,
        headcount=terms.headcount if ConstraintKind.HEADCOUNT in kinds else min(8, terms.seats),
        days=terms.days if ConstraintKind.DAYS in kinds else None,
        share_permille=terms.share_permille if ConstraintKind.CAPACITY in kinds else None,
        window_hours=terms.window_hours if ConstraintKind.TIMEZONE in kinds else None,
        minimum_cities=terms.minimum_cities if ConstraintKind.CITIES in kinds else 0,
        member_in_country=terms.member_in_country if ConstraintKind.REGION in kinds else None,
        pinned_ids=tuple(one for one in terms.pinned_ids if has(ConstraintKind.PINNED, None, one)),
        excluded_ids=frozenset(one for one in terms.excluded_ids if has(ConstraintKind.EXCLUDED, None, one)),
        separated_pairs=tuple(pair for pair in terms.separated_pairs if has(ConstraintKind.SEPARATED, None, *pair)),
    )


def every_constraint(terms: Terms) -> list[Constraint]:
    """List what the terms ask, from the definitions."""

    def ask(kind: ConstraintKind, skill: str | None = None, one: str | None = None, other: str | None = None) -> None:
        found.append(Constraint(kind=kind, detail="", skill_id=skill, person_id=one, other_person_id=other))

    found: list[Constraint] = []
    for skill in terms.skills:
        ask(ConstraintKind.SKILL, skill.skill_id)
        if skill.level > 1:
            ask(ConstraintKind.LEVEL, skill.skill_id)
        if skill.critical:
            ask(ConstraintKind.CRITICAL, skill.skill_id)
    for kind in (ConstraintKind.DAYS, ConstraintKind.CAPACITY, ConstraintKind.HEADCOUNT):
        ask(kind)
    if terms.window_hours is not None:
        ask(ConstraintKind.TIMEZONE)
    if terms.minimum_cities:
        ask(ConstraintKind.CITIES)
    if terms.member_in_country:
        ask(ConstraintKind.REGION)
    named = [(ConstraintKind.PINNED, one, None) for one in terms.pinned_ids]
    named += [(ConstraintKind.EXCLUDED, one, None) for one in terms.excluded_ids]
    for kind, one, other in [*named, *((ConstraintKind.SEPARATED, *pair) for pair in terms.separated_pairs)]:
        ask(kind, None, one, other)
    return found


def expected_repairs(world: World, terms: Terms) -> set[tuple[ConstraintKind, str | None, str | None, str | None, int]]:
    """Return (kind, skill, person, relaxed to, optimum) of every single relaxation that mends the demand."""
    repairs: set[tuple[ConstraintKind, str | None, str | None, str | None, int]] = set()
    everything = every_constraint(terms)
    for constraint in everything:
        if not world.exists(only(terms, [one for one in everything if one is not constraint])):
            continue
        dropped = only(terms, [one for one in everything if one is not constraint])
        for value, relaxed in _mildest(world, terms, constraint, dropped):
            worth = world.best(relaxed)
            assert worth is not None
            repairs.add((constraint.kind, constraint.skill_id, constraint.person_id, value, worth))
    return repairs


def _mildest(world: World, terms: Terms, constraint: Constraint, dropped: Terms) -> _Ladder:
    if constraint.kind is ConstraintKind.DAYS:
        return _longest_days(world, terms) or [(None, dropped)]
    mending = [
        [step for step in ladder if world.exists(step[1])] for ladder in _ladders(terms, constraint, (None, dropped))
    ]
    return [steps[0] for steps in mending if steps]


def _longest_days(world: World, terms: Terms) -> _Ladder:
    """Try every first and every last day, and leave out what lies inside another part that will do."""
    assert terms.days is not None
    asked = [*terms.days.each()]
    parts = [Days(first, last) for first in asked for last in asked if first <= last]
    mending = [part for part in parts if world.exists(change(terms, days=part))]
    return [
        (f"{part.starts_on}/{part.ends_on}", change(terms, days=part))
        for part in mending
        if not any({*part.each()} < {*other.each()} for other in mending)
    ]


def _ladders(terms: Terms, constraint: Constraint, dropped: tuple[None, Terms]) -> list[_Ladder]:
    def with_skill(**fields: int) -> Terms:
        skills = (change(s, **fields) if s.skill_id == constraint.skill_id else s for s in terms.skills)
        return change(terms, skills=tuple(skills))

    skill = next((skill for skill in terms.skills if skill.skill_id == constraint.skill_id), None)
    share = terms.share_permille
    assert share is not None
    match constraint.kind:
        case ConstraintKind.LEVEL:
            assert skill is not None
            return [[(str(level), with_skill(level=level)) for level in range(skill.level - 1, 0, -1)]]
        case ConstraintKind.SKILL:
            assert skill is not None
            return [[*((str(n), with_skill(filled=n)) for n in range(skill.seats - 1, 0, -1)), dropped]]
        case ConstraintKind.CAPACITY:
            # Every capacity and booking of these worlds is a multiple of 100 permille.
            shares = range(share - 100, 0, -100)
            return [[*((f"{s / 1000:g}", change(terms, share_permille=s)) for s in shares), dropped]]
        case ConstraintKind.TIMEZONE:
            quarters = [hours / 4 for hours in range(int((terms.window_hours or 0) * 4) + 1, 49)]
            return [[*((f"{hours:g}", change(terms, window_hours=hours)) for hours in quarters), dropped]]
        case ConstraintKind.CITIES:
            fewer = range(terms.minimum_cities - 1, 0, -1)
            return [[*((str(cities), change(terms, minimum_cities=cities)) for cities in fewer), dropped]]
        case ConstraintKind.HEADCOUNT:
            sizes = (range(terms.headcount - 1, 0, -1), range(terms.headcount + 1, min(8, terms.seats) + 1))
            return [[(str(n), change(terms, headcount=n, headcount_least=n)) for n in way] for way in sizes]
        case _:
            return [[dropped]]
