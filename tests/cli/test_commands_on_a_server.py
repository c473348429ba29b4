"""Commands that need a server, against the real one."""

import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from graph_api.cli.main import run
from graph_api.cli.outcome import ExitCode

GENERATE = ["generate", "--people", "60", "--tasks", "250", "--today", "2026-06-30", "--load"]


pytestmark = pytest.mark.usefixtures("on_the_server")


def test_generated_organization_is_loaded_once_and_logged(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(GENERATE) == ExitCode.DONE
    once = capsys.readouterr().err
    assert run(GENERATE) == ExitCode.DONE
    assert capsys.readouterr().err.splitlines()[-1] == once.splitlines()[-1]
    assert "revision" in once.splitlines()[-1]

    assert run(["log", "verify", "--json"]) == ExitCode.DONE
    report = json.loads(capsys.readouterr().out)
    assert report["commits"] > 0
    assert report["redacted"] == 0

    assert run(["log", "show", "--limit", "1", "--json"]) == ExitCode.DONE
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["revision"] == 1

    assert run([*GENERATE, "--seed", "5"]) == ExitCode.REFUSED
    assert capsys.readouterr().err.startswith("CONFLICT: ")


def test_doctor_finds_the_server_the_migrations_and_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(GENERATE) == ExitCode.DONE
    capsys.readouterr()
    assert run(["doctor", "--json"]) == ExitCode.DONE
    verdicts = {finding["check"]: finding["verdict"] for finding in json.loads(capsys.readouterr().out)}
    assert (verdicts["server"], verdicts["migrations"], verdicts["log"]) == ("good", "good", "good")


SEED = Path(__file__).resolve().parents[2] / "seed" / "organization"


def test_exported_seed_is_the_imported_one_byte_by_byte(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["import", str(SEED), "--json"]) == ExitCode.DONE
    report = json.loads(capsys.readouterr().out)
    assert report["counts"]["Person"] == {"created": 120, "changed": 0, "unchanged": 0}

    assert run(["export", str(tmp_path / "out"), "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["people.csv"] == 120
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == {
        path.name: path.read_bytes() for path in SEED.iterdir()
    }

    assert run(["import", str(SEED)]) == ExitCode.DONE
    assert "0 changes" in capsys.readouterr().out


def test_broken_import_loads_nothing_and_writes_the_rejects(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder, rejects = tmp_path / "in", tmp_path / "rejects.csv"
    folder.mkdir()
    (folder / "people.csv").write_text("id,name,capacity\nada,Ada,1.0\nbob,Bob,much\n", encoding="utf-8")
    assert run(["import", str(folder), "--rejects", str(rejects)]) == ExitCode.REFUSED
    assert "people.csv" in capsys.readouterr().out
    assert "much" in rejects.read_text(encoding="utf-8")
    assert run(["export", str(tmp_path / "out"), "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["people.csv"] == 0


def test_import_of_no_folder_is_bad_input(tmp_path: Path) -> None:
    assert run(["import", str(tmp_path / "nowhere")]) == ExitCode.BAD_INPUT


def test_flow_of_knowledge_is_written_for_network_tools(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["import", str(SEED)]) == ExitCode.DONE
    capsys.readouterr()
    assert run(["flow", "--between", "person", "--format", "csv"]) == ExitCode.DONE
    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "source,source_label,target,target_label,uses,items"
    file = tmp_path / "flow.graphml"
    assert run(["flow", "--between", "PERSON", "--output", str(file)]) == ExitCode.DONE
    reader: Any = vars(nx)["read_graphml"]  # typed in part
    graph = reader(file)
    assert graph.number_of_edges() == len(rows) - 1 > 100
    assert run(["flow", "--since", "2026-02-01", "--until", "2026-01-01"]) == ExitCode.BAD_INPUT
    assert run(["flow", "--output", str(tmp_path / "none" / "flow.csv")]) == ExitCode.BAD_INPUT
