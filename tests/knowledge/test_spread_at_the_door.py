"""Brokers and the reach of an item through GraphQL."""

from typing import Any

import pytest

from graph_api.knowledge.model import Knowledge, RecordedBy, Used
from tests.api.guard_world import codes, guarded_service, shown
from tests.knowledge.test_flow_at_the_door import ITEMS, KEPT, SECOND
from tests.knowledge.test_flow_gathering import at

BROKERS = """query($limit: Int) { knowledgeBrokers(between: PERSON, limit: $limit) { totalVertices betweennessError
    brokers { vertex { key } constraint effectiveSize betweenness } } }"""
REACH = """query($id: ID!) { knowledgeReach(knowledgeId: $id) {
    points { at people } size depth structuralVirality } }"""


async def reach(item: str, *more: Any) -> Any:
    return (await shown(guarded_service(*ITEMS, *more), "administrator", REACH, id=item))["knowledgeReach"]


async def test_brokers_are_measured_on_the_ties_of_what_was_used() -> None:
    """A line Mem, Bo, Far, Man: Far and Bo stand between two of three pairs of others each."""
    told = (await shown(guarded_service(*ITEMS), "administrator", BROKERS))["knowledgeBrokers"]
    assert (told["totalVertices"], told["betweennessError"]) == (4, 0)
    values = {each["vertex"]["key"]: each["betweenness"] for each in told["brokers"]}
    assert values == pytest.approx({"person:bo": 2 / 3, "person:far": 2 / 3, "person:man": 0, "person:mem": 0})
    ends = {each["vertex"]["key"]: each["constraint"] for each in told["brokers"]}
    assert ends["person:man"] == pytest.approx(1)
    assert ends["person:far"] == pytest.approx((2 / 3) ** 2 + (1 / 3) ** 2)


async def test_brokers_are_cut_at_the_limit_and_a_limit_of_none_is_refused() -> None:
    service = guarded_service(*ITEMS)
    told = (await shown(service, "administrator", BROKERS, limit=1))["knowledgeBrokers"]
    assert [each["vertex"]["key"] for each in told["brokers"]] == ["person:bo"]
    assert await codes(service, "administrator", BROKERS, limit=0) == {"BAD_USER_INPUT"}


async def test_an_item_reaches_who_used_it_and_who_used_what_cites_it() -> None:
    told = await reach(KEPT)
    assert [(each["at"][:10], each["people"]) for each in told["points"]] == [
        ("2026-01-03", 1),
        ("2026-01-05", 2),
        ("2026-01-06", 3),
    ]
    assert (told["size"], told["depth"]) == (5, 2)
    assert told["structuralVirality"] == pytest.approx(18 / 10)


async def test_what_was_used_before_it_cited_does_not_carry_on() -> None:
    early = Used(source="person:dis", target=SECOND, at=at(3))
    assert (await reach(KEPT, early))["size"] == 5


async def test_an_item_that_nobody_used_reaches_nobody() -> None:
    alone = (
        Knowledge(id="knowledge:own", title="Own", created_at=at(1)),
        RecordedBy(source="knowledge:own", target="person:bo"),
    )
    assert await reach("knowledge:own", *alone) == {"points": [], "size": 1, "depth": 0, "structuralVirality": None}
    assert await reach("knowledge:none") is None
    assert await codes(guarded_service(), "administrator", REACH, id="person:bo") == {"BAD_USER_INPUT"}
