"""Explicit tuples: changed all or none, by the live model, and never what follows from the organization."""

from datetime import timedelta
from typing import Any

import pytest

from graph_api.kernel.commands import Accepted
from graph_api.kernel.errors import Unavailable
from graph_api.kernel.graph import Graph
from graph_api.kernel.ids import natural_key
from graph_api.kernel.records import upsert
from graph_api.organization.model import Person
from graph_api.permission.commands import ChangePermissions, ModelSource
from graph_api.permission.records import Granted, Resource
from graph_api.permission.tuples import Condition, RelationshipTuple
from graph_api.projection.records import Remembered, remembered_id
from tests.permission.world import (
    AT,
    CHANGE,
    DOCUMENTS,
    World,
    documents_world,
    keys,
    organization,
    read_tuple,
    tuples,
)  # fmt: skip

SHARED = ("person:ada viewer document:1", "user:* viewer document:1", "document:2#owner viewer document:1")


def conditional(**fields: Any) -> RelationshipTuple:
    return RelationshipTuple("person:ada", "viewer", "document:1", **fields)


def test_each_tuple_is_added_replaced_or_found_as_it_should_be() -> None:
    world = documents_world()
    assert world.changed(add=tuples(*SHARED)).added == 3
    in_office = conditional(condition=Condition("in_office", {"hour": 9}))
    outcome = world.changed(add=(in_office, *tuples(*SHARED[1:])), remove=keys("user:zoe viewer document:1"))
    assert (outcome.added, outcome.removed, outcome.unchanged) == (1, 0, 3)
    assert world.granted() == {"person:ada viewer document:1 with in_office", *SHARED[1:]}
    outcome = world.changed(remove=keys(*SHARED))
    assert (outcome.added, outcome.removed, outcome.unchanged) == (0, 3, 0)
    assert world.granted() == set()


def test_the_same_tuple_again_makes_no_change() -> None:
    world = documents_world()
    add = tuples(*SHARED)
    world.changed(add=add)
    again = world.run(CHANGE, ChangePermissions(add=add))
    assert isinstance(again, Accepted)
    assert again.changes == ()


def test_a_context_is_the_same_in_whatever_order_it_comes() -> None:
    world = documents_world()
    first = conditional(condition=Condition("in_office", {"hour": 9}), expires_at=AT + timedelta(days=1))
    world.changed(add=(first,))
    (grant,) = [record for record in world.graph.records() if isinstance(record, Granted)]
    assert (grant.context, grant.tuple) == ('{"hour":9}', first)


def test_a_tuple_is_fixed_to_the_entities_of_its_names_and_to_resources_where_there_are_none() -> None:
    world = documents_world(*organization())
    world.changed(add=tuples("person:ada viewer document:1", "person:zoe viewer document:1"))
    ends = {(record.source, record.target) for record in world.graph.records() if isinstance(record, Granted)}
    assert ends == {("person:ada", "document:1"), ("absent:person%3Azoe", "document:1")}
    assert {node.id for node in world.graph.nodes(Resource)} == {"document:1", "absent:person%3Azoe"}


def test_a_tuple_keeps_its_ends_when_its_person_is_saved_later() -> None:
    world = documents_world()
    world.changed(add=tuples("person:zoe viewer document:1"))
    world.graph.apply([upsert(Person(id="person:zoe", name="Zoe"))])
    assert world.changed(add=tuples("person:zoe viewer document:1")).unchanged == 1
    assert world.changed(add=tuples("person:zoe owner document:1")).added == 1
    assert world.changed(remove=keys("person:zoe viewer document:1", "person:zoe owner document:1")).removed == 2
    assert world.granted() == set()
    assert world.graph.count(Resource) == 0


