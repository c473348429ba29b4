"""An explanation's path suffices by itself, and what would grant does grant; the naive evaluator is the judge."""

from collections.abc import Iterator
from functools import lru_cache
from random import Random

import pytest

from graph_api.permission import Allowed, Denied
from graph_api.permission.answers import Explanation
from tests.permission.engine.facts import Fact, instant
from tests.permission.engine.naive import ALLOWED, CannotTell, NaiveGraph, type_of
from tests.permission.engine.random_cases import IDS, Case
from tests.permission.engine.surface import coded, fact_of, stored, word
from tests.permission.engine.twins import Twins
from tests.support.seeds import seeds

SEEDS = seeds(4, 8)
WORLDS = 30


def explain(twins: Twins, case: Case) -> Explanation:
    return twins.engine.explain(
        case.user,
        case.relation,
        case.object,
        context=case.context,
        contextual_tuples=list(map(stored, case.contextual)),
        at=instant(case.at),
    )


def cases(seed: int) -> Iterator[tuple[Twins, Case]]:
    random = Random(1000 + seed)
    for _ in range(WORLDS):
        twins = Twins(random)
        twins.fill(random.choice([20, 40, 60]))
        for _ in range(8):
            yield twins, twins.case()


@lru_cache
def explained(seed: int) -> list[tuple[Twins, Case, Explanation]]:
    """Return random cases that can be answered, with their explanations."""
    answered = [(twins, case) for twins, case in cases(seed) if not isinstance(twins.engine_check(case), int)]
    return [(twins, case, explain(twins, case)) for twins, case in answered]


def allows(graph: NaiveGraph, case: Case, *more: Fact) -> bool:
    """Tell whether a case would be allowed with more tuples, which replace those of the same key."""
    question = graph.ask(case.context, [*case.contextual, *more], case.at)
    try:
        return question.check(case.user, case.relation, case.object) == ALLOWED
    except CannotTell:
        return False


def told(twins: Twins, case: Case, found: Explanation) -> str:
    return f"{twins.told(case)}\n{found}"


@pytest.mark.parametrize("seed", SEEDS)
def test_explanation_decides_as_the_check_and_says_so(seed: int) -> None:
    for twins, case in cases(seed):
        answer = twins.engine_check(case)
        found = coded(lambda twins=twins, case=case: word(explain(twins, case).decision))
        assert found == answer, twins.told(case)
    for twins, case, found in explained(seed):
        assert found.at == instant(case.at)
        assert case.object in found.text, told(twins, case, found)
        assert case.user in found.text, told(twins, case, found)


@pytest.mark.parametrize("seed", SEEDS)
def test_path_holds_only_tuples_that_are_there(seed: int) -> None:
    for twins, case, found in explained(seed):
        known = [stored(each) for each in (*twins.facts(), *case.contextual)]
        assert [each for each in found.path if each not in known] == [], told(twins, case, found)


@pytest.mark.parametrize("seed", SEEDS)
def test_tuples_of_a_path_alone_still_allow(seed: int) -> None:
    seen = 0
    for twins, case, found in explained(seed):
        if isinstance(found.decision, Allowed):
            alone = NaiveGraph(twins.naive.model)
            alone.write(map(fact_of, found.path))
            assert allows(alone, case._replace(contextual=())), told(twins, case, found)
            assert not found.would_grant
            seen += 1
    assert seen > 8


def granted(seed: int) -> Iterator[tuple[Twins, Case, Explanation, list[Fact]]]:
    """Yield denials of which it is known what would grant them."""
    for twins, case, found in explained(seed):
        if found.would_grant:
            assert isinstance(found.decision, Denied)
            yield twins, case, found, list(map(fact_of, found.would_grant))


@pytest.mark.parametrize("seed", SEEDS)
def test_tuples_that_would_grant_really_grant_when_added(seed: int) -> None:
    seen = 0
    for twins, case, found, granting in granted(seed):
        assert all(map(twins.naive.is_valid, granting)), told(twins, case, found)
        assert allows(twins.naive, case, *granting), told(twins, case, found)
        seen += 1
    assert seen > 20


@pytest.mark.parametrize("seed", SEEDS)
def test_none_of_the_tuples_that_would_grant_is_superfluous(seed: int) -> None:
    for twins, case, found, granting in granted(seed):
        parts = [[other for other in granting if other is not each] for each in granting]
        assert not any(allows(twins.naive, case, *part) for part in parts), told(twins, case, found)


def single_grants(twins: Twins, case: Case) -> Iterator[Fact]:
    """Yield the tuples without a condition that name the user and would grant by themselves."""
    for type_name, relation in twins.world.direct:
        names = {*(f"{type_name}:{identity}" for identity in IDS[type_name]), case.object}
        for name in sorted(each for each in names if type_of(each) == type_name):
            each = Fact(case.user, relation.name, name)
            if twins.naive.is_valid(each) and allows(twins.naive, case, each):
                yield each


@pytest.mark.parametrize("seed", range(3))
def test_denial_that_a_single_tuple_would_mend_nearly_always_tells_how(seed: int) -> None:
    """The search for what would grant is bounded, so that few are missed."""
    missed = seen = 0
    for twins, case, found in explained(seed):
        if isinstance(found.decision, Denied) and next(single_grants(twins, case), None) is not None:
            seen += 1
            missed += not found.would_grant
    assert missed * 8 <= seen > 20
