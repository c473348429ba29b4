"""docs/errors.md is what the code prints, and tells every code that anybody may meet."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from graph_api.api.schema import print_schema_text
from graph_api.cli.errors_page import error_kinds, errors_page
from graph_api.kernel import errors
from graph_api.kernel.errors import SwarmgraphError
from graph_api.kernel.problems import PROBLEM_CODES, ProblemCode

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "errors.md"
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+) \|$", flags=re.MULTILINE)


def section(heading: str) -> dict[str, list[str]]:
    """Return the other cells of each row of one section, by code."""
    _, _, text = errors_page().partition(f"\n## {heading}\n")
    return {code: cells.split(" | ") for code, cells in ROW.findall(text.partition("\n## ")[0])}


def problems_in(path: Path) -> Iterator[str]:
    """Yield the second argument of each problem that a file makes, as it is written."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
            named = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            yield ast.unparse((named or node.args[1:2])[0])


def test_errors_page_is_the_printed_one() -> None:
    assert PAGE.read_text(encoding="utf-8") == errors_page(), "run `make docs`"


def test_every_code_of_an_error_stands_on_the_page_once() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SwarmgraphError)]
    assert set(section("Codes of errors")) == {kind.code for kind in kinds}
    assert len(error_kinds()) == len({kind.code for kind in kinds})


@pytest.mark.parametrize(
    ("code", "statuses"),
    [
        ("BAD_USER_INPUT", ["400", "200", "2"]),
        ("UNAUTHENTICATED", ["401", "401", "1"]),
        ("RATE_LIMITED", ["429", "200", "3"]),
        ("UNAVAILABLE", ["503", "503", "3"]),
        ("INTERNAL", ["500", "500", "4"]),
    ],
)
def test_page_tells_statuses_and_exit_code(code: str, statuses: list[str]) -> None:
    assert section("Codes of errors")[code][2:] == statuses


def test_page_says_where_the_error_id_stands() -> None:
    assert "`errorId`" in errors_page()
    assert "extensions" in errors_page()


def test_every_code_that_a_problem_is_made_with_stands_on_the_page_and_no_other() -> None:
    made = {code for path in sorted((ROOT / "graph_api").rglob("*.py")) for code in problems_in(path)}
    assert made == {repr(code) for code in section("Codes of problems")}
    assert set(get_args(ProblemCode)) == set(PROBLEM_CODES)


def test_codes_of_problems_stand_in_order_with_meaning_and_advice() -> None:
    assert list(PROBLEM_CODES) == sorted(PROBLEM_CODES)
    assert all(text.endswith(".") for row in PROBLEM_CODES.values() for text in row)


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_readme_leads_to_the_page(page: str) -> None:
    assert "(docs/errors.md)" in (ROOT / page).read_text(encoding="utf-8")


def test_schema_names_the_page_where_a_problem_has_its_code() -> None:
    assert "docs/errors.md" in print_schema_text()
