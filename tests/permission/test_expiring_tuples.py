"""R8: what is expired is removed by a commit, and a day that is over stays over. Decisions alone."""

from datetime import datetime, timedelta

import pytest

from graph_api.kernel.commands import Accepted
from graph_api.kernel.records import RecordKey
from graph_api.permission.commands import ChangePermissions, Expire
from graph_api.permission.expiry import EXPIRE
from graph_api.permission.live_model import live_permission
from graph_api.permission.records import Granted, Resource
from graph_api.permission.tuples import RelationshipTuple
from tests.permission.world import AT, CHANGE, TODAY, World, documents_world, tuples

SOON = AT + timedelta(hours=1)


def until(instant: datetime | None, name: str = "user:a") -> RelationshipTuple:
    return RelationshipTuple(name, "viewer", "document:1", expires_at=instant)


def granted_keys(world: World) -> tuple[RecordKey, ...]:
    return tuple(record.key for record in world.graph.records() if isinstance(record, Granted))


def expire(world: World, *keys: RecordKey) -> Accepted:
    decision = world.run(EXPIRE, Expire(keys=keys))
    assert isinstance(decision, Accepted)
    return decision


@pytest.mark.parametrize(("seconds", "left"), [(-1, 2), (0, 1), (1, 1)])
def test_a_tuple_is_removed_at_the_very_instant_at_which_it_expires(seconds: int, left: int) -> None:
    world = documents_world()
    world.run(CHANGE, ChangePermissions(add=(until(SOON), until(None, "user:b"))))
    world.at = SOON + timedelta(seconds=seconds)
    outcome = expire(world, *granted_keys(world)).outcome
    assert (len(world.granted()), outcome.removed) == (left, 2 - left)


def test_a_tuple_that_was_renewed_meanwhile_stays() -> None:
    world = documents_world()
    world.run(CHANGE, ChangePermissions(add=(until(SOON),)))
    keys = granted_keys(world)
    world.run(CHANGE, ChangePermissions(add=(until(SOON + timedelta(hours=1)),)))
    world.at = SOON
    assert expire(world, *keys).changes == ()


def test_what_another_replica_removed_is_not_removed_again() -> None:
    world = documents_world()
    world.run(CHANGE, ChangePermissions(add=(until(SOON),)))
    keys = granted_keys(world)
    world.at = SOON
    assert len(expire(world, *keys, *keys).changes) == 3
    assert expire(world, *keys).changes == ()
    assert world.graph.count(Resource) == 0


def test_the_day_moves_on_and_never_back() -> None:
    world = documents_world()
    for days, expected in ((0, 0), (1, 1), (3, 3), (2, 3)):
        world.at = AT + timedelta(days=days)
        expire(world)
        pointer = live_permission(world.graph)
        assert pointer is not None
        assert pointer.day == TODAY + timedelta(days=expected)


def test_a_resource_that_others_still_need_stays_when_a_tuple_expires() -> None:
    world = documents_world()
    world.run(CHANGE, ChangePermissions(add=(until(SOON), *tuples("user:b viewer document:1"))))
    world.at = SOON
    expire(world, *granted_keys(world))
    assert {node.id for node in world.graph.nodes(Resource)} == {"document:1", "user:b"}
