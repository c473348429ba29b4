"""What is true of small permission graphs, found by going through every tuple again for every question.

It shares no code with the engine: rules of all nodes that the question reaches are written down, then solved by
definition (`naive_rules`).
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

from graph_api.permission.conditions import CompiledCondition, Missing, compile_condition
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.model import (
    AuthorizationModel,
    ComputedUserset,
    Exclusion,
    Intersection,
    Relation,
    Rewrite,
    This,
    TupleToUserset,
    TypeRestriction,
    Union,
)
from graph_api.permission.parsing import parse_model
from tests.permission.engine.facts import Context, Fact, Key, instant
from tests.permission.engine.naive_rules import (
    Every,
    Formula,
    Has,
    Named,
    Node,
    Solution,
    Some,
    Unsure,
    Without,
    nodes_in,
    solve,
)

# Stands among the names of what is missing where a condition cannot be evaluated.
FAILED = "\0failed"


# A user that a tuple names, and the tuple's condition where that is unsure.
Counting: TypeAlias = tuple[str, tuple[Unsure, ...]]


class Answer(NamedTuple):
    """The answer of a check: `missing` names what a conditional one lacks."""

    kind: Literal["allowed", "denied", "conditional"]
    missing: tuple[str, ...] = ()


ALLOWED, DENIED = Answer("allowed"), Answer("denied")


class CannotTell(Exception):
    """The engine would raise 2000: a condition fails, or a list lacks parameters."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(*sorted(names))


class ListedUsers(NamedTuple):
    """Users that must be listed, and those that may be: also who is named under what is expired or false."""

    least: tuple[str, ...]
    most: tuple[str, ...]


def type_of(name: str) -> str:
    return name.partition(":")[0]


def split_userset(user: str) -> Node:
    target, _, relation = user.partition("#")
    return target, relation


def fits(restriction: TypeRestriction, each: Fact) -> bool:
    """Tell whether a tuple is of the kind that a restriction allows."""
    target, relation = split_userset(each.user)
    return (
        restriction.type == type_of(target)
        and restriction.wildcard == target.endswith(":*")
        and (restriction.relation or "") == relation
        and restriction.condition == each.condition
    )


class NaiveGraph:
    """Tuples by source and key, and the live model."""

    def __init__(self, model: str | AuthorizationModel) -> None:
        self.explicit: dict[Key, Fact] = {}
        self.derived: dict[Key, Fact] = {}
        self.switch_model(model)

    def switch_model(self, model: str | AuthorizationModel) -> None:
        self.model = parse_model(model).model if isinstance(model, str) else model
        self.conditions = {name: compile_condition(each) for name, each in self.model.conditions.items()}

    def write(self, add: Iterable[Fact] = (), remove: Iterable[Key] = (), *, derived: bool = False) -> None:
        stored = self.derived if derived else self.explicit
        for key in remove:
            stored.pop(key, None)
        stored.update({each.key: each for each in add})

    def relation(self, target: str, name: str) -> Relation | None:
        known = self.model.types.get(type_of(target))
        return known.relations.get(name) if known else None

    def is_valid(self, each: Fact) -> bool:
        """Tell whether the live model allows a tuple."""
        relation = self.relation(each.object, each.relation)
        if relation is None or not any(fits(restriction, each) for restriction in relation.restrictions):
            return False
        return each.condition is None or context_fits(self.conditions[each.condition], each.context)

    def ask(
        self, context: Context | None = None, contextual: Iterable[Fact] = (), at: str = "2026-01-01T00:00:00Z"
    ) -> "Question":
        explicit = {**self.explicit, **{each.key: each for each in contextual}}
        return Question(self, [*explicit.values(), *self.derived.values()], context or {}, at)


def context_fits(condition: CompiledCondition, context: Context) -> bool:
    try:
        condition.check_context(context)
    except PermissionGraphError:
        return False
    return True


