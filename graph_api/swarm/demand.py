"""What a demand leaves out, and what is wrong with one."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from graph_api.kernel.commands import Problem
from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import HOURS_A_DAY, PERMILLE, Days
from graph_api.organization.checks import (
    References,
    check_country,
    check_days,
    check_distinct,
    check_level,
    check_timezone,
)
from graph_api.organization.model import Person, Requires, Skill, Task
from graph_api.swarm.facts import Rules
from graph_api.swarm.model import HEADCOUNT_DEFAULT_MAX, HEADCOUNT_MAX, SLOTS_MAX, Demand, SkillDemand

WEIGHT_MIN: Final = 1
WEIGHT_MAX: Final = 3
DAYS_MAX: Final = 3660
_Path = tuple[str, ...]


def task_demand(view: GraphView, task: Task) -> Demand:
    """Return what a task asks for: its stored demand, with its required skills where that names none."""
    stored = msgspec.json.decode(task.demand, type=Demand) if task.demand else Demand()
    if stored.fixed_roles is not None:
        stored = msgspec.structs.replace(stored, fixed_roles=None)
    if stored.skills is not None:
        return stored
    links = sorted(view.outgoing(Requires, task.id), key=lambda link: link.target)
    skills = tuple(
        SkillDemand(
            skill_id=link.target,
            seats=link.seats,
            minimum_level=link.level,
            weight=link.weight,
            critical=link.critical,
        )
        for link in links
    )
    return msgspec.structs.replace(stored, skills=skills or None)


def resolved(view: GraphView, demand: Demand | None, task: Task | None, today: date, rules: Rules) -> Demand:
    """Fill what is left out: from the task, then by default. Skills stay None where nobody names any."""
    own = demand or Demand()
    asked = _laid_over(own, task_demand(view, task)) if task else own
    seats = sum(skill.seats for skill in asked.skills or ())
    return msgspec.structs.replace(
        asked,
        headcount=asked.headcount if asked.headcount is not None else min(HEADCOUNT_DEFAULT_MAX, seats),
        share=1.0 if asked.share is None else asked.share,
        days=asked.days or _default_days(task, today, rules),
    )


def _laid_over(asked: Demand, below: Demand) -> Demand:
    given = {name: value for name in asked.__struct_fields__ if (value := getattr(asked, name)) is not None}
    return msgspec.structs.replace(below, **given)


def _default_days(task: Task | None, today: date, rules: Rules) -> Days:
    due = task.due_at.date() if task and task.due_at else None
    if due is None or due < today:
        return Days(today, today + timedelta(days=rules.swarm_days_default - 1))
    return Days(today, due)


def demand_problems(view: GraphView, demand: Demand, path: _Path) -> list[Problem]:
    """Return everything wrong with a demand as far as it is given; a resolved one is given in full."""
    return [
        *_skill_problems(view, demand.skills, path),
        *_size_problems(demand, path),
        *_time_problems(demand, path),
        *_people_problems(view, demand, path),
    ]


def missing_skills(demand: Demand, path: _Path) -> list[Problem]:
    """Return the problem of a resolved demand that names no skill."""
    if demand.skills:
        return []
    return [Problem((*path, "skills"), "REQUIRED", "A team is asked for by its skills.", "Name at least one skill.")]


def _skill_problems(view: GraphView, skills: Sequence[SkillDemand] | None, path: _Path) -> Iterator[Problem]:
    if skills is None:
        return
    yield from check_distinct((*path, "skills"), [skill.skill_id for skill in skills])
    references = References(view)
    for number, skill in enumerate(skills):
        here = (*path, "skills", str(number))
        yield from references.check((*here, "skillId"), Skill, skill.skill_id)
        yield from check_level((*here, "minimumLevel"), skill.minimum_level)
        if not WEIGHT_MIN <= skill.weight <= WEIGHT_MAX:
            message = f"Weight {skill.weight} is not between {WEIGHT_MIN} and {WEIGHT_MAX}."
            yield Problem((*here, "weight"), "OUT_OF_RANGE", message)
        if skill.seats < 1:
            yield Problem((*here, "seats"), "OUT_OF_RANGE", f"{skill.seats} seats are none.", "Ask for at least 1.")
    if (seats := sum(skill.seats for skill in skills)) > SLOTS_MAX:
        message = f"{seats} slots are demanded, which is more than the limit of {SLOTS_MAX} slots."
        yield Problem((*path, "skills"), "TOO_MANY", message, "Ask for fewer skills, or fewer seats of one.")


def _size_problems(demand: Demand, path: _Path) -> Iterator[Problem]:
    size = demand.headcount
    if size is not None:
        yield from _headcount_problems(demand, size, (*path, "headcount"))
    if demand.minimum_cities is not None:
        here = (*path, "minimumCities")
        if demand.minimum_cities < 0:
            yield Problem(here, "OUT_OF_RANGE", f"{demand.minimum_cities} is no number of cities.")
        if size is not None and demand.minimum_cities > size:
            message = f"{size} members cannot come from {demand.minimum_cities} cities."
            yield Problem(here, "CONTRADICTION", message, f"Ask for at most {size} cities.")
    yield from check_country((*path, "memberInCountry"), demand.member_in_country)


def _headcount_problems(demand: Demand, size: int, here: _Path) -> Iterator[Problem]:
    if not 1 <= size <= HEADCOUNT_MAX:
        yield Problem(here, "OUT_OF_RANGE", f"{size} is not between 1 and {HEADCOUNT_MAX}.")
        return
    if demand.skills is None:
        return
    seats = sum(skill.seats for skill in demand.skills)
    if size > seats:
        message = f"{size} members have only {seats} seats to fill, and each needs one."
        yield Problem(here, "CONTRADICTION", message, f"Ask for at most {seats} members, or for more seats.")
    most = max((skill.seats for skill in demand.skills), default=0)
    if most > size:
        message = f"{size} members are not {most} different people for one skill."
        yield Problem(here, "CONTRADICTION", message, f"Ask for at least {most} members.")


def _time_problems(demand: Demand, path: _Path) -> Iterator[Problem]:
    if demand.share is not None and not 1 / PERMILLE <= demand.share <= 1:
        message = f"{demand.share:g} is no share of a day: at least {1 / PERMILLE:g}, at most 1."
        yield Problem((*path, "share"), "OUT_OF_RANGE", message)
    if demand.days is not None:
        yield from check_days((*path, "days"), demand.days)
        yield from count_problems(demand.days, (*path, "days"))
    if demand.timezone_window is not None:
        here = (*path, "timezoneWindow")
        yield from check_timezone((*here, "timezone"), demand.timezone_window.timezone)
        hours = demand.timezone_window.maximum_offset_hours
        if not 0 <= hours <= HOURS_A_DAY / 2:
            message = f"{hours:g} is not between 0 and {HOURS_A_DAY // 2} hours."
            yield Problem((*here, "maximumOffsetHours"), "OUT_OF_RANGE", message)


def count_problems(days: Days, here: _Path) -> Iterator[Problem]:
    """Yield a problem where days are more than a swarm may be booked for."""
    if days.count > DAYS_MAX:
        yield Problem(here, "OUT_OF_RANGE", f"{days.count} days are more than {DAYS_MAX}.")


def _people_problems(view: GraphView, demand: Demand, path: _Path) -> Iterator[Problem]:
    references = References(view)
    pinned, excluded = demand.pinned_ids or (), demand.excluded_ids or ()
    for name, ids in (("pinnedIds", pinned), ("excludedIds", excluded)):
        for number, person_id in enumerate(ids):
            yield from references.check((*path, name, str(number)), Person, person_id)
        yield from check_distinct((*path, name), ids)
    for person_id in sorted({*pinned} & {*excluded}):
        message = f"{person_id} is both pinned and excluded."
        yield Problem((*path, "pinnedIds"), "CONTRADICTION", message, "Leave one of the two out.")
    if demand.headcount and len({*pinned}) > demand.headcount:
        message = f"{len({*pinned})} people are pinned to a team of {demand.headcount}."
        yield Problem((*path, "pinnedIds"), "CONTRADICTION", message, "Pin fewer people, or ask for more members.")
    for number, pair in enumerate(demand.separated_pairs or ()):
        yield from _pair_problems(references, pair, (*path, "separatedPairs", str(number)))


def _pair_problems(references: References, pair: tuple[str, str], here: _Path) -> Iterator[Problem]:
    for name, person_id in zip(("firstId", "secondId"), pair, strict=True):
        yield from references.check((*here, name), Person, person_id)
    if pair[0] == pair[1]:
        yield Problem(here, "CONTRADICTION", f"{pair[0]} cannot be apart from oneself.", "Name two people.")
