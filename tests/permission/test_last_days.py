"""Nobody keeps a right by any relationship beyond the last day in the organization."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Record, upsert
from graph_api.knowledge.model import Knowledge, KnowledgeState, RecordedBy
from graph_api.organization.model import BelongsTo, Person, ReportsTo, Unit
from graph_api.permission.tuples import RelationshipTuple
from graph_api.swarm.model import MemberOf, Swarm, SwarmState
from tests.permission.world import AT, TABLE, TODAY, text

DAY = timedelta(days=1)
DAYS: dict[str, Any] = {"since": TODAY, "until": TODAY + 9 * DAY, "share_permille": 1000}
HELD = {
    "person:ada author knowledge:draft",
    "person:ada itself person:ada",
    "person:ada manager person:bo",
    "person:ada manager unit:team",
    "person:ada member organization:main",
    "person:ada member swarm:a",
    "person:ada member unit:team",
    "person:ada recorder swarm:c",
}


def organization(last_day: date | None) -> list[Record]:
    return [
        Person(id="person:ada", name="Ada", last_day=last_day),
        Person(id="person:bo", name="Bo"),
        Unit(id="unit:team", name="Team"),
        BelongsTo(source="person:ada", target="unit:team", roles=("lead",)),
        ReportsTo(source="person:bo", target="person:ada"),
        Swarm(id="swarm:a", formed_at=AT, starts_on=TODAY, ends_on=TODAY),
        Swarm(id="swarm:c", state=SwarmState.CLOSING, formed_at=AT, starts_on=TODAY, ends_on=TODAY),
        MemberOf(source="person:ada", target="swarm:a", roles=(), **DAYS),
        MemberOf(source="person:ada", target="swarm:c", roles=(), **DAYS),
        Knowledge(id="knowledge:draft", title="Draft", state=KnowledgeState.DRAFT),
        RecordedBy(source="knowledge:draft", target="person:ada"),
    ]


def graph_of(*records: Record) -> Graph:
    graph = Graph()
    graph.apply(map(upsert, records))
    return graph


def of_ada(graph: Graph, day: date) -> list[RelationshipTuple]:
    found = (each for key in TABLE.keys(graph) for each in TABLE.derive(graph, key, day).tuples)
    return [each for each in found if each.user == "person:ada"]


@pytest.mark.parametrize("day", [TODAY - DAY, TODAY])
def test_all_rights_are_held_up_to_the_last_day_and_expire_with_it(day: date) -> None:
    held = of_ada(graph_of(*organization(TODAY)), day)
    assert set(map(text, held)) == HELD
    ends = {each.expires_at for each in held}
    assert len(ends) == 1
    assert all(end is not None and end.date() == TODAY + DAY for end in ends)


def test_nothing_is_held_after_the_last_day() -> None:
    assert of_ada(graph_of(*organization(TODAY)), TODAY + DAY) == []


def test_who_has_no_last_day_holds_without_end() -> None:
    held = of_ada(graph_of(*organization(None)), TODAY)
    assert set(map(text, held)) == HELD
    assert {each.expires_at for each in held} == {None}


def test_the_earlier_end_counts() -> None:
    ada, belongs = organization(TODAY + 5 * DAY)[0], BelongsTo(source="person:ada", target="unit:team", until=TODAY)
    left = MemberOf(source="person:ada", target="swarm:a", roles=(), left_at=AT, **DAYS)
    swarm = Swarm(id="swarm:a", formed_at=AT, starts_on=TODAY, ends_on=TODAY)
    held = {text(each): each.expires_at for each in of_ada(graph_of(ada, belongs, left, swarm), TODAY)}
    unit_end, swarm_end = held["person:ada member unit:team"], held["person:ada member swarm:a"]
    assert unit_end is not None
    assert (unit_end.date(), swarm_end) == (TODAY + DAY, AT)


def test_a_new_last_day_derives_all_of_them_anew() -> None:
    graph = graph_of(*organization(None))
    ada = graph.node(Person, "person:ada")
    assert ada is not None
    change = upsert(msgspec.structs.replace(ada, last_day=TODAY - DAY))
    graph.apply([change])
    kinds = {key[0] for key in TABLE.touched(graph, [change])}
    assert kinds == {"Person", "BELONGS_TO", "REPORTS_TO", "MEMBER_OF", "RECORDED_BY"}
    assert of_ada(graph, TODAY) == []
    others = {text(each) for key in TABLE.keys(graph) for each in TABLE.derive(graph, key, TODAY).tuples}
    assert {"unit:team unit person:ada", "swarm:a swarm person:ada"} <= others, "colleagues still see who has left"