class Question:
    """The tuples that count for one question, and the rules that they make."""

    def __init__(self, graph: NaiveGraph, known: list[Fact], context: Context, at: str) -> None:
        self.graph, self.context, self.at = graph, context, instant(at)
        self.valid = [each for each in known if graph.is_valid(each)]
        self.counting = self.those_that_count((each, self.outcome(each)) for each in self.valid)
        self.rules: dict[Node, Formula] = {}
        self.parts: dict[Node, Formula] = {}
        self.solutions: dict[tuple[str, int], Solution] = {}

    def outcome(self, each: Fact) -> bool | Missing:
        """Tell whether a tuple counts; what is missing or fails may be true."""
        if each.expires_at is not None and self.at >= instant(each.expires_at):
            return False
        if each.condition is None:
            return True
        try:
            return self.graph.conditions[each.condition].evaluate({**self.context, **each.context})
        except PermissionGraphError:
            return Missing((FAILED,))

    def those_that_count(self, outcomes: Iterable[tuple[Fact, bool | Missing]]) -> dict[Node, list[Counting]]:
        """Return the tuples of each node that count, each with its condition where that is unsure."""
        found: dict[Node, list[Counting]] = defaultdict(list)
        for each, outcome in outcomes:
            if outcome is not False:
                unsure = (Unsure(outcome.names),) if isinstance(outcome, Missing) else ()
                found[each.object, each.relation].append((each.user, unsure))
        return found

    def formula(self, target: str, relation: str, rewrite: Rewrite) -> Formula:
        """Write down who has a part of a relation to an object."""
        match rewrite:
            case This():
                return Some(*(Every(*unsure, match(user)) for user, unsure in self.counting[target, relation]))
            case ComputedUserset(name):
                return Has((target, name))
            case TupleToUserset(tupleset, computed):
                parents = self.counting[target, tupleset]
                known = [(parent, unsure) for parent, unsure in parents if self.graph.relation(parent, computed)]
                return Some(*(Every(*unsure, Has((parent, computed))) for parent, unsure in known))
            case Union(children):
                return Some(*(self.formula(target, relation, child) for child in children))
            case Intersection(children):
                return Every(*(self.formula(target, relation, child) for child in children))
            case Exclusion(base, subtract):
                # A part that is subtracted means the same as a relation of its own with this definition.
                subtracted = self.formula(target, relation, subtract)
                part = (target, f"{relation} without {len(self.parts)}")
                self.parts[part] = subtracted
                return Every(self.formula(target, relation, base), Without(part))

    def add_rules(self, node: Node) -> None:
        """Write down the rules of a node and of all that it depends on."""
        waiting = [node]
        while waiting:
            target, name = waiting.pop()
            if (target, name) not in self.rules:
                self.rules[target, name] = self.parts.get((target, name)) or self.whole(target, name)
                waiting += nodes_in(self.rules[target, name])

    def whole(self, target: str, name: str) -> Formula:
        relation = self.graph.relation(target, name)
        assert relation is not None, f"asked for {name} of {target}"
        return self.formula(target, name, relation.rewrite)

    def solution(self, asker: str) -> Solution:
        """Solve all rules known so far; those added later do not change what these mean."""
        found = asker, len(self.rules)
        if found not in self.solutions:
            self.solutions[found] = solve(self.rules, asker)
        return self.solutions[found]

    def is_knotted(self, asker: str) -> bool:
        """Tell whether anything that was asked about is undefined; then more names of what is missing may be told."""
        return any(map(self.solution(asker).is_knotted, self.rules))

    def check(self, user: str, relation: str, target: str) -> Answer:
        """Answer, or raise where a condition fails that the answer depends on."""
        node = target, relation
        self.add_rules(node)
        solution = self.solution(user)
        if solution.allows(node):
            return ALLOWED
        if solution.denies(node):
            return DENIED
        names = solution.missing(self.rules, node)
        if FAILED in names:
            raise CannotTell(names)
        return Answer("conditional", tuple(sorted(names)))

    def allowed(self, questions: Iterable[Key]) -> list[Key]:
        """Return those of several checks that are allowed; raise if one is conditional."""
        asked = list(questions)
        for _, relation, target in asked:
            self.add_rules((target, relation))
        answers = {each: self.check(*each) for each in asked}
        missing = {name for answer in answers.values() for name in answer.missing}
        if missing:
            raise CannotTell(missing)
        return [each for each, answer in answers.items() if answer == ALLOWED]

    def list_objects(self, user: str, relation: str, type_name: str) -> list[str]:
        objects = {split_userset(user)[0], *(each.object for each in self.valid)}
        candidates = {name for name in objects if type_of(name) == type_name and not name.endswith(":*")}
        found = self.allowed((user, relation, name) for name in candidates)
        return sorted(name for _, _, name in found)

    def list_users(self, target: str, relation: str, filters: Iterable[str]) -> ListedUsers:
        """List users by the definition: who is named below and allowed, everybody, usersets that are allowed."""
        least, most = [self.named_below((target, relation), wide=wide) for wide in (False, True)]
        found: tuple[set[str], set[str]] = (set(), set())
        for each in filters:
            candidates = self.candidates(target, each)
            allowed = {user for user, _, _ in self.allowed((user, relation, target) for user in candidates)}
            always = {user for user in allowed if "#" in user or user.endswith(":*")}
            found[0].update(always | allowed & least)
            found[1].update(always | allowed & most)
        return ListedUsers(tuple(sorted(found[0])), tuple(sorted(found[1])))

    def candidates(self, target: str, which: str) -> set[str]:
        """Return everybody whom a filter may mean: of all tuples, wherever they are named."""
        type_name, _, relation = which.partition("#")
        users = {each.user for each in self.valid}
        if not relation:
            plain = {user for user in users if "#" not in user}
            return {user for user in plain if type_of(user) == type_name} | {f"{type_name}:*"}
        objects = {target, *(each.object for each in self.valid), *(split_userset(user)[0] for user in users)}
        return {f"{name}#{relation}" for name in objects if type_of(name) == type_name and not name.endswith(":*")}

    def named_below(self, node: Node, *, wide: bool) -> set[str]:
        """Return whom tuples name that an answer may depend on; `wide` takes those that do not count as well."""
        question = self
        if wide:
            question = Question(self.graph, self.valid, self.context, self.at.isoformat())
            question.counting = self.those_that_count((each, True) for each in self.valid)
        question.add_rules(node)
        reached, waiting = {node}, [node]
        while waiting:
            for each in nodes_in(question.rules[waiting.pop()]):
                if each not in reached:
                    reached.add(each)
                    waiting.append(each)
        return {user for at in reached for user, _ in question.counting[at]}


def match(user: str) -> Formula:
    return Has(split_userset(user)) if "#" in user else Named(user)
