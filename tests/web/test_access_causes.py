"""Whatever gives or takes access is told with its cause: bookings, swarms that close, units, imports, days, models."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from graph_api.kernel.records import Record, upsert
from graph_api.ops.settings import load_settings
from graph_api.organization.model import BelongsTo, Person, ReportsTo, Unit
from graph_api.permission.commands import ChangePermissions, ModelSource
from graph_api.permission.keeper import PERMISSION_KEEPER
from graph_api.permission.service import ModelLive
from graph_api.permission.tuples import RelationshipTuple
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState
from graph_api.swarm.service import Assembly
from graph_api.swarm.worker import SolverPool
from tests.permission.world import DOCUMENTS, organization, swarm, writings
from tests.support.commands import DROP, PUT, Drop, Put
from tests.support.permission_streams import ACCESS, Following, Served, following, serving, told_briefly, watch
from tests.support.permissions import held, rebuilt
from tests.support.replicas import Site
from tests.swarm import organization as team

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SWARM = next(each for each in swarm() if isinstance(each, Swarm))


async def put(one: Served, *records: Record) -> None:
    await one.guarded.replica.submit(PUT, Put(records=records), actor="person:boss", timeout_seconds=60)


async def drop(one: Served, *records: Record) -> None:
    await one.guarded.replica.submit(DROP, Drop(records=records), actor="person:boss", timeout_seconds=60)


def fixed() -> datetime:
    return NOW


@asynccontextmanager
async def watching(site: Site, *seen: Any) -> AsyncGenerator[tuple[Served, list[Following]]]:
    """Serve the small organization with its swarm, and follow what is watched."""
    async with serving(site, clock=fixed) as one:
        await put(one, *organization(), *swarm(), *writings())
        async with (
            following(one.server, ACCESS, watch=seen[0]) as first,
            following(one.server, ACCESS, watch=seen[-1]) as second,
        ):
            for each in (first, second):
                assert await each.caught_up() == []
            yield one, [first, second]


def cause_of(message: Any) -> set[tuple[str, tuple[str, ...], str]]:
    return {(each["cause"], tuple(each["causeIds"]), each["actor"]) for each in message["changes"]}


async def test_a_swarm_that_is_cancelled_loses_all_its_rights_in_one_revision(site: Site) -> None:
    async with watching(site, watch("can_see", type="task"), watch("can_see", type="customer", user="person:bo")) as (
        one,
        (tasks, customers),
    ):
        await put(one, msgspec.structs.replace(SWARM, state=SwarmState.CANCELLED))
        message, other = await tasks.message(), await customers.message()
    assert told_briefly(message) == ["person:bo task:mx ALLOWED DENIED", "person:cy task:mx ALLOWED DENIED"]
    assert told_briefly(other) == ["person:bo customer:kep ALLOWED DENIED"]
    assert cause_of(message) == cause_of(other) == {("put", ("swarm:s",), "person:boss")}


async def test_a_swarm_that_closes_keeps_reading_and_loses_what_it_took_to_work(site: Site) -> None:
    async with watching(site, watch("member", object="swarm:s"), watch("can_record", object="swarm:s")) as (
        one,
        (members, recorders),
    ):
        await put(one, msgspec.structs.replace(SWARM, state=SwarmState.CLOSING))
        message = await members.message()
        await put(one, msgspec.structs.replace(SWARM, state=SwarmState.DISSOLVED))
        other = await recorders.message()
    assert told_briefly(message) == ["person:bo swarm:s ALLOWED DENIED"]
    assert told_briefly(other) == ["person:bo swarm:s ALLOWED DENIED", "person:cy swarm:s ALLOWED DENIED"]


async def test_a_booking_that_is_staffed_gives_access_to_task_and_customer_and_takes_it_back(site: Site) -> None:
    booking = Staffs(source="swarm:s", target="task:mx")
    async with watching(site, watch("can_see", object="task:mx"), watch("can_see", object="customer:kep")) as (
        one,
        both,
    ):
        await drop(one, booking)
        lost = [await each.message() for each in both]
        await put(one, booking)
        gained = [await each.message() for each in both]
    assert [told_briefly(each) for each in lost] == [
        ["person:bo task:mx ALLOWED DENIED", "person:cy task:mx ALLOWED DENIED"],
        ["person:bo customer:kep ALLOWED DENIED", "person:cy customer:kep ALLOWED DENIED"],
    ]
    assert [told_briefly(each) for each in gained] == [
        ["person:bo task:mx DENIED ALLOWED", "person:cy task:mx DENIED ALLOWED"],
        ["person:bo customer:kep DENIED ALLOWED", "person:cy customer:kep DENIED ALLOWED"],
    ]
    assert cause_of(lost[0]) == {("drop", ("swarm:s", "task:mx"), "person:boss")}


async def test_a_person_who_leaves_a_unit_and_one_who_leads_it_lose_sight_of_each_other(site: Site) -> None:
    async with watching(
        site, watch("can_see", type="person", user="person:bo"), watch("can_manage", type="person")
    ) as (
        one,
        (sees, manages),
    ):
        await drop(one, BelongsTo(source="person:bo", target="unit:team"))
        lost = await sees.message()
        managed = await manages.message()
        await drop(one, BelongsTo(source="person:ada", target="unit:team"))
        leader = await manages.message()
    assert told_briefly(lost) == ["person:bo person:ada ALLOWED DENIED"]
    assert told_briefly(managed) == ["person:ada person:bo ALLOWED DENIED"]
    assert told_briefly(leader) == ["person:ada person:ada ALLOWED DENIED"]
    assert cause_of(lost) == {("drop", ("person:bo", "unit:team"), "person:boss")}


async def test_an_import_gives_access_once_at_its_closing_commit(site: Site) -> None:
    async with serving(site, clock=fixed, import_chunk_changes=5) as one:
        await put(one, Unit(id="unit:team", name="Team"))
        async with following(one.server, ACCESS, watch=watch("member", type="unit")) as members:
            assert await members.caught_up() == []
            people = [Person(id=f"person:{number}", name="Imported") for number in range(20)]
            links = [BelongsTo(source=person.id, target="unit:team") for person in people]
            revision = await one.guarded.replica.import_changes(
                "import:1", [upsert(each) for each in (*people, *links)], actor="importer", progress=print
            )
            message = await members.message()
    assert message["revision"] == revision
    assert len(message["changes"]) == 20
    assert {each["actor"] for each in message["changes"]} == {"importer"}
    assert {tuple(each["causeIds"]) for each in message["changes"]} == {(each.source, "unit:team") for each in links}


async def test_who_is_booked_gains_access_by_the_assembly_of_the_swarm(site: Site) -> None:
    async with SolverPool(processes=1, solves_max=4) as pool, serving(site, clock=fixed) as one:
        await put(one, *team.records())
        assembly = Assembly(one.guarded.replica, pool, load_settings(mutation_seconds=60.0), fixed)
        async with following(one.server, ACCESS, watch=watch("can_see", object="task:new")) as seeing:
            assert await seeing.caught_up() == []
            done = await assembly.assemble(
                task_id="task:new", demand=None, person_ids=None, actor="person:ada", idempotency_key=None
            )
            message = await seeing.message()
    assert message["revision"] == done.revision
    assert told_briefly(message) == ["person:ada task:new DENIED ALLOWED", "person:di task:new DENIED ALLOWED"]
    assert {(each["cause"], each["actor"]) for each in message["changes"]} == {("assembleSwarm", "person:ada")}
    for each in message["changes"]:
        (formed,) = [name for name in each["causeIds"] if name.startswith("swarm:")]
        assert each["causeIds"] == [each["user"], formed, "task:new"]


async def test_r8_a_loss_by_expiry_is_told_once_by_the_commit_that_removes_the_tuple(site: Site) -> None:
    now = NOW

    def clock() -> datetime:
        return now

    async with serving(site, clock=clock) as one, serving(site, clock=clock) as other:
        await one.guarded.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        expiring = RelationshipTuple("user:a", "viewer", "document:1", expires_at=NOW + timedelta(hours=1))
        await one.guarded.permissions.change(ChangePermissions(add=(expiring,)), actor="person:ada")
        await other.guarded.replica.wait_for(one.revision)
        async with (
            following(one.server, ACCESS, watch=watch("viewer", type="document")) as here,
            following(other.server, ACCESS, watch=watch("viewer", type="document", user="user:a")) as there,
        ):
            assert await here.caught_up() == await there.caught_up() == []
            now = NOW + timedelta(hours=2)
            assert not one.guarded.graph.check("user:a", "viewer", "document:1")
            await put(one, Unit(id="unit:wakes", name="Wakes"))
            messages = [await here.message(), await there.message()]
            await put(one, Unit(id="unit:again", name="Again"))
            last = await one.guarded.permissions.change(
                ChangePermissions(add=(RelationshipTuple("user:a", "owner", "document:2"),)), actor="test"
            )
            after = [await each.until(last.revision) for each in (here, there)]
    assert messages[0] == messages[1]
    assert told_briefly(messages[0]) == ["user:a document:1 ALLOWED DENIED"]
    assert cause_of(messages[0]) == {("expirePermissions", ("document:1",), PERMISSION_KEEPER)}
    assert [told_briefly(message) for message in after[0]] == [["user:a document:2 DENIED ALLOWED"]]
    assert after[0] == after[1]


async def test_r8_a_day_that_begins_gives_and_takes_access_by_a_commit_of_its_own(site: Site) -> None:
    now = datetime(2026, 3, 31, 22, tzinfo=UTC)

    def clock() -> datetime:
        return now

    async with serving(site, clock=clock) as one:
        await put(one, *organization())
        async with following(one.server, ACCESS, watch=watch("member", object="unit:team")) as members:
            assert await members.caught_up() == []
            now += timedelta(hours=3)
            await put(one, Unit(id="unit:wakes", name="Wakes"))
            message = await members.message()
    assert told_briefly(message) == ["person:bo unit:team ALLOWED DENIED", "person:cy unit:team DENIED ALLOWED"]
    assert cause_of(message) == {
        ("expirePermissions", (who, "unit:team"), PERMISSION_KEEPER) for who in ("person:bo", "person:cy")
    }


@pytest.mark.parametrize("target", [{"type": "document"}, {"object": "document:1"}])
async def test_another_model_is_told_as_the_cause_of_what_it_gives_and_takes(site: Site, target: Any) -> None:
    async with serving(site, clock=fixed) as one:
        await one.guarded.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        add = tuple(RelationshipTuple(user, "owner", "document:1") for user in ("user:a", "user:b"))
        await one.guarded.permissions.change(ChangePermissions(add=add), actor="test")
        async with following(one.server, ACCESS, watch=watch("viewer", **target)) as viewers:
            assert await viewers.caught_up() == []
            without = DOCUMENTS.replace("person with in_office] or owner", "person with in_office]")
            written = await one.guarded.permissions.write_model(ModelSource(dsl=without), actor="person:ada")
            lost = await viewers.message()
            again = await one.guarded.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="person:ada")
            gained = await viewers.message()
    assert told_briefly(lost) == ["user:a document:1 ALLOWED DENIED", "user:b document:1 ALLOWED DENIED"]
    assert told_briefly(gained) == ["user:a document:1 DENIED ALLOWED", "user:b document:1 DENIED ALLOWED"]
    for message, answer in ((lost, written), (gained, again)):
        assert cause_of(message) == {("switchAuthorizationModel", (live_id(answer.value),), PERMISSION_KEEPER)}


def live_id(value: object) -> str:
    assert isinstance(value, ModelLive)
    return value.model_id


async def test_who_reports_to_somebody_is_managed_by_him_from_that_commit_on(site: Site) -> None:
    async with watching(site, watch("can_manage", type="person", user="person:cy")) as (one, (managed, _)):
        await put(one, ReportsTo(source="person:bo", target="person:cy"))
        message = await managed.message()
    assert told_briefly(message) == ["person:cy person:bo DENIED ALLOWED"]
    assert cause_of(message) == {("put", ("person:bo", "person:cy"), "person:boss")}


async def test_a_member_who_leaves_a_living_swarm_works_in_it_no_more(site: Site) -> None:
    async with watching(site, watch("member", object="swarm:s", user="person:bo")) as (one, (members, _)):
        booking = next(each for each in swarm() if isinstance(each, MemberOf) and each.source == "person:bo")
        await put(one, msgspec.structs.replace(booking, left_at=NOW - timedelta(hours=1)))
        message = await members.message()
    assert told_briefly(message) == ["person:bo swarm:s ALLOWED DENIED"]
    assert cause_of(message) == {("put", ("person:bo", "swarm:s"), "person:boss")}


async def test_a_member_whose_time_in_a_swarm_ends_within_the_day_is_told_by_the_next_commit(site: Site) -> None:
    now = NOW

    def clock() -> datetime:
        return now

    async with serving(site, clock=clock) as one:
        await put(one, *organization(), *swarm())
        booking = next(each for each in swarm() if isinstance(each, MemberOf) and each.source == "person:bo")
        await put(one, msgspec.structs.replace(booking, left_at=NOW + timedelta(hours=1)))
        async with following(one.server, ACCESS, watch=watch("member", object="swarm:s")) as members:
            assert await members.caught_up() == []
            now = NOW + timedelta(hours=2)
            await put(one, Unit(id="unit:wakes", name="Wakes"))
            message = await members.message()
        assert held(one.guarded.graph) == held(rebuilt(one.guarded.replica.live.state))
    assert told_briefly(message) == ["person:bo swarm:s ALLOWED DENIED"]
    assert cause_of(message) == {("expirePermissions", ("person:bo", "swarm:s"), PERMISSION_KEEPER)}
