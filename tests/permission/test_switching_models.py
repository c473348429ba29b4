"""R15 on real replicas: a model goes live by two commits, whoever dies in between."""

import asyncio
import sys
from pathlib import Path

import pytest

from graph_api.kernel.errors import TimedOut, Unavailable
from graph_api.permission import service
from graph_api.permission.commands import AuthorizationModelRejected, ChangePermissions, ModelSource
from graph_api.permission.core import shipped_core
from graph_api.permission.language.writing import write_dsl
from graph_api.permission.live_model import ReadModel, live_permission, read_model
from graph_api.permission.records import AuthorizationModelRecord, LivePermission
from graph_api.permission.service import ModelLive
from graph_api.permission.tuples import RelationshipTuple
from graph_api.projection.commit import CommitCodec
from graph_api.projection.replica import Replica
from graph_api.projection.verify import commits_from
from graph_api.store.database import Database
from tests.permission.world import CORE, DOCUMENTS, tuples
from tests.support.permissions import guarded, held, rebuilt, unkept
from tests.support.replicas import REGISTRY, Site
from tests.support.waiting import until

OTHER = DOCUMENTS.replace("define owner: [user, person]", "define owner: [person]")


def pointer(replica: Replica) -> LivePermission:
    found = live_permission(replica.graph)
    assert found is not None
    return found


async def operations(database: Database) -> list[str]:
    codec = CommitCodec(REGISTRY)
    return [entry.command.operation async for commit in commits_from(database, codec, 1) for entry in commit.entries
            if entry.command is not None]  # fmt: skip


async def die_before_it_is_live(site: Site, folder: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.model_child",
        site.address.uri, site.address.password or "", str(folder),
    )  # fmt: skip
    assert await asyncio.wait_for(child.wait(), 60) == -9


async def test_r15_a_model_is_live_on_every_replica_after_two_commits(site: Site) -> None:
    async with guarded(site) as first, guarded(site) as second:
        answer = await first.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        assert isinstance(answer.value, ModelLive)
        await second.replica.wait_for(answer.revision)
        assert pointer(second.replica).live == answer.value.model_id
        assert "document" in second.graph.model.types
        assert held(first.graph) == held(second.graph) == held(rebuilt(first.replica.live.state))
        assert await operations(first.replica.database) == [
            "setUpPermissions", "writeAuthorizationModel", "switchAuthorizationModel",
        ]  # fmt: skip


async def test_r15_the_next_start_completes_what_a_killed_process_began(site: Site) -> None:
    async with guarded(site):
        pass
    await die_before_it_is_live(site, site.folder)
    async with site.replica() as nobody_keeps:
        assert pointer(nobody_keeps).pending is not None
    async with guarded(site) as next_start:
        await until(lambda: pointer(next_start.replica).pending is None)
        assert "document" in next_start.graph.model.types


async def test_r15_any_other_replica_completes_what_a_killed_process_began(site: Site) -> None:
    async with guarded(site) as other, guarded(site) as another:
        await die_before_it_is_live(site, site.folder / "other-machine")
        await until(lambda: all("document" in each.graph.model.types for each in (other, another)))
        operations_ = await operations(other.replica.database)
        assert operations_.count("switchAuthorizationModel") == 1


async def test_r15_until_a_model_is_live_the_one_before_answers(site: Site) -> None:
    async with guarded(site):
        pass
    async with site.replica() as replica:
        permissions = unkept(site, replica, mutation_seconds=1.0)
        with pytest.raises(TimedOut, match="it will be"):
            await permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        stored = replica.graph.node(AuthorizationModelRecord, pointer(replica).pending or "")
        assert stored is not None
        assert permissions.graph.model == CORE.model
        permissions.projection.prepare(stored.id, read_model(stored.source))
        assert permissions.graph.model == CORE.model


async def test_of_two_models_written_at_once_the_later_one_is_live_everywhere(site: Site) -> None:
    async with guarded(site) as first, guarded(site) as second:
        answers = await asyncio.gather(
            first.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test"),
            second.permissions.write_model(ModelSource(dsl=OTHER), actor="test"),
        )
        written = {answer.value.model_id for answer in answers if isinstance(answer.value, ModelLive)}
        assert len(written) == 2
        await first.replica.wait_for(second.replica.revision)
        await until(lambda: pointer(first.replica).pending is None)
        await second.replica.wait_for(first.replica.revision)
        assert pointer(first.replica).live in written
        assert held(first.graph) == held(second.graph)


