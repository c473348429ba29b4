"""The wheel holds the files that ship beside the code, and an installed package finds them."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from graph_api.ops.files import project_path

ROOT = Path(__file__).resolve().parents[2]
BUILD_SECONDS = 120
SHIPPED = ("cypher", "schema.graphql", "seed")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(made)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=BUILD_SECONDS)
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(made / "installed")
    return made / "installed"


@pytest.mark.parametrize("name", SHIPPED)
def test_checkout_finds_what_ships(name: str) -> None:
    assert project_path(name) == ROOT / name


@pytest.mark.parametrize("name", SHIPPED)
def test_installed_package_finds_what_ships(unpacked: Path, name: str) -> None:
    code = f"from graph_api.ops.files import project_path; print(project_path({name!r}))"
    said = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=unpacked,
        env={"PYTHONPATH": str(unpacked)},
        check=True,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
    )
    found = Path(said.stdout.strip())
    assert found == unpacked / "graph_api" / "_files" / name
    assert found.exists()


def test_wheel_holds_every_query_file(unpacked: Path) -> None:
    shipped = unpacked / "graph_api" / "_files" / "cypher"
    files = {path.relative_to(ROOT / "cypher") for path in (ROOT / "cypher").rglob("*.cypher")}
    assert files
    assert {path.relative_to(shipped) for path in shipped.rglob("*.cypher")} == files


def test_wheel_holds_the_query_editor(unpacked: Path) -> None:
    place = Path("graph_api/web/static")
    files = {path.relative_to(ROOT) for path in (ROOT / place).rglob("*") if path.is_file()}
    assert len(files) > 5
    assert {path.relative_to(unpacked) for path in (unpacked / place).rglob("*") if path.is_file()} == files


def test_wheel_holds_the_models_of_replays(unpacked: Path) -> None:
    place = Path("graph_api/exchange/replay")
    models = {path.relative_to(ROOT) for path in (ROOT / place).glob("*.fga")}
    assert models
    assert {path.relative_to(unpacked) for path in (unpacked / place).glob("*.fga")} == models
