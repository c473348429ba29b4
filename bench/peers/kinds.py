"""Why OpenFGA answers otherwise: every difference is of named kinds, or it is not explained.

A check is explained if the naive evaluator of our tests says what our engine says, and the rules of OpenFGA (`rules`)
permit what OpenFGA says; its kinds are the fewest rules that it takes. A list is explained by the checks of the names
in which the lists differ. README.md tells each kind with an example.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final

import msgspec

from bench.peers.rules import Rule, Rules, TooLarge
from bench.peers.shrinking import shrunk
from bench.peers.trials import Answer, Peer, Trial, model_of, ours
from tests.permission.engine.conformance.table import Expected
from tests.permission.engine.facts import Fact
from tests.permission.engine.naive import NaiveGraph, split_userset, type_of
from tests.permission.engine.random_cases import Case
from tests.permission.engine.twins import is_between, naive_check, naive_objects, naive_users

RULES: Final[tuple[Rule, ...]] = ("circle", "parameters", "shape", "stored context", "contextual", "planner")
READING: Final[tuple[Rule, ...]] = ("parameters", "shape", "stored context", "contextual")
"""The rules that say which tuples are read, and which conditions fail."""
EARLY, LOST, OTHER = "early condition", "lost condition", "other failure"
AMONG_USERSETS, BEHIND_EVERYBODY, OWN_CHECK = "object among usersets", "behind everybody", "against its own check"
FAILURES: Final = ("conditional", "error 2000")
LETTERS: Final = {"allowed": "T", "denied": "FC", "conditional": "E", "error 2000": "E"}


def is_right(trial: Trial, answer: Answer) -> bool:
    """Tell whether the naive evaluator says the same, or lets a list of users hold what it holds."""
    graph = NaiveGraph(model_of(trial.former or trial.model))
    graph.write(trial.facts)
    graph.switch_model(model_of(trial.model))
    question = graph.ask(trial.context, trial.contextual, trial.at)
    asked = Case(trial.user, trial.relation, trial.object, trial.context, trial.contextual, trial.at)
    match trial.api:
        case "check":
            return answer == in_words(naive_check(question, (trial.user, trial.relation, trial.object)))
        case "list_objects":
            return answer == in_words(naive_objects(question, asked, trial.type_name))
        case "list_users":
            least, most = naive_users(question, asked, [trial.which])
            return answer == in_words(least) or is_between(least, answer, most)


def in_words(answer: Expected) -> Answer:
    if isinstance(answer, tuple):
        return answer
    return f"error {answer}" if isinstance(answer, int) else answer.partition(" ")[0]


def rules_needed(trial: Trial, letters: str) -> tuple[Rule, ...] | None:
    """Return the fewest rules of OpenFGA by which one of some outcomes comes out of a check."""
    for count in range(len(RULES) + 1):
        for chosen in combinations(RULES, count):
            if Rules(trial, chosen).check(trial.relation, trial.object) & set(letters):
                return chosen
    return None


def of_check(trial: Trial, mine: Answer, theirs: Answer) -> set[str] | None:
    if not isinstance(theirs, str) or mine == theirs:
        return None
    needed = rules_needed(trial, LETTERS.get(theirs, ""))
    return None if needed is None else {*needed, *about_failures(mine, theirs)}


def about_failures(mine: Answer, theirs: Answer) -> Iterator[str]:
    if mine in FAILURES and theirs in FAILURES:
        yield OTHER
    elif theirs in FAILURES:
        yield EARLY
    elif mine in FAILURES:
        yield LOST


class Judge:
    """Explains differences, if need be by further questions to OpenFGA."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def kinds(self, trial: Trial, mine: Answer, theirs: Answer) -> set[str] | None:
        """Return the kinds that a difference is made of, or None where it is not explained."""
        try:
            return self._kinds(trial, mine, theirs)
        except TooLarge:
            small = shrunk(trial, lambda each: ours(each) == mine and self._peer.ask(each) == theirs)
            return self._kinds(small, mine, theirs)

    def _kinds(self, trial: Trial, mine: Answer, theirs: Answer) -> set[str] | None:
        if not is_right(trial, mine):
            return None
        if trial.api == "check":
            return of_check(trial, mine, theirs)
        if isinstance(theirs, tuple):
            return self._of_list(trial, mine, theirs)
        return self._of_failed_list(trial) if theirs == "error 2000" else None

    def _of_failed_list(self, trial: Trial) -> set[str] | None:
        """Explain a failure by conditions that fail: without their tuples the lists agree, or differ for a reason."""
        for count in range(len(READING) + 1):
            for chosen in combinations(READING, count):
                failing = Rules(trial, chosen).failing
                found = self._kinds_of(without(trial, failing)) if failing else None
                if found is not None:
                    return {EARLY, *chosen, *found}
        return None

    def _kinds_of(self, trial: Trial) -> set[str] | None:
        mine, theirs = ours(trial), self._peer.ask(trial)
        return set() if mine == theirs else self._kinds(trial, mine, theirs)

    def _of_list(self, trial: Trial, mine: Answer, theirs: tuple[str, ...]) -> set[str] | None:
        """Explain every name in which the lists differ, or that makes ours fail."""
        kinds: set[str] = set()
        for name in sorted(candidates(trial) | set(theirs)):
            found = set[str]() if is_same(trial, name, mine, theirs) else self._of_name(trial, name, mine, theirs)
            if found is None:
                return None
            kinds |= found
        return kinds or None

    def _of_name(self, trial: Trial, name: str, mine: Answer, theirs: tuple[str, ...]) -> set[str] | None:
        one = check_of(trial, name)
        answer = ours(one)
        if not is_right(one, answer):
            return None
        if answer in FAILURES and name not in theirs:
            return {LOST}
        if trial.api == "list_users":
            everybody = f"{type_of(name)}:*"
            if "#" in trial.which and "#" not in name:
                return {AMONG_USERSETS}
            if answer == "allowed" and name != everybody and everybody in mine and everybody in theirs:
                return {BEHIND_EVERYBODY}
        told = "allowed" if name in theirs else "denied"
        if answer != told and self._peer.ask(one) == answer:
            return {OWN_CHECK}
        return of_check(one, answer, told)


