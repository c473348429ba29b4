"""Explanations: the tuples that decide, and what would grant what is denied."""

from collections.abc import Iterable

from graph_api.permission.answers import Allowed, Conditional, Decision
from graph_api.permission.engine.solving import Key, Rule, Solution
from graph_api.permission.engine.tables import Entry, Table
from graph_api.permission.tuples import RelationshipTuple


def deciding(solution: Solution, decision: Decision) -> list[Entry]:
    """Return the tuples that a decision rests on: a proof, or where nothing is proved, that of what is subtracted."""
    root = solution.program.root
    if isinstance(decision, Allowed):
        return proof(solution.surely, [root])
    if isinstance(decision, Conditional):
        return proof(solution.possibly, [root])
    return proof(solution.surely, _subtracted(solution, met=True) or _subtracted(solution, met=False))


def proof(proved: dict[Key, Rule], roots: Iterable[Key]) -> list[Entry]:
    """Return the tuples of the rules that prove some nodes, from the nodes down."""
    found: dict[tuple[Table, int, int], Entry] = {}
    waiting, seen = list(roots), set(roots)
    while waiting:
        rule = proved[waiting.pop()]
        found.update((entry[:3], entry) for entry in rule.tuples)
        for need in rule.needs:
            if need not in seen:
                seen.add(need)
                waiting.append(need)
    return list(found.values())


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
