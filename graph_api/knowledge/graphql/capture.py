"""The root field that tells how much of what swarms learned was kept."""

import asyncio
from datetime import UTC, date, datetime, time
from typing import Annotated

import strawberry

from graph_api.knowledge.experience.capture import OVERDUE_DAYS, Asked, pairs, reused
from graph_api.knowledge.experience.rates import capture_rate
from graph_api.knowledge.graphql.flow import check_days
from graph_api.organization.graphql.common import given
from graph_api.organization.graphql.request import Info
from graph_api.swarm.slices import read_in_slices


@strawberry.type(
    description="How much of what swarms learned was kept, over pairs of a swarm and a member with at least one booked "
    f"UTC day: of DISSOLVED swarms, and of those CLOSING for more than {OVERDUE_DAYS} days. Nobody is named. The rate "
    "leads nobody alone: what was reused, and what only a machine wrote, stand beside it."
)
class CaptureRate:
    """A capture rate."""

    pairs: int = strawberry.field(description="Pairs that count.")
    captured: int = strawberry.field(
        description="Pairs with a valid experience that the member stands for, linked to the task and its customers, "
        "kept before the swarm was dissolved."
    )
    waived: int = strawberry.field(description="Pairs let off; they count among `pairs` and not as captured.")
    overdue: int = strawberry.field(description=f"Pairs still owed, CLOSING for more than {OVERDUE_DAYS} days.")
    rate: float | None = strawberry.field(description="captured / pairs, 0 to 1; null without pairs.")
    low95: float | None = strawberry.field(description="Lower end of its 95 % score interval (Wilson 1927).")
    high95: float | None = strawberry.field(description="Upper end of it.")
    machine_only_share: float | None = strawberry.field(
        description="Share of the captured whose text a machine drafted and the member left as it was."
    )
    duplicate_share: float | None = strawberry.field(
        description="Share of the captured whose text is nearly that of another captured one: Jaccard index of "
        "character shingles above 0.9."
    )
    reuse_share90_days: float | None = strawberry.field(
        description="Share of the captured, kept at least 90 days ago, that somebody but the author used or cited "
        "within 90 days; null where none is old enough."
    )


@strawberry.type
class CaptureQuery:
    """What can be asked of capture."""

    @strawberry.field(description="How much was kept. BAD_USER_INPUT where the last day is before the first.")
    async def capture_rate(
        self,
        info: Info,
        since: Annotated[
            date | None, strawberry.argument(description="Swarms that closed on this UTC day or later.")
        ] = strawberry.UNSET,
        until: Annotated[
            date | None, strawberry.argument(description="Swarms that closed on this UTC day or before.")
        ] = strawberry.UNSET,
        unit_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Members who belonged to it, or to a unit below it, on the closing day."),
        ] = strawberry.UNSET,
        customer_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Swarms whose task was done for this customer.")
        ] = strawberry.UNSET,
    ) -> CaptureRate | None:
        """Return the rate."""
        request = info.context
        now = datetime.combine(request.today, time.max, UTC)
        check_days(given(since), given(until))
        asked = Asked(since=given(since), until=given(until), unit_id=given(unit_id), customer_id=given(customer_id))
        read = await read_in_slices(request.replica, lambda: pairs(request.graph, asked, now))
        found = [pair for pair in read if pair is not None]
        taken_up = await read_in_slices(request.replica, lambda: reused(request.graph, found, now))
        told = await asyncio.to_thread(capture_rate, found, taken_up)
        return CaptureRate(
            pairs=told.pairs,
            captured=told.captured,
            waived=told.waived,
            overdue=told.overdue,
            rate=told.rate,
            low95=told.low95,
            high95=told.high95,
            machine_only_share=told.machine_only_share,
            duplicate_share=told.duplicate_share,
            reuse_share90_days=told.reuse_share,
        )
