"""What a change of the model leads to: also where it alters only who may be named as a parent."""

import pytest

from graph_api.permission import PermissionGraph, RelationshipTuple
from graph_api.permission.answers import DENIED, AccessDelta, Allowed

MODEL = """
model
  schema 1.1
type user
type folder
  relations
    define viewer: [user]
type team
  relations
    define viewer: [user]
type doc
  relations
    define parent: [folder, team]
    define reader: viewer from parent
    define public: [user] but not viewer from parent
"""
FOLDERS_ONLY = MODEL.replace("[folder, team]", "[folder]")


@pytest.mark.parametrize("kept", [False, True])
def test_what_comes_from_parents_differs_where_another_type_may_be_one(*, kept: bool) -> None:
    graph = PermissionGraph(MODEL)
    keys = (("user:a", "viewer", "team:t"), ("team:t", "parent", "doc:1"), ("user:a", "public", "doc:1"))
    graph.write(add=[RelationshipTuple(*key) for key in keys])
    before, after = (MODEL, FOLDERS_ONLY) if kept else (FOLDERS_ONLY, MODEL)
    graph.switch_model(before)
    found = {(each.user, each.relation): each for each in graph.preview(model=after).changes}
    gain = AccessDelta("user:a", "reader", "doc:1", DENIED, Allowed())
    loss = AccessDelta("user:a", "reader", "doc:1", Allowed(), DENIED)
    assert found["user:a", "reader"] == (loss if kept else gain)
    assert {relation for _, relation in found} == {"reader", "public", "parent"}
