"""Following permissions over a socket: what is told of tuples, who may follow, and how far back one may resume."""

import asyncio
from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from graph_api.kernel.records import upsert
from graph_api.organization.model import BelongsTo, Person, Unit
from graph_api.permission.commands import ChangePermissions, ModelSource, PermissionsChanged
from graph_api.permission.tuples import Condition, RelationshipTuple, TupleKey
from graph_api.projection.replica import utc_now
from graph_api.swarm.model import Swarm, SwarmState
from tests.permission.world import DOCUMENTS, keys, organization, swarm, tuples
from tests.support.commands import PUT, Put
from tests.support.permission_streams import ACCESS, TUPLES, Served, following, serving, told_briefly, watch
from tests.support.replicas import Site
from tests.support.sockets import PATIENCE_SECONDS

ADA = "person:ada"
RIGHT = RelationshipTuple(ADA, "integrator", "organization:main")
LIFETIME = timedelta(seconds=1.5)
Changes = dict[str, list[tuple[str, ...]]]


async def change(one: Served, *add: RelationshipTuple, remove: tuple[TupleKey, ...] = (), actor: str = "test") -> str:
    answer = await one.guarded.permissions.change(ChangePermissions(add=add, remove=remove), actor=actor)
    assert isinstance(answer.value, PermissionsChanged), answer.value
    return answer.revision


async def documents(one: Served) -> None:
    await one.guarded.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")


def briefly(message: Any) -> list[tuple[str, ...]]:
    return [
        (each["operation"], each["tuple"]["user"], each["tuple"]["relation"], each["tuple"]["object"], each["actor"])
        for each in message["changes"]
    ]


async def test_tuples_of_both_sources_are_told_with_who_asked_and_a_replaced_one_twice(site: Site) -> None:
    async with serving(site) as one, serving(site) as other:
        await documents(one)
        async with following(one.server, TUPLES) as here, following(other.server, TUPLES) as there:
            assert await here.caught_up() == await there.caught_up() == []
            await change(one, RelationshipTuple(ADA, "viewer", "document:1"), actor="person:boss")
            conditional = Condition("in_office", {"hour": 9})
            until = utc_now() + timedelta(days=1)
            await change(other, RelationshipTuple(ADA, "viewer", "document:1", conditional, until), actor="person:di")
            await one.guarded.replica.wait_for(other.revision)
            records = (Unit(id="unit:u", name="U"), Person(id=ADA, name="A"), BelongsTo(source=ADA, target="unit:u"))
            await one.guarded.replica.submit(PUT, Put(records=records), actor="person:hr")
            last = await change(one, remove=keys("person:ada viewer document:1"), actor="person:boss")
            messages = await here.until(last)
            assert await there.until(last) == messages
    viewer = (ADA, "viewer", "document:1")
    assert briefly(messages[0]) == [("ADDED", *viewer, "person:boss")]
    assert briefly(messages[1]) == [("REMOVED", *viewer, "person:di"), ("ADDED", *viewer, "person:di")]
    old, new = (each["tuple"] for each in messages[1]["changes"])
    assert (old["conditionName"], old["conditionContext"], old["expiresAt"]) == (None, None, None)
    assert (new["conditionName"], new["conditionContext"], new["expiresAt"]) == (
        "in_office", {"hour": 9}, until.isoformat()
    )  # fmt: skip
    assert ("ADDED", ADA, "member", "unit:u", "person:hr") in briefly(messages[2])
    assert {each["tuple"]["source"] for each in messages[2]["changes"]} == {"DERIVED"}
    assert briefly(messages[3]) == [("REMOVED", *viewer, "person:boss")]


