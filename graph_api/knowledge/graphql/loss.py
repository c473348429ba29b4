"""Root fields that read what may be lost, and how adoption runs through the ties of customers."""

import asyncio
from typing import Annotated

import strawberry

from graph_api.kernel.errors import BadUserInput
from graph_api.kernel.ids import id_fault
from graph_api.knowledge import model
from graph_api.knowledge.flow import diffusion as diffusing
from graph_api.knowledge.flow import risk
from graph_api.knowledge.graphql.pages import KnowledgeConnection, knowledge_connection
from graph_api.knowledge.graphql.reading import made
from graph_api.organization.graphql.arguments import check_length
from graph_api.organization.graphql.common import After, Connection, First, connection, given, window
from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.types import Customer, Person, Skill, show_customer, show_person, show_skill
from graph_api.organization.model import Customer as CustomerNode
from graph_api.organization.model import Person as PersonNode
from graph_api.organization.model import Skill as SkillNode
from graph_api.organization.paging import Listing
from graph_api.organization.read_model import by_id
from graph_api.swarm.graphql.request import SwarmInfo, SwarmRequest
from graph_api.swarm.slices import read_in_slices


@strawberry.type(
    description="Skills and items that nobody holds any more when people leave, as a distribution over leavers (Rigby "
    "et al., ICSE 2016). Each person leaves with probability SWARMGRAPH_RISK_LEAVING_PROBABILITY, independently; up to "
    "12 people are enumerated, of more SWARMGRAPH_RISK_SIMULATIONS cases are drawn. A skill is held by whoever has it, "
    "a confirmed item by who wrote or used it; only people who are there today and whom the viewer sees count."
)
class KnowledgeAtRisk:
    """Knowledge at risk."""

    single_skill_ids: strawberry.Private[tuple[str, ...]]
    single_item_ids: strawberry.Private[tuple[str, ...]]
    median: float = strawberry.field(description="Skills and items lost, the median over the cases.")
    at_quantile: float = strawberry.field(
        description="Skills and items lost, the least number that is not exceeded with probability `quantile`."
    )
    expected_shortfall: float = strawberry.field(
        description="Skills and items lost, the mean of the worst 1 - `quantile` of the cases (Acerbi and Tasche 2002)."
    )

    truck_factor: int | None = strawberry.field(
        description="How many people may go, those who hold most first, until more than half of the skills and items "
        "that they hold are held by nobody (Avelino et al., ICPC 2016): the fewer, the worse; null where it never is. "
        "Where a unit is asked, only its people go, and only what they hold counts."
    )

    @strawberry.field(description="Skills that one person alone holds, who is of the unit where one is asked; by id.")
    def single_holder_skills(
        self, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
    ) -> Connection[Skill]:
        """Return a page of the skills."""
        graph = info.context.graph
        rows = [found for one in self.single_skill_ids if (found := graph.node(SkillNode, one)) is not None]
        return connection(info.context, by_id(rows, "single-holder skills"), window(first, after), show_skill)

    @strawberry.field(description="Items that one person alone wrote and used, who is of the unit asked; by id.")
    def single_holder_items(
        self, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
    ) -> KnowledgeConnection:
        """Return a page of the items."""
        graph = info.context.graph
        rows = [found for one in self.single_item_ids if (found := graph.node(model.Knowledge, one)) is not None]
        listing = by_id(rows, "single-holder items")
        return knowledge_connection(info.context, listing, window(first, after))


@strawberry.type(description="A skill of which one person alone wrote all that was done.")
class SingleAuthorSkill:
    """A skill of one author."""

    skill: Skill = strawberry.field(description="The skill.")
    author: Person = strawberry.field(description="The person.")


@strawberry.type(description="Adoption in one period.")
class AdoptionPeriod:
    """A period."""

    period: int = strawberry.field(description="The period, as the customers' adoption periods count them.")
    adopters: int = strawberry.field(description="Customers that adopted in it.")
    cumulative_adopters: int = strawberry.field(description="Customers that adopted in it or before.")
    exposed_adopters: int = strawberry.field(
        description="Adopters of the period that an earlier adopter is tied to, in any way."
    )


@strawberry.type(description="A customer adopted in a later period than one that is tied to it.")
class AdoptionExposure:
    """An exposure."""

    source: Customer = strawberry.field(description="The earlier adopter, where the tie starts.")
    target: Customer = strawberry.field(description="The later adopter.")
    tie: str = strawberry.field(description="In which way they are tied, such as advice or friend.")
    source_period: int = strawberry.field(description="When the earlier adopted.")
    target_period: int = strawberry.field(description="When the later adopted.")


@strawberry.type(
    description="Who adopted after whom among tied customers, by period (Coleman, Katz and Menzel 1966). That one came "
    "after the other does not say that it came of the other."
)
class ValueDiffusion:
    """A diffusion."""

    rows: strawberry.Private[tuple[diffusing.Exposure, ...]]
    periods: list[AdoptionPeriod] = strawberry.field(description="Every period from the first to the last adoption.")
    without_adoption: int = strawberry.field(description="Customers without a known adoption period.")

    @strawberry.field(description="Ties from an earlier to a later adopter, by source, target and way.")
    def exposures(
        self, info: Info, first: First = strawberry.UNSET, after: After = strawberry.UNSET
    ) -> Connection[AdoptionExposure]:
        """Return a page of the exposures."""
        graph = info.context.graph

        def shown(row: diffusing.Exposure) -> AdoptionExposure:
            source, target = (
                graph.node(CustomerNode, one) or CustomerNode(id=one, name=one) for one in (row.source, row.target)
            )
            return AdoptionExposure(
                source=show_customer(source),
                target=show_customer(target),
                tie=row.tie,
                source_period=row.source_period,
                target_period=row.target_period,
            )

        listing = Listing(self.rows, _place_of_exposure, tuple[str, str, str], "exposures")
        return connection(info.context, listing, window(first, after), shown)


