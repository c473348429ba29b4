"""What swarms derive: rights that appear with a booking, shrink when the swarm closes, and end when it is over."""

from collections.abc import Iterable, Iterator
from typing import Final

from graph_api.kernel.graph import GraphView
from graph_api.permission.derivation import Derived, DerivedRule, End, derived, shapes
from graph_api.permission.derived import of_the_organization
from graph_api.permission.tuples import RelationshipTuple
from graph_api.swarm.decisions import LIVING
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState


def _membership(view: GraphView, link: MemberOf) -> Iterator[Derived]:
    """Derive by the swarm's state, not by the booked days: who is booked from Monday on prepares before.

    Whoever left keeps what it takes to write down an experience until the swarm is over.
    """
    swarm = view.node(Swarm, link.target)
    if swarm is None or swarm.state not in LIVING:
        return
    yield derived(link.target, "swarm", link.source)
    if swarm.state is SwarmState.ACTIVE:
        yield Derived(RelationshipTuple(link.source, "member", link.target, expires_at=link.left_at))
    if swarm.state is SwarmState.CLOSING or link.left_at is not None:
        yield derived(link.source, "recorder", link.target)


def _staffing(view: GraphView, link: Staffs) -> Iterable[Derived]:
    return (derived(link.target, "task", link.source), derived(link.source, "swarm", link.target))


SWARM_RULES: Final = (
    of_the_organization(Swarm),
    DerivedRule(
        MemberOf,
        shapes(("person", "member", "swarm"), ("person", "recorder", "swarm"), ("swarm", "swarm", "person")),
        _membership,
        depends_on=((Swarm, End.TARGET),),
    ),
    DerivedRule(Staffs, shapes(("task", "task", "swarm"), ("swarm", "swarm", "task")), _staffing),
)
