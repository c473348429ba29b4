"""Root fields that read swarms."""

from typing import Annotated

import strawberry

from graph_api.organization.graphql.common import (
    After,
    Before,
    Connection,
    First,
    Last,
    connection,
    given,
    texts,
    window,
)
from graph_api.organization.graphql.queries import register_node
from graph_api.organization.graphql.request import Info
from graph_api.organization.read_model import all_nodes, by_id
from graph_api.swarm import model, read_model
from graph_api.swarm.graphql.types import Swarm, show_swarm, swarm_by_id

register_node("swarm", swarm_by_id)


@strawberry.input(description="Swarms that satisfy every field that is given; of a list, any.")
class SwarmFilter:
    """A filter of swarms."""

    states: list[model.SwarmState] | None = strawberry.field(
        default=strawberry.UNSET, description="Is in one of these states."
    )
    person_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Has or had one of these people as a member."
    )
    overdue: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether it is ACTIVE although its last day is over, by UTC."
    )


@strawberry.type
class SwarmQuery:
    """What can be asked of swarms."""

    @strawberry.field(description="Swarms by id, or those that a filter lets through.")
    def swarms(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Annotated[SwarmFilter | None, strawberry.argument(description="Which to list.")] = strawberry.UNSET,
    ) -> Connection[Swarm] | None:
        """Return a page of swarms."""
        request, asked = info.context, _filter_of(given(filter))
        listing = all_nodes(request.graph, model.Swarm)
        if asked != read_model.SwarmFilter():
            rows = request.kept_list(
                (asked, request.today), lambda: read_model.swarms(request.graph, asked, request.today)
            )
            listing = by_id(rows, f"swarms {asked}")
        return connection(request, listing, window(first, after, last, before), show_swarm)


def _filter_of(asked: SwarmFilter | None) -> read_model.SwarmFilter:
    if asked is None:
        return read_model.SwarmFilter()
    states = given(asked.states)
    return read_model.SwarmFilter(
        states=None if states is None else tuple(states),
        person_ids=texts(asked.person_ids),
        overdue=given(asked.overdue),
    )
