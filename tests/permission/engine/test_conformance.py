"""The engine answers as the tables say, which are written from OpenFGA's documentation and from the design."""

from functools import lru_cache

import msgspec
import pytest

from graph_api.permission import PermissionGraph
from tests.permission.engine.conformance import STORES
from tests.permission.engine.conformance.table import Ask
from tests.permission.engine.surface import answer, built, written

ASKS = [
    pytest.param(number, level, ask, id=f"{store.title}: {ask}"[:160])
    for number, store in enumerate(STORES)
    for level, stage in enumerate(store.stages)
    for ask in stage.asks
]
CHECKS = [each for each in ASKS if isinstance(ask := each.values[2], Ask) and ask.api == "check"]
WRITES = [
    pytest.param(number, level, place, id=f"{store.title}: {write}"[:160])
    for number, store in enumerate(STORES)
    for level, stage in enumerate(store.stages)
    for place, write in enumerate(stage.writes)
]
STAGES = [
    pytest.param(number, level, stage.invalid, id=f"{store.title} {level}")
    for number, store in enumerate(STORES)
    for level, stage in enumerate(store.stages)
    if stage.invalid is not None
]


@lru_cache
def graph(store: int, stage: int) -> PermissionGraph:
    """Questions change nothing, so that all those of a stage are put to one graph."""
    return built(STORES[store].stages[: stage + 1])


@pytest.mark.parametrize(("store", "stage", "ask"), ASKS)
def test_engine_answers_as_the_table_says(store: int, stage: int, ask: Ask) -> None:
    assert answer(graph(store, stage), ask) == ask.expected


@pytest.mark.parametrize(("store", "stage", "ask"), CHECKS)
def test_explanation_decides_as_the_table_says(store: int, stage: int, ask: Ask) -> None:
    assert answer(graph(store, stage), msgspec.structs.replace(ask, api="explain")) == ask.expected


@pytest.mark.parametrize(("store", "stage", "place"), WRITES)
def test_write_counts_or_is_refused_as_the_table_says(store: int, stage: int, place: int) -> None:
    """Each write follows those before it."""
    stages = STORES[store].stages
    writes = stages[stage].writes
    asked = built([*stages[:stage], msgspec.structs.replace(stages[stage], writes=writes[:place])])
    assert written(asked, writes[place]) == writes[place].expected


@pytest.mark.parametrize(("store", "stage", "invalid"), STAGES)
def test_reading_tells_the_tuples_that_the_model_forbids(store: int, stage: int, invalid: tuple[str, ...]) -> None:
    found = [each.tuple for each in graph(store, stage).read() if not each.valid]
    assert sorted(f"{each.user} {each.relation} {each.object}" for each in found) == sorted(invalid)


def test_tables_hold_at_least_400_assertions_and_no_title_twice() -> None:
    assert len(ASKS) + len(WRITES) >= 400
    assert len({store.title for store in STORES}) == len(STORES)
