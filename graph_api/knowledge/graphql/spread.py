"""Root fields that read who stands between others, and how far one item spread."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import strawberry

from graph_api.kernel.errors import BadUserInput
from graph_api.kernel.ids import id_fault
from graph_api.knowledge.flow import links, reading
from graph_api.knowledge.flow.brokers import Betweenness, Hole, betweenness, holes
from graph_api.knowledge.flow.cascade import Shape, parents_of, shape
from graph_api.knowledge.flow.events import of_items
from graph_api.knowledge.flow.links import FlowLevel
from graph_api.knowledge.flow.paths import Timeline, arrivals, reach_by_instant, timeline
from graph_api.knowledge.flow.reading import ItemRead
from graph_api.knowledge.graphql.flow import Between, Since, Until, check_days, table_of
from graph_api.knowledge.graphql.reading import Bound, dates_in, made
from graph_api.knowledge.graphql.types import Vertex, show_vertex
from graph_api.knowledge.model import Knowledge
from graph_api.organization.graphql.arguments import check_limit
from graph_api.organization.graphql.common import given
from graph_api.organization.graphql.request import Request
from graph_api.swarm.graphql.request import SwarmInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@strawberry.type(description="How one vertex stands between others.")
class KnowledgeBroker:
    """A broker."""

    vertex: Vertex = strawberry.field(description="The vertex.")
    constraint: float | None = strawberry.field(
        description="Burt's constraint (1992): the sum over contacts v of (p_uv + sum over w of p_uw p_wv)^2, p_uv the "
        "share of its uses, given and taken, that are with v. Low: it bridges holes. Null where it has no contact."
    )
    effective_size: float = strawberry.field(
        description="Burt's effective size: contacts less their redundancy, the sum over contacts v of (1 - sum over w "
        "of p_uw m_vw), m_vw the uses of v and w over the most that v has with anybody."
    )
    betweenness: float = strawberry.field(
        description="The share of shortest paths between others that run over it, 0 to 1 (Brandes 2001), ties taken "
        "both ways; by sampling, wrong by at most `betweennessError`."
    )


@strawberry.type(description="Who stands between others, of what the viewer sees.")
class KnowledgeBrokers:
    """Brokers."""

    brokers: list[KnowledgeBroker] = strawberry.field(
        description="Those of the largest betweenness, then by key; at most `limit`."
    )
    betweenness_error: float = strawberry.field(
        description="With probability 1 - SWARMGRAPH_FLOW_BROKER_DOUBT no betweenness is wrong by more: n / (n - 1) "
        "sqrt(ln(2n / doubt) / 2k) over n vertices and k pivots (Hoeffding; Brandes and Pich 2007). 0: exact."
    )
    total_vertices: int = strawberry.field(description="Vertices that knowledge flowed from or to.")


@strawberry.type(description="People reached up to an instant.")
class ReachPoint:
    """A point."""

    at: datetime = strawberry.field(description="The instant, UTC.")
    people: int = strawberry.field(description="Different people reached up to then, it included.")


@strawberry.type(description="How far an item spread, over uses and citations of it and of what cites it.")
class KnowledgeReach:
    """A reach."""

    points: list[ReachPoint] = strawberry.field(description="The instants at which somebody was reached first.")
    size: int = strawberry.field(description="The item, with the items and people that it reached.")
    depth: int = strawberry.field(description="Most steps from the item, in the tree of first arrivals.")
    structural_virality: float | None = strawberry.field(
        description="Mean distance of two different vertices of that tree (Goel et al. 2016), steps: near 2 where all "
        "have it from one, large where each has it from another. Null where nobody was reached."
    )


@strawberry.type
class SpreadQuery:
    """What can be asked of brokers and reach."""

    @strawberry.field(
        description="Who stands between others. QUERY_TOO_COSTLY beyond SWARMGRAPH_FLOW_USES_MAX uses; of more than "
        "SWARMGRAPH_FLOW_BROKER_LINKS_MAX links the strongest count."
    )
    async def knowledge_brokers(
        self,
        info: SwarmInfo,
        between: Between = FlowLevel.UNIT,
        since: Since = strawberry.UNSET,
        until: Until = strawberry.UNSET,
        limit: Annotated[
            int | None,
            strawberry.argument(description="Most brokers to show, 1 to SWARMGRAPH_FLOW_LINKS_MAX; null is 50."),
        ] = 50,
    ) -> KnowledgeBrokers | None:
        """Return the brokers."""
        request, most = info.context, 50 if limit is None else limit
        check_limit(most, request.settings.flow_links_max)
        check_days(given(since), given(until))
        laid = await table_of(request, given(between) or FlowLevel.UNIT, given(since), given(until))
        graph = request.graph
        keys, found, standing = await asyncio.to_thread(_brokers, request, laid)
        order = sorted(range(len(keys)), key=lambda place: (-standing.values[place], keys[place]))[:most]
        request.count_rows(len(order))
        return KnowledgeBrokers(
            brokers=[
                KnowledgeBroker(
                    vertex=show_vertex(graph, keys[place]),
                    constraint=found[place].constraint,
                    effective_size=found[place].effective_size,
                    betweenness=standing.values[place],
                )
                for place in order
            ],
            betweenness_error=standing.error,
            total_vertices=len(keys),
        )

    @strawberry.field(
        description="How far an item spread; null where the viewer does not see it. QUERY_TOO_COSTLY beyond "
        "SWARMGRAPH_FLOW_EVENTS_MAX events."
    )
    async def knowledge_reach(
        self,
        info: SwarmInfo,
        knowledge_id: Annotated[strawberry.ID, strawberry.argument(description="The item.")],
    ) -> KnowledgeReach | None:
        """Return the reach of an item."""
        request = info.context
        if fault := id_fault(knowledge_id, "knowledge"):
            raise BadUserInput(fault)
        if request.graph.node(Knowledge, knowledge_id) is None:
            return None
        most = Bound(request.settings.flow_events_max, "events", dates_in)
        line = await made(request, "item timeline", (reading.ITEMS,), _without_authors, most)
        points, found = await asyncio.to_thread(_reach, line, knowledge_id)
        request.count_rows(len(points))
        return KnowledgeReach(
            points=[ReachPoint(at=_EPOCH + timedelta(microseconds=at), people=people) for at, people in points],
            size=found.size,
            depth=found.depth,
            structural_virality=found.structural_virality,
        )


def _brokers(request: Request, laid: links.Table) -> tuple[list[str], list[Hole], Betweenness]:
    """Measure the vertices of the strongest links; runs beside the event loop and reads no state."""
    settings = request.settings
    strongest = [link for link in links.flow(laid, settings.flow_broker_links_max).links if link.source != link.target]
    keys = sorted({key for link in strongest for key in (link.source, link.target)})
    places = {key: place for place, key in enumerate(keys)}
    weights = {(places[link.source], places[link.target]): float(link.uses) for link in strongest}
    standing = betweenness(
        len(keys),
        weights,
        pivots_max=settings.flow_broker_pivots,
        doubt=settings.flow_broker_doubt,
        seed=settings.risk_seed,
    )
    return keys, holes(len(keys), weights), standing


def _without_authors(read: Sequence[ItemRead]) -> Timeline:
    """Lay out uses and citations: what somebody wrote after reading is another item, unless it cites."""
    return timeline([event for event in of_items(read) if event.source.startswith("knowledge:")])


def _reach(line: Timeline, item: str) -> tuple[list[tuple[int, int]], Shape]:
    if item not in line.vertices:
        return [], shape(0, {})
    root = line.vertices.index(item)
    found = arrivals(line, [root])
    people = {place for place in found.by_event if line.vertices[place].startswith("person:")}
    return reach_by_instant(line, found, people), shape(root, parents_of(line, found))
