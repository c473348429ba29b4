"""R15: a model is pending first and live by a commit of its own; what a live model must hold is decided in the lock."""

import pytest

from graph_api.kernel.commands import Accepted, Refused
from graph_api.permission.commands import (
    AuthorizationModelRejected,
    ModelSource,
    ModelWritten,
    SetUp,
    SwitchModel,
    WriteModel,
    model_rejected,
)
from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.live_model import live_model, live_permission, model_text
from graph_api.permission.model_decisions import SET_UP, SWITCH_MODEL
from graph_api.permission.parsing import parse_model
from graph_api.permission.records import AuthorizationModelRecord, LivePermission
from tests.permission.world import AT, CORE, DOCUMENTS, TODAY, WRITE, World

FIRST = model_text(CORE.model)


def document_model(relation: str) -> WriteModel:
    source = ModelSource(dsl=DOCUMENTS.replace("viewer:", f"{relation}:"))
    return WriteModel(source=source, text=model_text(CORE.complete(source).model))


def written(world: World, command: WriteModel) -> str:
    decision = world.run(WRITE, command)
    assert isinstance(decision, Accepted)
    assert isinstance(decision.outcome, ModelWritten)
    return decision.outcome.model_id


def pointer(world: World) -> LivePermission:
    found = live_permission(world.graph)
    assert found is not None
    return found


def switch(world: World, model_id: str) -> bool:
    decision = world.run(SWITCH_MODEL, SwitchModel(model_id=model_id))
    assert isinstance(decision, Accepted)
    return decision.outcome.switched


def test_the_first_model_is_the_core_and_live_at_once_and_never_written_over() -> None:
    world = World()
    first = pointer(world)
    assert (live_model(world.graph).model, first.pending, first.day) == (CORE.model, None, TODAY)
    again = world.run(SET_UP, SetUp(text=document_model("reader").text))
    assert isinstance(again, Accepted)
    assert again.changes == ()


def test_a_model_is_stored_and_pending_until_it_is_made_live() -> None:
    world = World()
    model_id = written(world, document_model("reader"))
    record = world.graph.node(AuthorizationModelRecord, model_id)
    assert record is not None
    assert (record.created_at, record.actor) == (AT, "test")
    assert (pointer(world).pending, live_model(world.graph).model) == (model_id, CORE.model)
    assert switch(world, model_id)
    assert (pointer(world).live, pointer(world).pending) == (model_id, None)
    assert "reader" in live_model(world.graph).model.types["document"].relations


def test_only_the_pending_model_becomes_live_and_only_once() -> None:
    world = World()
    first, second = written(world, document_model("first")), written(world, document_model("second"))
    assert not switch(world, first)
    assert switch(world, second)
    assert not switch(world, second)
    assert pointer(world).live == second
    assert world.graph.count(AuthorizationModelRecord) == 3


def test_the_same_model_again_makes_no_change_whether_it_is_pending_or_live() -> None:
    world, command = World(), document_model("reader")
    model_id = written(world, command)
    for _ in range(2):
        again = world.run(WRITE, command)
        assert isinstance(again, Accepted)
        assert (again.changes, again.outcome) == ((), ModelWritten(model_id=model_id))
        switch(world, model_id)


def test_a_model_of_before_becomes_live_again_without_being_stored_twice() -> None:
    world = World()
    switch(world, written(world, document_model("reader")))
    first = written(world, WriteModel(source=ModelSource(modules=()), text=FIRST))
    switch(world, first)
    assert pointer(world).live == first
    assert world.graph.count(AuthorizationModelRecord) == 2


def test_writing_the_live_model_takes_back_what_is_pending() -> None:
    world = World()
    live = pointer(world).live
    written(world, document_model("reader"))
    assert written(world, WriteModel(source=ModelSource(modules=()), text=FIRST)) == live
    assert (pointer(world).live, pointer(world).pending) == (live, None)


def test_a_model_that_lacks_the_core_is_refused_inside_the_lock_too() -> None:
    world = World()
    before = list(world.graph.records())
    text = model_text(parse_model("model\n  schema 1.1\ntype user\n").model)
    decision = world.run(WRITE, WriteModel(source=ModelSource(), text=text))
    assert isinstance(decision, Refused)
    assert isinstance(decision.refusal, AuthorizationModelRejected)
    names = {problem.name for problem in decision.refusal.problems}
    assert (names, len(decision.refusal.problems)) == ({"core-module-incomplete"}, len(CORE.model.types))
    assert list(world.graph.records()) == before


@pytest.mark.parametrize("count", [1, 2])
def test_a_refused_model_tells_every_problem_with_its_place(count: int) -> None:
    relations = "\n".join(f"    define a{number}: [usr{number}]" for number in range(count))
    with pytest.raises(PermissionGraphError) as raised:
        CORE.complete(ModelSource(dsl=f"model\n  schema 1.1\ntype document\n  relations\n{relations}"))
    refusal = model_rejected(raised.value)
    assert [(problem.line, problem.column) for problem in refusal.problems] == [(5 + n, 17) for n in range(count)]
    assert refusal.message.startswith(f"{count} problem{'s' * (count != 1)} in the model")


def test_a_model_too_large_to_be_looked_at_is_refused_like_any_other() -> None:
    with pytest.raises(PermissionGraphError) as raised:
        CORE.complete(ModelSource(dsl="model\n  schema 1.1\n" + "# " + "x" * 300_000))
    assert raised.value.code == Code.EXCEEDED_ENTITY_LIMIT
    assert len(model_rejected(raised.value).problems) == 1
