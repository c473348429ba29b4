"""OpenFGA's check by its own rules, as far as they lead elsewhere than ours.

What comes out of a node is a set of letters, since some of its answers depend on which goroutine is first: T and F;
C for a circle (no, and an intersection or exclusion above is no as well); E for an error. The rules are those of the
server's `internal/graph/check.go` and of its tuple iterators, written anew.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final, Literal, TypeAlias

from msgspec.structs import replace

from bench.peers.trials import Trial, counts, model_of
from graph_api.permission.conditions import Missing
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.model import (
    ComputedUserset,
    Exclusion,
    Intersection,
    Rewrite,
    This,
    TupleToUserset,
    TypeRestriction,
    Union,
)
from tests.permission.engine.facts import Fact
from tests.permission.engine.naive import NaiveGraph, context_fits, fits, split_userset, type_of

Outcomes: TypeAlias = frozenset[str]
Node: TypeAlias = tuple[str, str]
Rule: TypeAlias = Literal["circle", "parameters", "shape", "stored context", "contextual", "planner"]
NOTHING: Final[Outcomes] = frozenset("F")
STEPS_MAX: Final = 20_000


class TooLarge(Exception):
    """The world has too many ways to follow one by one."""


class Rules:
    """The answers that OpenFGA's rules permit for one user; each rule can be left out.

    `circle`: whoever meets a node again on the way notes a circle. `parameters`: a condition takes all its parameters,
    looked at or not. `shape`: a condition may be that of another restriction of the same type. `stored context`: that
    of a tuple is not looked at before its condition. `contextual`: a tuple of the request is read beside the stored one
    of its key. `planner`: of the ways that the server's planner chooses from, some do not note circles, and some read
    other tuples than those that the definition names, so that the error of a condition is met, or forgotten, at any
    place.
    """

    def __init__(self, trial: Trial, rules: Collection[Rule]) -> None:
        self._user = trial.user
        self._rules = rules
        self._graph = NaiveGraph(model_of(trial.model))
        self._read = [(each, self._value(trial, each)) for each in self._known(trial)]
        self._steps = 0

    def _known(self, trial: Trial) -> Iterator[Fact]:
        """Return the tuples that the server reads."""
        known = [each for each in (*trial.facts, *trial.contextual) if counts(each, trial.at)]
        if "contextual" not in self._rules:
            known = list({each.key: each for each in known}.values())
        has_shape = has_loose_shape if "shape" in self._rules else has_exact_shape
        return (each for each in known if has_shape(self._graph, each) and self._context_fits(each))

    def _context_fits(self, each: Fact) -> bool:
        if each.condition is None or "stored context" in self._rules:
            return True
        return context_fits(self._graph.conditions[each.condition], each.context)

    def _value(self, trial: Trial, each: Fact) -> str:
        """Evaluate the condition of a tuple: T, F, or E where that takes more context or fails."""
        if each.condition is None:
            return "T"
        context = {**trial.context, **each.context}
        parameters = self._graph.model.conditions[each.condition].parameters
        if "parameters" in self._rules and parameters.keys() - context.keys():
            return "E"
        try:
            found = self._graph.conditions[each.condition].evaluate(context)
        except PermissionGraphError:
            return "E"
        return "E" if isinstance(found, Missing) else "FT"[found]

    @property
    def failing(self) -> list[Fact]:
        """Return the tuples whose conditions are errors."""
        return [each for each, value in self._read if value == "E"]

    def check(self, relation: str, target: str) -> Outcomes:
        found = self._node((target, relation), frozenset())
        return found | {"E"} if "planner" in self._rules and self.failing else found

    def _node(self, node: Node, path: frozenset[Node]) -> Outcomes:
        self._steps += 1
        if self._steps > STEPS_MAX:
            raise TooLarge
        if node in path:
            return self._circle()
        if self._user == "#".join(node):
            return frozenset("T")
        relation = self._graph.relation(*node)
        return NOTHING if relation is None else self._rewrite(relation.rewrite, node, path | {node})

    def _circle(self) -> Outcomes:
        if "circle" not in self._rules:
            return NOTHING
        return frozenset("CF" if "planner" in self._rules else "C")

    def _rewrite(self, rewrite: Rewrite, node: Node, path: frozenset[Node]) -> Outcomes:
        match rewrite:
            case This():
                return self._assigned(node, path)
            case ComputedUserset(name):
                return self._node((node[0], name), path)
            case TupleToUserset(tupleset, computed):
                parents = self._tuples((node[0], tupleset))
                known = [(each.user, value) for each, value in parents if self._graph.relation(each.user, computed)]
                return self._dispatched(parents, [((parent, computed), value) for parent, value in known], path)
            case Union(children):
                return union([self._rewrite(child, node, path) for child in children])
            case Intersection(children):
                return intersection([self._rewrite(child, node, path) for child in children])
            case Exclusion(base, subtract):
                return exclusion(self._rewrite(base, node, path), self._rewrite(subtract, node, path))

    def _tuples(self, node: Node) -> list[tuple[Fact, str]]:
        return [(each, value) for each, value in self._read if (each.object, each.relation) == node]

    def _assigned(self, node: Node, path: frozenset[Node]) -> Outcomes:
        tuples = self._tuples(node)
        named = [self._error(value) if value == "E" else frozenset(value) for each, value in tuples if self._is(each)]
        usersets = [(each, value) for each, value in tuples if "#" in each.user]
        children = [(split_userset(each.user), value) for each, value in usersets]
        return union([*named, self._dispatched(usersets, children, path)])

    def _is(self, each: Fact) -> bool:
        """Tell whether a tuple names the user, or everybody of his type."""
        everybody = each.user.endswith(":*") and "#" not in self._user and type_of(self._user) == type_of(each.user)
        return everybody or each.user == self._user

    def _dispatched(
        self, read: Iterable[tuple[Fact, str]], children: Iterable[tuple[Node, str]], path: frozenset[Node]
    ) -> Outcomes:
        """Ask the nodes that tuples lead to; an error is forgotten where the same read gave a tuple that counts."""
        values = "".join(value for _, value in read)
        errors = [self._error(values)] if "E" in values else []
        return union([*errors, *(self._node(node, path) for node, value in children if value == "T")])

    def _error(self, values: str) -> Outcomes:
        return frozenset("EF" if "T" in values or "planner" in self._rules else "E")


def restrictions(graph: NaiveGraph, each: Fact) -> tuple[TypeRestriction, ...]:
    relation = graph.relation(each.object, each.relation)
    return () if relation is None else relation.restrictions


def has_exact_shape(graph: NaiveGraph, each: Fact) -> bool:
    return any(fits(restriction, each) for restriction in restrictions(graph, each))


def has_loose_shape(graph: NaiveGraph, each: Fact) -> bool:
    """Tell whether one restriction is of the kind of user, and one of the same type, if another, of the condition."""
    allowed = restrictions(graph, each)
    is_of_kind = any(fits(replace(one, condition=each.condition), each) for one in allowed)
    return is_of_kind and any(has_condition(one, each) for one in allowed if one.type == type_of(each.user))


def has_condition(restriction: TypeRestriction, each: Fact) -> bool:
    """Tell whether a restriction's condition does for a tuple; a plain one does for usersets without condition."""
    if restriction.condition != each.condition or each.condition is not None:
        return restriction.condition == each.condition
    return fits(restriction, each) or (
        restriction.relation is None and not restriction.wildcard and not each.user.endswith(":*")
    )


