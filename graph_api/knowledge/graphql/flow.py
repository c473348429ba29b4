"""Root fields that read the flow of knowledge. What is heavy runs beside the event loop, on copies made on the loop."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Annotated, NamedTuple

import strawberry

from graph_api.kernel.errors import BadUserInput
from graph_api.kernel.ids import split_id
from graph_api.knowledge.flow import links, reading
from graph_api.knowledge.flow.events import Event, FlowEvent, of_items, of_teams
from graph_api.knowledge.flow.links import FlowLevel
from graph_api.knowledge.flow.paths import Indices, Timeline, arrivals, laid_out, microseconds, steps_to
from graph_api.knowledge.flow.reading import ItemRead, Part, TeamRead
from graph_api.knowledge.graphql.reading import Bound, bounded, dates_in, made, uses_in
from graph_api.knowledge.graphql.types import Vertex, show_vertex
from graph_api.organization.graphql.arguments import check_limit
from graph_api.organization.graphql.common import describe_enum, given
from graph_api.organization.graphql.request import Request
from graph_api.organization.model import BelongsTo
from graph_api.swarm.graphql.request import SwarmInfo, SwarmRequest

describe_enum(
    FlowLevel,
    "Between what flow is added up.",
    {
        "PERSON": "From the authors of an item to those who used it.",
        "UNIT": "From the units of the authors to those of the users, of any time.",
        "SKILL": "From the skills that an item teaches to those that the using task requires.",
        "CUSTOMER": "From the customer of an item to that of the using task.",
        "CITY": "From the cities of the authors to those of the users.",
    },
)
describe_enum(
    FlowEvent,
    "How knowledge passes.",
    {
        "RECORDED": "From an author into an item, when it was recorded.",
        "USED": "From an item to a person; what a task uses counts for its authors.",
        "CITED": "From an item to one that cites it; undated, at the date of the citing item.",
        "WORKED_TOGETHER": "Between two people of one task or swarm, on their first and last common day.",
    },
)
Since = Annotated[date | None, strawberry.argument(description="The first UTC day; left out: from the start.")]
Until = Annotated[date | None, strawberry.argument(description="The last UTC day, included; left out: to the end.")]
Between = Annotated[FlowLevel | None, strawberry.argument(description="Between what to add up.")]


@strawberry.type(description="Uses that went from one vertex to another.")
class FlowLink:
    """A link."""

    source: Vertex = strawberry.field(description="Where the knowledge came from.")
    target: Vertex = strawberry.field(description="Where it went.")
    uses: int = strawberry.field(
        description="Different uses: an item used for one task, by one person without a task, or by one citing item."
    )
    items: int = strawberry.field(description="Different items that were used.")


@strawberry.type(description="What a vertex gave to others and took from others, what stays inside left out.")
class FlowBalance:
    """A balance."""

    vertex: Vertex = strawberry.field(description="The vertex.")
    given: int = strawberry.field(description="Uses that others made of its items, added up over links.")
    taken: int = strawberry.field(description="Uses that it made of others' items, added up over links.")


@strawberry.type(
    description="How often knowledge went from where to where, of what the viewer sees. Drafts are in no flow."
)
class KnowledgeFlow:
    """A flow."""

    links: list[FlowLink] = strawberry.field(description="The links of most uses, then by keys; at most `limit`.")
    total_links: int = strawberry.field(description="All links, those beyond the limit too.")
    total_uses: int = strawberry.field(
        description="Different uses behind all links; one that belongs to several links counts once."
    )
    balances: list[FlowBalance] = strawberry.field(
        description="Sources first (given less taken, largest first), sinks last; over all links, the `limit` largest."
    )


@strawberry.type(description="One step of a path.")
class KnowledgeStep:
    """A step."""

    source: Vertex | None = strawberry.field(description="From whom or what.")
    target: Vertex | None = strawberry.field(description="To whom or what.")
    via: FlowEvent = strawberry.field(description="How it passed.")
    at: datetime = strawberry.field(description="When it passed, UTC; never before the step before.")
    dated: bool = strawberry.field(description="Whether the date is its own; else that of the citing item.")


@strawberry.type(
    description="The way of earliest arrival over events that follow each other in time (Wu et al., VLDB 2014)."
)
class KnowledgePath:
    """A path."""

    steps: list[KnowledgeStep] = strawberry.field(description="The steps, in order of time.")
    arrives_at: datetime = strawberry.field(description="When the last step arrives, UTC.")


@strawberry.type
class FlowQuery:
    """What can be asked of the flow of knowledge."""

    @strawberry.field(
        description="Flow between groups. A window of days leaves undated uses out. QUERY_TOO_COSTLY beyond "
        "SWARMGRAPH_FLOW_USES_MAX uses or SWARMGRAPH_FLOW_LINKS_MAX links asked."
    )
    async def knowledge_flow(
        self,
        info: SwarmInfo,
        between: Between = FlowLevel.UNIT,
        since: Since = strawberry.UNSET,
        until: Until = strawberry.UNSET,
        limit: Annotated[
            int | None,
            strawberry.argument(description="Most links to show, 1 to SWARMGRAPH_FLOW_LINKS_MAX; null is 500."),
        ] = 500,
    ) -> KnowledgeFlow | None:
        """Return a flow."""
        request, most = info.context, 500 if limit is None else limit
        check_limit(most, request.settings.flow_links_max)
        check_days(given(since), given(until))
        laid = await table_of(request, given(between) or FlowLevel.UNIT, given(since), given(until))
        graph = request.graph
        found = await asyncio.to_thread(links.flow, laid, most)
        request.count_rows(len(found.links))
        keys = {key for link in found.links for key in (link.source, link.target)}
        shown = {key: show_vertex(graph, key) for key in (*keys, *(one.vertex for one in found.balances))}
        return KnowledgeFlow(
            links=[
                FlowLink(source=shown[one.source], target=shown[one.target], uses=one.uses, items=one.items)
                for one in found.links
            ],
            total_links=found.total_links,
            total_uses=found.total_uses,
            balances=[
                FlowBalance(vertex=shown[one.vertex], given=one.given, taken=one.taken) for one in found.balances
            ],
        )

    @strawberry.field(
        description="How knowledge got, or could get, from one person, unit or item to another: null where no events "
        "that the viewer sees lead there. BAD_USER_INPUT for other entities or the same one twice."
    )
    async def knowledge_path(
        self,
        info: SwarmInfo,
        from_id: Annotated[
            strawberry.ID, strawberry.argument(description="A person, unit or item; of a unit: anybody.")
        ],
        to_id: Annotated[strawberry.ID, strawberry.argument(description="A person, unit or item; of a unit: anybody.")],
        not_before: Annotated[
            datetime | None, strawberry.argument(description="The earliest instant of the first step.")
        ] = strawberry.UNSET,
    ) -> KnowledgePath | None:
        """Return the path of earliest arrival."""
        request, start = info.context, given(not_before)
        _check_ends(from_id, to_id)
        told = await _story(request)
        line, places = told.line, told.places
        graph = request.graph
        begins, ends = ({places[one] for one in _members(request, each) if one in places} for each in (from_id, to_id))
        found = await asyncio.to_thread(
            arrivals, line, begins - ends, ends - begins, None if start is None else microseconds(start)
        )
        if found.reached is None:
            return None
        steps = [told.events[told.order.item(step)] for step in steps_to(line, found, found.reached)]
        request.count_rows(len(steps))
        return KnowledgePath(
            steps=[
                KnowledgeStep(
                    source=show_vertex(graph, each.source),
                    target=show_vertex(graph, each.target),
                    via=each.via,
                    at=each.at,
                    dated=each.dated,
                )
                for each in steps
            ],
            arrives_at=steps[-1].at,
        )


def check_days(since: date | None, until: date | None) -> None:
    """Refuse a window whose end is before its start; raises BadUserInput."""
    if since is not None and until is not None and until < since:
        raise BadUserInput("`until` is before `since`.", suggestion="Exchange the two days.")


def _check_ends(*ends: str) -> None:
    for one in ends:
        if split_id(one)[0] not in {"person", "unit", "knowledge"}:
            raise BadUserInput(f"{one!r} is no person, unit or item.", suggestion='Give an id such as "person:ada".')
    if ends[0] == ends[1]:
        raise BadUserInput("`fromId` and `toId` are the same.", suggestion="Give two different ids.")


async def table_of(request: SwarmRequest, level: FlowLevel, since: date | None, until: date | None) -> links.Table:
    """Lay out the uses of a window for a level, once a revision for all who see everything; raises QueryTooCostly."""
    settings = request.settings
    most = Bound(settings.flow_uses_max, "uses", uses_in)

    def laid(rows: Sequence[ItemRead | links.Group]) -> links.Table:
        items = [row for row in rows if isinstance(row, ItemRead)]
        groups = (row for row in rows if isinstance(row, links.Group))
        found = links.within(bounded(links.uses_of(items), most), since, until)
        return links.laid_out(found, links.Groups(level, items, groups, settings.flow_group_people_min))

    parts: tuple[Part[ItemRead | links.Group], ...] = (reading.ITEMS, links.GROUPS[level])
    return await made(request, ("flow table", level, since, until), parts, laid, most)


class _Story(NamedTuple):
    """All events as they are told (in `order`) and as they are searched, with the place of each vertex."""

    events: Sequence[Event]
    line: Timeline
    order: Indices
    places: Mapping[str, int]


async def _story(request: SwarmRequest) -> _Story:
    """Lay out all events, once a revision for all who see everything; raises QueryTooCostly."""
    together = request.settings.flow_team_people_max
    most = Bound(request.settings.flow_events_max, "events", dates_in)

    def told(rows: Sequence[ItemRead | TeamRead]) -> _Story:
        items = [row for row in rows if isinstance(row, ItemRead)]
        teams = (row for row in rows if isinstance(row, TeamRead))
        found = list(bounded(chain(of_items(items), of_teams(teams, together)), most))
        line, order = laid_out(found)
        return _Story(found, line, order, {vertex: place for place, vertex in enumerate(line.vertices)})

    parts: tuple[Part[ItemRead | TeamRead], ...] = (reading.ITEMS, reading.TEAMS)
    return await made(request, "flow story", parts, told, most)


def _members(request: Request, one: str) -> set[str]:
    """Return the vertices that stand for an end: all people who are or were in a unit, else the entity itself."""
    if split_id(one)[0] == "unit":
        return {link.source for link in request.graph.incoming(BelongsTo, one)}
    return {one}
