"""What is worth how much in a proposed team, and the check of its certificate, as GraphQL shows them."""

from typing import Final

import strawberry

from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.types import Skill
from graph_api.swarm import problem
from graph_api.swarm.explaining.explained import Explained
from graph_api.swarm.explaining.verifying import Verification
from graph_api.swarm.graphql.types import show_skills

MILLI: Final = 1000


@strawberry.type(description="What a seat of a skill is worth to a team.")
class SkillPrice:
    """A price."""

    skill: Skill = strawberry.field(description="The skill.")
    price: float | None = strawberry.field(
        description="By how much the team is worth more than the best one with one seat of the skill fewer, points: "
        "the exact difference of the two optima. Null: there is no such team."
    )


@strawberry.type(description="What the parts of a demand are worth to the team that meets it.")
class SwarmPrices:
    """Prices."""

    explained: strawberry.Private[Explained]
    team: strawberry.Private[problem.Solution]

    @strawberry.field(
        description="Of each skill of the team, by id; one exact solve each. Errors are those of "
        "`SwarmSeat.marginalValue`."
    )
    async def skills(self, info: Info) -> list[SkillPrice]:
        """Return the prices of skills."""
        roles = sorted({role for seat in self.team.seats for role in seat.roles})
        priced = [(role, await self.explained.skill_price(role)) for role in roles]
        shown = [(show_skills(info.context.graph, (role,)), price) for role, price in priced]
        return [SkillPrice(skill=skills[0], price=points_of(price)) for skills, price in shown if skills]

    @strawberry.field(
        description="By how much the team is worth more than the best one with one member fewer for the same seats, "
        "points: the exact difference of the two optima. Null: there is no such team. Errors are those of "
        "`SwarmSeat.marginalValue`."
    )
    async def member(self) -> float | None:
        """Return the price of a member."""
        return points_of(await self.explained.member_price())


@strawberry.type(description="What a check of a certificate found.")
class SwarmVerification:
    """A check."""

    holds: bool | None = strawberry.field(description="Whether nothing differs; null: it was not known in time.")
    candidates: int = strawberry.field(description="People among whom the team was chosen.")
    survivors: int = strawberry.field(
        description="Of these, people who might be in a better team, by the bounds alone."
    )
    ceiling: float = strawberry.field(description="What no team is worth more than, without its ties, points.")
    optimum: float | None = strawberry.field(
        description="What the second solver proves to be the best among them, points; null where it was not asked, "
        "or did not prove it within SWARMGRAPH_EXPLANATION_SECONDS."
    )
    faults: list[str] = strawberry.field(description="What differs, a sentence each.")
    seconds: float = strawberry.field(description="How long the check took, s.")


def points_of(milli: int | None) -> float | None:
    """Show milli-points as points."""
    return None if milli is None else milli / MILLI


def show_verification(found: Verification) -> SwarmVerification:
    """Show a check."""
    return SwarmVerification(
        holds=found.holds,
        candidates=found.candidates,
        survivors=found.survivors,
        ceiling=found.ceiling / MILLI,
        optimum=points_of(found.optimum),
        faults=list(found.faults),
        seconds=found.seconds,
    )
