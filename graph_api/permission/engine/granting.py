"""What would grant: the fewest tuples that, added together, would allow what is denied.

The rules of a program are a hypergraph whose cheapest derivation is found as Knuth (1977) generalizes Dijkstra: a tuple
that is missing costs one, a rule costs the sum of what it needs.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from itertools import count
from typing import Final, TypeAlias

from graph_api.permission.engine.compiled import Compiled
from graph_api.permission.engine.plans import Plan
from graph_api.permission.engine.solving import Key, Program, Rule, Solution
from graph_api.permission.tuples import RelationshipTuple, Shape, UserKind

Missing: TypeAlias = tuple[RelationshipTuple, ...]
SUGGESTIONS_MAX: Final = 16


class Granting:
    """Find sets of missing tuples for the root of a solved program, the smallest first."""

    def __init__(self, solution: Solution, user: str, target: str) -> None:
        self._solution = solution
        self._program: Program = solution.program
        self._compiled: Compiled = self._program.query.compiled
        self._user = user
        self._target = target
        self._users: dict[Key, list[tuple[Key, Rule]]] = defaultdict(list)
        for key, rules in self._program.rules.items():
            for rule in rules:
                for need in rule.needs:
                    self._users[need].append((key, rule))

    def suggestions(self) -> list[Missing]:
        """Return the sets that lead to the root, cheapest first; each is still to be tried out."""
        order = count()
        heap: list[tuple[int, int, Key, Missing]] = []
        for key, (plan, place) in self._program.places.items():
            if key in self._solution.surely:
                heappush(heap, (0, next(order), key, ()))
            for missing in self._absent(plan, place):
                heappush(heap, (1, next(order), key, (missing,)))
        return self._search(heap, order)

    def _search(self, heap: list[tuple[int, int, Key, Missing]], order: "count[int]") -> list[Missing]:
        best: dict[Key, Missing] = {}
        found: list[Missing] = []
        while heap and len(found) < SUGGESTIONS_MAX:
            _, _, key, missing = heappop(heap)
            if key == self._program.root and missing and missing not in found:
                found.append(missing)
            if key in best:
                continue
            best[key] = missing
            for user, rule in self._users[key]:
                if self._may_hold(rule) and all(need in best for need in rule.needs):
                    joined = tuple(dict.fromkeys(each for need in rule.needs for each in best[need]))
                    heappush(heap, (len(joined), next(order), user, joined))
        return found

    def _may_hold(self, rule: Rule) -> bool:
        return rule.unknown is None and not (rule.forbids is not None and self._solution.may_be(rule.forbids))

    def _absent(self, plan: Plan, place: int) -> Iterator[RelationshipTuple]:
        """Yield the tuples that are not there and would put the user, or a userset it is in, into a plan."""
        names = self._compiled.store.names
        target = names.texts[place] if place >= 0 else self._target
        for relation in plan.this:
            if self._allowed(plan.type, relation, self._program.query.subject.kind):
                yield RelationshipTuple(self._user, relation, target)
        for relation in plan.this:
            for number in self._program.query.sure:
                type_name, name, _ = names.parts(number)
                if self._allowed(plan.type, relation, UserKind(type_name, name)):
                    yield RelationshipTuple(names.texts[number], relation, target)
                    break

    def _allowed(self, type_name: str, relation: str, kind: UserKind) -> bool:
        return self._compiled.rules.allows(Shape(type_name, relation, kind, None))


def fewest(sets: Iterable[Missing], grants: Callable[[Missing], bool]) -> Missing:
    """Return the first of some sets that grant, less what it grants without; none where there is none."""
    found = next(iter(sets), ())
    for each in found:
        smaller = tuple(other for other in found if other != each)
        if smaller and grants(smaller):
            found = smaller
    return found