def union(parts: list[Outcomes]) -> Outcomes:
    return frozenset(_union(parts)) if parts else NOTHING


def _union(parts: list[Outcomes]) -> Iterator[str]:
    if any("T" in part for part in parts):
        yield "T"
    if any(part <= {"T"} for part in parts):
        return
    if any("E" in part for part in parts):
        yield "E"
    if all(part & {"F", "C"} for part in parts):
        yield from "C" if any("C" in part for part in parts) else ""
        yield from "F" if all("F" in part for part in parts) else ""


def intersection(parts: list[Outcomes]) -> Outcomes:
    """The first no decides, also whether a circle is told of."""
    found = {letter for part in parts for letter in part & {"F", "C"}}
    if all(part & {"T", "E"} for part in parts):
        found |= {"E"} if any("E" in part for part in parts) else set()
        found |= {"T"} if all("T" in part for part in parts) else set()
    return frozenset(found)


def exclusion(base: Outcomes, subtract: Outcomes) -> Outcomes:
    return frozenset(_exclusion(base, subtract))


def _exclusion(base: Outcomes, subtract: Outcomes) -> Iterator[str]:
    if "F" in base or "T" in subtract:
        yield "F"
    if "C" in base or "C" in subtract:
        yield "C"
    if "T" in base and "F" in subtract:
        yield "T"
    if ("E" in base and subtract & {"F", "E"}) or ("E" in subtract and base & {"T", "E"}):
        yield "E"
