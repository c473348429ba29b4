"""Find swarms at work or closing here that a plan would end although members owe experience of them. Pure.

What is stored decides, not what comes with the plan: experiences and waivers are loaded first, and a closing swarm then
ends by itself. A swarm that comes with the plan and is over already is history, and is taken as it is.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from msgspec.structs import replace

from graph_api.exchange.drafting import Planned
from graph_api.kernel.graph import GraphView
from graph_api.kernel.ids import natural_key
from graph_api.knowledge.experience.owed import owing
from graph_api.swarm.decisions import LIVING
from graph_api.swarm.model import Swarm, SwarmState

_OVER: Final = frozenset({SwarmState.DISSOLVED, SwarmState.CANCELLED})
_SHOWN: Final = 3


def ended_owing(view: GraphView, records: Iterable[Planned]) -> dict[str, str]:
    """Return by id the swarms that may not be ended, each with the reason; every booked day counts as worked."""
    found: dict[str, str] = {}
    for planned in records:
        swarm = _ended(view, planned)
        if swarm is not None:
            closing = replace(swarm, state=SwarmState.CLOSING, closed_at=None)
            if people := [link.source for link in owing(view, closing, date.max)]:
                found[swarm.id] = _reason(people)
    return found


def _ended(view: GraphView, planned: Planned) -> Swarm | None:
    record = planned.record
    if not isinstance(record, Swarm) or record.state not in _OVER or "state" not in planned.carried:
        return None
    stored = view.node(Swarm, record.id)
    return stored if stored is not None and stored.state in LIVING else None


def _reason(people: list[str]) -> str:
    names = ", ".join(natural_key(one) for one in people[:_SHOWN])
    more = f" and {len(people) - _SHOWN} more" if len(people) > _SHOWN else ""
    return f"{names}{more} would still owe experience of it: load that first, or end it here"