def test_a_resource_goes_with_its_last_tuple() -> None:
    world = documents_world()
    world.changed(add=tuples(*SHARED))
    world.changed(remove=keys(SHARED[0], SHARED[1]), add=tuples("user:* viewer document:3"))
    assert {node.id for node in world.graph.nodes(Resource)} == {"document:1", "document:2", "document:3", "user:*"}
    world.changed(remove=keys(SHARED[2]))
    assert {node.id for node in world.graph.nodes(Resource)} == {"document:3", "user:*"}


def test_a_name_cannot_take_the_place_of_what_the_service_keeps_for_itself() -> None:
    kept = Remembered(id=remembered_id("a", "b", "c"), input_hash="", outcome="", revision=1, at=AT)
    world = World(kept)
    world.live(
        ModelSource(
            dsl=DOCUMENTS.replace("type user", "type user\ntype remembered\ntype absent").replace(
                "define owner: [user, person]", "define owner: [user, person, remembered, absent]"
            )
        )
    )
    world.changed(add=tuples(f"{kept.id} owner document:1", "absent:x owner document:1"))
    assert world.graph.node(Remembered, kept.id) == kept
    names = {natural_key(node.id) for node in world.graph.nodes(Resource)}
    assert names == {kept.id, "absent:x", "1"}


