"""Explanations: the tuples that decide, and what would grant what is denied."""

from collections.abc import Iterable, Iterator

from graph_api.permission.answers import Allowed, Conditional, Decision
from graph_api.permission.engine.solving import Key, Rule, Solution
from graph_api.permission.engine.tables import Entry, Table
from graph_api.permission.tuples import RelationshipTuple


def deciding(solution: Solution, decision: Decision) -> list[Entry]:
    """Return the tuples that a decision rests on: a proof, or where nothing is proved, that of what is subtracted."""
    root = solution.program.root
    if isinstance(decision, Allowed):
        return proof(solution, solution.surely, [root])
    if isinstance(decision, Conditional):
        return proof(solution, solution.possibly, [root])
    return proof(solution, solution.surely, _subtracted(solution, met=True) or _subtracted(solution, met=False))


def proof(solution: Solution, proved: dict[Key, Rule], roots: Iterable[Key]) -> list[Entry]:
    """Return the tuples of the rules that prove some nodes, and of those that keep what they forbid from being true."""
    found: dict[tuple[Table, int, int], Entry] = {}
    waiting = [(root, True) for root in roots]
    seen = set(waiting)
    while waiting:
        key, holds = waiting.pop()
        for step in _because(solution, proved, key, found) if holds else _because_not(solution, key):
            if step not in seen:
                seen.add(step)
                waiting.append(step)
    return list(found.values())


def _because(
    solution: Solution, proved: dict[Key, Rule], key: Key, found: dict[tuple[Table, int, int], Entry]
) -> Iterator[tuple[Key, bool]]:
    """Note the tuples of the rule by which a node is true; yield what else has to hold, or not to hold, for it."""
    rule = proved[key]
    found.update((entry[:3], entry) for entry in rule.tuples)
    yield from ((need, True) for need in rule.needs)
    if rule.forbids is not None:
        yield rule.forbids, False


def _because_not(solution: Solution, key: Key) -> Iterator[tuple[Key, bool]]:
    """Yield, for each rule of a node that is not true, one reason why it fails."""
    for rule in solution.program.rules[key]:
        lacking = next((need for need in rule.needs if not solution.may_be(need)), None)
        if lacking is not None:
            yield lacking, False
        elif rule.forbids in solution.surely:
            yield rule.forbids, True


def _subtracted(solution: Solution, *, met: bool) -> list[Key]:
    """Return the nodes that keep others from being true, whose needs are all `met`; or also where they are not."""
    found: dict[Key, None] = {}
    waiting, seen = [solution.program.root], {solution.program.root}
    while waiting:
        for rule in solution.program.rules[waiting.pop()]:
            unmet = [need for need in rule.needs if need not in solution.surely]
            if rule.forbids in solution.surely and not (met and unmet):
                found[rule.forbids] = None
            for need in unmet:
                if need not in seen:
                    seen.add(need)
                    waiting.append(need)
    return list(found)


def told(
    user: str,
    relation: str,
    target: str,
    decision: Decision,
    path: Iterable[RelationshipTuple],
    would_grant: Iterable[RelationshipTuple],
) -> str:
    """Say in words why."""
    what = f"`{relation}` on `{target}`"
    steps = "; ".join(map(_step, path))
    if isinstance(decision, Allowed):
        return f"`{user}` has {what}" + (f": {steps}." if steps else ", as it is that very userset.")
    if isinstance(decision, Conditional):
        return f"Whether `{user}` has {what} depends on {', '.join(decision.missing)}: {steps}."
    reason = f"`{user}` has not {what}: {f'it is excluded by {steps}' if steps else 'no tuples lead there'}."
    missing = "; ".join(map(_step, would_grant))
    return (
        f"{reason} It would with {missing}." if missing else f"{reason} No missing tuple was found that would grant it."
    )


def _step(each: RelationshipTuple) -> str:
    condition = f" under `{each.condition.name}`" if each.condition is not None else ""
    until = f" until {each.expires_at.isoformat()}" if each.expires_at is not None else ""
    return f"`{each.user}` is `{each.relation}` of `{each.object}`{condition}{until}"
