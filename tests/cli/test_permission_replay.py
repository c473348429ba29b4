"""`swarmgraph permission replay`: what it prints, and the exit codes by which a script knows how it ended."""

import json
from pathlib import Path

import pytest

from graph_api.cli.main import run
from graph_api.cli.outcome import ExitCode
from graph_api.exchange.replay.answers import STATE
from graph_api.exchange.replay.events import EVENTS
from tests.support.command_line import told
from tests.support.histories import BEGAN, Happened, fold, made_up, write_history

REPLAY = ["permission", "replay"]
SEED = 1
pytestmark = pytest.mark.usefixtures("on_the_server")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_history(tmp_path / "history", made_up(SEED, 120))


def test_replay_tells_what_it_did_how_it_ends_and_who_had_access(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = made_up(SEED, 120)
    last = events[-1].at.isoformat()
    assert run([*REPLAY, str(folder), "--at", "2010-01-01", "--at", last]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"history: 120 events, 2019-03-01T09:00:00+00:00 to {last}."
    assert lines[1].startswith("Replayed 120 events in ")
    assert lines[1].endswith("0 found as they should be.")
    assert lines[2:4] == ["Skipped: nothing.", f"Note: Not used in {EVENTS}: actor, source, pr, commit."]
    administrators = sum(row[1] == "org_admin" for row in fold(events))
    members = sum(row[1:] == ("org_member", "org:one") for row in fold(events))
    assert (members, administrators) == (3, 1)
    assert lines[4:8] == [
        f"The end equals {STATE}: {len(fold(events))} tuples.",
        "At 2010-01-01T00:00:00+00:00: nobody was in an organization.",
        f"At {last}:",
        "  org:one: 3 members, 1 administrator",
    ]
    assert run([*REPLAY, str(folder), "--rate", "10"]) == ExitCode.DONE
    again = capsys.readouterr().out.splitlines()
    assert again[0].endswith("120 events had been replayed before.")
    assert again[1] == "Nothing was left to replay; nothing was changed."


async def test_report_names_who_had_access_where_json_is_asked_for(folder: Path) -> None:
    at_once = [
        Happened(BEGAN, adds=True, row=(f"gh:{who}", relation, "org:one"))
        for who, relation in (("ada", "org_member"), ("bo", "org_member"), ("cy", "org_admin"))
    ]
    write_history(folder, at_once)
    report = await told(*REPLAY, str(folder), "--at", "2019-03-02")
    (asked,) = report["access"]
    assert asked["at"] == "2019-03-02T00:00:00Z"
    assert asked["organizations"] == [
        {
            "organization": "org:one",
            "members": ["person:gh%3Aada", "person:gh%3Abo"],
            "administrators": ["person:gh%3Acy"],
        }
    ]


def test_end_that_differs_and_rows_that_are_skipped_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        file.write("2019-01-01T00:00:00Z,gh:boss,gh:new,org_member,org:new,add,s,1,c\nnever,,,,,,,,\n")
    assert run([*REPLAY, str(folder)]) == ExitCode.REFUSED
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith(f"  {EVENTS}:123, column timestamp, value 'never': ") for line in lines)
    assert f"The end DIFFERS from {STATE}: 0 missing, 1 unexpected." in lines
    assert "  unexpected: gh:new org_member org:new" in lines


def test_history_that_differs_from_what_was_replayed_is_a_conflict(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*REPLAY, str(folder)]) == ExitCode.DONE
    write_history(folder, made_up(SEED, 100))
    capsys.readouterr()
    assert run([*REPLAY, str(folder)]) == ExitCode.REFUSED
    assert capsys.readouterr().err.splitlines()[-1].startswith("CONFLICT: The first 120 events are not those")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{folder}/none"], "none is no folder."),
        (["{folder}"], f"{EVENTS}: the file cannot be read: No such file or directory."),
        (["{folder}", "--rate", "0"], "A rate is more than 0 events a second. (at --rate)"),
        (["{folder}", "--rate", "nan"], "A rate is more than 0 events a second. (at --rate)"),
        (["{folder}", "--at", "soon"], "'soon' is no date: "),
    ],
)
def test_command_that_cannot_begin_says_so_in_one_paragraph(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run([*REPLAY, *(word.format(folder=tmp_path) for word in arguments)]) == ExitCode.BAD_INPUT
    told_ = capsys.readouterr()
    assert told_.out == ""
    assert said in told_.err.splitlines()[-1]


def test_folder_whose_events_are_all_of_no_use_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / EVENTS).write_text("timestamp,subject,relation,object,op\nnever,a,b,c,add\n", encoding="utf-8")
    assert run([*REPLAY, str(tmp_path)]) == ExitCode.BAD_INPUT
    assert f"holds no event that can be replayed: {EVENTS}:2, column timestamp" in capsys.readouterr().err
    assert run(["log", "verify", "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["commits"] == 1
