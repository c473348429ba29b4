"""The READMEs, in both languages, name every command and every exit code."""

import re
from pathlib import Path

import pytest

from graph_api.cli.main import app
from graph_api.cli.outcome import ExitCode

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "README.zh.md"]


def commands() -> set[str]:
    single = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    grouped = {
        f"{group.name} {command.name or command.callback.__name__}"
        for group in app.registered_groups
        if group.typer_instance
        for command in group.typer_instance.registered_commands
        if command.callback
    }
    return single | grouped


@pytest.mark.parametrize("page", PAGES)
def test_every_command_stands_in_the_readme(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert {command for command in commands() if not re.search(rf"`swarmgraph {command}[ `]", text)} == set()
    assert len(commands()) > 3


@pytest.mark.parametrize("page", PAGES)
def test_every_exit_code_stands_in_the_readme(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [code for code in ExitCode if not re.search(rf"(?<!\d){code.value}(?!\d)", text)] == []


@pytest.mark.parametrize("page", PAGES)
def test_readme_says_how_neo4j_is_licensed(page: str) -> None:
    assert re.search(r"GPL", (ROOT / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "target", ["run", "test", "soak", "lint", "bench", "schema", "docs", "seed", "lock", "clean", "help"]
)
def test_makefile_has_the_target_with_a_help_line(target: str) -> None:
    assert re.search(rf"^{target}:.* ## \S", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
