"""What a replay tells, and how fast it may go."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.exchange.reading import Fault, ImportLimits
from graph_api.exchange.replay.answers import (
    STATE,
    Access,
    EndState,
    Membership,
    compare_end,
    read_date,
    who_had_access,
)
from graph_api.exchange.replay.model import replay_model
from graph_api.exchange.replay.names import Names
from graph_api.exchange.replay.pace import Pace
from graph_api.exchange.replay.report import ReplayReport, report_as_json, report_as_text
from graph_api.exchange.replay.running import EVENTS_A_COMMAND, ReplayOptions
from graph_api.kernel.errors import BadUserInput
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import upsert
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.records import Granted
from tests.permission.world import CORE
from tests.support.histories import fold, made_up, write_history

NAMES = Names(replay_model(CORE))
AT = datetime(2024, 2, 16, 4, 48, 19, tzinfo=UTC)


class Watch:
    """A clock that only sleeping and working move."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


@given(
    st.floats(min_value=0.5, max_value=5000.0),
    st.lists(st.tuples(st.integers(min_value=1, max_value=500), st.floats(min_value=0.0, max_value=2.0)), max_size=30),
)
async def test_no_more_events_have_passed_than_the_rate_allows_and_one_batch(
    rate: float, batches: list[tuple[int, float]]
) -> None:
    watch = Watch()
    pace, passed = Pace(rate, watch, watch.sleep), 0
    for events, seconds_of_work in batches:
        await pace.wait(events)
        assert passed <= rate * (watch.now - 100.0) + 1e-6
        passed += events
        watch.now += seconds_of_work
    busy = sum(seconds for _, seconds in batches)
    assert watch.slept <= sum(events for events, _ in batches) / rate
    assert watch.now == pytest.approx(100.0 + busy + watch.slept)


async def test_without_a_rate_nothing_is_held_back() -> None:
    watch = Watch()
    for _ in range(10):
        await Pace(None, watch, watch.sleep).wait(500)
    assert watch.slept == 0


@pytest.mark.parametrize(("rate", "most"), [(None, EVENTS_A_COMMAND), (1.0, 1), (100.0, 25), (1e6, EVENTS_A_COMMAND)])
def test_slow_replay_takes_small_steps(rate: float | None, most: int) -> None:
    assert ReplayOptions(events_a_second=rate).events_a_command == most


def granted(row: tuple[str, str, str]) -> Granted:
    named = NAMES.tuple_of(row)
    user, _, suffix = named.user.partition("#")
    return Granted(source=user, target=named.object, relation=named.relation, subject_relation=suffix or None)


def test_end_is_compared_with_the_file_both_ways(tmp_path: Path) -> None:
    happened, view = made_up(4, 200), Graph()
    write_history(tmp_path, happened)
    view.apply(upsert(granted(row)) for row in fold(happened))
    view.apply([upsert(Granted(source="person:ada", target="document:1", relation="owner"))])
    equal = compare_end(tmp_path, view, NAMES, ImportLimits())
    assert equal == EndState(tuples=len(fold(happened)), missing=0, unexpected=0, first_missing=(), first_unexpected=())
    assert equal is not None
    assert equal.is_equal

    gone, extra = min(fold(happened)), ("gh:new", "org_member", "org:new")
    view.apply([upsert(granted(extra)), upsert(granted(gone))])
    (tmp_path / STATE).write_text((tmp_path / STATE).read_text().replace(",".join(gone), "gh:x,org_admin,org:y"))
    differs = compare_end(tmp_path, view, NAMES, ImportLimits())
    assert differs is not None
    assert (differs.missing, differs.unexpected, differs.is_equal) == (1, 2, False)
    assert differs.first_missing == ("gh:x org_admin org:y",)
    assert differs.first_unexpected == tuple(sorted((" ".join(gone), " ".join(extra))))


def test_folder_that_does_not_tell_its_end_is_not_compared(tmp_path: Path) -> None:
    assert compare_end(tmp_path, Graph(), NAMES, ImportLimits()) is None
    (tmp_path / STATE).write_text("subject,relation,object\na,b\n")
    with pytest.raises(BadUserInput, match=r"permission_state_head.csv:2, column object: .* has 2 cells"):
        compare_end(tmp_path, Graph(), NAMES, ImportLimits())


def test_who_had_access_tells_members_and_administrators_apart() -> None:
    graph = PermissionGraph(replay_model(CORE))
    members = [("gh:ada", "org_member", "org:a"), ("gh:bo", "org_member", "org:a"), ("gh:bo", "org_admin", "org:b")]
    graph.write(map(NAMES.tuple_of, members))
    assert who_had_access(graph, AT) == Access(
        at=AT,
        organizations=(
            Membership(organization="org:a", members=("person:gh%3Aada", "person:gh%3Abo"), administrators=()),
            Membership(organization="org:b", members=(), administrators=("person:gh%3Abo",)),
        ),
    )
    graph.switch_model(CORE.model)
    assert who_had_access(graph, AT) == Access(at=AT)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-02-16", datetime(2024, 2, 16, tzinfo=UTC)),
        ("2024-02-16T04:48:19Z", AT),
        ("2024-02-16T12:48:19+08:00", AT),
    ],
)
def test_date_is_a_day_or_an_instant(text: str, at: datetime) -> None:
    assert read_date(text) == at


@pytest.mark.parametrize("text", ["yesterday", "2024-02-30", "2024-02-16T04:48:19"])
def test_what_is_no_date_is_bad_input(text: str) -> None:
    with pytest.raises(BadUserInput, match=f"'{text}' is no date: "):
        read_date(text)


REPORT = ReplayReport(
    folder="one", events=9, first_at=AT, last_at=AT, replayed=6, added=3, removed=2, as_they_were=1, commits=1,
    elapsed_seconds=0.5, revision="r", model_id="m", skipped_count=2,
    skipped=(Fault(file="permission_events.csv", line=3, reason="it has not happened yet"),), notes=("a note",),
    end_state=EndState(tuples=7, missing=1, unexpected=0, first_missing=("a b c",), first_unexpected=()),
    access=(Access(at=AT, organizations=(Membership(organization="org:a", members=("p",), administrators=()),)),
            Access(at=AT)),
)  # fmt: skip


def test_report_reads_as_text() -> None:
    assert report_as_text(REPORT).splitlines() == [
        "one: 9 events, 2024-02-16T04:48:19+00:00 to 2024-02-16T04:48:19+00:00. 3 events had been replayed before.",
        "Replayed 6 events in 1 commit and 0.5 s (12 events/s): 3 added, 2 removed, 1 found as they should be.",
        "Skipped: 2 rows.",
        "  permission_events.csv:3: it has not happened yet",
        "  and 1 more",
        "Note: a note",
        "The end DIFFERS from permission_state_head.csv: 1 missing, 0 unexpected.",
        "  missing: a b c",
        "At 2024-02-16T04:48:19+00:00:",
        "  org:a: 1 member, 0 administrators",
        "At 2024-02-16T04:48:19+00:00: nobody was in an organization.",
    ]


def test_report_reads_as_json_with_what_follows_from_it() -> None:
    told = json.loads(report_as_json(REPORT))
    assert (told["events_per_second"], told["end_state"]["is_equal"], told["skipped"][0]["line"]) == (12.0, False, 3)
    assert told["access"][0]["organizations"][0]["members"] == ["p"]
    assert not REPORT.is_as_expected