async def test_a_tuple_that_the_model_of_then_did_not_let_count_is_told_as_such_live_and_later(site: Site) -> None:
    owner = RelationshipTuple(ADA, "owner", "document:1")
    async with serving(site) as one:
        await documents(one)
        await change(one, owner)
        without = DOCUMENTS.replace("define owner: [user, person]", "define owner: [user]")
        await one.guarded.permissions.write_model(ModelSource(dsl=without), actor="test")
        async with following(one.server, TUPLES) as live:
            start = (await live.message())["revision"]
            removed = await change(one, remove=(owner.key,))
            told = await live.until(removed)
            await documents(one)
            async with following(one.server, TUPLES, after=start) as again:
                assert await again.until(removed) == told
    assert [each["tuple"]["valid"] for each in told[0]["changes"]] == [False]


class Writer:
    """Changes tuples at random under a name of its own."""

    def __init__(self, name: str, seed: int) -> None:
        self._name = name
        self._random = Random(f"{name} {seed}")
        self._there: dict[TupleKey, RelationshipTuple] = {}

    async def write(self, one: Served, times: int) -> str:
        revision = ""
        for _ in range(times):
            gone = [key for key in self._there if self._random.random() < 0.3]
            added = {each.key: each for each in self._tuples() if each.key not in gone}
            revision = await change(one, *added.values(), remove=tuple(gone), actor=self._name)
            self._there = {key: each for key, each in (self._there | added).items() if key not in gone}
        return revision

    def _tuples(self) -> list[RelationshipTuple]:
        expires = [None, None, utc_now() + timedelta(days=self._random.randint(1, 9))]
        return [
            RelationshipTuple(f"user:{self._name}{self._random.randrange(5)}", "viewer",
                              f"document:{self._random.randrange(4)}", None, self._random.choice(expires))
            for _ in range(self._random.randint(1, 4))
        ]  # fmt: skip


def held(one: Served) -> set[tuple[str, ...]]:
    return {
        (each.tuple.user, each.tuple.relation, each.tuple.object, str(each.tuple.expires_at))
        for each in one.guarded.graph.read()
    }


def apply(state: set[tuple[str, ...]], message: Any) -> None:
    """Bring a copy of the tuples up to date; what is told must fit."""
    for each in message["changes"]:
        told = each["tuple"]
        expires = told["expiresAt"]
        row = (told["user"], told["relation"], told["object"], str(expires).replace("T", " "))
        assert (row in state) == (each["operation"] == "REMOVED"), "told twice, or of what is not there"
        (state.discard if each["operation"] == "REMOVED" else state.add)(row)


@pytest.mark.parametrize("seed", range(2))
async def test_all_that_is_told_makes_the_tuples_of_the_beginning_those_of_the_end(site: Site, seed: int) -> None:
    random = Random(seed)
    async with serving(site) as one, serving(site) as other:
        await documents(one)
        await other.guarded.replica.wait_for(one.revision)
        start, state = one.revision, held(one)
        async with following(one.server, TUPLES) as here, following(other.server, TUPLES) as there:
            await here.caught_up()
            await there.caught_up()
            writers = [Writer(name, seed) for name in "abcd"]
            last = max(await asyncio.gather(*(each.write((one, other)[n % 2], 20) for n, each in enumerate(writers))))
            messages = await here.until(last)
            assert await there.until(last) == messages
        for message in messages:
            apply(state, message)
        await other.guarded.replica.wait_for(last)
        assert state == held(one) == held(other)
        cuts = sorted(random.sample([start, *(each["revision"] for each in messages)], 5))
        for cut in cuts:
            async with following(random.choice((one, other)).server, TUPLES, after=cut) as again:
                assert await again.caught_up() == [each for each in messages if each["revision"] > cut]


async def test_a_long_past_is_told_as_it_is_taken_with_what_comes_meanwhile(site: Site) -> None:
    async with serving(site) as one:
        await documents(one)
        start = one.revision
        revisions = [await change(one, *tuples(f"user:{number} owner document:1")) for number in range(120)]
        async with following(one.server, TUPLES, after=start) as stream:
            told: list[str] = []
            while len(told) < len(revisions):
                if len(told) in (30, 60, 90):
                    revisions.append(await change(one, *tuples(f"user:late{len(told)} owner document:1")))
                message = await stream.message()
                told += [message["revision"]] if message["changes"] else []
    assert told == revisions
    assert len(revisions) == 123


