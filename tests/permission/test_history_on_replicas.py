"""The past on real replicas: each instant is told as it was when it was the present, and another replica agrees."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from graph_api.kernel.records import Record, upsert
from graph_api.organization.model import BelongsTo, Person, Unit
from graph_api.permission.commands import ChangePermissions, ModelSource
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.tuples import RelationshipTuple, StoredTuple, TupleSource
from graph_api.projection.replica import utc_now
from tests.permission.world import AT, DOCUMENTS, tuples
from tests.support.backup import copy, restore
from tests.support.commands import DROP, PUT, Drop, Put
from tests.support.permissions import Guarded, guarded
from tests.support.replicas import Site
from tests.support.seeds import seeds
from tests.support.waiting import until

OTHER = DOCUMENTS.replace("define owner: [user, person]", "define owner: [person]")
UNIT = Unit(id="unit:u", name="U")


def what_holds(graph: PermissionGraph) -> object:
    return (graph.model, graph.read())


def explicit(graph: PermissionGraph) -> list[StoredTuple]:
    return [each for each in graph.read() if each.source is TupleSource.EXPLICIT]


def clock_of_one_day() -> Callable[[], datetime]:
    """Return a clock that goes as fast as the machine's, on a day that does not end in the middle of a test."""
    began = utc_now()
    return lambda: AT + (utc_now() - began)


class Steps:
    """Random changes of tuples, models and the organization, some of them by imports that may fail."""

    def __init__(self, one: Guarded, clock: Callable[[], datetime], seed: int) -> None:
        self._one = one
        self._clock = clock
        self._chance = random.Random(seed)
        self._imports = 0

    async def take(self) -> None:
        steps = (self._share, self._share, self._unshare, self._put, self._leave, self._import, self._switch)
        await self._chance.choice(steps)()

    async def _share(self) -> None:
        number, expires = self._chance.randrange(4), self._clock() + timedelta(milliseconds=300)
        user, relation = self._chance.choice((("user:*", "viewer"), (f"person:{number}", "owner"), ("user:x", "owner")))
        each = RelationshipTuple(user, relation, f"document:{number}", None, self._chance.choice((None, expires)))
        await self._one.permissions.change(ChangePermissions(add=(each,)), actor="test")

    async def _unshare(self) -> None:
        if there := [each.tuple.key for each in explicit(self._one.graph)]:
            await self._one.permissions.change(ChangePermissions(remove=(self._chance.choice(there),)), actor="test")

    def _people(self) -> list[Record]:
        numbers = self._chance.sample(range(6), 3)
        last = self._chance.choice((None, AT.date()))
        people = [Person(id=f"person:{number}", name="P", last_day=last) for number in numbers]
        return [UNIT, *people, *(BelongsTo(source=each.id, target=UNIT.id) for each in people[:2])]

    async def _put(self) -> None:
        await self._one.replica.submit(PUT, Put(records=tuple(self._people())), actor="test", timeout_seconds=60)

    async def _leave(self) -> None:
        if links := list(self._one.replica.graph.incoming(BelongsTo, UNIT.id)):
            await self._one.replica.submit(DROP, Drop(records=(links[0],)), actor="test", timeout_seconds=60)

    async def _import(self) -> None:
        self._imports += 1
        fails = self._chance.random() < 0.3
        dangling = [BelongsTo(source="person:1", target="unit:gone")] if fails else []
        changes = [upsert(record) for record in (*self._people(), *dangling)]
        importing = self._one.replica.import_changes(
            f"import:{self._imports}", changes, actor="test", progress=lambda done: None
        )
        if fails:
            with pytest.raises(Exception, match="does not exist"):
                await importing
        else:
            await importing

    async def _switch(self) -> None:
        source = ModelSource(dsl=self._chance.choice((DOCUMENTS, OTHER)))
        await self._one.permissions.write_model(source, actor="test")


@pytest.mark.parametrize("seed", seeds(1, 2))
async def test_the_past_is_what_the_present_was_over_imports_switches_and_expiries(site: Site, seed: int) -> None:
    clock = clock_of_one_day()
    seen: list[tuple[datetime, object]] = []
    async with guarded(site, clock=clock, import_chunk_changes=2) as first, guarded(site, clock=clock) as second:
        first.projection.subscribe(lambda state, delta: seen.append((state.at, what_holds(first.graph))))
        steps = Steps(first, clock, seed)
        await first.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        for _ in range(40):
            await steps.take()
        await until(lambda: not any(each.tuple.expires_at for each in explicit(first.graph)))
        await second.replica.wait_for(first.replica.revision)
        assert len({repr(what) for _, what in seen}) > 20
        for at, what in seen:
            assert what_holds(await first.permissions.graph_at(at)) == what
        at, what = seen[len(seen) // 2]
        assert what_holds(await second.permissions.graph_at(at)) == what
        assert await first.permissions.graph_at(clock() + timedelta(days=1)) is first.graph


async def test_the_past_of_a_restored_backup_is_its_own(site: Site) -> None:
    async with guarded(site) as one:
        await one.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        backup = await copy(one.replica.database)
        await one.permissions.change(ChangePermissions(add=tuples("user:lost owner document:1")), actor="test")
        lost = one.replica.at
        assert (await one.permissions.graph_at(lost)).check("user:lost", "owner", "document:1")
        await restore(one.replica.database, backup)
        await until(lambda: not one.graph.read("user:lost"))
        await one.permissions.change(ChangePermissions(add=tuples("user:new owner document:1")), actor="test")
        assert not (await one.permissions.graph_at(lost)).check("user:lost", "owner", "document:1")
