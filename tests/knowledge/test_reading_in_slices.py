"""Questions about flow neither hold the loop nor read more than they may, and read each revision once."""

import asyncio
from typing import Any

import msgspec
import pytest

from graph_api.api.service import ApiService
from graph_api.kernel.errors import QueryTooCostly
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import Record, upsert
from graph_api.knowledge.flow import reading
from graph_api.knowledge.graphql.reading import Bound, bounded, weighing
from graph_api.knowledge.model import Knowledge, RecordedBy, Used
from graph_api.permission.records import Granted
from tests.api.guard_world import codes, core_with, guarded_service, records, shown
from tests.api.organization import service_on
from tests.knowledge.test_flow_at_the_door import FLOW, ITEMS, PATH, RISK
from tests.knowledge.test_flow_gathering import at
from tests.knowledge.test_spread_at_the_door import BROKERS, REACH
from tests.support.memory_replica import MemoryReplica
from tests.support.state_permissions import StatePermissions

MANY = 200
ENDS = {"from": "person:far", "to": "person:mem"}
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "flow": (FLOW, {"between": "PERSON"}),
    "path": (PATH, ENDS),
    "brokers": (BROKERS, {}),
    "reach": (REACH, {"id": "knowledge:0"}),
    "risk": (RISK, {}),
}


def many_items() -> list[Record]:
    ids = [f"knowledge:{number}" for number in range(MANY)]
    return [
        *(Knowledge(id=one, title=one, created_at=at(1)) for one in ids),
        *(RecordedBy(source=one, target="person:far") for one in ids),
        *(Used(source="person:mem", target=one, at=at(2)) for one in ids),
    ]


async def turns_of_another(service: ApiService, query: str, variables: dict[str, Any]) -> int:
    """Return how often something else on the loop had its turn while a question was answered."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.create_task(other())
    await shown(service, "administrator", query, **variables)
    beside.cancel()
    return turns


@pytest.mark.parametrize("question", QUESTIONS)
async def test_the_loop_is_left_to_others_after_every_item_that_is_read(
    question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph_api.swarm.slices.SLICE_SECONDS", 0.0)
    query, variables = QUESTIONS[question]
    assert await turns_of_another(guarded_service(*many_items()), query, variables) >= MANY


class Counting:
    """Counts the items that are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read = 0
        self._row = reading.ITEMS.row
        monkeypatch.setattr(reading, "ITEMS", msgspec.structs.replace(reading.ITEMS, row=self.row))

    def row(self, view: GraphView, item_id: str) -> reading.ItemRead | None:
        row = self._row(view, item_id)
        self.read += row is not None
        return row


@pytest.mark.parametrize("question", ["flow", "path", "brokers", "reach"])
async def test_reading_ends_at_the_first_item_beyond_what_may_be_read(
    question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica, counted = MemoryReplica(*records(), *many_items()), Counting(monkeypatch)
    service = service_on(
        replica, permissions=StatePermissions(replica), flow_uses_max=3, flow_events_max=7, answer_rows_max=10_000
    )
    query, variables = QUESTIONS[question]
    assert await codes(service, "administrator", query, **variables) == {"QUERY_TOO_COSTLY"}
    assert counted.read == 4


async def test_meetings_count_as_events_too() -> None:
    replica = MemoryReplica(*records(), *ITEMS)
    service = service_on(replica, permissions=StatePermissions(replica), flow_events_max=8)
    assert await codes(service, "administrator", PATH, **ENDS) == {"QUERY_TOO_COSTLY"}


async def test_a_revision_is_read_once_for_all_who_see_everything_and_anew_after_a_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replica, counted = MemoryReplica(*records(), *many_items()), Counting(monkeypatch)
    service = service_on(replica, permissions=StatePermissions(replica))
    for _ in range(3):
        assert (await shown(service, "administrator", PATH, **ENDS))["knowledgePath"] is not None
    assert counted.read == MANY
    replica.graph.apply([upsert(Knowledge(id="knowledge:more", title="More"))])
    replica.number += 1
    await shown(service, "administrator", PATH, **ENDS)
    assert counted.read == 2 * MANY + 1


async def test_many_who_ask_at_once_have_it_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph_api.swarm.slices.SLICE_SECONDS", 0.0)
    service, counted = guarded_service(*many_items()), Counting(monkeypatch)
    told = await asyncio.gather(*(shown(service, role, PATH, **ENDS) for role in ("administrator", "dispatcher") * 3))
    assert all(each == told[0] for each in told)
    assert counted.read == MANY


async def test_whoever_no_longer_waits_for_the_turn_leaves_it_to_others() -> None:
    service = guarded_service(*many_items())
    asked = [asyncio.create_task(shown(service, "administrator", PATH, **ENDS)) for _ in range(3)]
    await asyncio.sleep(0)
    asked[0].cancel()
    asked[1].cancel()
    assert (await asked[2])["knowledgePath"] is not None


async def test_what_is_kept_for_all_who_see_everything_is_not_told_to_others() -> None:
    """Mem sees all items here and the people of the team only: nothing that Far wrote is a flow to her."""
    asked = guarded_service(
        *ITEMS,
        Granted(source="person:mem", target="organization:main", relation="can_see_knowledge"),
        model=core_with(
            ("define can_see_knowledge: administrator", "define can_see_knowledge: [person] or administrator")
        ),
    )
    flows = [
        (await shown(asked, role, FLOW, between="PERSON"))["knowledgeFlow"] for role in ("administrator", "member")
    ]
    assert [flow["totalLinks"] for flow in flows] == [3, 1]


def test_a_bound_lets_through_what_it_names_and_nothing_more() -> None:
    three = Bound(3, "uses", lambda row: row)
    assert list(bounded(range(3), three)) == [0, 1, 2]
    with pytest.raises(QueryTooCostly, match="more than 3 uses"):
        list(bounded(range(4), three))
    weigh = weighing(three)
    for row, sign in ((2, 1), (1, 1), (2, -1), (2, 1)):
        weigh(row, sign)
    with pytest.raises(QueryTooCostly, match="more than 3 uses"):
        weigh(1, 1)
