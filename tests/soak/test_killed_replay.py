"""The whole real history, its replay killed again and again: every event is in the log once, at its instant."""

import random
from collections.abc import Callable

import pytest

from graph_api.permission.records import Replay
from tests.support.data import shared_data
from tests.support.histories import fold, read_events
from tests.support.permissions import guarded
from tests.support.replays import die_after, in_order, logged, replay, standing
from tests.support.replicas import Site

KILLS = 5
pytestmark = pytest.mark.soak


async def test_killed_replay_of_the_whole_history_ends_as_if_it_had_never_been_killed(
    site: Site, record_property: Callable[[str, object], None]
) -> None:
    folder = shared_data("kubernetes")
    events = read_events(folder / "permission_events.csv")
    chance = random.Random(7)
    kills = sorted(chance.sample(range(len(events)), KILLS))
    for number in kills:
        await die_after(site, folder, number, changes_a_commit=1000)
    async with guarded(site) as one:
        (noted,) = one.replica.graph.nodes(Replay)
        assert kills[-1] <= noted.events
        assert standing(one.graph) == fold(events[: noted.events])
        report = await replay(one, folder)
        record_property("events/s of the last run", round(report.events_per_second))
        assert report.is_as_expected
        assert in_order(await logged(one.replica.database)) == in_order(events)
        for at in (each.at for each in chance.sample(events, 3)):
            assert standing(await one.permissions.graph_at(at)) == fold(events, at)
