"""The root field that tells how fairly work was shared."""

import asyncio
from datetime import date, timedelta
from typing import Annotated

import strawberry

from graph_api.kernel.errors import BadUserInput
from graph_api.kernel.quantities import Days
from graph_api.organization.graphql.common import given
from graph_api.swarm.dispatch.fairness import fairness, formed, holdings
from graph_api.swarm.facts import HISTORY_DAYS
from graph_api.swarm.graphql.request import SwarmInfo
from graph_api.swarm.slices import read_in_slices


@strawberry.type(
    description="How evenly seats lay on everybody eligible: who, as the state is now, could have taken a role of one "
    "of the swarms by skill, level, days and share, or was booked. Nobody is named."
)
class Fairness:
    """A fairness."""

    seats: int = strawberry.field(description="Bookings of swarms formed in the window and not cancelled.")
    maximum_load: float = strawberry.field(description="Seats of whoever has most.")
    p99_load: float = strawberry.field(description="Seats that 99 % of the eligible do not exceed (nearest rank).")
    gini: float = strawberry.field(
        description="Gini coefficient of seats: mean absolute difference of two eligible people over twice the mean; 0 "
        "is even, near 1 is one person with everything."
    )
    idle_share: float = strawberry.field(description="Share of the eligible without any seat, 0 to 1.")
    lower_bound_maximum_load: float = strawberry.field(
        description="No assembler could have gone below, had it known all these swarms beforehand: the least L for "
        "which each swarm's members can be given one role each that they can take, nobody above L (by maximum flow; "
        "overlapping days and points left out), or the greatest average by skill. Beyond "
        "SWARMGRAPH_FAIRNESS_PAIRS_MAX pairs of a role and a holder by averages alone, over holders whatever their "
        "days and shares."
    )


@strawberry.type
class FairnessQuery:
    """What can be asked of fairness."""

    @strawberry.field(
        description="How fairly the swarms formed on some days shared the work. BAD_USER_INPUT where the last day is "
        "before the first."
    )
    async def fairness(
        self,
        info: SwarmInfo,
        since: Annotated[
            date | None, strawberry.argument(description="The first UTC day; left out: 89 days before the last.")
        ] = strawberry.UNSET,
        until: Annotated[
            date | None, strawberry.argument(description="The last UTC day, included; left out: today.")
        ] = strawberry.UNSET,
    ) -> Fairness | None:
        """Return the fairness."""
        request = info.context
        days = _window(given(since), given(until), request.today)
        read = await read_in_slices(request.replica, lambda: formed(request.graph, days))
        swarms = [swarm for swarm in read if swarm is not None]
        held = await read_in_slices(request.replica, lambda: holdings(request.graph, swarms))
        told = await asyncio.to_thread(fairness, swarms, held, request.settings.fairness_pairs_max)
        return Fairness(
            seats=told.shares.seats,
            maximum_load=told.shares.maximum,
            p99_load=told.shares.p99,
            gini=told.shares.gini,
            idle_share=told.shares.idle_share,
            lower_bound_maximum_load=told.bound,
        )


def _window(since: date | None, until: date | None, today: date) -> Days:
    last = until or today
    first = since or max(date.min + timedelta(days=HISTORY_DAYS), last) - timedelta(days=HISTORY_DAYS - 1)
    if last < first:
        raise BadUserInput("`until` is before `since`.", suggestion="Exchange the two days.")
    return Days(first, last)
