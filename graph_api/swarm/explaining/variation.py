"""The same question asked a little otherwise, of the very people and facts that the first answer was found among."""

from typing import Protocol, TypeAlias

import msgspec
from msgspec.structs import replace

from graph_api.swarm.explaining.verifying import Verification
from graph_api.swarm.problem import Solution
from graph_api.swarm.solver import Proposal, Short, Undecided
from graph_api.swarm.terms import SkillTerm, Terms


class Variation(msgspec.Struct, frozen=True, kw_only=True):
    """Without somebody, with somebody, with one seat of a skill (id) fewer, or with so many members fewer."""

    without: str | None = None
    also: str | None = None
    fewer_seats_of: str | None = None
    fewer_members: int = 0


Varied: TypeAlias = Proposal | Short | Undecided


class Again(Protocol):
    """Solves variations of a question on the state that it was answered on."""

    async def solve(self, variation: Variation, seconds: float) -> Varied:
        """Return the best team of the variation; raises RateLimited where too many solve or wait already."""
        ...

    async def verify(self, answer: Solution, seconds: float) -> Verification:
        """Check that a team is the best answer to the question itself; raises RateLimited."""
        ...


def varied_terms(terms: Terms, variation: Variation) -> Terms:
    """Return terms as a variation has them; a skill without seats stays in its place."""
    skills = tuple(_fewer(skill, variation.fewer_seats_of) for skill in terms.skills)
    seats = sum(skill.seats for skill in skills)
    members = min(terms.headcount - variation.fewer_members, seats)
    pinned = {*terms.pinned_ids, *filter(None, [variation.also])} - {variation.without}
    return replace(
        terms,
        skills=skills,
        headcount=members,
        headcount_least=min(terms.headcount_least, members),
        pinned_ids=tuple(sorted(filter(None, pinned))),
        excluded_ids=terms.excluded_ids | frozenset(filter(None, [variation.without])),
    )


def _fewer(skill: SkillTerm, skill_id: str | None) -> SkillTerm:
    if skill.skill_id != skill_id:
        return skill
    return replace(skill, seats=skill.seats - 1, filled=min(skill.filled, skill.seats - 1))
