"""Permission on real replicas: one state, one permission graph, whether followed, rebuilt, loaded or imported."""

import asyncio
import random
from datetime import timedelta

import msgspec
import pytest

from graph_api.kernel.commands import InputRejected
from graph_api.kernel.errors import Conflict, QueryTooCostly, Unavailable
from graph_api.kernel.records import AnyChange, Record, upsert
from graph_api.organization.model import BelongsTo, Person, ReportsTo, Unit
from graph_api.permission.commands import ChangePermissions, ModelSource, PermissionsChanged
from graph_api.permission.kept_graph import KeptGraph
from graph_api.permission.projection import PermissionDelta
from graph_api.permission.records import AuthorizationModelRecord
from graph_api.permission.service import ModelLive
from graph_api.permission.tuples import Condition, RelationshipTuple, TupleKey, TupleSource
from graph_api.projection.commit import CommitCodec
from graph_api.projection.loading import cold_load
from graph_api.projection.replica import utc_now
from graph_api.projection.state import State, digest
from graph_api.projection.verify import verify_log
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState
from tests.permission.world import AT, DOCUMENTS, TODAY, organization, swarm, tuples, writings
from tests.support.commands import DROP, PUT, Drop, Put
from tests.support.folds import Fold
from tests.support.permissions import Guarded, guarded, held, rebuilt
from tests.support.replicas import REGISTRY, Site
from tests.support.seeds import seeds

CODEC = CommitCodec(REGISTRY)
OTHER = DOCUMENTS.replace("define owner: [user, person]", "define owner: [user]")
"""A model that forbids some of the tuples that the first one allows."""


async def put(one: Guarded, *records: Record) -> None:
    await one.replica.submit(PUT, Put(records=records), actor="test", timeout_seconds=60)


async def drop(one: Guarded, *records: Record) -> None:
    await one.replica.submit(DROP, Drop(records=records), actor="test", timeout_seconds=60)


async def share(one: Guarded, *texts: str) -> PermissionsChanged:
    answer = await one.permissions.change(ChangePermissions(add=tuples(*texts)), actor="test")
    assert isinstance(answer.value, PermissionsChanged), answer.value
    return answer.value


async def model(one: Guarded, dsl: str) -> ModelLive:
    answer = await one.permissions.write_model(ModelSource(dsl=dsl), actor="test")
    assert isinstance(answer.value, ModelLive), answer.value
    return answer.value


async def commits(one: Guarded) -> int:
    return (await verify_log(one.replica.database, CODEC)).commits


async def test_services_that_start_at_once_write_the_first_model_once(site: Site) -> None:
    async with guarded(site) as first, guarded(site) as second:
        await first.replica.wait_for(second.replica.revision)
        assert first.replica.graph.count(AuthorizationModelRecord) == 1
        assert await commits(first) == 1
        assert held(first.graph) == held(second.graph)
        assert first.graph.check("admin:local", "can_write_models", "organization:main")
    async with guarded(site) as again:
        assert await commits(again) == 1


async def test_rights_follow_the_organization_in_its_own_commit(site: Site) -> None:
    async with guarded(site) as one:
        await put(one, *organization(), *swarm())
        before = one.replica.live.state.revision
        assert one.graph.check("person:bo", "can_see", "task:mx")
        over = msgspec.structs.replace(next(each for each in swarm() if isinstance(each, Swarm)),
                                       state=SwarmState.CANCELLED)  # fmt: skip
        seen: list[tuple[int, bool]] = []
        one.replica.subscribe(
            lambda state, commit: seen.append(
                (state.revision, bool(one.graph.check("person:bo", "can_see", "task:mx")))
            )
        )
        await put(one, over)
        assert seen == [(before + 1, False)]


