"""What is told of access is exactly what brute-force checks before and after each commit tell, and nothing is lost."""

import itertools
from collections.abc import Callable
from random import Random

import pytest

from graph_api.permission.effective import Comparison, Told
from graph_api.permission.tuples import StoredTuple
from graph_api.permission.watches import AccessChange, Watch
from tests.permission.effects import Commits, Outcomes, answers, apply, outcomes, shown
from tests.permission.engine.naive import type_of
from tests.support.seeds import seeds

SEEDS = seeds(5, 12)
Pairs = dict[tuple[str, str], tuple[str, str]]


def differences(before: Outcomes, after: Outcomes) -> Pairs:
    return {pair: (old, after[pair]) for pair, old in before.items() if old != after[pair]}


def least(found: Pairs) -> Pairs:
    """Leave out those for whom everybody of their type stands, as the same happens to all."""
    return {
        (target, user): pair
        for (target, user), pair in found.items()
        if user.endswith(":*") or found.get((target, f"{type_of(user)}:*")) != pair
    }


def compare(watch: Watch, changes: tuple[AccessChange, ...], before: Outcomes, after: Outcomes) -> int:
    """Compare what a watch is told with brute force; return how much differs."""
    expected, told = differences(before, after), shown(changes)
    assert len(told) == len(changes), "told twice"
    assert [(each.object, each.user) for each in changes] == sorted(told)
    stays = {pair: values for pair, values in told.items() if values[0] == values[1]}
    moves = {pair: values for pair, values in told.items() if pair not in stays}
    assert moves == {pair: expected.get(pair) for pair in moves}
    assert {pair: told.get(pair) for pair in least(expected)} == least(expected)
    assert all(moves.get((target, f"{type_of(user)}:*")) for target, user in stays), "told and yet nothing happened"
    return len(expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_access_is_told_as_checks_on_both_sides_of_a_commit_tell_it(seed: int) -> None:
    random = Random(6000 + seed)
    seen = 0
    for _ in range(6):
        commits = Commits(random)
        commits.commit(commands=20)
        watches = [watch for _ in range(2) for watch in commits.watches()]
        if random.random() < 0.3:
            watches = [watch for watch in watches if watch.user is not None]
        held = {watch: outcomes(commits.naive, watch) for watch in watches}
        for _ in range(12):
            switch = random.random() < 0.15
            moment, replaced = commits.commit(random.choice([1, 1, 2, 4]), switch=switch)
            (told,) = commits.told(watches, [moment], replaced)
            for watch in held:
                before, after = outcomes(commits.before, watch), outcomes(commits.naive, watch)
                changes = told.get(watch, ())
                assert changes is not None
                seen += compare(watch, changes, before, after)
                apply(held[watch], changes)
                assert held[watch] == after
    assert seen > 10


@pytest.mark.parametrize("seed", SEEDS)
def test_stepping_back_through_many_commits_tells_what_was_told_at_each_and_leaves_the_graph_as_it_was(
    seed: int,
) -> None:
    random = Random(7000 + seed)
    seen = 0
    for _ in range(6):
        commits = Commits(random)
        commits.commit(commands=20)
        watches, start = commits.watches(), commits.revision
        live: list[Told] = []
        for _ in range(15):
            moment, _ = commits.commit(random.choice([1, 1, 3]))
            live += commits.told(watches, [moment])
            held, watch, first = held_by(commits), random.choice(watches), random.randrange(start, commits.revision)
            again = commits.told([watch], commits.moments[first:])
            assert [step.get(watch) for step in again] == [step.get(watch) for step in live[first - start :]]
            assert held_by(commits) == held
            assert answers(commits, watch) == outcomes(commits.naive, watch)
            seen += sum(len(step.get(watch) or ()) for step in again)
    assert seen > 0


def test_a_fault_on_the_way_leaves_the_graph_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    commits = Commits(Random(1))
    commits.commit(commands=30)
    watches = commits.watches()
    for _ in range(5):
        commits.commit(commands=5)
    held = held_by(commits)
    for fault in ("look_before", "look_after", "told"):
        with monkeypatch.context() as patched:
            patched.setattr(Comparison, fault, broken_at(3, getattr(Comparison, fault)))
            with pytest.raises(ZeroDivisionError):
                commits.told(watches, commits.moments[1:])
        assert held_by(commits) == held


def broken_at(call: int, method: Callable[..., object]) -> Callable[..., object]:
    calls = itertools.count(1)

    def fail(*arguments: object) -> object:
        if next(calls) == call:
            raise ZeroDivisionError("a fault on the way")
        return method(*arguments)

    return fail


def held_by(commits: Commits) -> list[StoredTuple]:
    return commits.graph.read()
