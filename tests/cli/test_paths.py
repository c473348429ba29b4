"""Paths that a command was given to write to: what is wrong with one is told with its place, before any work."""

from pathlib import Path

import pytest

from graph_api.cli.main import run
from graph_api.cli.outcome import ExitCode
from graph_api.cli.paths import prove_file, prove_folder, writing
from graph_api.kernel.errors import BadUserInput

DEAD_SERVER = "bolt://127.0.0.1:9"
SEED = Path(__file__).resolve().parents[2] / "seed" / "organization"
GENERATE = ["generate", "--people", "60", "--tasks", "250", "--today", "2026-06-30"]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Return a file that stands where a folder is needed."""
    path = tmp_path / "README.md"
    path.write_text("hers", encoding="utf-8")
    return path


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands meet a dead server where they come that far."""
    monkeypatch.setenv("NEO4J_URI", DEAD_SERVER)


@pytest.mark.usefixtures("no_server")
@pytest.mark.parametrize("below", ["", "x", "x/y"])
@pytest.mark.parametrize(
    ("command", "place"),
    [
        (["export", "{path}"], "folder"),
        ([*GENERATE, "{path}"], "folder"),
        ([*GENERATE, "--load", "--truths", "{path}/truths.json"], "--truths"),
        (["import", str(SEED), "--rejects", "{path}/rejects.csv"], "--rejects"),
    ],
)
def test_path_that_cannot_be_written_is_bad_input_before_anything_is_done(
    page: Path, capsys: pytest.CaptureFixture[str], command: list[str], place: str, below: str
) -> None:
    assert run([word.format(path=page / below) for word in command]) == ExitCode.BAD_INPUT
    told = capsys.readouterr()
    assert told.err.startswith(f"BAD_USER_INPUT: {page}")
    assert f"(at {place})" in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""
    assert page.read_text(encoding="utf-8") == "hers"


@pytest.mark.usefixtures("no_server")
@pytest.mark.parametrize(("command", "option"), [(["import", str(SEED)], "--rejects"), (GENERATE, "--truths")])
def test_folder_where_a_file_is_needed_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str], option: str
) -> None:
    assert run([*command, option, str(tmp_path)]) == ExitCode.BAD_INPUT
    assert f"{tmp_path} cannot be written: Is a directory. (at {option})" in capsys.readouterr().err


@pytest.mark.usefixtures("no_server")
def test_import_that_fails_leaves_the_rejects_of_the_last_one(tmp_path: Path) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("kept", encoding="utf-8")
    for path in (old, new):
        assert run(["import", str(SEED), "--rejects", str(path)]) == ExitCode.UNAVAILABLE
    assert old.read_text(encoding="utf-8") == "kept"
    assert not new.exists()


def test_proof_of_a_file_keeps_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    prove_file(link, "--rejects")
    assert link.is_symlink()


def test_proof_of_a_folder_makes_it_with_those_above(tmp_path: Path) -> None:
    prove_folder(tmp_path / "a" / "b", "folder")
    prove_folder(tmp_path / "a" / "b", "folder")
    assert (tmp_path / "a" / "b").is_dir()


def test_what_happens_while_writing_is_told_with_path_place_and_reason(tmp_path: Path) -> None:
    with pytest.raises(BadUserInput, match="No space left on device") as told, writing(tmp_path, "folder"):
        raise OSError(28, "No space left on device")
    assert told.value.place == ("folder",)


@pytest.mark.usefixtures("on_the_server")
def test_report_is_told_also_where_the_rejects_cannot_be_written_in_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_rejects: object, _path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("graph_api.cli.exchange.write_rejects", full)
    assert run(["import", str(SEED), "--rejects", str(tmp_path / "rejects.csv")]) == ExitCode.BAD_INPUT
    told = capsys.readouterr()
    assert "120" in told.out
    assert "BAD_USER_INPUT" in told.err
