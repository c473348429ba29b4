"""seed/ is what the generator makes today, byte by byte, and says that it is synthetic."""

from pathlib import Path

import pytest

from graph_api.cli.main import run
from graph_api.cli.outcome import ExitCode
from graph_api.exchange.importing import limits_of
from graph_api.exchange.plan import plan_import
from graph_api.exchange.reading import read_folder
from graph_api.exchange.tables import FILES
from graph_api.generate.scale import SEED_SCALE
from graph_api.generate.seller import generate
from graph_api.kernel.graph import Graph
from graph_api.ops.settings import load_settings

SEED = Path(__file__).resolve().parents[2] / "seed"
HAND_WRITTEN = (
    "README.md",
    "permission/organization.fga",
    "knowledge/README.md",
    "knowledge/labelled_notes.csv",
)
MAKE_SEED = ["--people", "120", "--tasks", "600", "--customers", "16", "--today", "2026-06-30"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seed")
    told = run(["generate", str(folder / "organization"), "--truths", str(folder / "truths.json"), *MAKE_SEED])
    assert told == ExitCode.DONE
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_seed_is_made_again_byte_by_byte(made: Path) -> None:
    shipped = files(SEED)
    for written_by_hand in HAND_WRITTEN:
        del shipped[written_by_hand]
    again = files(made)
    assert shipped.keys() == again.keys(), "run `make seed`"
    assert [name for name, content in again.items() if shipped[name] != content] == [], "run `make seed`"


def test_makefile_makes_the_seed_with_the_same_options() -> None:
    text = (SEED.parent / "Makefile").read_text(encoding="utf-8")
    assert " ".join(MAKE_SEED) in text


def test_seed_says_that_it_is_synthetic() -> None:
    assert "true" in (SEED / "organization" / "organization.csv").read_text(encoding="utf-8").splitlines()[1]


def test_folder_of_another_organization_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people = tmp_path / "people.csv"
    people.write_text("id,name\nada,Ada\n", encoding="utf-8")
    assert run(["generate", str(tmp_path), *MAKE_SEED]) == ExitCode.REFUSED
    assert people.read_text(encoding="utf-8") == "id,name\nada,Ada\n"
    assert capsys.readouterr().err.startswith("CONFLICT: ")


def test_seed_imports_to_what_was_generated() -> None:
    limits = limits_of(load_settings())
    plan = plan_import(
        read_folder(SEED / "organization", FILES, limits), Graph(), skip_invalid=False, faults_listed_max=9
    )
    assert plan.acceptable
    assert (plan.report.error_count, plan.report.warning_count) == (0, 0)
    imported = {planned.record.key: planned.record for planned in plan.records}
    assert imported == {record.key: record for record in generate(SEED_SCALE)}
