"""Replays on a real server: every event once, at its instant, whoever dies or comes in between."""

import asyncio
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from graph_api.exchange.replay.report import ReplayReport
from graph_api.exchange.replay.running import ReplayOptions, replay_folder
from graph_api.kernel.errors import BadUserInput, Conflict
from graph_api.organization.model import Person
from graph_api.permission.commands import ChangePermissions, ModelSource
from graph_api.permission.records import Granted, Replay
from graph_api.projection.commit import CommitCodec
from graph_api.projection.loading import cold_load
from graph_api.projection.records import Reaction
from graph_api.projection.state import digest
from tests.permission.world import DOCUMENTS, tuples
from tests.support.commands import PUT, Put
from tests.support.histories import BEGAN, Happened, fold, made_up, write_history
from tests.support.permissions import guarded
from tests.support.replays import die_after, in_order, logged, replay, standing
from tests.support.replicas import REGISTRY, Site

EVENTS: Final = made_up(1, 600)
CODEC: Final = CommitCodec(REGISTRY)
TYPES: Final = {"org", "team", "repo", "alias", "path"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_history(tmp_path / "history", EVENTS)


def instants(count: int) -> list[datetime]:
    chance = random.Random(count)
    found = [event.at for event in chance.sample(EVENTS, count)]
    return [*found, *(at - timedelta(seconds=1) for at in found if at > BEGAN)]


async def test_r6_every_event_is_logged_once_at_its_instant_and_the_past_is_the_plain_fold(
    site: Site, folder: Path
) -> None:
    async with guarded(site) as one, guarded(site) as other:
        report = await replay(one, folder, asked=(BEGAN,))
        assert (report.replayed, report.added + report.removed, report.skipped_count) == (600, 600, 0)
        assert (report.is_as_expected, report.first_at, report.last_at) == (True, EVENTS[0].at, EVENTS[-1].at)
        assert in_order(await logged(one.replica.database)) == in_order(EVENTS)
        assert standing(one.graph) == fold(EVENTS)
        for at in instants(8):
            assert standing(await one.permissions.graph_at(at)) == fold(EVENTS, at)
        await other.replica.wait_for(report.revision)
        assert standing(await other.permissions.graph_at(EVENTS[300].at)) == fold(EVENTS, EVENTS[300].at)
        with pytest.raises(BadUserInput, match="No authorization model was live"):
            await one.permissions.graph_at(BEGAN - timedelta(days=1))
        assert one.replica.graph.count(Reaction) == 0
        assert digest((await cold_load(one.replica.database, REGISTRY, CODEC)).graph) == digest(one.replica.graph)


async def test_many_instants_go_into_one_commit_and_one_instant_may_take_several(site: Site, tmp_path: Path) -> None:
    at_once = [Happened(BEGAN, adds=True, row=(f"gh:{n}", "org_member", "org:one")) for n in range(1100)]
    async with guarded(site) as one:
        report = await replay(one, write_history(tmp_path / "once", at_once))
        assert 1 < report.commits < 5
        assert standing(await one.permissions.graph_at(BEGAN)) == fold(at_once)
    async with guarded(site) as one:
        report = await replay(one, write_history(tmp_path / "history", EVENTS))
        assert report.commits < len({event.at for event in EVENTS}) / 4


async def test_second_replay_changes_nothing_and_a_grown_history_goes_on(site: Site, folder: Path) -> None:
    async with guarded(site) as one:
        first = await replay(one, folder)
        again = await replay(one, folder)
        assert (again.replayed, again.commits, again.revision) == (0, 0, first.revision)
        assert again.is_as_expected
    longer = made_up(1, 650)
    async with guarded(site) as one:
        grown = await replay(one, write_history(folder, longer), asked=(longer[-1].at,))
        assert (grown.events, grown.replayed, grown.is_as_expected) == (650, 50, True)
        assert len(await logged(one.replica.database)) == 650
        with pytest.raises(Conflict, match="The first 650 events are not those that were replayed before"):
            await replay(one, write_history(folder, longer[:640]))


async def test_killed_replay_goes_on_where_it_ended_and_no_event_is_replayed_twice(site: Site, folder: Path) -> None:
    for events in (60, 350):
        await die_after(site, folder, events, changes_a_commit=40)
    async with guarded(site) as one:
        (noted,) = one.replica.graph.nodes(Replay)
        assert 350 <= noted.events < 600
        assert standing(one.graph) == fold(EVENTS[: noted.events])
        report = await replay(one, folder)
        assert (report.replayed, report.is_as_expected) == (600 - noted.events, True)
        assert in_order(await logged(one.replica.database)) == in_order(EVENTS)
        assert standing(await one.permissions.graph_at(EVENTS[100].at)) == fold(EVENTS, EVENTS[100].at)


async def test_of_two_replays_at_once_no_event_is_replayed_twice(site: Site, folder: Path) -> None:
    async with guarded(site, changes_a_commit_max=20) as first, guarded(site, changes_a_commit_max=20) as second:
        done = await asyncio.gather(*(replay(one, folder) for one in (first, second)), return_exceptions=True)
        assert all(isinstance(each, ReplayReport | Conflict) for each in done), done
        assert (await replay(first, folder)).is_as_expected
        assert in_order(await logged(first.replica.database)) == in_order(EVENTS)


async def test_rate_is_kept(site: Site, folder: Path) -> None:
    async with guarded(site) as one:
        report = await replay(one, folder, events_a_second=400.0)
        assert report.elapsed_seconds >= (600 - 100) / 400
        assert report.is_as_expected


async def test_history_stands_beside_what_an_integrator_granted_under_his_own_model(site: Site, folder: Path) -> None:
    async with guarded(site) as one:
        await one.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        await one.permissions.change(ChangePermissions(add=tuples("user:a owner document:1")), actor="test")
        granted = one.replica.at
        await replay(one, folder)
        assert one.graph.check("user:a", "owner", "document:1")
        assert standing(one.graph) == fold(EVENTS)
        then = await one.permissions.graph_at(granted)
        assert then.check("user:a", "owner", "document:1")
        assert standing(then) == fold(EVENTS)
        before = await one.permissions.graph_at(EVENTS[300].at)
        assert not before.check("user:a", "owner", "document:1")
        assert standing(before) == fold(EVENTS, EVENTS[300].at)


async def test_people_of_the_organization_are_those_of_the_history(site: Site, folder: Path) -> None:
    ada = Person(id="person:gh%3Aada", name="Ada")
    async with guarded(site) as one:
        await one.replica.submit(PUT, Put(records=(ada,)), actor="test", timeout_seconds=60)
        await replay(one, folder)
        rows = {("gh:ada", grant.relation) for grant in one.replica.graph.outgoing(Granted, ada.id)}
        assert rows == {row[:2] for row in fold(EVENTS) if row[0] == "gh:ada"}
        last = max(event.at for event in EVENTS)
        teams = (await one.permissions.graph_at(last)).list_objects(ada.id, "member", "team")
        assert bool(teams) == any(row[0] == "gh:ada" and row[1].startswith("team_") for row in fold(EVENTS))


async def test_tuple_that_stands_already_counts_from_its_event_on(site: Site, tmp_path: Path) -> None:
    row = ("gh:ada", "org_member", "org:one")
    first = write_history(tmp_path / "first", [Happened(BEGAN, adds=True, row=("gh:bo", *row[1:]))])
    later = [
        Happened(BEGAN + timedelta(days=day), adds=adds, row=row) for day, adds in ((1, True), (2, True), (3, False))
    ]
    async with guarded(site) as one:
        await replay(one, first)
        added = tuples("person:gh%3Aada org_member org:one")
        await one.permissions.change(ChangePermissions(add=added), actor="test")
        report = await replay(one, write_history(tmp_path / "second", later, state=False))
        assert (report.added, report.removed, report.as_they_were) == (0, 1, 2)
        days = [standing(await one.permissions.graph_at(BEGAN + timedelta(days=day))) for day in range(4)]
        assert [row in rows for rows in days] == [False, True, True, False]


async def test_model_with_a_type_of_the_same_name_is_refused_and_nothing_is_replayed(site: Site, folder: Path) -> None:
    own = DOCUMENTS.replace("type document", "type repo").replace("document#", "repo#")
    async with guarded(site) as one:
        await one.permissions.write_model(ModelSource(dsl=own), actor="test")
        revision = one.replica.revision
        with pytest.raises(Conflict, match="has a type `repo` of its own"):
            await replay(one, folder)
        assert one.replica.revision == revision


async def test_model_that_is_replaced_in_the_middle_stops_the_replay_which_then_goes_on(
    site: Site, folder: Path
) -> None:
    async with guarded(site, changes_a_commit_max=20) as one:
        switching: list[asyncio.Task[object]] = []

        def replace(done: int, total: int) -> None:
            if not switching:
                source = ModelSource(dsl=DOCUMENTS)
                switching.append(asyncio.create_task(one.permissions.write_model(source, actor="test")))

        options = ReplayOptions(events_a_second=50.0)
        with pytest.raises(Conflict, match="were refused"):
            await replay_folder(one.replica, one.permissions, folder, progress=replace, options=options)
        await asyncio.gather(*switching)
        report = await replay(one, folder)
        assert report.is_as_expected
        assert {*one.graph.model.types} > {"document", "org", "organization"}
        assert in_order(await logged(one.replica.database)) == in_order(EVENTS)
        assert standing(await one.permissions.graph_at(EVENTS[500].at)) == fold(EVENTS, EVENTS[500].at)
