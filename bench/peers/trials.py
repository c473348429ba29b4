"""One question about one small world, put to our engine and to OpenFGA, with the answers in the same words."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import lru_cache
from random import Random
from typing import Literal, TypeAlias

import msgspec

from bench.peers.client import Client, Refused, Store
from bench.peers.server import PeerFailed
from graph_api.permission import PermissionGraph
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.parsing import parse_model
from tests.permission.engine.facts import Context, Fact, instant
from tests.permission.engine.random_cases import DAYS, World, filters_of, random_model
from tests.permission.engine.surface import coded, new_graph, stored, word, write

Api: TypeAlias = Literal["check", "list_objects", "list_users"]
Answer: TypeAlias = str | tuple[str, ...]
QUESTIONS_A_CASE = 5
SWITCHED = 0.2
"""The share of cases whose tuples were written under another model."""


class Trial(msgspec.Struct, frozen=True):
    """A model, tuples (written under `former`, if that is given) and one question with all that it is asked with."""

    api: Api
    model: str
    facts: tuple[Fact, ...]
    user: str
    relation: str
    object: str
    which: str
    context: Context
    contextual: tuple[Fact, ...]
    at: str
    former: str | None = None

    @property
    def type_name(self) -> str:
        return self.object.partition(":")[0]

    def with_facts(self, facts: tuple[Fact, ...]) -> "Trial":
        return msgspec.structs.replace(self, facts=facts)

    def __str__(self) -> str:
        """Tell all that is needed to see it again."""
        asked = {
            "check": f"check {self.user} {self.relation} {self.object}",
            "list_objects": f"list_objects {self.user} {self.relation} {self.type_name}",
            "list_users": f"list_users {self.object} {self.relation} {self.which}",
        }[self.api]
        former = [] if self.former is None else ["written under:", self.former.rstrip(), "asked under:"]
        lines = [*former, self.model.rstrip(), *map(str, self.facts)]
        return "\n".join(
            [*lines, f"{asked} given {self.context} beside {list(map(str, self.contextual))} at {self.at}"]
        )


@lru_cache(4096)
def model_of(text: str) -> AuthorizationModel:
    return parse_model(text).model


def trials(random: Random) -> list[Trial]:
    """Make one case: a world, and its questions, each put in all three ways."""
    text = random_model(random)
    former = random_model(random) if random.random() < SWITCHED else None
    world = World(random, model_of(text))
    writing = world if former is None else World(random, model_of(former))
    facts = tuple({each.key: each for each in writing.facts(random.choice([10, 30, 50]))}.values())
    at = random.choice(DAYS[:3])
    # One that is expired hides a stored tuple of its key; expiry is ours alone, and cannot be said to OpenFGA.
    stored_keys = {each.key for each in facts}
    found: list[Trial] = []
    for _ in range(QUESTIONS_A_CASE):
        case = world.case([each for each in facts if former is None or is_known(world.model, each.user)])
        filters = filters_of(world)
        contextual = tuple(each for each in case.contextual if counts(each, at) or each.key not in stored_keys)
        asked = (case.user, case.relation, case.object, filters[0], case.context, contextual, at, former)
        found += [Trial(api, text, facts, *asked) for api in ("check", "list_objects", "list_users")]
    return found


def is_known(model: AuthorizationModel, user: str) -> bool:
    """Tell whether a model knows the type of a user, and the relation of a userset."""
    target, _, relation = user.partition("#")
    known = model.types.get(target.partition(":")[0])
    return known is not None and (not relation or relation in known.relations)


def counts(fact: Fact, at: str) -> bool:
    return fact.expires_at is None or instant(at) < instant(fact.expires_at)


def names_itself(fact: Fact) -> bool:
    """Tell whether a tuple says that a userset is in itself, which it is anyway; OpenFGA refuses to store it."""
    return fact.user == f"{fact.object}#{fact.relation}"


def ours(trial: Trial) -> Answer:
    """Ask our engine."""
    graph = new_graph(model_of(trial.former or trial.model))
    write(graph, trial.facts)
    if trial.former is not None:
        graph.switch_model(model_of(trial.model))
    answer = coded(lambda: asked(graph, trial))
    return f"error {answer}" if isinstance(answer, int) else names_or_word(answer)


def asked(graph: PermissionGraph, trial: Trial) -> Answer:
    at, given = instant(trial.at), list(map(stored, trial.contextual))
    user, relation, target, context = trial.user, trial.relation, trial.object, trial.context
    match trial.api:
        case "check":
            decision = graph.check(user, relation, target, context=context, contextual_tuples=given, at=at)
            return word(decision).partition(" ")[0]
        case "list_objects":
            return tuple(
                graph.list_objects(user, relation, trial.type_name, context=context, contextual_tuples=given, at=at)
            )
        case "list_users":
            filters = [trial.which]
            return tuple(
                graph.list_users(target, relation, filters=filters, context=context, contextual_tuples=given, at=at)
            )


def names_or_word(answer: str | tuple[object, ...]) -> Answer:
    return answer if isinstance(answer, str) else tuple(map(str, answer))


class Peer:
    """OpenFGA, asked about small worlds: each in a store of its own."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @contextmanager
    def world(self, trial: Trial) -> Generator[Callable[[Trial], Answer]]:
        """Hold the world of a trial; what is yielded asks about it."""
        store = self._client.new_store()
        try:
            self._fill(store, trial)
            yield lambda each: self._ask(store, each)
        finally:
            self._client.drop(store)

    def _fill(self, store: Store, trial: Trial) -> None:
        models = [trial.model] if trial.former is None else [trial.former, trial.model]
        refused = store.take_model(model_of(models[0]))
        if refused is None:
            live = [each for each in trial.facts if counts(each, trial.at) and not names_itself(each)]
            refused = store.write(live) if live else None
        if refused is None and len(models) > 1:
            refused = store.take_model(model_of(models[1]))
        if refused is not None:
            raise WorldRefused(refused)

    def _ask(self, store: Store, trial: Trial) -> Answer:
        given = [each for each in trial.contextual if counts(each, trial.at)]
        match trial.api:
            case "check":
                answer = store.check(trial.user, trial.relation, trial.object, trial.context, given)
                if not isinstance(answer, Refused):
                    return "allowed" if answer else "denied"
            case "list_objects":
                answer = store.list_objects(trial.user, trial.relation, trial.type_name, trial.context, given)
            case "list_users":
                answer = store.list_users(trial.object, trial.relation, trial.which, trial.context, given)
        return refusal(trial, answer) if isinstance(answer, Refused) else answer

    def ask(self, trial: Trial) -> Answer:
        """Ask about a world that is made for this question alone."""
        with self.world(trial) as asked:
            return asked(trial)


class WorldRefused(PeerFailed):
    """OpenFGA does not take a model or a tuple of a world."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.message)
        self.refused = refused


def refusal(trial: Trial, refused: Refused) -> Answer:
    """Word a refusal: a check that lacks context is what our engine calls conditional."""
    if trial.api == "check" and refused.code == 2000 and "missing context parameters" in refused.message:
        return "conditional"
    return f"error {refused.code}"
