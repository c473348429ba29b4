"""Derived tuples: each record of the organization derives what the table declares, on the days on which it counts."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Record, removal, upsert
from graph_api.knowledge.model import Merged
from graph_api.organization.model import BelongsTo, Organization, Person
from graph_api.permission.derivation import DerivedShape, midnight
from graph_api.permission.tuples import RelationshipTuple, object_type, user_kind
from graph_api.swarm.model import MemberOf, Swarm, SwarmState
from tests.permission.world import AT, TABLE, TODAY, keys, organization, swarm, texts, writings

APRIL = date(2026, 4, 1)


def state(*records: Record) -> Graph:
    graph = Graph()
    graph.apply(map(upsert, records))
    return graph


def derived(graph: Graph, day: date = TODAY) -> list[RelationshipTuple]:
    return [each for key in TABLE.keys(graph) for each in TABLE.derive(graph, key, day).tuples]


def about(names: Iterable[RelationshipTuple], relation: str, kind: str = "") -> set[str]:
    return {text for text in texts(names) if f" {relation} {kind}" in text}


def test_people_are_members_of_the_organization_and_themselves_until_their_last_day() -> None:
    graph = state(*organization())
    assert about(derived(graph), "member", "organization") == {
        f"person:{who} member organization:main" for who in ("ada", "bo", "cy", "di")
    }
    assert "person:robot itself person:robot" in texts(derived(graph))
    assert "person:left member organization:main" in texts(derived(graph, date(2026, 3, 1)))
    assert "organization:main organization person:left" in texts(derived(graph))


def test_units_have_members_and_managers_on_the_days_of_the_belonging() -> None:
    graph = state(*organization())
    march, april = derived(graph, date(2026, 3, 31)), derived(graph, APRIL)
    assert about(march, "member", "unit") == {"person:ada member unit:team", "person:bo member unit:team"}
    assert about(april, "member", "unit") == {"person:ada member unit:team", "person:cy member unit:team"}
    assert about(april, "unit") == {"unit:team unit person:ada", "unit:team unit person:cy"}
    assert about(april, "manager") == {"person:ada manager unit:team", "person:di manager person:ada"}
    assert about(april, "parent") == {"unit:all parent unit:team"}
    assert about(april, "customer") | about(april, "task") == {
        "customer:kep customer task:mx", "task:mx task customer:kep",
    }  # fmt: skip


def test_a_tuple_of_days_expires_when_its_last_day_is_over() -> None:
    graph = state(*organization())
    (bo,) = [each for each in derived(graph) if each.key == keys("person:bo member unit:team")[0]]
    assert bo.expires_at == datetime(2026, 4, 1, tzinfo=UTC)


def test_whoever_asks_is_told_on_which_day_a_record_derives_another_thing() -> None:
    graph = state(*organization())
    bo, cy, ada = (("BELONGS_TO", f"person:{who}", "unit:team", "") for who in ("bo", "cy", "ada"))
    assert [TABLE.derive(graph, key, TODAY).changes_on for key in (bo, cy, ada)] == [APRIL, APRIL, None]
    assert [TABLE.derive(graph, key, APRIL).changes_on for key in (bo, cy, ada)] == [None, None, None]


@pytest.mark.parametrize(
    ("swarm_state", "expected"),
    [
        (SwarmState.ACTIVE, {"person:bo member swarm:s", "person:cy recorder swarm:s"}),
        (SwarmState.CLOSING, {"person:bo recorder swarm:s", "person:cy recorder swarm:s"}),
        (SwarmState.DISSOLVED, set[str]()),
        (SwarmState.CANCELLED, set[str]()),
    ],
)
def test_rights_of_a_swarm_shrink_when_it_closes_and_end_when_it_is_over(
    swarm_state: SwarmState, expected: set[str]
) -> None:
    graph = state(*organization(), *swarm())
    living = graph.node(Swarm, "swarm:s")
    assert living is not None
    change = upsert(msgspec.structs.replace(living, state=swarm_state))
    graph.apply([change])
    touched = list(TABLE.touched(graph, [change]))
    assert {key for key in touched if key[0] == "MEMBER_OF"} == {
        ("MEMBER_OF", f"person:{who}", "swarm:s", "") for who in ("bo", "cy")
    }
    tomorrow = TODAY + timedelta(days=1)
    found = [each for key in touched for each in TABLE.derive(graph, key, tomorrow).tuples]
    assert about(found, "member") | about(found, "recorder") == expected
    assert "task:mx task swarm:s" in texts(derived(graph))


def test_a_member_who_leaves_later_works_until_then() -> None:
    days: dict[str, Any] = {"since": TODAY, "until": TODAY, "share_permille": 1000}
    leaving = MemberOf(source="person:ada", target="swarm:s", roles=(), left_at=AT + timedelta(hours=3), **days)
    graph = state(*organization(), *swarm(), leaving)
    (ada,) = [each for each in derived(graph) if each.key == keys("person:ada member swarm:s")[0]]
    assert ada.expires_at == leaving.left_at
    assert "person:ada recorder swarm:s" in texts(derived(graph))
    assert TABLE.derive(graph, leaving.key, TODAY).changes_on == TODAY + timedelta(days=1)


def test_a_merged_item_belongs_to_the_one_that_stands_for_it() -> None:
    merged = Merged(source="knowledge:again", target="knowledge:done")
    assert about(derived(state(*organization(), *writings(), merged)), "merged_into") == {
        "knowledge:done merged_into knowledge:again"
    }


def test_knowledge_is_published_once_it_is_confirmed() -> None:
    found = derived(state(*organization(), *swarm(), *writings()))
    assert about(found, "published") == {"organization:main published knowledge:done"}
    assert about(found, "kept") == {"organization:main kept knowledge:done"}
    assert about(found, "author", "knowledge") | about(found, "task", "knowledge") == {
        "person:bo author knowledge:draft", "task:mx task knowledge:draft",
    }  # fmt: skip


def test_every_derived_tuple_has_a_declared_shape_and_one_cause_only() -> None:
    found = derived(state(*organization(), *swarm(), *writings()))
    shapes = {DerivedShape(user_kind(each.user).type, each.relation, object_type(each.object)) for each in found}
    assert shapes <= TABLE.shapes
    assert len(found) == len({each.key for each in found})
    assert all(each.condition is None for each in found)


def test_whether_a_tuple_is_derived_is_told_without_deriving_everything() -> None:
    graph = state(*organization(), *swarm(), *writings())
    for each in derived(graph):
        assert TABLE.derives(graph, each.key, TODAY), each
    for name in ("person:cy member unit:team", "person:ada member unit:all", "person:ada viewer document:1"):
        assert not TABLE.derives(graph, keys(name)[0], TODAY)
    assert TABLE.derives(graph, keys("admin:local administrator organization:main")[0], TODAY)


def test_a_record_that_is_gone_derives_nothing() -> None:
    graph = state(*organization())
    link = BelongsTo(source="person:ada", target="unit:team")
    graph.apply([removal(link)])
    assert list(TABLE.touched(graph, [removal(link)])) == [link.key]
    assert TABLE.derive(graph, link.key, TODAY).tuples == ()


def test_a_kind_that_the_table_does_not_name_derives_nothing() -> None:
    graph = state(Organization(id="organization:main", name="Organization"))
    assert list(TABLE.keys(graph)) == []
    assert TABLE.derive(graph, ("Organization", "organization:main"), TODAY).tuples == ()


def test_the_last_day_there_is_never_ends() -> None:
    graph = state(Person(id="person:ada", name="Ada", last_day=date.max))
    assert {each.expires_at for each in derived(graph)} == {None}
    assert midnight(TODAY) == datetime(2026, 3, 2, tzinfo=UTC)
