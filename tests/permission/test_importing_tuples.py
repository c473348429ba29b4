"""Importing tuples on real replicas: part by part, seen at one revision, and undone without a trace where one fails."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from graph_api.kernel.commands import InputRejected
from graph_api.kernel.errors import Conflict
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import Record
from graph_api.organization.model import BelongsTo, Person
from graph_api.permission.commands import ChangePermissions, ModelSource, PermissionsChanged
from graph_api.permission.decisions import ChangeDecision
from graph_api.permission.importing import TupleImport, TuplesImported
from graph_api.permission.projection import PermissionDelta
from graph_api.permission.records import Resource
from graph_api.permission.service import ModelLive
from graph_api.permission.tuples import RelationshipTuple
from graph_api.projection.commit import CommitCodec
from graph_api.projection.deciding import Work
from graph_api.projection.imports import Importer, ImportSteps
from graph_api.projection.loading import cold_load
from graph_api.projection.replica import Replica
from graph_api.projection.state import State, digest
from graph_api.projection.verify import verify_log
from tests.permission.world import DOCUMENTS, ENDS, TABLE, organization, tuples
from tests.support.commands import PUT, Put
from tests.support.permissions import Guarded, guarded, held, rebuilt
from tests.support.replicas import REGISTRY, Site

CODEC = CommitCodec(REGISTRY)


def silent(done: int, total: int) -> None:
    """Take progress and say nothing."""


async def put(one: Guarded, *records: Record) -> None:
    await one.replica.submit(PUT, Put(records=records), actor="system:test", timeout_seconds=60)


async def begin(one: Guarded) -> None:
    """Save the small organization and its documents' model."""
    await put(one, *organization())
    written = await one.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
    assert isinstance(written.value, ModelLive)


async def share(one: Guarded, *texts: str) -> None:
    answer = await one.permissions.change(ChangePermissions(add=tuples(*texts)), actor="test")
    assert isinstance(answer.value, PermissionsChanged), answer.value


async def unshare(one: Guarded, text: str) -> None:
    (each,) = tuples(text)
    answer = await one.permissions.change(ChangePermissions(remove=(each.key,)), actor="test")
    assert isinstance(answer.value, PermissionsChanged), answer.value


async def brought(one: Guarded, *texts: str) -> TuplesImported:
    outcome = await one.permissions.importing.run(
        tuples(*texts), actor="test", at=one.permissions.now(), progress=silent
    )
    assert isinstance(outcome, TuplesImported), outcome
    return outcome


