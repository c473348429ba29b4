"""Histories of permissions as they are read: what can be replayed, what is skipped and why, in which steps it goes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from graph_api.exchange.reading import ImportLimits
from graph_api.exchange.replay.events import EVENTS, EventKind, History, batches, known_defects, read_history
from graph_api.exchange.replay.model import MODULE, beside, own_types, replay_model
from graph_api.exchange.replay.names import Names, row_of
from graph_api.exchange.replay.running import replay_id, replayed
from graph_api.kernel.errors import BadUserInput, Conflict
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import upsert
from graph_api.permission.commands import ModelSource
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.records import Replay
from tests.permission.world import CORE, DOCUMENTS
from tests.support.histories import BEGAN, Happened, made_up, rows, write_history

MODEL = replay_model(CORE)
NAMES = Names(MODEL)
NOW = datetime(2026, 9, 1, tzinfo=UTC)
MEMBER = ("gh:ada", "org_member", "org:one")


def read(folder: Path) -> History:
    return read_history(folder, NAMES, NOW, ImportLimits())


def written(folder: Path, *texts: str, header: str = "timestamp,subject,relation,object,op") -> Path:
    (folder / EVENTS).write_text("\n".join((header, *texts)) + "\n", encoding="utf-8")
    return folder


def test_every_row_of_a_history_has_a_tuple_that_tells_it_back() -> None:
    for row in [*rows(), ("gh:a b", "org_member", "org:x@y"), ("gh:a:b%", "alias_member", "alias:a/b*")]:
        assert row_of(NAMES.tuple_of(row)) == row
    named = [
        NAMES.tuple_of(row) for row in (MEMBER, ("team:t", "repo_read", "repo:r"), ("team:t", "subteam_of", "team:u"))
    ]
    assert [each.user for each in named] == ["person:gh%3Aada", "team:t#member", "team:t"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("gh:ada", "owner", "org:one"), "has no relation `owner`"),
        (("gh:ada", "org_member", "house:one"), "has no type `house`"),
        (("gh:ada", "administrator", "organization:main"), "has no type `organization`"),
        (("alias:leads", "org_member", "org:one"), "cannot be assigned"),
        (("robot:1", "org_member", "org:one"), "has no type `robot`"),
        (("gh:ada", "can_see", "org:one"), "cannot be assigned"),
        (("ada", "org_member", "org:one"), "is no user"),
        (("gh:ada", "org_member", "org:"), "is no object"),
    ],
)
def test_row_without_a_place_in_the_model_is_told(row: tuple[str, str, str], why: str) -> None:
    with pytest.raises(PermissionGraphError, match=why):
        NAMES.tuple_of(row)


def test_rows_of_no_use_are_skipped_with_their_place_and_the_others_are_replayed(tmp_path: Path) -> None:
    found = read(
        written(
            tmp_path,
            "2019-01-01T00:00:00Z,gh:ada,org_member,org:one,add",
            "yesterday,gh:ada,org_member,org:one,add",
            "2019-01-02T00:00:00Z,gh:ada,org_member,org:one,changed",
            "2019-01-02T00:00:00Z,gh:ada,org_member",
            "2019-01-02T00:00:00Z,gh:ada,org_owner,org:one,add",
            "2030-01-01T00:00:00Z,gh:bo,org_member,org:one,add",
            "2019-01-03T00:00:00+01:00,gh:ada,org_member,org:one,remove",
        )
    )
    assert [(event.at, event.kind) for event in found.events] == [
        (datetime(2019, 1, 1, tzinfo=UTC), EventKind.ADD),
        (datetime(2019, 1, 2, 23, tzinfo=UTC), EventKind.REMOVE),
    ]
    assert sorted((fault.line, fault.column) for fault in found.skipped) == [
        (3, "timestamp"), (4, "op"), (5, "object"), (6, "relation"), (7, "timestamp"),
    ]  # fmt: skip
    assert {fault.line: fault.reason for fault in found.skipped}[7] == "it has not happened yet"
    assert found.notes == ()


@pytest.mark.parametrize(
    ("header", "why"), [("timestamp,subject,relation,object", "op"), ("a,a", "stands 2 times"), ("", "needs a header")]
)
def test_file_without_its_columns_is_bad_input(tmp_path: Path, header: str, why: str) -> None:
    with pytest.raises(BadUserInput, match=why):
        read(written(tmp_path, header=header))


def test_folder_without_events_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadUserInput, match=f"{EVENTS}: the file cannot be read: No such file"):
        read(tmp_path)


def test_rows_out_of_order_are_put_in_order_and_that_is_told(tmp_path: Path) -> None:
    happened = made_up(1, 50)
    ordered = read(write_history(tmp_path, happened))
    assert [row_of(event.tuple) for event in ordered.events] == [each.row for each in happened]
    assert ordered.notes == (f"Not used in {EVENTS}: actor, source, pr, commit.",)
    later = sorted(happened, key=lambda each: -each.at.toordinal())
    mixed = read(write_history(tmp_path, later))
    assert [event.at for event in mixed.events] == sorted(each.at for each in happened)
    assert "not in the order of time" in mixed.notes[0]


def test_what_the_page_of_a_set_tells_of_its_events_is_told(tmp_path: Path) -> None:
    page = "# Set\n- one event\n## Known defects\n\n- Big events.\n- No city.\n- The event is late.\n## More\n- event\n"
    (tmp_path / "README.md").write_text(page, encoding="utf-8")
    assert known_defects(tmp_path) == ["Big events.", "The event is late."]
    (tmp_path / "README.md").write_text("# Set\n", encoding="utf-8")
    assert known_defects(tmp_path) == []


@pytest.mark.parametrize("most", [1, 3, 500])
@pytest.mark.parametrize("after", [0, 7, 400])
def test_batches_are_of_one_instant_and_name_no_tuple_twice_and_leave_nothing_out(
    tmp_path: Path, most: int, after: int
) -> None:
    events = read(write_history(tmp_path, made_up(2, 400))).events
    cut = list(batches(events, after, most))
    assert tuple(event for batch in cut for event in batch.events) == events[after:]
    for batch in cut:
        assert {event.at for event in batch.events} == {batch.at}
        assert len({event.tuple.key for event in batch.events}) == len(batch.events) <= most
        assert events[batch.after] is batch.events[0]
        assert {*batch.tuples(EventKind.ADD), *batch.tuples(EventKind.REMOVE)} == {e.tuple for e in batch.events}
    assert most == 1 or after == 400 or max(len(batch.events) for batch in cut) > 1


def test_replay_goes_on_behind_the_events_that_are_noted_and_refuses_other_ones(tmp_path: Path) -> None:
    happened = made_up(3, 60)
    events, view = read(write_history(tmp_path, happened)).events, Graph()
    assert replayed(view, events) == 0
    view.apply([upsert(Replay(id=replay_id(events), events=40, digest=events[39].digest))])
    assert replayed(view, events) == 40
    grown = read(write_history(tmp_path, [*happened, Happened(NOW, adds=True, row=MEMBER)])).events
    assert replayed(view, grown) == 40
    cut = read(write_history(tmp_path, happened[:39])).events
    with pytest.raises(Conflict, match="The first 40 events are not those"):
        replayed(view, cut)
    changed = read(write_history(tmp_path, [*happened[:20], *happened[21:]])).events
    with pytest.raises(Conflict, match="The first 40 events are not those"):
        replayed(view, changed)
    others = read(write_history(tmp_path, [happened[0]._replace(at=BEGAN - timedelta(days=1)), *happened[1:]])).events
    assert replayed(view, others) == 0


def test_module_stands_beside_the_core_and_whatever_else_is_live() -> None:
    assert own_types(MODEL).keys() == {"org", "team", "repo", "alias", "path"}
    live = CORE.complete(ModelSource(dsl=DOCUMENTS)).model
    joined = beside(live, MODEL)
    assert joined.types.keys() == live.types.keys() | own_types(MODEL).keys()
    assert joined.conditions == live.conditions
    assert CORE.missing(joined) == []
    assert beside(joined, MODEL) == joined


def test_module_keeps_what_others_added_to_its_types_and_renews_its_own() -> None:
    live = beside(CORE.model, MODEL)
    org = live.types["org"]
    added = msgspec.structs.replace(org.relations["org_member"], name="guest", module="guests")
    older = {"guest": added, "org_admin": org.relations["org_admin"]}
    live.types["org"] = msgspec.structs.replace(org, relations=older)
    assert beside(live, MODEL).types["org"].relations == {**org.relations, "guest": added}


def test_type_of_somebody_else_under_the_same_name_is_a_conflict() -> None:
    live = CORE.complete(
        ModelSource(dsl=DOCUMENTS.replace("type document", "type team").replace("document#", "team#"))
    ).model
    with pytest.raises(Conflict, match="has a type `team` of its own"):
        beside(live, MODEL)
    assert MODULE not in {each.module for each in live.types.values()}
