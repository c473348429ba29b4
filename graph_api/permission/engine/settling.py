"""What a few bitmaps settle at once: true, false, or None where a guard or a circle may have a say.

Most checks end here, so that this is written for speed: nothing is made that is not needed.
"""

from pyroaring import FrozenBitMap

from graph_api.permission.engine.bindings import Bound
from graph_api.permission.engine.closures import Closure
from graph_api.permission.engine.compiled import Compiled
from graph_api.permission.engine.holders import reached
from graph_api.permission.engine.plans import Both, Hard, Plan
from graph_api.permission.engine.subjects import Subject


def settled(compiled: Compiled, plan: Plan, place: int, subject: Subject, closure: Closure) -> bool | None:
    """Tell whether a user has a plan for an object, if it takes no more than bitmaps to tell."""
    bound = compiled.bound(plan, subject.kind)
    if hit(bound, place, subject, closure.sure):
        return True
    unsure = closure.unsure
    is_open = bool(bound.guarded or unsure) and _may_hit(bound, place, unsure)
    if bound.leaf:
        return None if is_open else False
    for edges, child in bound.parents:
        parents = edges.get(place)
        for parent in parents if parents is not None else ():
            found = None if compiled.is_rough(child) else _holds(compiled, child, parent, subject, closure)
            if found:
                return True
            is_open |= found is None
    for call in bound.calls:
        found = settled(compiled, call, place, subject, closure)
        if found:
            return True
        is_open |= found is None
    for hard in bound.hard:
        found = _hard(compiled, hard, place, subject, closure)
        if found:
            return True
        is_open |= found is None
    return None if is_open else False


def _hard(compiled: Compiled, hard: Hard, place: int, subject: Subject, closure: Closure) -> bool | None:
    if isinstance(hard, Both):
        outcome: bool | None = True
        for operand in hard.operands:
            found = settled(compiled, operand, place, subject, closure)
            if found is False:
                return False
            outcome = outcome and found
        return outcome
    base = settled(compiled, hard.base, place, subject, closure)
    if base is False:
        return False
    subtract = settled(compiled, hard.subtract, place, subject, closure)
    if subtract:
        return False
    return None if base is None or subtract is None else True


def hit(bound: Bound, target: int, subject: Subject, sure: FrozenBitMap) -> bool:
    """Tell whether one sure tuple decides: of the user, of everybody, of a userset that the user surely is in."""
    if subject.owner == target and subject.relation in bound.relations:
        return True
    number = subject.number
    for edges in bound.direct:
        users = edges.get(target)
        if users is not None and number in users:
            return True
    for edges in bound.wild:
        if target in edges:
            return True
    for edges in bound.subjects:
        usersets = edges.get(target)
        if usersets is not None and usersets.intersect(sure):
            return True
    return False


def _may_hit(bound: Bound, target: int, unsure: FrozenBitMap) -> bool:
    """Tell whether a guarded tuple or a userset that the user may be in could decide."""
    for table in bound.guarded:
        if target in table.forward:
            return True
    if unsure:
        for edges in bound.subjects:
            if edges.get(target, unsure).intersect(unsure):
                return True
    return False


def _holds(compiled: Compiled, plan: Plan, place: int, subject: Subject, closure: Closure) -> bool | None:
    """Tell whether a user holds a plan of sure tuples and unions for a parent."""
    held, kind = compiled.holders.of(plan, place), subject.kind
    if subject.number in held.users or (kind.type in held.everybody and kind.relation is None):
        return True
    if held.users.intersect(closure.sure):
        return True
    if subject.relation is not None and _is_own(compiled, plan, place, subject):
        return True
    return None if closure.unsure and held.users.intersect(closure.unsure) else False


def _is_own(compiled: Compiled, plan: Plan, place: int, subject: Subject) -> bool:
    """Tell whether a userset is one of the very objects that a plan leads to: it is a member of itself."""
    return any(
        subject.owner == target and subject.relation in each.relations
        for each, target in reached(compiled, plan, place)
    )
