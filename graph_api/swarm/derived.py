"""What swarms derive: rights that appear with a booking, shrink when the swarm closes, and end when it is over."""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import structs

from graph_api.kernel.graph import GraphView
from graph_api.organization.model import Person
from graph_api.permission.derivation import Derived, DerivedRule, End, derived, derived_during, shapes
from graph_api.permission.derived import last_day_of, of_the_organization
from graph_api.swarm.decisions import LIVING
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState
from graph_api.swarm.reorganising.model import Reorganization


def _membership(view: GraphView, link: MemberOf) -> Iterator[Derived]:
    """Derive by the swarm's state, not by the booked days: who is booked from Monday on prepares before.

    Whoever left the swarm keeps what it takes to write down an experience until it is over; nobody keeps anything
    beyond the last day in the organization.
    """
    swarm = view.node(Swarm, link.target)
    if swarm is None or swarm.state not in LIVING:
        return
    yield derived(link.target, "swarm", link.source)
    last_day = last_day_of(view, link.source)
    if swarm.state is SwarmState.ACTIVE:
        working = derived_during(link.source, "member", link.target, None, last_day).tuple
        ends = min((end for end in (link.left_at, working.expires_at) if end is not None), default=None)
        yield Derived(structs.replace(working, expires_at=ends))
    if swarm.state is SwarmState.CLOSING or link.left_at is not None:
        yield derived_during(link.source, "recorder", link.target, None, last_day)


def _staffing(view: GraphView, link: Staffs) -> Iterable[Derived]:
    return (derived(link.target, "task", link.source), derived(link.source, "swarm", link.target))


SWARM_RULES: Final = (
    of_the_organization(Swarm),
    of_the_organization(Reorganization),
    DerivedRule(
        MemberOf,
        shapes(("person", "member", "swarm"), ("person", "recorder", "swarm"), ("swarm", "swarm", "person")),
        _membership,
        depends_on=((Swarm, End.TARGET), (Person, End.SOURCE)),
    ),
    DerivedRule(Staffs, shapes(("task", "task", "swarm"), ("swarm", "swarm", "task")), _staffing),
)
