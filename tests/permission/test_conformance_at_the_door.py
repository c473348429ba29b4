"""GraphQL answers as the tables of the engine say, on a real replica, beside the core module."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

import msgspec
import pytest

from graph_api.permission.parsing import parse_model
from tests.permission.door import DoorOfTables, door_of_tables
from tests.permission.engine.conformance import STORES
from tests.permission.engine.conformance.table import Ask, Stage, Store
from tests.permission.world import CORE
from tests.support.replicas import Site

PARTS: Final = 4
"""So many tests share the stores; each of them opens one service."""


def can_be_live(store: Store) -> bool:
    """Tell whether no model of a store defines a type of the core module, beside which it has to stand."""
    models = [stage.model for stage in store.stages if stage.model is not None]
    return not any(parse_model(model).model.types.keys() & CORE.types for model in models)


def means_the_same(ask: Ask) -> bool:
    """Tell whether a question names no type of the core module: there is none in the table, and there is one live."""
    supposed = [name for each in ask.contextual for name in (each.user, each.object)]
    names = [ask.user, ask.object, *ask.filters, *supposed]
    return not {name.partition(":")[0].partition("#")[0] for name in names} & CORE.types


def put(stage: Stage) -> list[Ask]:
    """Return the questions of a stage that GraphQL is asked."""
    return [ask for ask in stage.asks if means_the_same(ask)]


def checks(stage: Stage) -> list[Ask]:
    return [ask for ask in put(stage) if ask.api == "check"]


def one_by_one(stage: Stage) -> list[Ask]:
    """Return what has a field for each question: `check` tells a refusal otherwise than `checks`, and only that."""
    return [ask for ask in put(stage) if ask.api != "check" or isinstance(ask.expected, int)]


def explained(stage: Stage) -> list[Ask]:
    """Return the checks of a stage as explanations, which GraphQL has of the present only."""
    return [msgspec.structs.replace(ask, api="explain") for ask in checks(stage) if ask.at is None]


LIVE: Final = [store for store in STORES if can_be_live(store)]
STAGES: Final = [stage for store in LIVE for stage in store.stages]


def in_one_field(stage: Stage) -> Iterator[tuple[str | None, list[Ask]]]:
    """Yield the checks of a stage by the instant that they are about."""
    for at, several in groupby(sorted(checks(stage), key=lambda ask: ask.at or ""), lambda ask: ask.at):
        yield at, list(several)


async def prepare(door: DoorOfTables, stage: Stage) -> None:
    """Make the model of a stage live, if it has one, and change the tuples as it says."""
    if stage.model is not None:
        await door.make_live(stage.model)
    assert isinstance(await door.change(stage.add, stage.remove), tuple)


async def differing(door: DoorOfTables, stage: Stage) -> list[tuple[str, object]]:
    """Return what came out otherwise than a stage says: what was asked or written, and what came out."""
    told: list[tuple[object, object, object]] = [
        (write, await door.change(write.add, write.remove), write.expected) for write in stage.writes
    ]
    for at, asks in in_one_field(stage):
        answers = await door.checks(asks, at)
        told += [(ask, each, ask.expected) for ask, each in zip(asks, answers, strict=True)]
    told += [(ask, await door.answer(ask), ask.expected) for ask in (*one_by_one(stage), *explained(stage))]
    if stage.invalid is not None:
        told.append(("not valid", sorted(map(" ".join, await door.tuples(valid=False))), sorted(stage.invalid)))
    return [(str(asked), each) for asked, each, expected in told if each != expected]


@pytest.mark.parametrize("part", range(PARTS))
async def test_graphql_answers_as_the_tables_say(site: Site, part: int) -> None:
    async with door_of_tables(site) as door:
        for store in LIVE[part::PARTS]:
            for stage in store.stages:
                await prepare(door, stage)
                assert await differing(door, stage) == [], store.title
            await door.change(remove=await door.tuples())
            assert await door.tuples() == []


def test_nearly_all_of_the_tables_is_put_to_graphql() -> None:
    asks = [ask for store in STORES for stage in store.stages for ask in stage.asks]
    writes = [write for store in STORES for stage in store.stages for write in stage.writes]
    assert len(LIVE) >= len(STORES) - 1
    assert sum(len(put(stage)) for stage in STAGES) >= max(980, len(asks) - 30)
    assert sum(len(explained(stage)) for stage in STAGES) >= 575
    assert sum(len(stage.writes) for stage in STAGES) == len(writes) >= 70
