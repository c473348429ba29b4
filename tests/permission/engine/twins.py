"""One graph of the engine and one of the naive evaluator that go through the same changes, and where they differ."""

from random import Random

from tests.permission.engine.conformance.table import Expected
from tests.permission.engine.facts import Fact, Key
from tests.permission.engine.naive import CannotTell, NaiveGraph, Question, split_userset, type_of
from tests.permission.engine.random_cases import MODELS_MAX, Case, Change, World, filters_of, model_of
from tests.permission.engine.surface import coded, instant, new_graph, stored, word, write


class Twins:
    """Both graphs, and all that was done to them, so that a difference can be told in full."""

    def __init__(self, random: Random, number: int | None = None) -> None:
        self.random = random
        self.numbers = [random.randrange(MODELS_MAX) if number is None else number]
        self.text, model = model_of(self.numbers[0])
        self.naive, self.engine = NaiveGraph(model), new_graph(model)
        self.world = World(random, model)

    def switch_model(self) -> None:
        """Go back to a former model, or on to a new one."""
        if len(self.numbers) < 3:
            self.numbers.append(self.random.randrange(MODELS_MAX))
        self.text, model = model_of(self.random.choice(self.numbers))
        self.naive.switch_model(model)
        self.engine.switch_model(model)
        self.world = World(self.random, model)

    def write(self, change: Change, *, derived: bool = False) -> None:
        """Make a change, and see that the engine counts it rightly."""
        before = self.naive.derived if derived else self.naive.explicit
        added = sum(before.get(each.key) != each for each in change.add)
        removed = sum(key in before for key in change.remove)
        unchanged = len(change.add) + len(change.remove) - added - removed
        assert write(self.engine, change.add, change.remove, derived=derived) == (added, removed, unchanged)
        self.naive.write(change.add, change.remove, derived=derived)

    def fill(self, count: int) -> None:
        """Add some random tuples, of one key the last."""
        self.write(Change(tuple({each.key: each for each in self.world.facts(count)}.values()), ()))

    def change(self) -> int:
        """Make a random change; return how many tuples it named."""
        derived = self.random.random() < 0.2
        keys = list(self.naive.derived if derived else self.naive.explicit)
        change = self.world.change(keys)
        self.write(change, derived=derived)
        return len(change.add) + len(change.remove)

    def facts(self) -> list[Fact]:
        return [*self.naive.explicit.values(), *self.naive.derived.values()]

    def case(self) -> Case:
        return self.world.case([each for each in self.facts() if self.is_known(each.user)])

    def is_known(self, user: str) -> bool:
        """Tell whether the live model knows the type of a user, and the relation of a userset."""
        target, relation = split_userset(user)
        return type_of(target) in self.naive.model.types and (
            not relation or bool(self.naive.relation(target, relation))
        )

    def differences(self, case: Case) -> list[str]:
        """Ask both the check and the two lists of a case; say where the answers differ."""
        question = self.naive.ask(case.context, case.contextual, case.at)
        type_name = case.object.partition(":")[0]
        filters = filters_of(self.world)
        checked, expected = self.engine_check(case), naive_check(question, (case.user, case.relation, case.object))
        listed, named = self.engine_objects(case, type_name), naive_objects(question, case, type_name)
        found: list[str] = []
        if checked != expected and not (is_alike(checked, expected) and question.is_knotted(case.user)):
            found.append(f"check: the engine says {checked}, naively it is {expected}")
        if listed != named:
            found.append(f"list_objects: the engine says {listed}, naively it is {named}")
        engine = self.engine_users(case, filters)
        least, most = naive_users(question, case, filters)
        if engine != least and not is_between(least, engine, most):
            found.append(f"list_users {filters}: the engine says {engine}, naively it is {least} to {most}")
        return found

    def told(self, case: Case) -> str:
        """Tell all that is needed to see a difference again."""
        sources = {"explicit": self.naive.explicit, "derived": self.naive.derived}
        given = [f"{source}: {each}" for source, by_key in sources.items() for each in by_key.values()]
        return "\n".join([self.text, *given, repr(case)])

    def engine_check(self, case: Case) -> Expected | tuple[int, int, int]:
        return coded(
            lambda: word(
                self.engine.check(
                    case.user,
                    case.relation,
                    case.object,
                    context=case.context,
                    contextual_tuples=list(map(stored, case.contextual)),
                    at=instant(case.at),
                )
            )
        )

    def engine_objects(self, case: Case, type_name: str) -> Expected | tuple[int, int, int]:
        return coded(
            lambda: tuple(
                self.engine.list_objects(
                    case.user,
                    case.relation,
                    type_name,
                    context=case.context,
                    contextual_tuples=list(map(stored, case.contextual)),
                    at=instant(case.at),
                )
            )
        )

    def engine_users(self, case: Case, filters: list[str]) -> Expected | tuple[int, int, int]:
        return coded(
            lambda: tuple(
                self.engine.list_users(
                    case.object,
                    case.relation,
                    filters=filters,
                    context=case.context,
                    contextual_tuples=list(map(stored, case.contextual)),
                    at=instant(case.at),
                )
            )
        )


def is_alike(found: Expected | tuple[int, int, int], expected: Expected) -> bool:
    """Tell whether both answers are conditional, and one names all that the other does: which of several parts that
    are undefined in some context count as deciding is a matter of how a rewrite is cut into parts.
    """
    words = str(found).split(), str(expected).split()
    names = set(words[0][1:]), set(words[1][1:])
    return words[0][0] == words[1][0] == "conditional" and (names[0] <= names[1] or names[1] <= names[0])


def is_between(least: Expected, found: Expected | tuple[int, int, int], most: Expected) -> bool:
    """Tell whether a sorted list holds all that it must and nothing that it may not."""
    if not isinstance(least, tuple) or not isinstance(most, tuple) or not isinstance(found, tuple):
        return False
    return set(least) <= set(found) <= set(most) and list(found) == sorted(map(str, found))


def naive_check(question: Question, asked: Key) -> Expected:
    try:
        answer = question.check(*asked)
    except CannotTell:
        return 2000
    return " ".join([answer.kind, *answer.missing])


def naive_objects(question: Question, case: Case, type_name: str) -> Expected:
    try:
        return tuple(question.list_objects(case.user, case.relation, type_name))
    except CannotTell:
        return 2000


def naive_users(question: Question, case: Case, filters: list[str]) -> tuple[Expected, Expected]:
    try:
        return question.list_users(case.object, case.relation, filters)
    except CannotTell:
        return 2000, 2000
