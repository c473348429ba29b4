"""The command line: exit codes, errors as one paragraph, and the commands that need no server."""

import json
import logging
from pathlib import Path

import pytest

from graph_api.cli.main import app, run
from graph_api.cli.outcome import ExitCode, exit_code_of, paragraph
from graph_api.kernel import errors
from graph_api.kernel.errors import SwarmgraphError
from graph_api.ops.files import project_path

DEAD_SERVER = "bolt://127.0.0.1:9"


@pytest.fixture(autouse=True)
def without_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEO4J_URI", raising=False)


def every_error() -> list[type[SwarmgraphError]]:
    found = [SwarmgraphError]
    for kind in found:
        found.extend(kind.__subclasses__())
    return [kind for kind in found if kind.__module__ == errors.__name__]


def test_exit_codes_are_the_documented_ones() -> None:
    assert [code.value for code in ExitCode] == [0, 1, 2, 3, 4, 130]


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_has_an_exit_code_that_says_failure(kind: type[SwarmgraphError]) -> None:
    assert exit_code_of(kind("It happened.")) not in {ExitCode.DONE, ExitCode.INTERRUPTED}


def test_paragraph_names_code_place_and_suggestion() -> None:
    fault = errors.BadUserInput("The day is wrong.", suggestion="Write 2026-06-30.", place=("people.csv", "3"))
    assert paragraph(fault) == "BAD_USER_INPUT: The day is wrong. (at people.csv.3) Write 2026-06-30."


def test_no_command_shows_the_help() -> None:
    assert run([]) == ExitCode.BAD_INPUT


def test_unknown_option_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "--peeple", "100"]) == ExitCode.BAD_INPUT
    assert "--peeple" in capsys.readouterr().err


def test_version_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == ExitCode.DONE
    assert capsys.readouterr().out.count("\n") == 1


def test_schema_is_printed_as_it_ships(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == ExitCode.DONE
    assert capsys.readouterr().out == project_path("schema.graphql").read_text(encoding="utf-8")


def test_generate_prints_the_truths_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "--people", "100", "--tasks", "300", "--today", "2026-06-30", "--json"]) == ExitCode.DONE
    truths = json.loads(capsys.readouterr().out)
    assert (truths["synthetic"], truths["counts"]["Person"], truths["counts"]["Task"]) == (True, 100, 301)


def test_generate_refuses_what_is_too_small_in_one_paragraph(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "--people", "3", "--json"]) == ExitCode.BAD_INPUT
    said = capsys.readouterr().err
    assert said.startswith("BAD_USER_INPUT: ")
    assert said.count("\n") == 1


def test_unknown_setting_is_refused_with_the_near_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWARMGRAPH_PROT", "1")
    assert run(["log", "verify"]) == ExitCode.BAD_INPUT
    assert "SWARMGRAPH_PORT" in capsys.readouterr().err


COMMANDS = [
    ["run"], ["serve"], ["assemble", "task:a"], ["doctor"], ["export", "{folder}"], ["import", "{folder}"],
    ["flow"], ["generate", "--json"], ["schema"], ["log", "verify"], ["log", "show"],
]  # fmt: skip


def test_commands_tried_below_are_all_there_are() -> None:
    single = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert {words[0] for words in COMMANDS} == single | {"log"}


@pytest.mark.parametrize(("variable", "value"), [("SWARMGRAPH_HEAP", "x"), ("SWARMGRAPH_PORT", "x")])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_bad_setting_is_refused_by_every_command(
    words: list[str], variable: str, value: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setenv(variable, value)
    assert run([word.format(folder=tmp_path) for word in words]) == ExitCode.BAD_INPUT
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("BAD_USER_INPUT: ")
    assert variable in told.err


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["schema", "--help"], ["log", "show", "--help"]])
def test_help_and_version_are_told_whatever_the_settings(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWARMGRAPH_HEAP", "x")
    assert run(words) == ExitCode.DONE


@pytest.mark.parametrize(("variable", "value"), [("SWARMGRAPH_ZZZZZZ", "1"), ("SWARMGRAPH_PORT", "x")])
def test_bad_setting_is_refused_with_the_page_that_lists_them(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    assert run(["schema"]) == ExitCode.BAD_INPUT
    assert "docs/settings.md" in capsys.readouterr().err


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_booking_with_alternatives_is_refused(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assemble", "task:a", "--book", "--alternatives", "2", *more]) == ExitCode.BAD_INPUT
    told = capsys.readouterr()
    assert told.out == ""
    assert "(at --alternatives)" in told.err


def test_dead_server_is_unavailable(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NEO4J_URI", DEAD_SERVER)
    assert run(["log", "show"]) == ExitCode.UNAVAILABLE
    assert capsys.readouterr().err.startswith("UNAVAILABLE: ")


def test_doctor_finds_a_dead_server_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("NEO4J_URI", DEAD_SERVER)
    assert run(["--data-dir", str(tmp_path), "doctor", "--json"]) == ExitCode.REFUSED
    verdicts = {finding["check"]: finding["verdict"] for finding in json.loads(capsys.readouterr().out)}
    assert verdicts["server"] == "bad"
    assert verdicts["Java"] == "good"


def test_fault_of_ours_shows_no_stack_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(_name: str) -> Path:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("graph_api.cli.schema.project_path", break_down)
    with caplog.at_level(logging.DEBUG, logger="graph_api.cli.main"):
        assert run(["schema"]) == ExitCode.FAULT
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "ZeroDivisionError: by nothing" in said
    assert "Traceback" in caplog.text


def test_every_command_says_what_it_does() -> None:
    assert all(
        (command.callback.__doc__ or "").endswith(".") for command in app.registered_commands if command.callback
    )


def test_doctor_does_not_start_what_is_not_installed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWARMGRAPH_CACHE_DIR", str(tmp_path / "cache"))
    assert run(["--data-dir", str(tmp_path / "data"), "doctor", "--json"]) == ExitCode.DONE
    findings = {finding["check"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert findings["Neo4j"]["verdict"] == "warning"
    assert "fetch" in findings["Neo4j"]["mend"]
    assert "server" not in findings
    assert not (tmp_path / "data").exists()
