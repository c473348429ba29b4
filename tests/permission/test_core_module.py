"""The core module: what every live model holds, and how an integrator's model is put beside it."""

import json

import msgspec
import pytest

from graph_api.permission.commands import ModelModule, ModelSource
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.language.writing import write_dsl, write_json, write_modules
from graph_api.permission.live_model import model_text, read_model
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.parsing import parse_model
from graph_api.permission.tuples import RelationshipTuple, TupleSource
from tests.permission.world import CORE, DOCUMENTS, TABLE

MODULE = """
module work

extend type task
  relations
    define approver: [person]

type document
  relations
    define viewer: [swarm#member]
"""


def refused(source: ModelSource) -> list[str]:
    with pytest.raises(PermissionGraphError) as raised:
        CORE.complete(source)
    return [problem.message for problem in raised.value.problems]


def relations(model: AuthorizationModel, name: str) -> set[str]:
    return set(model.types[name].relations)


def test_shipped_core_is_valid_without_a_doubt_and_lacks_nothing() -> None:
    assert parse_model(write_modules(CORE.model)["organization.fga"]).warnings == ()
    assert CORE.missing(CORE.model) == []


def test_what_the_doors_ask_for_cannot_be_granted_directly_and_roles_and_derived_relations_can() -> None:
    for each in CORE.model.types.values():
        granted = {name for name, relation in each.relations.items() if relation.restrictions}
        asked = {name for name in each.relations if name.startswith("can_")}
        assert each.relations.keys() - granted - asked <= {"reader"}
        assert granted & asked == set()


def test_every_derived_tuple_may_be_written_under_the_core() -> None:
    graph = PermissionGraph(CORE.model)
    samples = [
        RelationshipTuple(f"{each.user_type}:a", each.relation, f"{each.object_type}:b") for each in TABLE.shapes
    ]
    written = graph.write(add=[*samples, *TABLE.fixed], source=TupleSource.DERIVED)
    assert written.added == len(TABLE.shapes) + 1


@pytest.mark.parametrize(
    "source",
    [
        ModelSource(dsl=DOCUMENTS),
        ModelSource(json=write_json(parse_model("module work\ntype document").model)),
        ModelSource(dsl=MODULE),
        ModelSource(modules=(ModelModule(name="work.fga", dsl=MODULE),)),
    ],
    ids=["dsl", "json", "module", "modules"],
)  # fmt: skip
def test_a_source_that_defines_no_core_type_is_put_beside_the_core(source: ModelSource) -> None:
    model = CORE.complete(source).model
    assert "document" in model.types
    assert CORE.missing(model) == []
    assert read_model(model_text(model)).model == model


def test_a_module_adds_relations_to_types_of_the_core() -> None:
    model = CORE.complete(ModelSource(modules=(ModelModule(name="work.fga", dsl=MODULE),))).model
    assert relations(model, "task") == relations(CORE.model, "task") | {"approver"}


def test_a_source_that_defines_core_types_is_taken_whole() -> None:
    whole = write_dsl(CORE.complete(ModelSource(dsl=DOCUMENTS)).model)
    assert CORE.complete(ModelSource(dsl=whole)).model.types.keys() == parse_model(whole).model.types.keys()


def test_a_whole_model_that_lacks_something_of_the_core_is_refused_with_the_list() -> None:
    whole = write_dsl(CORE.model)
    without = (
        whole.replace("    define can_assemble: administrator or dispatcher\n", "")
        .replace("    define can_assemble: can_assemble from organization\n", "")
        .replace("    define can_lead: can_assemble from organization\n", "")
    )
    for relation in ("can_decide", "can_waive"):
        without = without.replace(f"    define {relation}: can_assemble from organization\n", "")
    without = without.replace("type contact\n", "").replace("[contact, person, integration]", "[person, integration]")
    without = without.replace("define itself: [person]", "define itself: [integration]")
    assert refused(ModelSource(dsl=without)) == [
        "The type `contact` is missing.",
        "The relation `can_assemble` of the type `organization` is missing.",
        "The relation `can_assemble` of the type `task` is missing.",
        "The relation `can_waive` of the type `swarm` is missing.",
        "The relation `can_lead` of the type `swarm` is missing.",
        "The relation `can_decide` of the type `reorganization` is missing.",
        "`itself` of the type `person` must be assignable to [person]: such tuples follow from the organization.",
    ]


def test_what_is_wrong_with_a_source_is_told_with_line_and_column_before_what_it_lacks() -> None:
    with pytest.raises(PermissionGraphError) as raised:
        CORE.complete(ModelSource(dsl="model\n  schema 1.1\ntype person\n  relations\n    define a: [usr]\n"))
    assert (raised.value.line, raised.value.column) == (5, 16)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (ModelSource(), "does not say its schema version"),
        (ModelSource(dsl="module organization\ntype document\n"), "is the core module"),
        (ModelSource(modules=(ModelModule(name="a", dsl=MODULE),) * 2), "Two modules have the name `a`"),
        (ModelSource(json={"schema_version": "1.1", "type_definitions": 7}), "shape of a model"),
    ],
)
def test_a_source_that_cannot_be_put_beside_the_core_is_refused(source: ModelSource, message: str) -> None:
    assert message in " ".join(refused(source))


def test_a_model_with_an_older_core_is_renewed_and_keeps_what_modules_added() -> None:
    model = CORE.complete(ModelSource(modules=(ModelModule(name="work.fga", dsl=MODULE),))).model
    swarm = model.types["swarm"]
    without = msgspec.structs.replace(
        swarm, relations={name: each for name, each in swarm.relations.items() if name != "can_record"}
    )
    older = read_model(model_text(AuthorizationModel("1.2", {**model.types, "swarm": without}))).model
    assert [problem.message for problem in CORE.missing(older)] == [
        "The relation `can_record` of the type `swarm` is missing."
    ]
    assert CORE.renewed(older) == model


def test_a_core_that_somebody_wrote_anew_is_not_overwritten() -> None:
    whole = json.loads(model_text(parse_model(write_dsl(CORE.model)).model))
    (skill,) = [each for each in whole["type_definitions"] if each["type"] == "skill"]
    del skill["relations"]["can_save"], skill["metadata"]["relations"]["can_save"]
    with pytest.raises(PermissionGraphError, match="`can_save` of the type `skill` is missing"):
        CORE.renewed(parse_model(whole).model)


def test_no_module_at_all_is_the_core_alone() -> None:
    assert CORE.complete(ModelSource(modules=())).model == CORE.model


def test_model_that_was_shown_and_is_written_again_keeps_its_core_module() -> None:
    beside = CORE.complete(ModelSource(modules=(ModelModule(name="work.fga", dsl=MODULE),))).model
    text = write_dsl(beside)
    again = CORE.complete(ModelSource(dsl=text)).model
    assert {each.module for each in again.types.values()} == {"organization", None}
    assert relations(CORE.renewed(again), "task") == relations(beside, "task")
    assert CORE.renewed(again).types.keys() == beside.types.keys()


def test_core_type_that_is_written_otherwise_belongs_to_who_wrote_it() -> None:
    text = write_dsl(CORE.model).replace("define author: [person]", "define author: [person, swarm#member]")
    changed = [name for name, each in CORE.complete(ModelSource(dsl=text)).model.types.items() if each.module is None]
    assert changed == ["knowledge", "note"]