def many(count: int) -> list[str]:
    """Return tuples that share their users and objects in many ways."""
    return [f"person:p{number % 7} viewer document:{number}" for number in range(count // 2)] + [
        f"user:u{number} owner document:{number % 5}" for number in range(count - count // 2)
    ]


async def loaded(one: Guarded) -> State:
    return await cold_load(one.replica.database, REGISTRY, CODEC)


async def test_all_parts_are_seen_at_one_revision_on_every_replica(site: Site) -> None:
    async with guarded(site, import_chunk_changes=10) as first, guarded(site) as second:
        await begin(first)
        seen: list[list[PermissionDelta]] = [[], []]
        for one, told in zip((first, second), seen, strict=True):
            one.projection.subscribe(lambda state, delta, told=told: told.append(delta or PermissionDelta()))
        steps: list[tuple[int, int]] = []
        outcome = await first.permissions.importing.run(
            tuples(*many(95)),
            actor="test",
            at=first.permissions.now(),
            progress=lambda done, total: steps.append((done, total)),
        )
        assert isinstance(outcome, TuplesImported)
        assert (outcome.added, outcome.unchanged, steps[-1], len(steps)) == (95, 0, (95, 95), 10)
        await second.replica.wait_for(outcome.revision)
        for one, told in zip((first, second), seen, strict=True):
            assert [len(delta.changes) for delta in told if delta.changes] == [95]
            assert held(one.graph) == held(rebuilt(one.replica.live.state))
        assert digest((await loaded(first)).graph) == digest(first.replica.graph) == digest(second.replica.graph)
        assert (await verify_log(first.replica.database, CODEC)).commits > 11


async def test_imported_is_the_same_as_changed_one_by_one(site: Site) -> None:
    texts = many(60)
    async with guarded(site, import_chunk_changes=7) as one:
        await begin(one)
        await share(one, *texts)
        changed = held(one.graph)
        state = digest(one.replica.graph)
        for text in texts:
            await unshare(one, text)
        await brought(one, *random.Random(5).sample(texts, len(texts)))
        assert held(one.graph) == changed
        assert digest(one.replica.graph) == state


async def test_what_stands_already_makes_no_commit(site: Site) -> None:
    async with guarded(site, import_chunk_changes=7) as one:
        await begin(one)
        first = await brought(one, *many(30))
        second = await brought(one, *many(30))
        assert (second.added, second.unchanged, second.revision) == (0, 30, first.revision)
        assert (await brought(one)).revision == first.revision
        third = await brought(one, *many(30), "user:new viewer document:1")
        assert (third.added, third.unchanged) == (1, 30)


async def test_tuple_of_another_condition_replaces_the_stored_one(site: Site) -> None:
    async with guarded(site) as one:
        await begin(one)
        await share(one, "person:ada viewer document:1")
        end = datetime(2200, 1, 1, tzinfo=UTC)
        changed = RelationshipTuple("person:ada", "viewer", "document:1", expires_at=end)
        outcome = await one.permissions.importing.run(
            [changed], actor="test", at=one.permissions.now(), progress=silent
        )
        assert isinstance(outcome, TuplesImported)
        assert outcome.added == 1
        assert [each.tuple for each in one.graph.read("person:ada", "viewer", "document:1")] == [changed]


async def test_everything_wrong_is_told_and_nothing_is_begun(site: Site) -> None:
    async with guarded(site) as one:
        await begin(one)
        before = one.replica.revision
        texts = ["person:ada viewer document:1", "person:ada views document:1", "person:ada member unit:team"]
        outcome = await one.permissions.importing.run(
            tuples(*texts), actor="test", at=one.permissions.now(), progress=silent
        )
        assert isinstance(outcome, InputRejected)
        assert [(problem.code, problem.path[0]) for problem in outcome.problems] == [
            ("INVALID_TUPLE", texts[1]),
            ("DERIVED", texts[2]),
        ]
        assert one.replica.revision == before


class Stepwise:
    """A replica whose imports are interrupted: something happens after a step, as other replicas may make it."""

    def __init__(self, replica: Replica, locks: Path, after_step: dict[int, Callable[[], Awaitable[None]]]) -> None:
        self._replica = replica
        self._locks = locks
        self._after = after_step
        self._steps = 0

    @property
    def graph(self) -> GraphView:
        return self._replica.graph

    @property
    def revision(self) -> str:
        return self._replica.revision

    async def import_changes(
        self,
        import_id: str,
        changes: Sequence[Any],
        *,
        actor: str,
        progress: Callable[[int], None],
        steps: ImportSteps,
    ) -> str:
        importer = Importer(self._submit, lambda: self._replica.live.state, self._locks, chunk_changes=4)
        await importer.run(import_id, changes, actor, progress, steps)
        return self._replica.revision

    async def _submit(self, work: Work) -> int:
        revision = await self._replica.commit(work)
        self._steps += 1
        if self._steps in self._after:
            await self._after[self._steps]()
        return revision


async def stepwise(
    one: Guarded, site: Site, texts: Sequence[str], after_step: dict[int, Callable[[], Awaitable[None]]]
) -> TuplesImported | InputRejected:
    """Import by parts of four, and let something happen after the steps that are named."""
    importing = TupleImport(Stepwise(one.replica, site.folder / "steps", after_step), ENDS, ChangeDecision(ENDS, TABLE))
    return await importing.run(tuples(*texts), actor="test", at=one.permissions.now(), progress=silent)


async def untouched(one: Guarded, before: str, resources: int) -> None:
    """Assert that a state is as it was, in memory and in the graph, and that nothing is open."""
    assert digest(one.replica.graph) == before
    assert one.replica.graph.count(Resource) == resources
    assert one.replica.live.state.open_imports == []
    assert digest((await loaded(one)).graph) == before
    assert held(one.graph) == held(rebuilt(one.replica.live.state))


async def test_tuple_that_comes_to_follow_from_the_organization_meanwhile_undoes_the_import(site: Site) -> None:
    texts = [*many(20), "person:di manager unit:all"]
    async with guarded(site) as one, guarded(site) as other:
        await begin(one)
        await share(one, "user:x viewer document:1")
        resources = one.replica.graph.count(Resource)
        told = one.replica.graph

        async def join() -> None:
            await other.replica.wait_for(one.replica.revision)
            await put(other, BelongsTo(source="person:di", target="unit:all", roles=("head",)))

        with pytest.raises(Conflict, match="The state has altered since the tuples were checked: The tuple") as refused:
            await stepwise(one, site, texts, {2: join})
        assert "import again" in refused.value.suggestion
        assert told.link(BelongsTo, "person:di", "unit:all") is not None
        await untouched(one, digest(told), resources)
        assert [each.tuple.user for each in one.graph.read(object="document:1")] == ["user:x"]


async def test_import_that_is_cancelled_leaves_nothing(site: Site) -> None:
    async with guarded(site) as one:
        await begin(one)
        await share(one, "user:u0 owner document:0")
        before, resources = digest(one.replica.graph), one.replica.graph.count(Resource)

        async def cancel() -> None:
            importing.cancel()

        importing = asyncio.create_task(stepwise(one, site, many(20), {3: cancel}))
        with pytest.raises(asyncio.CancelledError):
            await importing
        await untouched(one, before, resources)
        assert (await brought(one, *many(20))).added == 19, "what was undone can be imported"


async def test_nobody_takes_away_what_tuples_of_later_parts_are_fixed_to(site: Site) -> None:
    texts = [f"user:u{number} viewer document:shared" for number in range(12)]
    async with guarded(site) as one, guarded(site) as other:
        await begin(one)
        await share(one, "person:ada viewer document:shared")
        refused: list[Conflict] = []

        async def take_away() -> None:
            await other.replica.wait_for(one.replica.revision)
            with pytest.raises(Conflict, match="is changing the same entities") as fault:
                await unshare(other, "person:ada viewer document:shared")
            refused.append(fault.value)

        outcome = await stepwise(one, site, texts, {1: take_away, 2: take_away})
        assert isinstance(outcome, TuplesImported)
        assert len(refused) == 2
        await unshare(one, "person:ada viewer document:shared")
        assert len(one.graph.read(object="document:shared")) == 12


async def test_person_who_is_saved_meanwhile_is_what_later_tuples_are_fixed_to(site: Site) -> None:
    texts = [f"person:new viewer document:{number}" for number in range(12)]
    async with guarded(site) as one, guarded(site) as other:
        await begin(one)

        async def save() -> None:
            await other.replica.wait_for(one.replica.revision)
            await put(other, Person(id="person:new", name="New"))

        outcome = await stepwise(one, site, texts, {1: save})
        assert isinstance(outcome, TuplesImported)
        assert one.graph.list_objects("person:new", "viewer", "document") == sorted(
            f"document:{number}" for number in range(12)
        )
        assert held(one.graph) == held(rebuilt(await loaded(one)))
        for text in texts:
            await unshare(one, text)
        assert one.replica.graph.count(Resource) == 0