async def test_a_model_that_another_one_replaced_before_it_was_live_tells_of_its_own_tuples(site: Site) -> None:
    async with guarded(site) as one:
        await one.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        await one.permissions.change(ChangePermissions(add=tuples("user:a owner document:1")), actor="test")
    async with site.replica() as replica, asyncio.TaskGroup() as group:
        permissions = unkept(site, replica, mutation_seconds=60)
        replaced = group.create_task(permissions.write_model(ModelSource(dsl=OTHER), actor="test"))
        await until(lambda: pointer(replica).pending is not None)
        group.create_task(permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test"))
        answer = (await replaced).value
        assert isinstance(answer, ModelLive)
        assert answer.model_id != pointer(replica).live
        assert (answer.invalid_tuples, permissions.graph.count_invalid()) == (1, 0)


async def test_a_model_that_could_not_be_compiled_at_once_is_live_all_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with guarded(site) as one:
        prepare, faults = one.projection.prepare, iter([MemoryError("no room")])

        def once_in_vain(model_id: str, read: ReadModel) -> None:
            for fault in faults:
                raise fault
            prepare(model_id, read)

        monkeypatch.setattr(one.projection, "prepare", once_in_vain)
        answer = await one.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        assert isinstance(answer.value, ModelLive)
        assert next(faults, None) is None
        assert pointer(one.replica).live == answer.value.model_id


async def test_tuples_that_a_model_forbids_stay_are_counted_and_come_back_with_their_model(site: Site) -> None:
    async with guarded(site) as one:
        await one.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        await one.permissions.change(ChangePermissions(add=tuples("user:a owner document:1")), actor="test")
        forbidding = await one.permissions.write_model(ModelSource(dsl=OTHER), actor="test")
        assert isinstance(forbidding.value, ModelLive)
        assert forbidding.value.invalid_tuples == 1
        assert not one.graph.check("user:a", "owner", "document:1")
        assert [each.valid for each in one.graph.read("user:a")] == [False]
    async with guarded(site) as later:
        assert [each.valid for each in later.graph.read("user:a")] == [False]
        allowing = await later.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        assert isinstance(allowing.value, ModelLive)
        assert allowing.value.invalid_tuples == 0
        assert later.graph.check("user:a", "owner", "document:1")


async def test_a_refused_model_changes_nothing_and_tells_its_problems(site: Site) -> None:
    async with guarded(site) as one:
        revision = one.replica.revision
        answer = await one.permissions.write_model(ModelSource(dsl="model\n  schema 1.1\ntype person\n"), actor="test")
        assert isinstance(answer.value, AuthorizationModelRejected)
        assert {problem.name for problem in answer.value.problems} == {"core-module-incomplete"}
        assert answer.revision == one.replica.revision == revision


async def test_a_model_under_a_key_is_written_once(site: Site) -> None:
    async with guarded(site) as first, guarded(site) as second:
        source = ModelSource(dsl=DOCUMENTS)
        once = await first.permissions.write_model(source, actor="test", idempotency_key="k")
        await first.permissions.write_model(ModelSource(dsl=OTHER), actor="test")
        again = await second.permissions.write_model(source, actor="test", idempotency_key="k")
        assert isinstance(once.value, ModelLive)
        assert isinstance(again.value, ModelLive)
        assert once.value.model_id == again.value.model_id != pointer(second.replica).live


async def test_grants_go_on_while_models_are_switched_and_none_is_lost(site: Site) -> None:
    async with guarded(site) as first, guarded(site) as second:
        await first.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
        await second.replica.wait_for(first.replica.revision)

        async def share(number: int) -> None:
            each = RelationshipTuple(f"person:{number}", "owner", "document:1")
            await second.permissions.change(ChangePermissions(add=(each,)), actor="test")

        async def switch() -> None:
            for dsl in (OTHER, DOCUMENTS, OTHER):
                await first.permissions.write_model(ModelSource(dsl=dsl), actor="test")

        await asyncio.gather(switch(), *map(share, range(100)))
        await second.replica.wait_for(first.replica.revision)
        await first.replica.wait_for(second.replica.revision)
        assert len(first.graph.list_users("document:1", "owner", filters=["person"])) == 100
        assert held(first.graph) == held(second.graph) == held(rebuilt(first.replica.live.state))


async def test_a_core_of_an_older_version_is_renewed_at_the_start(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    older = shipped_core().replace("can_change_resource_permissions", "can_change_them_in_older_versions")
    with monkeypatch.context() as patched:
        patched.setattr(service, "shipped_core", lambda: older)
        async with guarded(site) as before:
            await before.permissions.write_model(ModelSource(dsl=DOCUMENTS), actor="test")
    async with guarded(site) as renewed:
        await until(lambda: not renewed.permissions.core.missing(renewed.graph.model))
        assert "document" in renewed.graph.model.types
        assert renewed.graph.check("admin:local", "can_change_resource_permissions", "organization:main")
        assert "can_change_them_in_older_versions" not in renewed.graph.model.types["organization"].relations


async def test_a_model_that_an_older_version_left_pending_is_renewed_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = shipped_core().replace("can_change_resource_permissions", "can_change_them_in_older_versions")
    with monkeypatch.context() as patched:
        patched.setattr(service, "shipped_core", lambda: older)
        async with guarded(site):
            pass
        async with site.replica() as replica:
            with pytest.raises(TimedOut):
                await unkept(site, replica, mutation_seconds=0.1).write_model(ModelSource(dsl=DOCUMENTS), actor="test")
    async with guarded(site) as renewed:
        await until(lambda: pointer(renewed.replica).pending is None)
        assert "document" in renewed.graph.model.types
        assert renewed.permissions.core.missing(renewed.graph.model) == []


async def test_a_live_model_that_cannot_be_renewed_stops_the_start(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    older = shipped_core().replace("can_see_knowledge", "can_see_knowledge_of_before")
    with monkeypatch.context() as patched:
        patched.setattr(service, "shipped_core", lambda: older)
        async with guarded(site) as before:
            seen = "define can_see_tasks: administrator or dispatcher"
            own = write_dsl(before.graph.model)
            assert seen in own
            # Written otherwise than the core does, the type is the writer's own.
            whole = ModelSource(dsl=own.replace(seen, "define can_see_tasks: dispatcher or administrator"))
            assert isinstance((await before.permissions.write_model(whole, actor="test")).value, ModelLive)
    with pytest.raises(Unavailable, match="does not fit this version"):
        async with guarded(site):
            pass
