"""Find swarms at work or closing here that a plan would end although members owe experience of them. Pure.

A swarm that comes with the plan and is DISSOLVED already is history, and is taken as it is.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from graph_api.exchange.difference import diff
from graph_api.exchange.drafting import Planned
from graph_api.kernel.graph import Graph, GraphView, Overlay
from graph_api.kernel.ids import natural_key
from graph_api.kernel.records import Record, upsert
from graph_api.knowledge.experience.owed import owing
from graph_api.knowledge.model import ExperienceOf, Knowledge, RecordedBy, Waived
from graph_api.swarm.decisions import LIVING
from graph_api.swarm.model import MemberOf, Swarm, SwarmState

_KEPT: Final = (Knowledge, RecordedBy, ExperienceOf, Waived)
_SHOWN: Final = 3


def evidence(view: GraphView, records: Iterable[Planned]) -> tuple[Planned, ...]:
    """Return the planned records by which pairs are met or let off, where the plan ends a swarm that lives here."""
    planned = list(records)
    return tuple(one for one in planned if isinstance(one.record, _KEPT)) if _ended(view, planned) else ()


def ended_owing(view: GraphView, records: Iterable[Planned]) -> dict[str, str]:
    """Return by id the swarms that may not be ended, each with the reason."""
    planned = list(records)
    ended = _ended(view, planned)
    if not ended:
        return {}
    after = _after(view, ended, planned)
    # All of them are over in it, so that no day is looked at.
    owed = {swarm.id: [link.source for link in owing(after, swarm, date.max)] for swarm in after.nodes(Swarm)}
    return {swarm: _reason(people) for swarm, people in sorted(owed.items()) if people}


def _ended(view: GraphView, planned: Iterable[Planned]) -> list[str]:
    return [
        one.record.id
        for one in planned
        if isinstance(one.record, Swarm) and one.record.state is SwarmState.DISSOLVED and "state" in one.carried
        and (stored := view.node(Swarm, one.record.id)) is not None and stored.state in LIVING
    ]  # fmt: skip


def _after(view: GraphView, ended: list[str], planned: Iterable[Planned]) -> GraphView:
    """Return those swarms with their members and what these left, as they would be."""
    before = Graph()
    before.apply(upsert(record) for swarm in ended for record in _stored(view, swarm))
    after = Overlay(before)
    after.apply(diff(before, (one for one in planned if _matters(one.record, ended))).changes)
    return after


def _matters(record: Record, ended: list[str]) -> bool:
    if isinstance(record, Swarm):
        return record.id in ended
    return isinstance(record, _KEPT) or (isinstance(record, MemberOf) and record.target in ended)


def _stored(view: GraphView, swarm_id: str) -> Iterator[Record]:
    """Yield what is stored of a swarm; an import reads beside the loop, hence tuples."""
    swarm = view.node(Swarm, swarm_id)
    yield from () if swarm is None else (swarm,)
    yield from tuple(view.incoming(MemberOf, swarm_id))
    yield from tuple(view.incoming(Waived, swarm_id))
    for told in tuple(view.incoming(ExperienceOf, swarm_id)):
        item = view.node(Knowledge, told.source)
        yield from (told,) if item is None else (told, item)
        yield from tuple(view.outgoing(RecordedBy, told.source))


def _reason(people: list[str]) -> str:
    names = ", ".join(natural_key(one) for one in people[:_SHOWN])
    more = f" and {len(people) - _SHOWN} more" if len(people) > _SHOWN else ""
    return f"{names}{more} would still owe experience of it: waive it, or load the experience too"
