"""The bound of the model is close also where people have many ties, by the solver's repeatable measure of work."""

import random

from graph_api.swarm.cpsat_model import Limits, TeamModel
from graph_api.swarm.problem import POINTS_A_LEVEL, AssemblyProblem, Candidate, Slot

PEOPLE, SKILLS, HEADCOUNT, TIES, LEVEL, TIE_MOST = 150, 6, 5, 1500, 3, 200
LITTLE_WORK = 0.5


def with_many_ties(seed: int) -> AssemblyProblem:
    """Make near-equal people of whom everybody knows some twenty others."""
    chance = random.Random(seed)
    pairs = sorted({(min(two), max(two)) for two in (chance.sample(range(PEOPLE), 2) for _ in range(TIES))})
    return AssemblyProblem(
        skill_ids=tuple(f"skill:{skill}" for skill in range(SKILLS)),
        slots=tuple(Slot(skill, 1, 2) for skill in range(SKILLS)),
        headcount=HEADCOUNT,
        headcount_least=HEADCOUNT,
        candidates=tuple(
            Candidate(f"person:{place:03d}", tuple(chance.choice([0, 2, LEVEL, LEVEL]) for _ in range(SKILLS)))
            for place in range(PEOPLE)
        ),
        pairs=tuple((first, second, chance.randint(1, TIE_MOST)) for first, second in pairs),
    )


def test_ties_count_in_the_bound_for_no_more_than_a_team_can_have() -> None:
    """Every skill at the highest level and every pair with the strongest tie; all ties added up are 25 times that."""
    most = SKILLS * POINTS_A_LEVEL * LEVEL + HEADCOUNT * (HEADCOUNT - 1) // 2 * TIE_MOST
    for seed in range(2):
        run = TeamModel(with_many_ties(seed), range(PEOPLE)).run(Limits(seconds=600.0, work=LITTLE_WORK))
        assert run.upper is not None
        assert run.upper <= most
