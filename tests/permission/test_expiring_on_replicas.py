"""R8 on real replicas: what expires does not count from that instant on, and is removed by a commit of its own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from graph_api.organization.model import BelongsTo, Person, Unit
from graph_api.permission.commands import ChangePermissions, ModelSource
from graph_api.permission.keeper import PERMISSION_KEEPER
from graph_api.permission.projection import PermissionDelta
from graph_api.permission.records import Granted, Resource
from graph_api.permission.tuples import RelationshipTuple
from graph_api.projection.commit import CommandEntry, CommitCodec
from graph_api.projection.loading import cold_load
from graph_api.projection.replica import utc_now
from graph_api.projection.state import digest
from graph_api.projection.verify import commits_from
from tests.permission.world import DOCUMENTS
from tests.support.commands import PUT, Put
from tests.support.permissions import Guarded, guarded, held, rebuilt
from tests.support.replicas import REGISTRY, Site
from tests.support.waiting import until

CODEC = CommitCodec(REGISTRY)
LIFETIME = timedelta(seconds=1.5)
EVE = datetime(2026, 3, 31, 22, tzinfo=UTC)


async def grant(one: Guarded, expires_at: datetime | None) -> None:
    each = RelationshipTuple("user:a", "viewer", "document:1", expires_at=expires_at)
    await one.permissions.change(ChangePermissions(add=(each,)), actor="test")


def grants(*several: Guarded) -> int:
    return sum(isinstance(record, Granted) for each in several for record in each.replica.graph.records())


async def expiries(one: Guarded) -> list[CommandEntry]:
    entries = [entry async for commit in commits_from(one.replica.database, CODEC, 1) for entry in commit.entries]
    return [entry.command for entry in entries if entry.command and entry.command.operation == "expirePermissions"]


async def test_r8_a_tuple_is_gone_by_one_commit_with_its_cause_on_every_replica(site: Site) -> None:
    told: list[PermissionDelta] = []
    async with guarded(site) as first, guarded(site) as second:
        await first.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        second.projection.subscribe(lambda state, delta: told.append(delta) if delta and delta.changes else None)
        expires_at = utc_now() + LIFETIME
        await grant(first, expires_at)
        await second.replica.wait_for(first.replica.revision)
        assert second.graph.check("user:a", "viewer", "document:1", at=expires_at - timedelta(milliseconds=1))
        assert not second.graph.check("user:a", "viewer", "document:1", at=expires_at)
        await until(lambda: grants(first, second) == 0)
        assert utc_now() >= expires_at
        assert first.replica.graph.count(Resource) == 0
        assert await expiries(first) == [CommandEntry("expirePermissions", PERMISSION_KEEPER)]
        assert [[(bool(each.before), bool(each.after)) for each in delta.changes] for delta in told] == [
            [(False, True)], [(True, False)],
        ]  # fmt: skip
        assert digest((await cold_load(first.replica.database, REGISTRY, CODEC)).graph) == digest(first.replica.graph)


async def test_r8_what_expired_while_nobody_served_is_removed_at_the_next_start(site: Site) -> None:
    now = utc_now()

    def clock() -> datetime:
        return now

    async with guarded(site, clock=clock) as one:
        await one.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        await grant(one, now + timedelta(hours=1))
        assert grants(one) == 1
    now += timedelta(hours=2)
    async with guarded(site, clock=clock) as later:
        assert not later.graph.check("user:a", "viewer", "document:1")
        await until(lambda: grants(later) == 0)


async def test_r8_a_tuple_that_is_renewed_in_time_stays(site: Site) -> None:
    async with guarded(site) as one:
        await one.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        first = utc_now() + LIFETIME
        await grant(one, first)
        await grant(one, None)
        await grant_another_until_it_is_gone(one)
        assert utc_now() > first
        assert one.graph.check("user:a", "viewer", "document:1")


async def grant_another_until_it_is_gone(one: Guarded) -> None:
    each = RelationshipTuple("user:b", "viewer", "document:1", expires_at=utc_now() + LIFETIME)
    await one.permissions.change(ChangePermissions(add=(each,)), actor="test")
    await until(lambda: grants(one) == 1)


async def test_days_of_the_organization_begin_and_end_at_midnight_by_a_commit(site: Site) -> None:
    now = EVE

    def clock() -> datetime:
        return now

    def members(one: Guarded) -> Callable[[], list[str]]:
        return lambda: one.graph.list_users("unit:team", "member", filters=["person"])

    async with guarded(site, clock=clock) as first, guarded(site, clock=clock) as second:
        await first.replica.submit(PUT, Put(records=team()), actor="test")
        await second.replica.wait_for(first.replica.revision)
        assert members(first)() == members(second)() == ["person:bo"]
        now = EVE + timedelta(hours=2)
        assert members(first)() == []
        await first.replica.submit(PUT, Put(records=(Unit(id="unit:wakes", name="Wakes"),)), actor="test")
        await until(lambda: members(first)() == members(second)() == ["person:cy"])
        assert len(await expiries(first)) == 1
        await second.replica.wait_for(first.replica.revision)
        assert held(first.graph) == held(second.graph) == held(rebuilt(first.replica.live.state))


def team() -> tuple[Person | Unit | BelongsTo, ...]:
    last, first = EVE.date(), EVE.date() + timedelta(days=1)
    return (
        Unit(id="unit:team", name="Team"), Person(id="person:bo", name="Bo"), Person(id="person:cy", name="Cy"),
        BelongsTo(source="person:bo", target="unit:team", until=last),
        BelongsTo(source="person:cy", target="unit:team", since=first),
    )  # fmt: skip
