"""The naive evaluator agrees with the tables: written by hand from the documented semantics, they check each other."""

from collections.abc import Iterator
from functools import lru_cache
from random import Random

import pytest

from tests.permission.engine.conformance import STORES
from tests.permission.engine.conformance.table import Ask, Expected
from tests.permission.engine.naive import CannotTell, NaiveGraph, Question
from tests.permission.engine.random_cases import MODELS_MAX, Case, World, model_of

NOW = "2026-01-01T00:00:00Z"


@lru_cache
def graph(store: int, stage: int) -> NaiveGraph:
    """Build the graph that a stage asks: all stages up to it, and what their writes changed."""
    stages = STORES[store].stages[: stage + 1]
    built = NaiveGraph(next(each.model for each in stages if each.model is not None))
    for each in stages:
        if each.model is not None:
            built.switch_model(each.model)
        built.write(each.add, each.remove)
        for write in each.writes:
            if not isinstance(write.expected, int):
                built.write(write.add, write.remove)
    return built


def answer(asked: NaiveGraph, ask: Ask) -> Expected:
    question = asked.ask(ask.context, ask.contextual, ask.at or NOW)
    try:
        if ask.api == "list_objects":
            return tuple(question.list_objects(ask.user, ask.relation, ask.object))
        if ask.api == "list_users":
            listed = question.list_users(ask.object, ask.relation, ask.filters)
            assert set(listed.least) <= set(listed.most)
            return listed.least
        found = question.check(ask.user, ask.relation, ask.object)
    except CannotTell:
        return 2000
    return " ".join([found.kind, *found.missing])


SEMANTIC = [
    (number, level, ask)
    for number, store in enumerate(STORES)
    for level, stage in enumerate(store.stages)
    for ask in stage.asks
    if ask.lawful
]


@pytest.mark.parametrize(("store", "stage", "ask"), SEMANTIC, ids=str)
def test_naive_evaluator_answers_as_the_table_says(store: int, stage: int, ask: Ask) -> None:
    assert answer(graph(store, stage), ask) == ask.expected


def test_naive_evaluator_knows_which_tuples_a_model_forbids() -> None:
    for number, store in enumerate(STORES):
        for level, stage in enumerate(store.stages):
            if stage.invalid is not None:
                asked = graph(number, level)
                forbidden = [" ".join(each.key) for each in asked.explicit.values() if not asked.is_valid(each)]
                assert sorted(forbidden) == sorted(stage.invalid)


def completions(question: Question, random: Random) -> Iterator[Question]:
    """Yield the question with some choices of true and false for the tuples whose conditions are unsure."""
    outcomes = [(each, question.outcome(each)) for each in question.valid]
    for _ in range(10):
        chosen = [(each, outcome if isinstance(outcome, bool) else random.random() < 0.5) for each, outcome in outcomes]
        complete = Question(question.graph, question.valid, question.context, question.at.isoformat())
        complete.counting = complete.those_that_count(chosen)
        yield complete


@pytest.mark.parametrize("seed", range(5))
def test_firm_answer_stands_whatever_the_unsure_conditions_are(seed: int) -> None:
    """And a conditional one names parameters, though it may turn out to depend on none of them (Kleene)."""
    random = Random(5000 + seed)
    firm = 0
    for _ in range(20):
        world = World(random, model_of(random.randrange(MODELS_MAX))[1])
        asked = NaiveGraph(world.model)
        asked.write(world.facts(25))
        for case in (world.case(asked.explicit.values()) for _ in range(5)):
            question = asked.ask(case.context, case.contextual, case.at)
            questions = [question, *completions(question, random)]
            answers = [checked(each, case) for each in questions]
            assert answers[0] in ("conditional", "failed") or set(answers) == {answers[0]}
            firm += answers[0] in ("allowed", "denied")
    assert firm > 50


def checked(question: Question, case: Case) -> str:
    try:
        return question.check(case.user, case.relation, case.object).kind
    except CannotTell:
        return "failed"
