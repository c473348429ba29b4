"""What a plan would change in a state: compared record by record. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from graph_api.exchange.drafting import Planned
from graph_api.exchange.report import KindCounts
from graph_api.exchange.tables import SINGLE_LINKS
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, Change, Record, kind_of
from graph_api.organization.model import HasSkill, SkillBasis

_SAID: Final = (SkillBasis.DECLARED, SkillBasis.CONFIRMED)


class Difference(msgspec.Struct, frozen=True):
    """The changes that make a state hold a plan, nodes first, in order of their keys; counts by kind.

    `planned` are the records behind the changes, in the same order.
    """

    changes: tuple[AnyChange, ...]
    counts: dict[str, KindCounts]
    replaced: int
    planned: tuple[Planned, ...] = ()


def diff(view: GraphView, records: Iterable[Planned]) -> Difference:
    """Compare planned records with a state; only what differs becomes a change, with the value before."""
    changes: list[AnyChange] = []
    altered: list[Planned] = []
    tally: Counter[tuple[str, str]] = Counter()
    for planned in sorted(records, key=_order):
        before = view.record(planned.record.key)
        after = planned.record if before is None else _merged(before, planned)
        outcome = "created" if before is None else "unchanged" if before == after else "changed"
        tally[kind_of(planned.record), outcome] += 1
        if before is None:
            changes.extend(_replaced(view, planned.record))
        if before != after:
            changes.append(Change(key=after.key, after=after, before=before))
            altered.append(planned)
    kinds = {kind for kind, _ in tally}
    counts = {
        kind: KindCounts(tally[kind, "created"], tally[kind, "changed"], tally[kind, "unchanged"])
        for kind in sorted(kinds)
    }
    replaced = sum(change.after is None for change in changes)
    return Difference(tuple(changes), counts, replaced, tuple(altered))


def _order(planned: Planned) -> tuple[int, tuple[str, ...]]:
    key = planned.record.key
    return len(key), key


def _merged(before: Record, planned: Planned) -> Record:
    carried = planned.carried
    # What a person or a manager said about a level outranks what was counted.
    if _is_counted(planned.record) and isinstance(before, HasSkill) and before.basis in _SAID:
        carried = carried - {"level", "basis", "since"}
    return msgspec.structs.replace(before, **{field: getattr(planned.record, field) for field in carried})


def _is_counted(record: Record) -> bool:
    return isinstance(record, HasSkill) and record.basis is SkillBasis.DERIVED


def _replaced(view: GraphView, record: Record) -> Iterator[AnyChange]:
    if isinstance(record, SINGLE_LINKS):
        for link in sorted(view.outgoing(type(record), record.source), key=lambda link: link.key):
            if link.target != record.target:
                yield Change(key=link.key, before=link)