WRONG: dict[str, tuple[RelationshipTuple, str, str]] = {
    "unknown relation": (read_tuple("user:a viewr document:1"), "relation", "Did you mean `viewer`?"),
    "unknown type of object": (read_tuple("user:a viewer dokument:1"), "object", "Did you mean `document`?"),
    "unknown type of user": (read_tuple("usr:a viewer document:1"), "user", "Did you mean `user`?"),
    "kind of user that is not assignable": (read_tuple("user:* owner document:1"), "user", "user, person"),
    "relation of the user that its type lacks": (read_tuple("document:2#ownr viewer document:1"), "user", "`owner`"),
    "malformed user": (read_tuple("user viewer document:1"), "user", "type:id"),
    "malformed object": (read_tuple("user:a viewer document:*"), "object", "type:id"),
    "condition that is not allowed": (read_tuple("user:a viewer document:1 with in_office"), "condition", ""),
    "context of another type": (
        conditional(condition=Condition("in_office", {"hour": "nine"})), "condition.context", "int",
    ),
    "context that no parameter has": (
        conditional(condition=Condition("in_office", {"our": 9})), "condition.context", "`hour`",
    ),
    "instant without an offset": (conditional(expires_at=AT.replace(tzinfo=None)), "expiresAt", "aware"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_a_tuple_that_the_live_model_does_not_allow_is_refused_at_its_place(kind: str) -> None:
    each, place, hint = WRONG[kind]
    right = tuples("user:b viewer document:1")
    (found,) = documents_world().problems(add=(*right, each)).items()
    assert found[0] == f"add.1.{place}"
    assert found[1].code == "INVALID_TUPLE"
    assert "(OpenFGA: 2000)" in found[1].message
    assert hint in (found[1].suggestion or "")


def test_a_tuple_that_would_be_over_at_once_is_refused() -> None:
    problems = documents_world().problems(add=(conditional(expires_at=AT),))
    assert {path: problem.code for path, problem in problems.items()} == {"add.0.expiresAt": "EXPIRED"}


@pytest.mark.parametrize("letter", ["\x00", "\ud800"])
def test_a_name_that_cannot_be_stored_is_refused(letter: str) -> None:
    each = RelationshipTuple(f"user:{letter}", "viewer", "document:1")
    problems = documents_world().problems(add=(each,))
    assert {path: problem.code for path, problem in problems.items()} == {"add.0.user": "INVALID_TEXT"}


def test_a_tuple_that_is_named_twice_is_refused_whether_to_add_or_to_remove() -> None:
    one, two = "user:a viewer document:1", "user:b viewer document:1"
    problems = documents_world().problems(add=tuples(one, one, two), remove=keys(two))
    assert {path: problem.code for path, problem in problems.items()} == {"add.1": "DUPLICATE", "remove.0": "DUPLICATE"}
    assert "(OpenFGA: 2004)" in problems["add.1"].message


def test_preconditions_see_the_state_before_the_change_and_both_sources() -> None:
    world = documents_world(*organization())
    world.changed(add=tuples(SHARED[0]))
    derived = "person:ada member unit:team"
    world.changed(must_exist=keys(SHARED[0], derived), must_not_exist=keys(SHARED[1]), add=tuples(SHARED[1]))
    problems = world.problems(
        must_exist=keys("user:a viewer document:9"), must_not_exist=keys(SHARED[0], derived), add=tuples(SHARED[2])
    )
    assert {path: problem.code for path, problem in problems.items()} == {
        "mustExist.0": "PRECONDITION", "mustNotExist.0": "PRECONDITION", "mustNotExist.1": "PRECONDITION",
    }  # fmt: skip


def test_a_tuple_that_is_expired_is_not_there_though_nobody_has_removed_it_yet() -> None:
    world = documents_world()
    world.changed(add=(conditional(expires_at=AT + timedelta(seconds=1)),))
    world.at = AT + timedelta(seconds=1)
    (problem,) = world.problems(must_exist=keys(SHARED[0])).values()
    assert problem.code == "PRECONDITION"
    assert world.changed(add=tuples(SHARED[0]), must_not_exist=keys(SHARED[0])).added == 1


DERIVED = ("person:ada member unit:team", "organization:main organization unit:team", "person:ada manager unit:team",
           "admin:local administrator organization:main")  # fmt: skip


@pytest.mark.parametrize("derived", DERIVED)
def test_what_follows_from_the_organization_is_neither_written_nor_removed_by_hand(derived: str) -> None:
    world = documents_world(*organization())
    for change in ({"add": tuples(derived)}, {"remove": keys(derived)}):
        (problem,) = world.problems(**change).values()
        assert problem.code == "DERIVED"


def test_what_could_be_derived_and_is_not_may_be_granted() -> None:
    world = documents_world(*organization())
    world.changed(add=tuples("person:di manager unit:team", "person:cy member unit:team"))
    world.changed(remove=keys("person:di manager unit:team"))
    assert world.granted() == {"person:cy member unit:team"}


def test_what_was_granted_before_it_was_derived_may_be_removed() -> None:
    world = documents_world(*[record for record in organization() if record.key[1] != "person:ada"])
    world.changed(add=tuples("person:ada member unit:team"))
    world.graph.apply(map(upsert, organization()))
    assert world.changed(remove=keys("person:ada member unit:team")).removed == 1


def test_a_tuple_that_a_later_model_forbids_may_still_be_removed() -> None:
    world = documents_world()
    world.changed(add=tuples(*SHARED))
    world.live(ModelSource(dsl="model\n  schema 1.1\ntype user\n"))
    assert world.problems(add=tuples("user:b viewer document:1")).keys() == {"add.0.object"}
    assert world.changed(remove=keys(*SHARED)).removed == 3


@pytest.mark.parametrize("name", ["user viewer document:1", "user:a viewer document", "user:a viewer#x document:1"])
def test_a_name_that_no_tuple_can_have_is_refused_for_removal(name: str) -> None:
    (problem,) = documents_world().problems(remove=keys(name)).values()
    assert problem.code == "INVALID_TUPLE"


def test_a_thousand_tuples_change_or_none_of_them() -> None:
    world = documents_world()
    add = tuples(*(f"user:{number} viewer document:{number % 7}" for number in range(1000)))
    assert world.problems(add=(*add[:999], *tuples("user:x nobody document:1"))).keys() == {"add.999.relation"}
    assert world.changed(add=add).added == 1000
    assert world.changed(remove=tuple(each.key for each in add)).removed == 1000
    assert world.graph.count(Resource) == 0


def test_nothing_can_be_changed_before_a_model_is_live() -> None:
    world = World()
    world.graph = Graph()
    with pytest.raises(Unavailable, match="No authorization model"):
        world.run(CHANGE, ChangePermissions())
