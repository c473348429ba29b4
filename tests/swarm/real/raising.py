"""Demands that ask for more, so that fewer people can take part."""

import msgspec

from graph_api.kernel.graph import GraphView
from graph_api.swarm.model import SkillDemand
from tests.swarm.real.demands import RealDemand
from tests.swarm.real.facts import Facts


def facts_of(view: GraphView, real: RealDemand) -> Facts:
    """Return what is true of people for a real demand."""
    return Facts(view, real.today, real.complete, real.task_id)


def raised(view: GraphView, real: RealDemand, eligible_most: int) -> RealDemand:
    """Raise least levels until at most so many people are eligible.

    The skill that most of them can do goes up by one level, again and again (of equals the first by id); one that
    fewer people than it has seats would be left for stays where it is.
    """
    facts = facts_of(view, real)
    people = facts.eligible()
    if len(people) <= eligible_most:
        return real
    holders = {skill: sum(facts.can(one, skill) for one in people) for skill in real.skills}
    highest = [skill for skill in real.skills if _left(facts, people, skill) >= skill.seats]
    assert highest, f"more than {eligible_most} people are eligible for {real.task_id} at the highest levels"
    chosen = min(highest, key=lambda skill: (-holders[skill], skill.skill_id))
    return raised(view, real.with_skills([_up(one) if one is chosen else one for one in real.skills]), eligible_most)


def _left(facts: Facts, people: list[str], skill: SkillDemand) -> int:
    return sum(facts.can(one, _up(skill)) for one in people)


def _up(skill: SkillDemand) -> SkillDemand:
    return msgspec.structs.replace(skill, minimum_level=skill.minimum_level + 1)
