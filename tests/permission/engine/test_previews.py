"""A preview tells exactly what brute-force checks before and after the change tell."""

from random import Random
from typing import TypeAlias

import pytest

from tests.permission.engine.facts import Fact, Key, instant
from tests.permission.engine.naive import NaiveGraph, split_userset, type_of
from tests.permission.engine.random_cases import DAYS, MODELS_MAX, Change, World, model_of
from tests.permission.engine.surface import TupleKey, stored, word
from tests.permission.engine.twins import Twins, naive_check
from tests.support.seeds import seeds

SEEDS = seeds(4, 20)
Deltas: TypeAlias = dict[Key, tuple[str, str]]
RANKS = {"denied": 0, "conditional": 1, "allowed": 2}


def names_in(graph: NaiveGraph) -> tuple[set[str], set[str]]:
    """Return the users that tuples name, and all objects: users that are none of the model are nobody."""
    facts = [*graph.explicit.values(), *graph.derived.values()]
    users = {each.user for each in facts if "#" not in each.user}
    objects = {split_userset(name)[0] for each in facts for name in (each.user, each.object)}
    return users, {name for name in objects if not name.endswith(":*")}


def access(graph: NaiveGraph, users: set[str], objects: set[str], at: str) -> dict[Key, str]:
    """Check everything for everybody, without any context."""
    question, types = graph.ask(at=at), graph.model.types
    nodes = [
        (name, each) for name in sorted(objects) if type_of(name) in types for each in types[type_of(name)].relations
    ]
    for node in nodes:
        question.add_rules(node)
    known = [user for user in sorted(users) if type_of(user) in types]
    asked = [(user, relation, name) for name, relation in nodes for user in known]
    return {each: str(naive_check(question, each)) for each in asked}


def differences(before: NaiveGraph, after: NaiveGraph, at: str) -> Deltas:
    """Return whose access differs; who or what is unknown to one of both has no access there."""
    names = [names_in(before), names_in(after)]
    users, objects = names[0][0] | names[1][0], names[0][1] | names[1][1]
    had, has = access(before, users, objects, at), access(after, users, objects, at)
    pairs = {asked: (had.get(asked, "denied"), has.get(asked, "denied")) for asked in had.keys() | has.keys()}
    return {asked: pair for asked, pair in pairs.items() if pair[0] != pair[1]}


def changed(graph: NaiveGraph, change: Change, number: int | None = None) -> NaiveGraph:
    """Make a change to a copy."""
    copy = NaiveGraph(model_of(number)[1] if number is not None else graph.model)
    copy.explicit, copy.derived = dict(graph.explicit), dict(graph.derived)
    copy.write(change.add, change.remove)
    return copy


def least(deltas: Deltas) -> Deltas:
    """Leave out those for whom everybody of their type stands, as the same happens to all."""
    return {
        (user, relation, name): pair
        for (user, relation, name), pair in deltas.items()
        if user.endswith(":*") or deltas.get((f"{type_of(user)}:*", relation, name)) != pair
    }


def kinds(deltas: Deltas) -> Deltas:
    """Leave out which names are missing, and what differs in nothing else."""
    cut = {asked: (old.split()[0], new.split()[0]) for asked, (old, new) in deltas.items()}
    return {asked: pair for asked, pair in cut.items() if pair[0] != pair[1]}


def compare(twins: Twins, change: Change, number: int | None, at: str) -> int:
    """Compare a preview with brute force, and see that nothing was changed; return how much would."""
    before = [list(map(str, twins.engine.read())), twins.naive]
    model = model_of(number)[1] if number is not None else None
    found = twins.engine.preview(
        list(map(stored, change.add)), [TupleKey(*key) for key in change.remove], model, at=instant(at)
    )
    after = changed(twins.naive, change, number)
    expected = kinds(differences(twins.naive, after, at))
    deltas = kinds(
        {(each.user, each.relation, each.object): (word(each.before), word(each.after)) for each in found.changes}
    )
    told = f"{twins.text}\n{twins.facts()}\n{change}\n{model_of(number)[0] if number is not None else ''}"
    assert deltas == {asked: expected.get(asked) for asked in deltas}, told
    assert {asked: deltas.get(asked) for asked in least(expected)} == least(expected), told
    ranks = [(RANKS[old.split()[0]], RANKS[new.split()[0]]) for old, new in deltas.values()]
    assert (found.gains, found.losses) == (sum(a < b for a, b in ranks), sum(a > b for a, b in ranks)), told
    assert list(map(str, twins.engine.read())) == before[0]
    return len(expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_preview_of_tuples_tells_what_checks_before_and_after_tell(seed: int) -> None:
    random = Random(2000 + seed)
    seen = 0
    for _ in range(12):
        twins = Twins(random)
        twins.fill(random.choice([20, 40, 60]))
        for _ in range(4):
            change = twins.world.change(list(twins.naive.explicit))
            seen += compare(twins, change, None, random.choice(DAYS))
            twins.write(change)
    assert seen > 20


@pytest.mark.parametrize("seed", SEEDS)
def test_preview_of_a_model_tells_what_checks_before_and_after_tell(seed: int) -> None:
    random = Random(3000 + seed)
    seen = 0
    for _ in range(12):
        twins = Twins(random)
        twins.fill(random.choice([20, 40, 60]))
        number = random.randrange(MODELS_MAX)
        change = Change((), ())
        if random.random() < 0.5:
            world = World(random, model_of(number)[1])
            change = world.change(list(twins.naive.explicit))
        seen += compare(twins, change, number, random.choice(DAYS))
    assert seen > 20


def invalid(graph: NaiveGraph) -> list[Fact]:
    return [each for each in (*graph.explicit.values(), *graph.derived.values()) if not graph.is_valid(each)]


@pytest.mark.parametrize("seed", SEEDS)
def test_preview_counts_the_tuples_that_stop_counting(seed: int) -> None:
    random = Random(4000 + seed)
    for _ in range(10):
        twins = Twins(random)
        twins.fill(40)
        number = random.randrange(MODELS_MAX)
        found = twins.engine.preview(model=model_of(number)[1])
        assert found.invalid == len(invalid(changed(twins.naive, Change((), ()), number)))
