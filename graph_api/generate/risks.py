"""Risks planted on purpose, each with the truth that a search for it must find."""

import random
from collections.abc import Iterator
from typing import Any, Final

from graph_api.generate.families import RARE_FAMILIES
from graph_api.generate.scale import chance
from graph_api.generate.skills import SINGLE_HOLDER_SKILLS, SKILL_BY_KEY
from graph_api.generate.work import Job, second_authority
from graph_api.generate.workforce import Colleague, Team, Workforce

FRAGILE_TEAMS_MIN: Final = 2
TEAMS_A_FRAGILE_ONE: Final = 20
TASKS_A_CROSSING: Final = 60
TASKS_A_COUPLING: Final = 80
SHORTEST_COUPLING_DAYS: Final = 8


def plant_single_holders(workforce: Workforce, seed: int) -> dict[str, str]:
    """Give each reserved skill to exactly one person; return person ids by skill id."""
    rng = chance(seed, "single holders")
    chosen = rng.sample(workforce.people, k=len(SINGLE_HOLDER_SKILLS))
    for person, tag in zip(chosen, SINGLE_HOLDER_SKILLS, strict=True):
        workforce.teach(person, tag.key, rng.randint(3, 5))
    return {tag.id: person.id for person, tag in zip(chosen, SINGLE_HOLDER_SKILLS, strict=True)}


def plant_fragile_teams(workforce: Workforce, seed: int) -> dict[str, str]:
    """Name a pillar in some teams who takes part in all their work; return person ids by unit id."""
    rng = chance(seed, "fragile teams")
    count = max(FRAGILE_TEAMS_MIN, len(workforce.teams) // TEAMS_A_FRAGILE_ONE)
    fragile = sorted(rng.sample(workforce.teams, k=count), key=lambda team: team.id)
    return {team.id: _name_pillar(team, rng).id for team in fragile}


def _name_pillar(team: Team, rng: random.Random) -> Colleague:
    team.pillar = rng.choice(team.members)
    return team.pillar


def plant_crossings(jobs: list[Job], seed: int) -> list[str]:
    """Bring some tasks under a second authority; return their ids."""
    rng = chance(seed, "crossings")
    regulated = [job for job in jobs if job.regulations]
    for job in (crossing := rng.sample(regulated, k=max(1, len(jobs) // TASKS_A_CROSSING))):
        job.regulations = (*job.regulations, second_authority(job, rng))
    return sorted(job.id for job in crossing)


def plant_couplings(jobs: list[Job], workforce: Workforce, seed: int) -> list[str]:
    """Let a technical and a commercial person hand some tasks to and fro; return the tasks' ids."""
    rng = chance(seed, "couplings")
    possible = [job for job in jobs if (job.closed_on - job.opened_on).days >= SHORTEST_COUPLING_DAYS]
    rng.shuffle(possible)
    coupled: list[str] = []
    for job in possible:
        if len(coupled) == max(1, len(jobs) // TASKS_A_COUPLING):
            break
        job.coupled = _pair(job, workforce)
        if job.coupled is not None:
            coupled.append(job.id)
    return sorted(coupled)


def _pair(job: Job, workforce: Workforce) -> tuple[Colleague, Colleague] | None:
    technical = next(_able(job, "technical", workforce), None)
    commercial = next((person for person in _able(job, "commercial", workforce) if person is not technical), None)
    return None if technical is None or commercial is None else (technical, commercial)


def _able(job: Job, kind: str, workforce: Workforce) -> Iterator[Colleague]:
    skills = [need for need in job.needs if SKILL_BY_KEY[need].kind == kind]
    yield from (person for person in job.crew if any(skill in person.skills for skill in skills))
    for skill in skills:  # a fragile team works only where its pillar does
        yield from (person for person in workforce.holders[skill] if person.team.pillar in (None, person))


def truth(
    single_holders: dict[str, str], fragile: dict[str, str], crossings: list[str], couplings: list[str], jobs: list[Job]
) -> dict[str, Any]:
    """Write down what was planted, with the definition by which each can be found."""
    rare = {family.key for family in RARE_FAMILIES}
    return {
        "single_holder_skills": {
            "definition": "Skills that exactly one person holds; the person by skill.",
            "holders": single_holders,
        },
        "long_cycle_low_frequency": {
            "definition": "Tasks of at least the 90th percentile of all durations, in a family of at most the 10th "
            "percentile of all families' numbers of tasks.",
            "families": sorted(rare),
            "tasks": sorted(job.id for job in jobs if job.family.key in rare),
        },
        "several_regulations_crossed": {
            "definition": "Tasks whose regulations name at least two authorities.",
            "tasks": crossings,
        },
        "technical_commercial_coupled": {
            "definition": "Tasks that one technical and one commercial person hand to and fro: WORKED_ON in the order "
            "of `since` goes from the one to the other and back.",
            "tasks": couplings,
        },
        "fragile_units": {
            "definition": "Units of which one person took part in every task that anybody of the unit worked on; "
            "the person by unit.",
            "pillars": fragile,
        },
    }
