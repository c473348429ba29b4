"""Reorganizations are exported and imported as everything else is, and what waits can still be applied afterwards."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from graph_api.exchange.csv_text import csv_line
from graph_api.exchange.export import export_folder, export_texts
from graph_api.kernel.ids import entity_id
from graph_api.kernel.quantities import Days, Money
from graph_api.organization.model import Task
from graph_api.projection.state import differences, digest
from graph_api.swarm.exact.threads import SearchThreads, search_threads
from graph_api.swarm.model import Demand, Swarm
from graph_api.swarm.problem import Certificate, CertificateStatus, Points, Seat, Solution
from graph_api.swarm.reorganising.decisions import APPLY, RECORD, ReorganizationDecided
from graph_api.swarm.reorganising.model import Evaluation, Premises, Reorganization, ReorganizationState
from graph_api.swarm.solver import Proposal
from tests.exchange.test_round_trip import INSTANT, TEXT
from tests.support.folders import SMALL, loaded, plan_of
from tests.support.memory_replica import MemoryReplica
from tests.swarm.reorganising.test_decisions import APPLIED, decide, firing, recorded, state_of

FILE = "reorganizations.csv"
HEADER = ("id", "task", "state", "created_at", "found")
TEAM = Solution((Seat("person:ada", ("skill:hs",), Points(skill=800)),), 800)
FOUND = Evaluation(
    task_id="task:t1",
    fires=True,
    reason="It gains 5 CNY to move 1 people.",
    benefit=Money(Decimal("25.50"), "CNY"),
    free=Proposal(TEAM, Certificate(CertificateStatus.PROVED, 800, 800, 3)),
    premises=Premises(demand=Demand(days=Days(date(2026, 3, 2), date(2026, 3, 6)), share=1.0), digest="d"),
)


def text_of(found: Evaluation) -> str:
    return msgspec.json.encode(found).decode()


@st.composite
def histories(draw: st.DrawFn) -> MemoryReplica:
    """Tasks and swarms with whatever ids, and reorganizations in every state that is stored."""
    tasks = [entity_id("task", key) for key in draw(st.lists(TEXT, min_size=1, max_size=2, unique=True))]
    swarms = [entity_id("swarm", key) for key in draw(st.lists(TEXT, max_size=2, unique=True))]
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    records: list[Any] = [Task(id=one, title="T") for one in tasks]
    records += [Swarm(id=one, formed_at=at, starts_on=at.date(), ends_on=at.date()) for one in swarms]
    for key in draw(st.lists(TEXT, max_size=3, unique=True)):
        task = draw(st.sampled_from(tasks))
        records.append(
            Reorganization(
                id=entity_id("reorganization", key),
                task=task,
                state=draw(st.sampled_from([one for one in ReorganizationState if one != "STALE"])),
                created_at=draw(INSTANT),
                decided_at=draw(st.none() | INSTANT),
                decided_by=draw(st.none() | TEXT),
                reason=draw(st.none() | TEXT),
                swarm_id=draw(st.none() | st.sampled_from(swarms)) if swarms else None,
                found=text_of(replace(FOUND, task_id=task, reason=draw(TEXT))),
            )
        )
    return MemoryReplica(*records)


@given(histories())
def test_written_reorganizations_are_the_same_when_they_are_read(state: MemoryReplica) -> None:
    plan = plan_of(export_texts(state.graph))
    assert (plan.report.errors, plan.report.warning_count) == ((), 0)
    again = loaded(plan)
    assert differences(state.graph, again) == {}
    assert digest(again) == digest(state.graph)


@pytest.fixture(scope="module")
async def threads() -> Any:
    async with search_threads(2) as threads:
        await threads.warmed()
        yield threads


async def test_what_waits_can_be_applied_where_it_was_imported(threads: SearchThreads) -> None:
    state, found = await firing(threads)
    decide(state.graph, RECORD, recorded(found))
    again = loaded(plan_of(export_texts(state.graph)))
    assert state_of(again) is ReorganizationState.PROPOSED
    assert isinstance(decide(again, APPLY, APPLIED), ReorganizationDecided)
    assert state_of(again) is ReorganizationState.APPLIED


def test_a_folder_without_any_has_no_such_file_and_an_older_one_goes(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("id\n", encoding="utf-8")
    assert FILE not in export_folder(MemoryReplica(Task(id="task:t1", title="T")).graph, tmp_path)
    assert not (tmp_path / FILE).exists()
    record = Reorganization(
        id="reorganization:r", task="task:t1", created_at=datetime(2026, 3, 2, tzinfo=UTC), found=""
    )
    assert export_folder(MemoryReplica(record).graph, tmp_path)[FILE] == 1
    assert (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    ("state", "task", "found", "column", "reason"),
    [
        ("STALE", "t1", FOUND, "state", "is not stored"),
        ("PROPOSED", "t2", FOUND, "found", "about another task"),
        ("PROPOSED", "t9", replace(FOUND, task_id="task:t9"), "task", "there is no task"),
        ("PROPOSED", "t1", replace(FOUND, free=None), "found", "names a team"),
        ("PROPOSED", "t1", replace(FOUND, premises=None), "found", "names a team"),
        ("PROPOSED", "t1", replace(FOUND, premises=Premises(demand=Demand(), digest="d")), "found", "names a team"),
        ("PROPOSED", "t1", None, "found", "no evaluation in JSON"),
    ],
)
def test_what_cannot_have_been_stored_is_told(
    state: str, task: str, found: Evaluation | None, column: str, reason: str
) -> None:
    cells = ("r", task, state, "2026-03-02", "{}" if found is None else text_of(found))
    plan = plan_of({**SMALL, FILE: csv_line(HEADER) + csv_line(cells)})
    (fault,) = plan.report.errors
    assert (fault.file, fault.line, fault.column) == (FILE, 2, column)
    assert reason in fault.reason