async def test_revision_that_is_not_kept_any_more_is_gone(site: Site) -> None:
    async with serving(site, permission_revisions_kept_max=3) as one:
        await documents(one)
        revisions = [await change(one, *tuples(f"user:{number} owner document:1")) for number in range(5)]
        for query, more in ((TUPLES, {}), (ACCESS, {"watch": watch("owner", type="document")})):
            async with following(one.server, query, after=revisions[0], **more) as stream:
                assert await stream.code() == "REVISION_GONE"
            async with following(one.server, query, after=revisions[1], **more) as stream:
                assert [each["revision"] for each in await stream.caught_up()] == revisions[2:]


async def test_changes_that_are_not_kept_any_more_are_gone_and_so_is_what_was_before_the_start(site: Site) -> None:
    async with serving(site, permission_changes_kept_max=4) as one:
        await documents(one)
        revisions = [
            await change(one, *tuples(f"user:{number} owner document:1", f"user:{number} owner document:2"))
            for number in range(4)
        ]
        async with following(one.server, TUPLES, after=revisions[0]) as stream:
            assert await stream.code() == "REVISION_GONE"
        async with following(one.server, TUPLES, after=revisions[1]) as stream:
            assert len(await stream.caught_up()) == 2
        async with serving(site) as later, following(later.server, TUPLES, after=revisions[2]) as stream:
            assert await stream.code() == "REVISION_GONE"


async def test_an_import_too_large_to_be_told_is_an_overflow_at_its_closing_commit_live_and_later(site: Site) -> None:
    people = [Person(id=f"person:{number}", name="Imported") for number in range(20)]
    async with serving(site, permission_changes_kept_max=30, import_chunk_changes=5) as one:
        await documents(one)
        start = await change(one, *tuples("user:a owner document:1"))
        async with (
            following(one.server, TUPLES) as live,
            following(one.server, ACCESS, watch=watch("can_see", type="person")) as access,
        ):
            await live.caught_up()
            await access.caught_up()
            revision = await one.guarded.replica.import_changes(
                "import:1", [upsert(each) for each in people], actor="importer", progress=print
            )
            last = await change(one, *tuples("user:b owner document:1"))
            told = await live.until(last)
            assert [(each["revision"], each["overflow"]) for each in told] == [(revision, True), (last, False)]
            assert [(each["revision"], each["overflow"]) for each in await access.until(revision)] == [(revision, True)]
        async with following(one.server, TUPLES, after=start) as again:
            assert await again.caught_up() == told
        async with following(one.server, ACCESS, after=start, watch=watch("can_see", type="person")) as again:
            assert await again.code() == "REVISION_GONE"


@pytest.mark.parametrize("query", [TUPLES, ACCESS])
async def test_a_right_that_is_taken_away_ends_the_stream(site: Site, query: str) -> None:
    more = {"watch": watch("owner", type="document")} if query == ACCESS else {}
    async with serving(site) as one, serving(site) as other:
        await documents(one)
        await one.guarded.replica.submit(PUT, Put(records=(Person(id=ADA, name="Ada"),)), actor="test")
        await change(one, RIGHT)
        await other.guarded.replica.wait_for(one.revision)
        async with following(other.server, query, viewer=ADA, **more) as stream:
            assert await stream.caught_up() == []
            seen = await change(one, *tuples("user:a owner document:1"))
            assert len(await stream.until(seen)) == 1
            await change(one, *tuples("user:b owner document:1"), remove=(RIGHT.key,))
            assert await stream.code() == "FORBIDDEN"
        async with following(other.server, query, viewer=ADA, **more) as stream:
            assert await stream.code() == "FORBIDDEN"
        assert other.guarded.permissions.streams.subscribers == 0


