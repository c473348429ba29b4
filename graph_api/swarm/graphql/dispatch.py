"""Root fields for dispatchers: how demand comes, who is free for it, and who has nothing to do.

What is read of the state is copied on the event loop in slices; figures are made of the copies in a thread.
"""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, TypeAlias

import strawberry

from graph_api.kernel.errors import BadUserInput, QueryTooCostly
from graph_api.kernel.graph import Readable
from graph_api.kernel.quantities import Days
from graph_api.organization import model
from graph_api.organization.graphql.request import Request
from graph_api.organization.graphql.types import Skill, show_skill
from graph_api.swarm.dispatch.capacity import bookings, free_person_days, holders, idle_share
from graph_api.swarm.dispatch.demanded import DAYS_A_WEEK, demanded, monday, weekly
from graph_api.swarm.dispatch.tides import Tide, forecast
from graph_api.swarm.graphql.request import SwarmInfo, SwarmRequest
from graph_api.swarm.slices import read_in_slices

SkillIds: TypeAlias = Annotated[
    list[strawberry.ID],
    strawberry.argument(description="The skills, each answered once; at most SWARMGRAPH_DISPATCH_SKILLS_MAX."),
]
Weeks: TypeAlias = Annotated[
    int | None,
    strawberry.argument(
        description="So many weeks from this one's Monday (UTC) on, 1 to SWARMGRAPH_DISPATCH_WEEKS_MAX; null is 8."
    ),
]
WEEKS_DEFAULT = 8
_COSTS = (
    "BAD_USER_INPUT for a skill that is not there or no weeks at all, QUERY_TOO_COSTLY beyond "
    "SWARMGRAPH_DISPATCH_SKILLS_MAX skills or SWARMGRAPH_DISPATCH_WEEKS_MAX weeks."
)


@strawberry.type(description="What a week is expected to demand of a skill; null where the history is too short.")
class TideWeek:
    """A week."""

    starts_on: date = strawberry.field(description="Its Monday, UTC.")
    expected_person_days: float | None = strawberry.field(description="Expected person-days of the whole week.")
    low80: float | None = strawberry.field(
        description="Lower end of the 80 % interval, person-days: expected plus the 10 % quantile of the back-test's "
        "errors, zero at least."
    )
    high80: float | None = strawberry.field(
        description="Upper end of the 80 % interval, person-days: expected plus the 90 % quantile of the errors."
    )


@strawberry.type(
    description="The forecast of a skill: exponential smoothing and the same week of the year before, averaged. Needs "
    "a history of 104 weeks since the first demand; with less all weeks are null, and so is `mase`."
)
class SkillTide:
    """A tide."""

    skill: Skill = strawberry.field(description="The skill.")
    weeks: list[TideWeek] = strawberry.field(description="The weeks, in order.")
    mase: float | None = strawberry.field(
        description="Mean absolute error of the forecast over that of seasonal-naive (the same week of the year "
        "before), from every fourth week of the last year, each time knowing only the weeks before; below 1 is better. "
        "Null where the history is too short or seasonal-naive made no error."
    )
    history_weeks: int = strawberry.field(description="Whole weeks since the first one with any demand, at most 1,040.")


@strawberry.type(description="What is free in a week.")
class CapacityWeek:
    """A week."""

    starts_on: date = strawberry.field(description="Its Monday, UTC.")
    free_person_days: float = strawberry.field(
        description="Sum over people and the seven days of capacity less booked shares, zero at least; nothing on days "
        "of absence and after the last day."
    )


@strawberry.type(
    description="Free capacity of all who hold a skill at any level; whoever holds several skills is in each of them."
)
class SkillCapacity:
    """A skill's capacity."""

    skill: Skill = strawberry.field(description="The skill.")
    holders: int = strawberry.field(description="People who hold it and whose availability the viewer may see.")
    weeks: list[CapacityWeek] = strawberry.field(description="The weeks, in order.")


@strawberry.type(description="Expected demand against free capacity in a week.")
class GapWeek:
    """A week."""

    starts_on: date = strawberry.field(description="Its Monday, UTC.")
    expected_person_days: float | None = strawberry.field(
        description="As in `tides`: demand of staffed tasks is in it; null where the history is too short."
    )
    free_person_days: float = strawberry.field(description="As in `freeCapacity`: booked people are not in it.")
    gap_person_days: float | None = strawberry.field(
        description="Expected less free, person-days: above zero people are short. Null where nothing is expected."
    )


