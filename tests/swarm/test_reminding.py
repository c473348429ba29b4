"""A swarm that works after its last day is reminded of, again and again, and by one replica only."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from graph_api.api.announcements import announcements
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import upsert
from graph_api.projection.tasks import owned_tasks
from graph_api.swarm.life.reminding import REMIND_SWARMS, Reminder, Reminders, is_overdue_and_due
from graph_api.swarm.model import MemberOf, Swarm, SwarmState
from tests.support.memory_replica import MemoryReplica
from tests.support.replicas import Site
from tests.support.waiting import until
from tests.swarm.organization import booking, replica

OVERDUE = Reminder(is_due=is_overdue_and_due, operation=REMIND_SWARMS, every_days=7)
WEEK = Days(date(2026, 3, 9), date(2026, 3, 13))


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def reminders(state: MemoryReplica, clock: Clock) -> Reminders:
    return Reminders(state, [OVERDUE], clock)


async def remind(state: MemoryReplica, day: date) -> date | None:
    """Remind on a day; return when it was reminded of the swarm last."""
    clock = Clock(datetime(day.year, day.month, day.day, 8, tzinfo=UTC))
    state.start = clock.now
    await reminders(state, clock).remind()
    swarm = state.graph.node(Swarm, "swarm:x")
    assert swarm is not None
    return swarm.reminded_on


async def test_it_is_reminded_of_from_the_day_after_its_last_and_every_week() -> None:
    state = replica(*booking("person:ada", WEEK, 1000))
    last, first = WEEK.ends_on, WEEK.ends_on + timedelta(days=1)
    assert await remind(state, last) is None
    assert await remind(state, first) == first
    number = state.number
    assert await remind(state, first + timedelta(days=6)) == first
    assert state.number == number, "nothing is said again before a week is over"
    assert await remind(state, first + timedelta(days=7)) == first + timedelta(days=7)
    told = [each.kind for shown in state.log for each in announcements(shown)]
    assert told == ["swarm.overdue", "swarm.overdue"]
    assert len(list(state.graph.incoming(MemberOf, "swarm:x"))) == 1, "it never ends by itself"


async def test_nobody_is_reminded_of_what_is_over() -> None:
    for over in (SwarmState.CLOSING, SwarmState.DISSOLVED, SwarmState.CANCELLED):
        state = replica(*booking("person:ada", WEEK, 1000, state=over))
        assert await remind(state, WEEK.ends_on + timedelta(days=3)) is None


@asynccontextmanager
async def reminding(site: Site, clock: Clock, **more: Any) -> AsyncGenerator[Any]:
    async with (
        site.two_replicas(clock=clock, **more) as (first, second),
        owned_tasks(one=Reminders(first, [OVERDUE], clock).run(), other=Reminders(second, [OVERDUE], clock).run()),
    ):
        yield first, second


async def test_two_replicas_remind_once(site: Site) -> None:
    clock = Clock(datetime.now(UTC) + timedelta(days=30))
    today = clock.now.date()
    over = Swarm(id="swarm:x", formed_at=clock.now, starts_on=today, ends_on=today - timedelta(days=1))
    async with site.replica() as replica_:
        await replica_.import_changes("import:1", [upsert(over)], actor="test", progress=print)
    async with reminding(site, clock) as (first, second):
        await until(lambda: all(_reminded(one) == today for one in (first, second)), seconds=30)
        await second.wait_for(first.revision)
        changed = [
            change
            async for shown in first.past(first.revision[:-12] + "0" * 12)
            for _, change in shown.changes
            if isinstance(change.after, Swarm) and change.after.reminded_on is not None
        ]
    assert len(changed) == 1


def _reminded(replica: Any) -> date | None:
    swarm = replica.graph.node(Swarm, "swarm:x")
    return swarm.reminded_on if swarm else None