class History:
    """A random history of the organization, its tuples and its models."""

    def __init__(self, one: Guarded, seed: int) -> None:
        self._one = one
        self._chance = random.Random(seed)

    async def step(self) -> None:
        steps = (self._organization, self._swarm, self._share, self._share, self._unshare, self._leave, self._switch)
        await self._chance.choice(steps)()

    def _person(self) -> Person:
        number = self._chance.randrange(8)
        return Person(id=f"person:{number}", name="P", kind=self._chance.choice(("person", "bot")),
                      last_day=self._chance.choice((None, TODAY)))  # fmt: skip

    async def _organization(self) -> None:
        person, unit = self._person(), Unit(id=f"unit:{self._chance.randrange(3)}", name="U")
        role = self._chance.choice(("lead", "member"))
        boss = Person(id="person:boss", name="Boss")
        await put(self._one, person, unit, boss, BelongsTo(source=person.id, target=unit.id, roles=(role,)),
                  ReportsTo(source=person.id, target=boss.id))  # fmt: skip

    async def _leave(self) -> None:
        gone = [link for unit in self._one.replica.graph.nodes(Unit)
                for link in self._one.replica.graph.incoming(BelongsTo, unit.id)]  # fmt: skip
        if gone:
            await drop(self._one, self._chance.choice(gone))

    async def _swarm(self) -> None:
        state = self._chance.choice(tuple(SwarmState))
        person, number = self._person(), self._chance.randrange(3)
        made = Swarm(id=f"swarm:{number}", state=state, formed_at=AT, starts_on=TODAY, ends_on=TODAY)
        booked = MemberOf(source=person.id, target=made.id, roles=(), since=TODAY, until=TODAY, share_permille=1,
                          left_at=self._chance.choice((None, AT)))  # fmt: skip
        await put(self._one, person, made, booked)

    def _tuple(self) -> RelationshipTuple:
        number = self._chance.randrange(5)
        user = self._chance.choice(
            (f"user:{number}", "user:*", f"person:{number}", f"swarm:{number % 3}#member", f"document:{number}#owner")
        )
        target = f"document:{self._chance.randrange(5)}"
        if user.startswith("person"):
            context = self._chance.choice(({}, {"hour": number + 8}))
            later = self._chance.choice((None, utc_now() + timedelta(days=1)))
            return RelationshipTuple(user, "viewer", target, Condition("in_office", context), later)
        relation = "owner" if user.startswith("user:") and user != "user:*" else "viewer"
        return RelationshipTuple(user, relation, target)

    async def _share(self) -> None:
        add = {each.key: each for each in (self._tuple() for _ in range(4))}
        await self._one.permissions.change(ChangePermissions(add=tuple(add.values())), actor="test")

    async def _unshare(self) -> None:
        held_ = [each.tuple.key for each in self._one.graph.read() if each.source is TupleSource.EXPLICIT]
        remove = self._chance.sample(held_, min(3, len(held_)))
        await self._one.permissions.change(ChangePermissions(remove=tuple(remove)), actor="test")

    async def _switch(self) -> None:
        await model(self._one, self._chance.choice((DOCUMENTS, OTHER)))


@pytest.mark.parametrize("seed", seeds(1, 3))
async def test_what_was_followed_what_is_rebuilt_and_what_is_loaded_are_one(site: Site, seed: int) -> None:
    async with guarded(site) as first, guarded(site) as second:
        await model(first, DOCUMENTS)
        history = History(first, seed)
        for _ in range(60):
            await history.step()
        await second.replica.wait_for(first.replica.revision)
        followed = held(first.graph)
        assert {each.source for each in first.graph.read()} == {TupleSource.EXPLICIT, TupleSource.DERIVED}
        assert held(second.graph) == followed
        assert held(rebuilt(first.replica.live.state)) == followed
        loaded = await cold_load(first.replica.database, REGISTRY, CODEC)
        assert held(rebuilt(loaded)) == followed
        assert digest(loaded.graph) == digest(first.replica.graph) == digest(second.replica.graph)
        folded = await Fold(first.replica.database).up_to(first.replica.live.state.revision)
        assert held(rebuilt(folded)) == followed
    async with guarded(site) as from_snapshot:
        assert held(from_snapshot.graph) == followed


async def test_an_import_grants_everything_at_its_closing_commit_and_nothing_before(site: Site) -> None:
    seen: set[tuple[int, bool]] = set()
    records = [
        *organization(),
        *swarm(),
        *writings(),
        *(Person(id=f"person:{number}", name="P") for number in range(99)),
    ]
    nodes_first = sorted(records, key=lambda record: len(record.key))
    async with guarded(site, import_chunk_changes=10) as first, guarded(site) as second:

        def look(state: State, delta: PermissionDelta | None) -> None:
            count = len(first.graph.read(relation="itself"))
            seen.add((count, bool(first.graph.check("person:bo", "can_see", "task:mx"))))

        first.projection.subscribe(look)
        revision = await first.replica.import_changes(
            "import:1", list(map(upsert, nodes_first)), actor="test", progress=lambda done: None
        )
        await second.replica.wait_for(revision)
        assert seen == {(0, False), (104, True)}
        assert held(first.graph) == held(second.graph) == held(rebuilt(first.replica.live.state))


async def test_an_import_that_is_undone_has_granted_nothing(site: Site) -> None:
    dangling: list[AnyChange] = [upsert(BelongsTo(source="person:ada", target="unit:gone"))]
    nodes = [upsert(record) for record in organization() if len(record.key) == 2]
    async with guarded(site, import_chunk_changes=4) as one:
        before = held(one.graph)
        with pytest.raises(Exception, match="does not exist"):
            await one.replica.import_changes("import:1", [*nodes, *dangling], actor="test", progress=lambda done: None)
        assert held(one.graph) == before == held(rebuilt(one.replica.live.state))