@strawberry.type(description="Where demand is expected to outrun who is free.")
class SkillGap:
    """A skill's gap."""

    skill: Skill = strawberry.field(description="The skill.")
    weeks: list[GapWeek] = strawberry.field(description="The weeks, in order.")


@strawberry.type(description="Who was idle in a week.")
class IdleWeek:
    """A week."""

    starts_on: date = strawberry.field(description="Its Monday, UTC.")
    share: float | None = strawberry.field(
        description="People without any booking in the week over all who were there, 0 to 1; null where nobody was."
    )


@strawberry.type(
    description="Share of people whom no swarm has booked. There is who has capacity, has not left and is not absent "
    "all the time; when people came is not known, so whoever is there now counts in earlier weeks too."
)
class IdleShare:
    """An idle share."""

    now: float | None = strawberry.field(description="Today, UTC: 0 to 1; null where nobody is there.")
    weeks: list[IdleWeek] = strawberry.field(description="This week and those before it, newest first.")


@strawberry.type
class DispatchQuery:
    """What a dispatcher can ask."""

    @strawberry.field(
        description="Forecast of demanded person-days by skill and week. A task demands seats x days of a skill, or "
        "its effort shared out by seats, evenly on the days of its demand, else from opening to closing, to its due "
        "day, or to today; every UTC day counts. " + _COSTS
    )
    async def tides(self, info: SwarmInfo, skill_ids: SkillIds, weeks: Weeks = WEEKS_DEFAULT) -> list[SkillTide] | None:
        """Return tides."""
        request, ahead = info.context, checked_weeks(info.context, weeks)
        skills = _skills(request, skill_ids, ahead)
        foreseen = await _foreseen(request, skills, ahead)
        return [_show_tide(skill, *told, request.today, ahead) for skill, told in zip(skills, foreseen, strict=True)]

    @strawberry.field(description="Free person-days by skill and week. " + _COSTS)
    async def free_capacity(
        self, info: SwarmInfo, skill_ids: SkillIds, weeks: Weeks = WEEKS_DEFAULT
    ) -> list[SkillCapacity] | None:
        """Return free capacity."""
        request, ahead = info.context, checked_weeks(info.context, weeks)
        skills = _skills(request, skill_ids, ahead)
        starts = _mondays(request.today, ahead)
        return [
            SkillCapacity(
                skill=show_skill(skill),
                holders=count,
                weeks=[
                    CapacityWeek(starts_on=at, free_person_days=days) for at, days in zip(starts, free, strict=True)
                ],
            )
            for skill, (count, free) in zip(skills, await _free(request, skills, ahead), strict=True)
        ]

    @strawberry.field(description="Expected demand less free capacity, by skill and week. " + _COSTS)
    async def forecast_gap(
        self, info: SwarmInfo, skill_ids: SkillIds, weeks: Weeks = WEEKS_DEFAULT
    ) -> list[SkillGap] | None:
        """Return gaps."""
        request, ahead = info.context, checked_weeks(info.context, weeks)
        skills = _skills(request, skill_ids, ahead)
        foreseen = await _foreseen(request, skills, ahead)
        free = await _free(request, skills, ahead)
        return [
            SkillGap(skill=show_skill(skill), weeks=_gap_weeks(_mondays(request.today, ahead), tide, days))
            for skill, (tide, _), (_, days) in zip(skills, foreseen, free, strict=True)
        ]

    @strawberry.field(
        description="Share of people who are idle, now and in weeks back. BAD_USER_INPUT for no weeks at all, "
        "QUERY_TOO_COSTLY beyond SWARMGRAPH_DISPATCH_WEEKS_MAX."
    )
    async def idle_share(
        self,
        info: SwarmInfo,
        weeks: Annotated[
            int | None,
            strawberry.argument(
                description="So many weeks back, this one included, 1 to SWARMGRAPH_DISPATCH_WEEKS_MAX; null is 12."
            ),
        ] = 12,
    ) -> IdleShare | None:
        """Return the idle share."""
        request = info.context
        back = checked_weeks(request, 12 if weeks is None else weeks)
        request.count_rows(back)
        people = list(_planned(request).sorted_nodes(model.Person))
        held = await read_in_slices(request.replica, lambda: bookings(_planned(request)))
        today = request.today
        starts = [monday(today) - timedelta(weeks=number) for number in range(back)]
        windows = [Days(today, today), *(Days(start, start + timedelta(days=DAYS_A_WEEK - 1)) for start in starts)]
        now, *shares = await asyncio.to_thread(lambda: [idle_share(people, held, days) for days in windows])
        return IdleShare(
            now=now, weeks=[IdleWeek(starts_on=at, share=share) for at, share in zip(starts, shares, strict=True)]
        )


