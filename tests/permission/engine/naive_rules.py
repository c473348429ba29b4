"""Rules that say who has what, and what follows from them: the naive evaluator's logic, by definition and not by skill.

Every pair of object and relation is a node, true, false or undefined by the well-founded semantics. A condition that
nobody can tell may be true or false, so that a node has a least and a greatest value. Each is found as the alternating
fixpoint says: what surely holds follows from what possibly is subtracted, and the other way round.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple, TypeAlias

Node: TypeAlias = tuple[str, str]


class Reading(NamedTuple):
    """How a formula is read: which nodes hold where they are added and where they are subtracted; what is unsure."""

    asker: str
    held: AbstractSet[Node]
    subtracted: AbstractSet[Node]
    unsure: bool


class Named:
    """The one who asks is this user, or is of the type that everybody is of."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.everybody = user.removesuffix("*") if user.endswith(":*") else None

    def holds(self, reading: Reading) -> bool:
        asker = reading.asker
        if self.everybody is not None and "#" not in asker:
            return asker.startswith(self.everybody)
        return asker == self.user


class Has:
    """The one who asks has a relation to an object."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def holds(self, reading: Reading) -> bool:
        return self.node in reading.held


class Unsure:
    """A condition that lacks parameters."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def holds(self, reading: Reading) -> bool:
        return reading.unsure


class Some:
    """At least one part holds."""

    def __init__(self, *parts: "Formula") -> None:
        self.parts = parts

    def holds(self, reading: Reading) -> bool:
        for part in self.parts:  # noqa: SIM110  # a generator takes twice as long, and this is asked a million times
            if part.holds(reading):
                return True
        return False


class Every:
    """All parts hold."""

    def __init__(self, *parts: "Formula") -> None:
        self.parts = parts

    def holds(self, reading: Reading) -> bool:
        for part in self.parts:  # noqa: SIM110  # as above
            if not part.holds(reading):
                return False
        return True


class Without:
    """The one who asks has not a relation; what is subtracted is always a node, if need be one of its own."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def holds(self, reading: Reading) -> bool:
        return self.node not in reading.subtracted


Formula: TypeAlias = Named | Has | Unsure | Some | Every | Without


def inner(formula: Formula) -> "tuple[Formula, ...]":
    return formula.parts if isinstance(formula, Some | Every) else ()


def nodes_in(formula: Formula) -> Iterator[Node]:
    if isinstance(formula, Has | Without):
        yield formula.node
    for part in inner(formula):
        yield from nodes_in(part)


def is_unsure(formula: Formula) -> bool:
    return isinstance(formula, Unsure) or any(map(is_unsure, inner(formula)))


class Solution(NamedTuple):
    """What holds for one asker: for sure and possibly, at the least and at the most of what conditions may be."""

    least_sure: Reading
    least_possible: Reading
    most_sure: Reading
    most_possible: Reading

    def allows(self, node: Node) -> bool:
        return node in self.least_sure.held

    def denies(self, node: Node) -> bool:
        return node not in self.most_sure.held

    def is_undefined(self, node: Node) -> bool:
        return node in self.least_possible.held and node not in self.most_sure.held

    def is_knotted(self, node: Node) -> bool:
        """Tell whether a node is undefined at its least or at its most."""
        at_least = node in self.least_possible.held and node not in self.least_sure.held
        return at_least or (node in self.most_possible.held and node not in self.most_sure.held)

    def is_settled(self, part: Formula) -> bool:
        """Tell whether a part is the same whatever the conditions are."""
        return part.holds(self.least_sure) == part.holds(self.most_sure) and part.holds(
            self.least_possible
        ) == part.holds(self.most_possible)

    def missing(self, rules: Mapping[Node, Formula], node: Node) -> set[str]:
        """Return the names that the parts which are not settled lack."""
        names: set[str] = set()
        seen = {node}
        waiting: list[Formula] = [rules[node]]
        while waiting:
            part = waiting.pop()
            if self.is_settled(part):
                continue
            names.update(part.names if isinstance(part, Unsure) else ())
            waiting += inner(part)
            if isinstance(part, Has | Without) and part.node not in seen:
                seen.add(part.node)
                waiting.append(rules[part.node])
        return names


def solve(rules: Mapping[Node, Formula], asker: str) -> Solution:
    """Find what holds for an asker."""
    least_sure, most_possible = alternate(rules, asker, unsure=False)
    if not any(is_unsure(rule) for rule in rules.values()):
        return Solution(least_sure, most_possible, least_sure, most_possible)
    most_sure, least_possible = alternate(rules, asker, unsure=True)
    return Solution(least_sure, least_possible, most_sure, most_possible)


def alternate(rules: Mapping[Node, Formula], asker: str, *, unsure: bool) -> tuple[Reading, Reading]:
    """Let what is sure grow from nothing, and what is possible shrink, until both stand still."""
    sure: AbstractSet[Node] = set()
    while True:
        possible = consequences(rules, asker, sure, unsure=not unsure)
        more = consequences(rules, asker, possible, unsure=unsure)
        if more == sure:
            return Reading(asker, sure, possible, unsure), Reading(asker, possible, sure, not unsure)
        sure = more


def consequences(
    rules: Mapping[Node, Formula], asker: str, subtracted: AbstractSet[Node], *, unsure: bool
) -> set[Node]:
    """Return the least set that the rules allow, given what is subtracted; a userset is a member of itself."""
    held = {node for node in rules if asker == "#".join(node)}
    while True:
        reading = Reading(asker, held, subtracted, unsure)
        more = [node for node, formula in rules.items() if node not in held and formula.holds(reading)]
        if not more:
            return held
        held.update(more)
