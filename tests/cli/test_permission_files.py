"""`swarmgraph permission test`: store files are tested without a server, and the exit code says what came out."""

import json
from pathlib import Path

import pytest

from graph_api.cli.main import run
from graph_api.cli.outcome import ExitCode

DEAD_SERVER = "bolt://127.0.0.1:9"
FREIGHT = Path(__file__).resolve().parents[1] / "permission" / "files" / "freight"
GOOD = str(FREIGHT / "store.fga.yaml")
FAILING = str(FREIGHT / "failing.fga.yaml")
TEST = ["permission", "test"]
EXPIRING = """
model: |
  model
    schema 1.1
  type user
  type doc
    relations
      define viewer: [user]
tuples:
  - {user: user:a, relation: viewer, object: doc:1, expires_at: 2026-09-01T00:00:00Z}
tests:
  - name: until the end of August
    check: [{user: user:a, object: doc:1, assertions: {viewer: true}}]
"""


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_URI", DEAD_SERVER)


@pytest.fixture
def broken(tmp_path: Path) -> str:
    path = tmp_path / "broken.fga.yaml"
    path.write_text("name: a\nmodle: b\n", encoding="utf-8")
    return str(path)


def test_store_that_passes_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*TEST, GOOD]) == ExitCode.DONE
    told = capsys.readouterr()
    assert (
        told.out
        == f"{FREIGHT.as_posix()}/store.fga.yaml (Freight): passed, 4 of 4 tests, 18 of 18 assertions passed.\n"
    )
    assert told.err == ""


def test_store_that_fails_is_refused_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*TEST, GOOD, FAILING]) == ExitCode.REFUSED
    lines = capsys.readouterr().out.splitlines()
    assert "passed, 4 of 4 tests" in lines[0]
    assert "FAILED, 1 of 2 tests, 1 of 8 assertions passed" in lines[1]
    assert "    line 15: check user:rosa see shipment:42: expected true, got false" in lines


def test_file_that_cannot_be_read_is_bad_input_and_the_others_are_tested(
    broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*TEST, broken, FAILING, GOOD]) == ExitCode.BAD_INPUT
    out = capsys.readouterr().out
    assert out.startswith(f"{broken}: it cannot be read, 2 problems:\n  {broken}:1:1: model: The store has no model.")
    assert "FAILED, 1 of 2 tests" in out
    assert "passed, 4 of 4 tests" in out


def test_report_is_json_where_it_is_asked_for(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*TEST, "--json", GOOD, FAILING, broken]) == ExitCode.BAD_INPUT
    report = json.loads(capsys.readouterr().out)
    assert [file["passed"] for file in report["files"]] == [True, False, False]
    assert [problem["line"] for problem in report["files"][2]["problems"]] == [1, 2]
    assert report["files"][1]["tests"][1]["assertions"][0]["explanation"]


def test_model_alone_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*TEST, str(FREIGHT / "model.fga")]) == ExitCode.DONE
    assert capsys.readouterr().out.endswith("model.fga: the model is valid; there is no test.\n")


@pytest.mark.parametrize(
    ("instant", "code"),
    [("2026-08-31T23:59:59Z", ExitCode.DONE), ("2026-09-01T08:00:00+08:00", ExitCode.REFUSED)],
)
def test_tests_take_place_when_one_says(tmp_path: Path, instant: str, code: ExitCode) -> None:
    path = tmp_path / "expiring.fga.yaml"
    path.write_text(EXPIRING, encoding="utf-8")
    assert run([*TEST, "--at", instant, str(path)]) == code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{folder}/none.fga.yaml"], "none.fga.yaml cannot be read: No such file or directory. (at FILE)"),
        (["{folder}"], "cannot be read: it is no regular file. (at FILE)"),
        (["--at", "tomorrow", GOOD], "'tomorrow' is no timestamp such as 2026-01-31T12:00:00Z. (at --at)"),
    ],
)
def test_command_that_cannot_begin_says_so_in_one_paragraph(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run([*TEST, *(word.format(folder=tmp_path) for word in arguments)]) == ExitCode.BAD_INPUT
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert told.err.startswith("BAD_USER_INPUT: ")
    assert said in told.err


def test_command_without_files_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(TEST) == ExitCode.BAD_INPUT
    assert "FILE" in capsys.readouterr().err


def test_files_outside_the_folder_are_read_where_it_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "s.fga.yaml"
    path.write_text(f"model_file: {(FREIGHT / 'model.fga').as_posix()}\n", encoding="utf-8")
    assert run([*TEST, str(path)]) == ExitCode.BAD_INPUT
    assert run([*TEST, "--allow-external-files", str(path)]) == ExitCode.DONE


def test_limits_of_files_are_the_settings_of_imports(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWARMGRAPH_IMPORT_CELL_MAX_BYTES", "20")
    assert run([*TEST, GOOD]) == ExitCode.BAD_INPUT
    assert (
        "people.csv:8:44: condition_context: The cell has 32 bytes; at most 20 are allowed." in capsys.readouterr().out
    )