@strawberry.type
class LossQuery:
    """What can be asked of loss and of adoption."""

    @strawberry.field(
        description="What may be lost when people of a unit, or of the whole organization, leave. BAD_USER_INPUT for a "
        "quantile that is not between 0 and 1."
    )
    async def knowledge_at_risk(
        self,
        info: SwarmInfo,
        unit_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Whose people of today may leave; left out: all.")
        ] = strawberry.UNSET,
        quantile: Annotated[
            float | None, strawberry.argument(description="Of the cases, 0 to 1, both excluded; null is 0.95.")
        ] = 0.95,
    ) -> KnowledgeAtRisk | None:
        """Return the distribution of loss, summed up."""
        request, unit = info.context, given(unit_id)
        share = 0.95 if quantile is None else quantile
        _check(unit, share)
        held = await holders_of(request)
        among = None if unit is None else risk.people_of(request.graph, unit, request.today)
        leaving = among if among is not None else frozenset(person for people in held.values() for person in people)
        settings = request.settings

        def summed() -> tuple[risk.AtRisk, int | None]:
            lost = risk.losses(
                held,
                leaving,
                probability=settings.risk_leaving_probability,
                simulations=settings.risk_simulations,
                seed=settings.risk_seed,
            )
            return risk.at_risk(lost, share), risk.truck_factor(held, among)

        found, truck_factor = await asyncio.to_thread(summed)
        alone = risk.single_holder(held, among)
        return KnowledgeAtRisk(
            single_skill_ids=tuple(one for one in alone if one.startswith("skill:")),
            single_item_ids=tuple(one for one in alone if one.startswith("knowledge:")),
            median=found.median,
            at_quantile=found.at_quantile,
            expected_shortfall=found.expected_shortfall,
            truck_factor=truck_factor,
        )

    @strawberry.field(
        description="Skills of which one person alone wrote all that was done in some releases, by skill: nobody else "
        "knows them from work. Of tasks and people that the viewer sees."
    )
    async def single_author_skills(
        self,
        info: SwarmInfo,
        releases: Annotated[
            list[str],
            strawberry.argument(description="Releases of tasks, at most SWARMGRAPH_LIST_ENTRIES_MAX."),
        ],
        role: Annotated[
            str | None, strawberry.argument(description="In which role they worked on the tasks; null is author.")
        ] = "author",
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
    ) -> Connection[SingleAuthorSkill] | None:
        """Return a page of the skills."""
        request = info.context
        check_length("releases", releases, request.settings.list_entries_max)
        asked = frozenset(releases)
        rows = await read_in_slices(request.replica, lambda: risk.authored(request.graph, asked, role or "author"))
        alone = risk.skills_of_one_author(rows)
        listing = Listing(
            tuple(alone.items()), _place_of_author, tuple[str], f"single authors of {sorted(asked)} {role}"
        )
        return connection(request, listing, window(first, after), lambda row: _single_author(request, *row))

    @strawberry.field(description="How adoption ran through the ties of the customers that the viewer sees.")
    def value_diffusion(self, info: Info) -> ValueDiffusion | None:
        """Return the diffusion."""
        found = diffusing.diffusion(info.context.graph)
        info.context.count_rows(len(found.periods))
        periods = [
            AdoptionPeriod(
                period=one.period,
                adopters=one.adopters,
                cumulative_adopters=one.cumulative,
                exposed_adopters=one.exposed,
            )
            for one in found.periods
        ]
        return ValueDiffusion(rows=found.exposures, periods=periods, without_adoption=found.never)


async def holders_of(request: SwarmRequest) -> risk.Holders:
    """Return who holds what, of those whom the viewer sees, once a revision for all who see what is open."""
    today = request.today
    return await made(request, ("holders", today), (risk.holdings(today),), risk.held_by_those_present)


def _place_of_author(row: tuple[str, str]) -> tuple[str]:
    return (row[0],)


def _single_author(request: SwarmRequest, skill_id: str, person_id: str) -> SingleAuthorSkill:
    graph = request.graph
    skill = graph.node(SkillNode, skill_id) or SkillNode(id=skill_id, name=skill_id)
    person = graph.node(PersonNode, person_id) or PersonNode(id=person_id, name=person_id)
    return SingleAuthorSkill(skill=show_skill(skill), author=show_person(person))


def _check(unit: str | None, quantile: float) -> None:
    if not 0 < quantile < 1:
        raise BadUserInput("`quantile` lies between 0 and 1.", suggestion="Give one such as 0.95.")
    if unit is not None and (fault := id_fault(unit, "unit")):
        raise BadUserInput(fault)


def _place_of_exposure(row: diffusing.Exposure) -> tuple[str, str, str]:
    return row.source, row.target, row.tie
