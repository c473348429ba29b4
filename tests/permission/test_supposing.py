"""Inside the lock the permission graph answers as if what is decided were committed, and forgets it afterwards."""

import random
from collections.abc import Callable

from graph_api.kernel.commands import Accepted, AnyOperation, Command, Context
from graph_api.kernel.graph import Overlay
from graph_api.kernel.records import AnyChange, removal, upsert
from graph_api.organization.model import BelongsTo, Person
from graph_api.permission.commands import ChangePermissions, Expire, ModelSource, WriteModel
from graph_api.permission.expiry import EXPIRE
from graph_api.permission.live_model import model_text
from graph_api.permission.projection import PermissionProjection, Suppose
from graph_api.projection.live import LiveState
from graph_api.projection.state import State
from graph_api.store.log import HeadRow
from tests.permission.world import (
    AT,
    CHANGE,
    CORE,
    DOCUMENTS,
    TABLE,
    WRITE,
    World,
    documents_world,
    keys,
    organization,
    tuples,
)
from tests.permission.world import swarm as swarm_records
from tests.support.permissions import held

ADA = BelongsTo(source="person:ada", target="unit:team", roles=("lead",))


def projection_of(world: World) -> PermissionProjection:
    state = State(HeadRow("a" * 32, 1, 0, "", AT, []))
    state.graph = world.graph
    return PermissionProjection(LiveState(state, 60.0), TABLE, lambda: AT)


class Batch:
    """Decides one command after the other on what the ones before left, as a commit does."""

    def __init__(self, world: World, suppose: Suppose) -> None:
        self._overlay = Overlay(world.graph)
        self._suppose = suppose

    def decide(self, operation: AnyOperation, command: Command) -> bool:
        decision = operation.decide(self._overlay, command, Context(at=AT, actor="test", revision=1))
        assert isinstance(decision, Accepted)
        return self.change(*decision.changes)

    def change(self, *changes: AnyChange) -> bool:
        self._overlay.apply(changes)
        return self._suppose(self._overlay, changes)


def test_each_command_is_judged_on_what_those_before_it_left() -> None:
    world = documents_world(*organization())
    projection = projection_of(world)
    graph, before = projection.graph, held(projection.graph)
    with projection.supposing() as suppose:
        batch = Batch(world, suppose)
        assert graph.check("person:ada", "can_manage", "unit:team")
        assert batch.change(removal(ADA))
        assert not graph.check("person:ada", "can_manage", "unit:team")
        assert batch.decide(CHANGE, ChangePermissions(add=tuples("person:ada administrator organization:main")))
        assert graph.check("person:ada", "can_write_models", "organization:main")
        assert batch.decide(CHANGE, ChangePermissions(remove=keys("person:ada administrator organization:main")))
        assert not graph.check("person:ada", "can_write_models", "organization:main")
        assert batch.change(upsert(ADA))
        assert graph.check("person:ada", "can_manage", "unit:team")
        assert batch.change(upsert(BelongsTo(source="person:ada", target="unit:team")))
        assert not graph.check("person:ada", "can_manage", "unit:team")
    assert held(graph) == before
    assert graph.check("person:ada", "can_manage", "unit:team")


def test_another_model_or_another_day_is_known_only_when_it_is_committed() -> None:
    world = documents_world()
    projection = projection_of(world)
    source = ModelSource(dsl=DOCUMENTS.replace("viewer", "reader"))
    write = WriteModel(source=source, text=model_text(CORE.complete(source).model))
    with projection.supposing() as suppose:
        batch = Batch(world, suppose)
        assert batch.decide(WRITE, write), "what is pending answers no question"
    world.live(source)
    with projection.supposing() as suppose:
        assert not Batch(world, suppose).change()


def test_a_day_that_moves_on_ends_what_can_be_supposed() -> None:
    world = documents_world()
    projection = projection_of(world)
    world.at = AT.replace(day=3)
    world.run(EXPIRE, Expire())
    with projection.supposing() as suppose:
        assert not Batch(world, suppose).change()


def test_nothing_is_supposed_where_no_model_is_live() -> None:
    world = World()
    world.graph.apply([removal(record) for record in list(world.graph.records())])
    with projection_of(world).supposing() as suppose:
        assert not suppose(world.graph, [])


def random_change(chance: random.Random) -> AnyChange:
    number = chance.randrange(4)
    person, link = Person(id=f"person:{number}", name="P"), BelongsTo(source=f"person:{number}", target="unit:team")
    making: tuple[Callable[[], AnyChange], ...] = (
        lambda: upsert(person), lambda: removal(person), lambda: upsert(link), lambda: removal(link),
        lambda: upsert(chance.choice(swarm_records())), lambda: removal(chance.choice(swarm_records())),
    )  # fmt: skip
    return chance.choice(making)()


def test_whatever_is_supposed_is_forgotten_to_the_last_tuple() -> None:
    chance = random.Random(1)
    world = documents_world(*organization(), *swarm_records())
    projection = projection_of(world)
    before = held(projection.graph)
    for _ in range(50):
        with projection.supposing() as suppose:
            batch = Batch(world, suppose)
            for _ in range(chance.randrange(6)):
                assert batch.change(*(random_change(chance) for _ in range(3)))
        assert held(projection.graph) == before