def checked_weeks(request: Request, weeks: int | None) -> int:
    """Return how many weeks are asked for; raises BadUserInput, QueryTooCostly."""
    asked, most = WEEKS_DEFAULT if weeks is None else weeks, request.settings.dispatch_weeks_max
    if asked < 1:
        raise BadUserInput(f"`weeks` is {asked}.", suggestion=f"Ask for 1 to {most} weeks.")
    if asked > most:
        raise QueryTooCostly(f"`weeks` is {asked}.", suggestion=f"Ask for at most {most}.")
    return asked


def _skills(request: Request, skill_ids: Sequence[str], weeks: int) -> list[model.Skill]:
    wanted, most = list(dict.fromkeys(skill_ids)), request.settings.dispatch_skills_max
    if len(wanted) > most:
        raise QueryTooCostly(f"`skillIds` names {len(wanted)} skills.", suggestion=f"Ask for at most {most}.")
    found = [request.graph.node(model.Skill, one) for one in wanted]
    for one, skill in zip(wanted, found, strict=True):
        if skill is None:
            raise BadUserInput(f"{one!r} is no skill that is there.", suggestion="Ask `skills` for their ids.")
    request.count_rows(len(wanted) * weeks)
    return [skill for skill in found if skill is not None]


def _planned(request: SwarmRequest) -> Readable:
    """Return people whose availability the viewer may see, with all of their bookings."""
    return request.graph if request.sees_everything else request.planned_on()


async def _foreseen(request: SwarmRequest, skills: Sequence[model.Skill], weeks: int) -> list[tuple[Tide | None, int]]:
    """Return the tide of each skill, None where its history is too short, and the weeks of that history."""
    start = monday(request.today)
    tasks = await read_in_slices(
        request.replica, lambda: (task if task.demand else None for task in request.graph.nodes(model.Task))
    )
    stored = [task for task in tasks if task is not None]
    found: list[tuple[Tide | None, int]] = []
    for skill in skills:
        done = await read_in_slices(request.replica, lambda: demanded(request.graph, stored, skill.id, request.today))  # noqa: B023  # called before the next turn
        history = (await asyncio.to_thread(weekly, done, start)).tobytes()
        tide = await asyncio.to_thread(forecast, history, weeks)
        found.append((tide if isinstance(tide, Tide) else None, len(history) // 8))
    return found


async def _free(request: SwarmRequest, skills: Sequence[model.Skill], weeks: int) -> list[tuple[int, list[float]]]:
    """Return how many hold each skill, and what they have free."""
    found: list[tuple[int, list[float]]] = []
    for skill in skills:
        people = await read_in_slices(request.replica, lambda: holders(_planned(request), skill.id))  # noqa: B023  # called before the next turn
        free = await asyncio.to_thread(free_person_days, people, monday(request.today), weeks)
        found.append((len(people), free))
    return found


def _mondays(today: date, weeks: int) -> list[date]:
    return [monday(today) + timedelta(weeks=number) for number in range(weeks)]


def _show_tide(skill: model.Skill, tide: Tide | None, history: int, today: date, weeks: int) -> SkillTide:
    nothing = [None] * weeks
    columns = (nothing, nothing, nothing) if tide is None else (tide.expected, tide.low, tide.high)
    return SkillTide(
        skill=show_skill(skill),
        weeks=[
            TideWeek(starts_on=at, expected_person_days=expected, low80=low, high80=high)
            for at, expected, low, high in zip(_mondays(today, weeks), *columns, strict=True)
        ],
        mase=tide and tide.mase,
        history_weeks=history,
    )


def _gap_weeks(starts: Sequence[date], tide: Tide | None, free: Sequence[float]) -> list[GapWeek]:
    expected: Sequence[float | None] = tide.expected if tide else [None] * len(starts)
    return [
        GapWeek(
            starts_on=at,
            expected_person_days=demand,
            free_person_days=there,
            gap_person_days=None if demand is None else demand - there,
        )
        for at, demand, there in zip(starts, expected, free, strict=True)
    ]
