"""One graph of a replica and one of the naive evaluator that go through the same commits, and what has to be told."""

import json
from collections.abc import Iterable, Iterator
from random import Random

from graph_api.permission.causes import Cause, CausedChange
from graph_api.permission.effective import Budget, Told, effective
from graph_api.permission.engine.answering import Asking
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.kept_graph import KeptGraph, TupleChange
from graph_api.permission.recent import Moment
from graph_api.permission.tuples import RelationshipTuple, TupleKey, TupleSource
from graph_api.permission.watches import AccessChange, Watch, Watched, watch_of
from graph_api.projection.commit import CommandEntry
from tests.permission.engine.facts import Key, instant
from tests.permission.engine.naive import NaiveGraph, Question, split_userset, type_of
from tests.permission.engine.random_cases import IDS, MODELS_MAX, World, model_of
from tests.permission.engine.surface import NOW, stored, word
from tests.permission.engine.twins import naive_check

BEFORE_ALL = "0001-01-01T00:00:00Z"
ENOUGH = 10**9
USERS = [f"{name}:{key}" for name, keys in IDS.items() for key in (*keys, "new")]
OBJECTS = [name for name in USERS if type_of(name) != "user"]
EVERYBODY = ["user:*", "group:*"]
Outcomes = dict[tuple[str, str], str]
"""By object and user."""


def entry(number: int) -> CommandEntry:
    return CommandEntry(f"operation-{number}", f"actor-{number}")


class Commits:
    """Commits one after the other; the models are those of a few numbers, so that tuples come back to life."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.numbers = [random.randrange(MODELS_MAX) for _ in range(3)]
        _, model = model_of(self.numbers[0])
        self.naive = NaiveGraph(model)
        self.graph = KeptGraph(model, clock=lambda: instant(NOW))
        self.world = World(random, model)
        self.before = self.naive
        self.moments: list[Moment] = []

    @property
    def revision(self) -> int:
        return len(self.moments)

    def commit(self, commands: int = 1, *, switch: bool = False) -> tuple[Moment, Asking | None]:
        """Change some tuples by some commands, and perhaps the model after them."""
        self.before = copy(self.naive)
        replaced = self.graph.asking if switch else None
        found: dict[tuple[TupleKey, TupleSource], tuple[RelationshipTuple | None, int]] = {}
        for order in range(1, commands + 1):
            for key, source, after in self._command():
                found[key, source] = (after, order)
        if switch:
            self._switch()
        changes = [change for source in TupleSource for change in self._take(found, source)]
        caused = [CausedChange(each, cause_of(each, found[each.key, each.source][1])) for each in changes]
        caused.sort(key=lambda each: each.cause.order)
        switched = Cause(commands + 1, entry(commands + 1), ("model",)) if switch else None
        moment = Moment(f"log-{self.revision:06}", instant(NOW), tuple(caused), switched)
        self.moments.append(moment)
        return moment, replaced

    def _command(self) -> Iterator[tuple[TupleKey, TupleSource, RelationshipTuple | None]]:
        is_derived = self.random.random() < 0.3
        source = TupleSource.DERIVED if is_derived else TupleSource.EXPLICIT
        change = self.world.change(list(self.naive.derived if is_derived else self.naive.explicit))
        self.naive.write(change.add, change.remove, derived=is_derived)
        yield from ((TupleKey(*key), source, None) for key in change.remove)
        yield from ((TupleKey(*each.key), source, stored(each)) for each in change.add)

    def _take(
        self, found: dict[tuple[TupleKey, TupleSource], tuple[RelationshipTuple | None, int]], source: TupleSource
    ) -> list[TupleChange]:
        return self.graph.take({key: after for (key, of), (after, _) in found.items() if of is source}, source)

    def _switch(self) -> None:
        number = self.random.choice(self.numbers)
        _, model = model_of(number)
        self.graph.switch_to(str(number), model)
        self.naive.switch_model(model)
        self.world = World(self.random, model)

    def watches(self) -> list[Watch]:
        """Watch everybody and some users, at all objects of a type and at one."""
        type_name, relation = self.random.choice(self.world.nodes)
        context = self.world.context(None, self.random.choice([0.0, 0.5, 1.0]))
        target = self.random.choice([name for name in OBJECTS if type_of(name) == type_name])
        users = [None, "user:*", self.random.choice(USERS), self.random.choice(self.usersets())]
        anywhere = [watch_of(self.graph.asking, relation, type=type_name, user=user, context=context) for user in users]
        there = [watch_of(self.graph.asking, relation, object=target, user=user, context=context) for user in users]
        return [*anywhere, *there]

    def usersets(self) -> list[str]:
        return [
            f"{name}#{relation}" for kind, relation in self.world.nodes for name in OBJECTS if type_of(name) == kind
        ]

    def told(self, watches: Iterable[Watch], moments: list[Moment], replaced: Asking | None = None) -> list[Told]:
        """Work out what the last commits altered."""
        return effective(
            self.graph, moments, Watched(self.graph.asking.compiled, list(watches)), Budget(ENOUGH), replaced
        )


def cause_of(change: TupleChange, order: int) -> Cause:
    return Cause(order, entry(order), (change.key.object,))


def copy(graph: NaiveGraph) -> NaiveGraph:
    made = NaiveGraph(graph.model)
    made.explicit, made.derived = dict(graph.explicit), dict(graph.derived)
    return made


def outcomes(graph: NaiveGraph, watch: Watch) -> Outcomes:
    """Check everything that is watched, for whomever it is watched; what the model does not know is denied."""
    question = graph.ask(json.loads(watch.context), at=BEFORE_ALL)
    objects = [watch.object] if watch.object is not None else [one for one in OBJECTS if type_of(one) == watch.type]
    users = [watch.user] if watch.user is not None else [*USERS, *EVERYBODY]
    return {(one, user): _outcome(graph, question, (user, watch.relation, one)) for one in objects for user in users}


def _outcome(graph: NaiveGraph, question: Question, asked: Key) -> str:
    user, relation, target = asked
    owner, of = split_userset(user)
    known = graph.model.types.get(type_of(user))
    if graph.relation(target, relation) is None or known is None or (of and graph.relation(owner, of) is None):
        return "denied"
    found = naive_check(question, asked)
    return "denied" if found == 2000 else str(found).split()[0]


def answers(commits: Commits, watch: Watch) -> Outcomes:
    """Ask the engine the same."""
    graph, context = commits.graph, json.loads(watch.context)

    def answer(user: str, target: str) -> str:
        try:
            found = graph.check(user, watch.relation, target, context=context, at=instant(BEFORE_ALL))
        except PermissionGraphError:
            return "denied"
        return word(found).split()[0]

    return {(target, user): answer(user, target) for target, user in outcomes(commits.naive, watch)}


def shown(changes: Iterable[AccessChange]) -> dict[tuple[str, str], tuple[str, str]]:
    return {(each.object, each.user): (word(each.before).split()[0], word(each.after).split()[0]) for each in changes}


def apply(held: Outcomes, changes: Iterable[AccessChange]) -> None:
    """Bring a copy up to date: what happens to everybody goes for all of the type who are not told apart."""
    told = shown(changes)
    for (target, user), (_, after) in told.items():
        if user.endswith(":*"):
            held.update(
                ((one, other), after) for one, other in held if one == target and type_of(other) == type_of(user)
            )
    held.update((pair, after) for pair, (_, after) in told.items())