def is_same(trial: Trial, name: str, mine: Answer, theirs: tuple[str, ...]) -> bool:
    """Tell whether both lists say the same of a name; where ours fails, its check says what it would have said."""
    if isinstance(mine, tuple):
        return (name in mine) is (name in theirs)
    answer = ours(check_of(trial, name))
    return answer not in FAILURES and (answer == "allowed") is (name in theirs)


def without(trial: Trial, gone: Iterable[Fact]) -> Trial:
    keys = {each.key for each in gone}
    facts, contextual = (
        tuple(each for each in some if each.key not in keys) for some in (trial.facts, trial.contextual)
    )
    return msgspec.structs.replace(trial, facts=facts, contextual=contextual)


def check_of(trial: Trial, name: str) -> Trial:
    """Ask about one name of a list."""
    if trial.api == "list_users":
        return msgspec.structs.replace(trial, api="check", user=name)
    return msgspec.structs.replace(trial, api="check", object=name)


def candidates(trial: Trial) -> set[str]:
    """Return all names that a list may hold."""
    facts = [*trial.facts, *trial.contextual]
    if trial.api == "list_objects":
        objects = {each.object for each in facts} | {trial.user.partition("#")[0]}
        return {name for name in objects if type_of(name) == trial.type_name and not name.endswith(":*")}
    kind, _, relation = trial.which.partition("#")
    if not relation:
        return {each.user for each in facts if "#" not in each.user and type_of(each.user) == kind}
    usersets = [split_userset(each.user)[0] for each in facts if "#" in each.user]
    objects = {trial.object, *(each.object for each in facts), *usersets}
    return {f"{name}#{relation}" for name in objects if type_of(name) == kind}
