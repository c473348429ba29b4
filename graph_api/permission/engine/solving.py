"""The solver: any question, also with circles, as a program of rules that is solved to its well-founded model.

Every node (a plan for an object) is true where one of its rules is: all nodes it needs are true, the one it forbids is
not, and its guards hold. Circles of needs add nothing (least fixpoint). A node that depends on its own denial and is
settled by nothing else is *undefined*, which lies between false and true and denies in the end. What lacks context may
turn out either way, so that two alternating fixpoints are taken (Van Gelder 1993): what is true whatever the context
says, and what is true for the best of contexts.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import msgspec

from graph_api.permission.engine.evaluating import Query
from graph_api.permission.engine.plans import Both, Plan
from graph_api.permission.engine.tables import Entry, Table
from graph_api.permission.engine.values import NO_NAMES, Unknown, Value
from graph_api.permission.tuples import WILDCARD

Key: TypeAlias = tuple[int, int]
"""Number of a plan, and of an object."""


class Rule(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One way for a node to be true, and the tuples it rests on."""

    needs: tuple[Key, ...] = ()
    forbids: Key | None = None
    unknown: Unknown | None = None
    tuples: tuple[Entry, ...] = ()


class Program:
    """The rules below a plan for some objects, for one user. Usersets that cannot hold the user are left out.

    With `nodes_max` they are not, and further nodes are left without rules; `root` is the node of the first object.
    """

    def __init__(self, query: Query, plan: Plan, targets: Iterable[int], *, nodes_max: int | None = None) -> None:
        self.query = query
        self._compiled = query.compiled
        self._wide = nodes_max is not None
        self._waiting: deque[tuple[Plan, int]] = deque()
        self.places: dict[Key, tuple[Plan, int]] = {}
        self.rules: dict[Key, list[Rule]] = {}
        self.roots = [self._ref(plan, target) for target in targets]
        while self._waiting:
            current, place = self._waiting.popleft()
            left_out = nodes_max is not None and len(self.rules) >= nodes_max
            self.rules[current.number, place] = [] if left_out else list(self._rules(current, place))
        self._users = self._dependents()

    @property
    def root(self) -> Key:
        """The node of the first object."""
        return self.roots[0]

    def _ref(self, plan: Plan, target: int) -> Key:
        key = (plan.number, target)
        if key not in self.places:
            self.places[key] = (plan, target)
            self._waiting.append((plan, target))
        return key

    def _dependents(self) -> dict[Key, list[Key]]:
        users: dict[Key, list[Key]] = defaultdict(list)
        for key, rules in self.rules.items():
            for rule in rules:
                for need in rule.needs:
                    users[need].append(key)
        return users

    def _rules(self, plan: Plan, target: int) -> Iterator[Rule]:
        subject = self.query.subject
        if subject.owner == target and subject.relation in plan.relations:
            yield Rule()
        for name in plan.this:
            for table in self._compiled.tables_of((plan.type, name)):
                yield from self._assigned(table, target)
        for call in plan.calls:
            yield Rule((self._ref(call, target),))
        for table, child in self._compiled.parents(plan):
            for parent in table.forward.get(target, ()):
                yield from self._tuple(table, parent, target, (self._ref(child, parent),))
        for hard in plan.hard:
            if isinstance(hard, Both):
                yield Rule(tuple(self._ref(operand, target) for operand in hard.operands))
            else:
                yield Rule((self._ref(hard.base, target),), self._ref(hard.subtract, target))

    def _assigned(self, table: Table, target: int) -> Iterator[Rule]:
        """Yield the rules of tuples that name the user, everybody, or a userset."""
        users = table.forward.get(target)
        if users is None:
            return
        subject, kind = self.query.subject, table.key.shape.user
        if kind == subject.kind and subject.number in users:
            yield from self._tuple(table, subject.number, target, ())
        if kind.relation == WILDCARD:
            if subject.kind.relation is None and kind.type == subject.kind.type:
                for user in users:
                    yield from self._tuple(table, user, target, ())
        elif kind.relation is not None:
            for number in users if self._wide else users & (self.query.sure | self.query.unsure):
                type_name, relation, owner = self._compiled.store.names.parts(number)
                plan = self._compiled.plans[type_name, relation]
                yield from self._tuple(table, number, target, (self._ref(plan, owner),))

    def _tuple(self, table: Table, user: int, target: int, needs: tuple[Key, ...]) -> Iterator[Rule]:
        value = self.query.guard(table, user, target) if table.key.guarded else True
        if value is False:
            return
        entry = (Entry(table, user, target, table.guards.get((user, target))),)
        yield Rule(needs, None, value if isinstance(value, Unknown) else None, entry)

    def least(self, forbidden: set[Key], *, hopeful: bool) -> dict[Key, Rule]:
        """Return the nodes that are true, each with a rule whose needs were true before it.

        Nodes in `forbidden` forbid; guards that lack context hold where it is `hopeful`.
        """
        proved: dict[Key, Rule] = {}
        waiting: deque[Key] = deque(reversed(self.rules))
        while waiting:
            key = waiting.popleft()
            if key in proved:
                continue
            rule = next((rule for rule in self.rules[key] if self._holds(rule, proved, forbidden, hopeful)), None)
            if rule is not None:
                proved[key] = rule
                waiting.extend(user for user in self._users.get(key, ()) if user not in proved)
        return proved

    def _holds(self, rule: Rule, proved: dict[Key, Rule], forbidden: set[Key], hopeful: bool) -> bool:
        if rule.unknown is not None and not hopeful:
            return False
        return rule.forbids not in forbidden and all(need in proved for need in rule.needs)


