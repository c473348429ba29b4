"""On random models, tuples and questions the engine says what the naive evaluator says."""

from collections import Counter
from random import Random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.permission.engine.conformance.table import Expected
from tests.permission.engine.facts import Fact
from tests.permission.engine.naive import CannotTell, Question, split_userset, type_of
from tests.permission.engine.naive_rules import Node, nodes_in
from tests.permission.engine.random_cases import Case, Change, World, model_of
from tests.permission.engine.twins import Twins, is_between
from tests.support.seeds import seeds

SEEDS = seeds(8, 40)
WORLDS = 25
CASES = 10


def twins_of(random: Random) -> Twins:
    twins = Twins(random)
    twins.fill(random.choice([20, 40, 60, 80]))
    return twins


@pytest.mark.parametrize("seed", SEEDS)
def test_engine_says_what_the_naive_evaluator_says(seed: int) -> None:
    """Ten questions a world, with changes and switches of the model in between."""
    random = Random(seed)
    for _ in range(WORLDS):
        twins = twins_of(random)
        for _ in range(CASES):
            if random.random() < 0.4:
                twins.change()
            if random.random() < 0.1:
                twins.switch_model()
            case = twins.case()
            assert twins.differences(case) == [], twins.told(case)


def kinds_of(question: Question, case: Case) -> list[str]:
    """Say of what kinds a case is: how it is answered, and what it depends on."""
    node = case.object, case.relation
    try:
        kind: str = question.check(case.user, case.relation, case.object).kind
    except CannotTell:
        kind = "failed"
    edges = [(at, to) for at, rule in question.rules.items() for to in nodes_in(rule)]
    graph: nx.DiGraph[Node] = nx.DiGraph(edges)
    cyclic = any(at == to for at, to in edges) or any(len(one) > 1 for one in nx.strongly_connected_components(graph))
    undefined = question.solution(case.user).is_undefined(node)
    return [kind, *["cyclic"] * cyclic, *["undefined"] * undefined]


def test_random_cases_are_of_every_kind() -> None:
    random = Random(1)
    found: Counter[str] = Counter()
    for _ in range(200):
        twins = twins_of(random)
        for _ in range(10):
            case = twins.case()
            found.update(kinds_of(twins.naive.ask(case.context, case.contextual, case.at), case))
    least = {"allowed": 500, "denied": 1000, "conditional": 100, "failed": 5, "cyclic": 1000, "undefined": 20}
    assert {kind: found[kind] for kind, count in least.items() if found[kind] < count} == {}


@st.composite
def stores(draw: st.DrawFn) -> tuple[int, list[Fact], list[Case]]:
    """A model by its number, some tuples of it, each key once, and some questions; hypothesis makes them fewer."""
    number = draw(st.integers(0, 20))
    world = World(Random(draw(st.integers(0, 50))), model_of(number)[1])
    universe = list({each.key: each for each in world.facts(60)}.values())
    chosen = draw(st.lists(st.sampled_from(universe), unique_by=lambda each: each.key, max_size=25))
    return number, chosen, [world.case(chosen) for _ in range(8)]


@given(stores())
@settings(max_examples=80, deadline=None)
def test_engine_says_what_the_naive_evaluator_says_of_few_tuples(store: tuple[int, list[Fact], list[Case]]) -> None:
    number, chosen, cases = store
    twins = Twins(Random(0), number)
    twins.write(Change(tuple(chosen), ()))
    for case in cases:
        assert twins.differences(case) == [], twins.told(case)


def outcomes(twins: Twins, cases: dict[str, Case]) -> tuple[tuple[str, ...], bool]:
    """Check several cases; return those that are allowed, and whether no answer depends on what is missing."""
    answers = {name: twins.engine_check(case) for name, case in cases.items()}
    allowed = sorted(name for name, answer in answers.items() if answer == "allowed")
    return tuple(allowed), set(answers.values()) <= {"allowed", "denied"}


@pytest.mark.parametrize("seed", range(10))
def test_list_of_objects_holds_exactly_what_checks_allow(seed: int) -> None:
    random = Random(100 + seed)
    for _ in range(20):
        twins = twins_of(random)
        case = twins.case()
        type_name = type_of(case.object)
        objects = {each.object for each in (*twins.facts(), *case.contextual)} | {split_userset(case.user)[0]}
        cases = {name: case._replace(object=name) for name in objects if type_of(name) == type_name}
        allowed, certain = outcomes(twins, cases)
        assert twins.engine_objects(case, type_name) == (allowed if certain else 2000), twins.told(case)


@pytest.mark.parametrize("seed", range(10))
def test_list_of_users_holds_whom_checks_allow_unless_everybody_stands_for_them(seed: int) -> None:
    random = Random(200 + seed)
    for _ in range(20):
        twins = twins_of(random)
        case = twins.case()
        named = {each.user for each in (*twins.facts(), *case.contextual) if "#" not in each.user}
        cases = {name: case._replace(user=name) for name in named | {"user:*"} if type_of(name) == "user"}
        allowed, certain = outcomes(twins, cases)
        listed = twins.engine_users(case, ["user"])
        least: Expected = ("user:*",) if "user:*" in allowed else allowed
        assert is_between(least, listed, allowed) if certain else listed == 2000, twins.told(case)