async def test_a_thousand_tuples_are_written_all_or_none(site: Site) -> None:
    names = [f"user:{number} owner document:{number % 50}" for number in range(1000)]
    async with guarded(site) as one:
        await model(one, DOCUMENTS)
        before, count = digest(one.replica.graph), await commits(one)
        wrong = ChangePermissions(add=tuples(*names[:999], "user:x viewr document:1"))
        refused = await one.permissions.change(wrong, actor="test")
        assert isinstance(refused.value, InputRejected)
        assert (digest(one.replica.graph), await commits(one)) == (before, count)
        assert await share(one, *names) == PermissionsChanged(added=1000, removed=0, unchanged=0)
        assert await commits(one) == count + 1
        with pytest.raises(QueryTooCostly, match="1001 tuples"):
            await share(one, *names, "user:x owner document:1")


async def test_a_request_under_a_key_is_carried_out_once_on_whichever_replica(site: Site) -> None:
    async with guarded(site) as first, guarded(site) as second:
        await model(first, DOCUMENTS)
        command = ChangePermissions(add=tuples("user:a owner document:1"))
        once = await first.permissions.change(command, actor="test", idempotency_key="k")
        assert isinstance(once.value, PermissionsChanged)
        await first.permissions.change(ChangePermissions(remove=(command.add[0].key,)), actor="test")
        assert await second.permissions.change(command, actor="test", idempotency_key="k") == once
        assert second.graph.read("user:a") == []
        with pytest.raises(Conflict, match="used for another input"):
            await second.permissions.change(ChangePermissions(), actor="test", idempotency_key="k")


async def test_of_two_that_presume_the_opposite_at_once_one_is_refused(site: Site) -> None:
    async with guarded(site) as first, guarded(site) as second:
        await model(first, DOCUMENTS)
        (one,) = tuples("user:a owner document:1")
        command = ChangePermissions(add=(one,), must_not_exist=(one.key,))
        answers = await asyncio.gather(*(each.permissions.change(command, actor="test") for each in (first, second)))
        assert sorted(type(answer.value).__name__ for answer in answers) == ["InputRejected", "PermissionsChanged"]


async def test_who_is_saved_after_a_grant_has_it_and_its_tuple_can_be_removed(site: Site) -> None:
    async with guarded(site) as one:
        await model(one, DOCUMENTS)
        await share(one, "person:new viewer document:1")
        await put(one, Person(id="person:new", name="New"))
        assert one.graph.check("person:new", "viewer", "document:1")
        await share(one, "person:new owner document:1")
        gone = (TupleKey("person:new", "viewer", "document:1"), TupleKey("person:new", "owner", "document:1"))
        await one.permissions.change(ChangePermissions(remove=gone), actor="test")
        await drop(one, Person(id="person:new", name="New"))
        assert one.graph.read("person:new") == []
        assert digest((await cold_load(one.replica.database, REGISTRY, CODEC)).graph) == digest(one.replica.graph)


async def test_each_commit_tells_what_became_of_tuples_of_both_sources(site: Site) -> None:
    told: list[PermissionDelta | None] = []
    async with guarded(site) as one:
        await model(one, DOCUMENTS)
        await put(one, *organization())
        one.projection.subscribe(lambda state, delta: told.append(delta))
        await share(one, "user:a owner document:1")
        await drop(one, BelongsTo(source="person:ada", target="unit:team"))
        await model(one, OTHER)
    changes = [[(each.source, each.before, each.after) for each in delta.changes] for delta in told if delta]
    (owner,) = tuples("user:a owner document:1")
    assert changes[0] == [(TupleSource.EXPLICIT, None, owner)]
    assert {(source, after) for source, _, after in changes[1]} == {(TupleSource.DERIVED, None)}
    assert len(changes[1]) == 3
    assert [delta.model_switched for delta in told if delta][-2:] == [False, True]


async def test_a_graph_that_cannot_follow_is_not_answered_from_and_is_rebuilt(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a fault of the graph")

    async with guarded(site) as one:
        await model(one, DOCUMENTS)
        with monkeypatch.context() as patched:
            patched.setattr(KeptGraph, "take", fail)
            await share(one, "user:a owner document:1")
            with pytest.raises(Unavailable):
                one.graph.check("user:a", "owner", "document:1")
        await share(one, "user:b owner document:1")
        assert one.graph.list_users("document:1", "owner", filters=["user"]) == ["user:a", "user:b"]
        assert held(one.graph) == held(rebuilt(one.replica.live.state))


async def test_a_replaced_log_brings_its_own_permissions(site: Site) -> None:
    async with guarded(site) as one:
        await model(one, DOCUMENTS)
        await share(one, "user:a owner document:1")
        state = one.replica.live.state
        one.replica.live.replace(await cold_load(one.replica.database, REGISTRY, CODEC))
        assert one.replica.live.state is not state
        assert one.graph.check("user:a", "owner", "document:1")
        assert held(one.graph) == held(rebuilt(state))


async def test_a_staffed_task_is_seen_by_its_swarm_until_the_staffing_is_taken_back(site: Site) -> None:
    async with guarded(site) as one:
        await put(one, *organization(), *swarm())
        assert one.graph.check("person:cy", "can_see", "customer:kep")
        await drop(one, Staffs(source="swarm:s", target="task:mx"))
        assert not one.graph.check("person:cy", "can_see", "customer:kep")