class Solution:
    """What is true whatever the missing context is, and what for the best of contexts; each with its rules."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.surely, self._not_false = self._alternate(hopeful=False)
        self.possibly, self._not_below = self._alternate(hopeful=True)

    def _alternate(self, *, hopeful: bool) -> tuple[dict[Key, Rule], dict[Key, Rule]]:
        """Return the nodes that are true, and those that are not false, for the worst or the best of contexts."""
        lower: dict[Key, Rule] = {}
        while True:
            upper = self.program.least(set(lower), hopeful=not hopeful)
            higher = self.program.least(set(upper), hopeful=hopeful)
            if higher.keys() == lower.keys():
                return higher, upper
            lower = higher

    def value(self, key: Key) -> Value:
        """Return the value of a node: undefined denies."""
        if key in self.surely:
            return True
        return self._reason(key) if key in self.possibly else False

    def may_be(self, key: Key) -> bool:
        """Tell whether a node is anything but false in some context."""
        return key in self._not_false

    def _settled(self, key: Key) -> bool:
        """Tell whether no context matters to a node."""
        undefined = key in self._not_below and key not in self.possibly
        return key in self.surely or key not in self._not_false or undefined

    def _reason(self, root: Key) -> Unknown:
        """Gather what the guards lack that an unsettled node depends on."""
        missing, errors, seen, waiting = NO_NAMES, list[Unknown](), {root}, [root]
        while waiting:
            key = waiting.pop()
            for rule in self.program.rules[key]:
                if not self._matters(key, rule):
                    continue
                if rule.unknown is not None:
                    missing |= rule.unknown.missing
                    errors += [rule.unknown] if rule.unknown.error is not None else []
                parts = (*rule.needs, *((rule.forbids,) if rule.forbids is not None else ()))
                for part in parts:
                    if part not in seen and not self._settled(part):
                        seen.add(part)
                        waiting.append(part)
        return Unknown(missing, errors[0].error if errors else None)

    def _matters(self, key: Key, rule: Rule) -> bool:
        """Tell whether a rule may, in some context, make a node more than it is in every context."""
        if key in self._not_below:
            return all(need in self.possibly for need in rule.needs) and rule.forbids not in self._not_below
        return all(need in self._not_false for need in rule.needs) and rule.forbids not in self.surely


def solve(query: Query, plan: Plan, targets: Sequence[int]) -> list[Value]:
    """Return the values of a plan for some objects, however entangled they are."""
    program = Program(query, plan, targets)
    solution = Solution(program)
    return [solution.value(root) for root in program.roots]
