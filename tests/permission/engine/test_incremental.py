"""A graph that lived through many changes answers as one that is built anew from what it holds."""

from random import Random

import pytest

from graph_api.permission import PermissionGraph, RelationshipTuple, TupleSource
from tests.permission.engine.conformance.table import Ask, Expected
from tests.permission.engine.facts import Key
from tests.permission.engine.random_cases import DAYS, IDS, World, filters_of
from tests.permission.engine.surface import answer, new_graph, stored, write
from tests.permission.engine.twins import Twins
from tests.support.seeds import seeds

SEEDS = seeds(5, 20)
CHANGES = 5_000
BETWEEN = 800
USERS = ("user:a", "user:b", "user:*", "group:g")


def rebuilt(twins: Twins) -> PermissionGraph:
    """Build a graph of the tuples that count."""
    graph = new_graph(twins.naive.model)
    for by_key, derived in ((twins.naive.explicit, False), (twins.naive.derived, True)):
        valid = [each for each in by_key.values() if twins.naive.is_valid(each)]
        twins.random.shuffle(valid)
        write(graph, valid, derived=derived)
    return graph


def questions(world: World) -> list[Ask]:
    """Ask for every relation of every object, and for lists, on a random day with random parameters."""
    random = world.random
    context, at = world.context(None, random.choice([0.0, 0.5, 1.0])), random.choice(DAYS)
    usersets = [f"{name}:{random.choice(IDS[name])}#{relation}" for name, relation in world.nodes]
    askers = [*USERS, *random.sample(usersets, 2)]
    found: list[Ask] = []
    for name, relation in world.nodes:
        for identity in IDS[name]:
            target = f"{name}:{identity}"
            found += [Ask("check", user, relation, target, "", context=context, at=at) for user in askers]
            found.append(Ask("list_users", "", relation, target, "", tuple(filters_of(world)), context, (), at))
        found += [Ask("list_objects", user, relation, name, "", context=context, at=at) for user in askers]
    return found


def held(graph: PermissionGraph) -> dict[tuple[Key, TupleSource], tuple[RelationshipTuple, bool]]:
    """Return what a graph holds."""
    found = [(each.tuple, each) for each in graph.read()]
    return {((one.user, one.relation, one.object), each.source): (one, each.valid) for one, each in found}


def holds_what_was_written(twins: Twins) -> bool:
    """Tell whether the graph holds each tuple that it should, and knows which of them the live model forbids."""
    sources = ((TupleSource.EXPLICIT, twins.naive.explicit), (TupleSource.DERIVED, twins.naive.derived))
    expected = {
        (each.key, source): (stored(each), twins.naive.is_valid(each))
        for source, by_key in sources
        for each in by_key.values()
    }
    return held(twins.engine) == expected


def unlike(twins: Twins) -> list[tuple[str, Expected | tuple[int, int, int], Expected | tuple[int, int, int]]]:
    """Return the questions that the graph and one built anew answer differently."""
    fresh = rebuilt(twins)
    pairs = ((str(ask), answer(twins.engine, ask), answer(fresh, ask)) for ask in questions(twins.world))
    return [(asked, lived, anew) for asked, lived, anew in pairs if lived != anew]


@pytest.mark.parametrize("seed", SEEDS)
def test_graph_after_many_changes_answers_as_one_built_anew(seed: int) -> None:
    """Changes add, replay, replace and remove tuples of both sources, among them cyclic ones; models are switched."""
    random = Random(seed)
    twins = Twins(random)
    done = 0
    while done < CHANGES:
        before = done
        done += twins.change()
        if random.random() < 0.001:
            twins.switch_model()
        if done // BETWEEN > before // BETWEEN:
            assert holds_what_was_written(twins), twins.told(twins.case())
            assert unlike(twins) == [], twins.told(twins.case())


@pytest.mark.parametrize("seed", range(5))
def test_graph_emptied_again_allows_nothing_and_holds_nothing(seed: int) -> None:
    random = Random(seed)
    twins = Twins(random)
    for _ in range(5):
        twins.fill(60)
        for _ in range(50):
            twins.change()
        for derived, by_key in ((False, twins.naive.explicit), (True, twins.naive.derived)):
            assert write(twins.engine, (), list(by_key), derived=derived) == (0, len(by_key), 0)
        twins.naive.explicit.clear()
        twins.naive.derived.clear()
        assert twins.engine.read() == []
        allowed = [ask for ask in questions(twins.world) if answer(twins.engine, ask) not in ("denied", ())]
        assert [ask for ask in allowed if "#" not in ask.user and ask.api != "list_users"] == []