@pytest.mark.parametrize("query", [TUPLES, ACCESS])
async def test_a_right_that_expires_ends_the_stream(site: Site, query: str) -> None:
    more = {"watch": watch("owner", type="document")} if query == ACCESS else {}
    async with serving(site) as one:
        await documents(one)
        until = utc_now() + LIFETIME
        await change(one, RelationshipTuple(ADA, "integrator", "organization:main", expires_at=until))
        async with following(one.server, query, viewer=ADA, **more) as stream:
            assert await stream.caught_up() == []
            assert await stream.code() == "FORBIDDEN"
        assert utc_now() >= until


async def test_who_has_no_right_follows_his_own_access_and_is_not_told_of_what_he_may_not_see(site: Site) -> None:
    own = watch("viewer", type="document", user=ADA)
    async with serving(site) as one:
        await documents(one)
        people = (Person(id=ADA, name="Ada"), Person(id="person:bo", name="Bo"))
        await one.guarded.replica.submit(PUT, Put(records=people), actor="test")
        async with following(one.server, ACCESS, viewer=ADA, watch=own) as stream:
            assert await stream.caught_up() == []
            told = await change(one, *tuples("person:ada owner document:1"), actor="person:bo")
            await change(one, *tuples("document:1#owner viewer document:2"), actor="system:permissions")
            messages = [*await stream.until(told), await stream.message()]
        for foreign in (watch("viewer", type="document", user="person:bo"), watch("viewer", type="document")):
            async with following(one.server, ACCESS, viewer=ADA, watch=foreign) as stream:
                assert await stream.code() == "FORBIDDEN"
    first, second = (message["changes"][0] for message in messages)
    assert [told_briefly(message) for message in messages] == [
        ["person:ada document:1 DENIED ALLOWED"], ["person:ada document:2 DENIED ALLOWED"],
    ]  # fmt: skip
    assert (first["cause"], first["causeIds"], first["actor"]) == ("changePermissions", ["document:1"], None)
    assert (second["causeIds"], second["actor"]) == (["document:2"], "system:permissions")


async def test_who_loses_by_what_he_may_not_see_is_told_of_the_loss_and_not_by_what(site: Site) -> None:
    async with serving(site) as one:
        await one.guarded.replica.submit(PUT, Put(records=(*organization(), *swarm())), actor="test")
        own = watch("can_see", type="task", user="person:bo")
        async with following(one.server, ACCESS, viewer="person:bo", watch=own) as stream:
            assert await stream.caught_up() == []
            over = next(each for each in swarm() if isinstance(each, Swarm))
            cancelled = msgspec.structs.replace(over, state=SwarmState.CANCELLED)
            await one.guarded.replica.submit(PUT, Put(records=(cancelled,)), actor="person:di")
            message = await stream.message()
    assert told_briefly(message) == ["person:bo task:mx ALLOWED DENIED"]
    assert [(each["cause"], each["causeIds"], each["actor"]) for each in message["changes"]] == [("put", [], None)]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (watch("viewer", type="nothing"), "BAD_USER_INPUT"),
        (watch("nothing", type="document"), "BAD_USER_INPUT"),
        (watch("viewer", object="document"), "BAD_USER_INPUT"),
        (watch("viewer", type="document", user="nobody:a"), "BAD_USER_INPUT"),
        (watch("viewer", type="document", object="document:1"), "BAD_USER_INPUT"),
    ],
)
async def test_what_the_model_does_not_know_cannot_be_watched(site: Site, wrong: Any, code: str) -> None:
    async with serving(site) as one:
        await documents(one)
        async with following(one.server, ACCESS, watch=wrong) as stream:
            assert await stream.code() == code
        assert one.guarded.permissions.streams.subscribers == 0


async def test_more_than_may_watch_are_refused(site: Site) -> None:
    async with serving(site, access_watches_max=1) as one:
        await documents(one)
        asked = watch("viewer", type="document")
        async with following(one.server, ACCESS, watch=asked) as first:
            assert await first.caught_up() == []
            async with following(one.server, ACCESS, watch=asked) as second:
                assert await second.code() == "RATE_LIMITED"
            last = await change(one, *tuples("user:a owner document:1"))
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert len(await first.until(last)) == 1
