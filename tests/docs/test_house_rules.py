"""The house rules, as a ratchet: what is small may not grow. CONTRIBUTING.md says them in words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "graph_api").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
BENCHES = sorted((ROOT / "bench").rglob("*.py"))
TEXTS = [
    *SOURCES,
    *TESTS,
    *BENCHES,
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "bench").rglob("*.md"),
    *(ROOT / "seed").rglob("*.md"),
    *(ROOT / "cypher").rglob("*.cypher"),
    *ROOT.glob("requirements*.txt"),
    ROOT / "Makefile",
    ROOT / "pyproject.toml",
    ROOT / "schema.graphql",
]
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
FUNCTION_LINES_P95 = 30
FUNCTION_LINES_MEDIAN = 8
ARCHITECTURE_LINES_MAX = 200
TEST_NAME_WORDS_MIN = 3
UNFINISHED = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
BARE_IGNORE = re.compile(
    r"#\s*(?:noqa(?!: [A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*  # )|(?:type|pyright): ?ignore(?!\[\w+(?:, ?\w+)*\]  # ))"
)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:root|home|Users|work)/\w")
MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}\b")
ENVIRONMENT = {"environ", "getenv", "putenv", "environb"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{relative(path)}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def violations(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{relative(path)}:{number} {line.strip()[:80]}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_files_stay_short() -> None:
    long = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES + TESTS + BENCHES}
    assert {name: lines for name, lines in long.items() if lines > FILE_LINES_MAX} == {}


def test_functions_stay_short() -> None:
    long = [(name, lines) for path in SOURCES + TESTS for name, lines in functions(path) if lines > FUNCTION_LINES_MAX]
    assert long == []


def test_typical_function_of_the_product_is_tiny() -> None:
    lengths = sorted(lines for path in SOURCES for _, lines in functions(path))
    assert median(lengths) <= FUNCTION_LINES_MEDIAN
    assert lengths[len(lengths) * 95 // 100] <= FUNCTION_LINES_P95


def test_nothing_is_marked_as_unfinished() -> None:
    assert violations(UNFINISHED, TEXTS) == []


def test_every_ignore_carries_its_reason() -> None:
    assert violations(BARE_IGNORE, SOURCES + TESTS + BENCHES) == []


def test_environment_is_read_in_ops_only() -> None:
    readers = {
        relative(path)
        for path in SOURCES
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT)
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and ENVIRONMENT & {name.name for name in node.names}
        )
    }
    assert {path for path in readers if not path.startswith("graph_api/ops/")} == set()


def test_no_text_names_a_machine_path_or_a_mail_address() -> None:
    assert violations(MACHINE_PATH, TEXTS) == []
    assert violations(MAIL, TEXTS) == []


def test_locked_requirements_name_no_address_and_carry_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        pinned = re.findall(r"^[\w.-]+==\S+ \\$", text, flags=re.MULTILINE)
        assert len(pinned) == len(re.findall(r"^[\w.-]+==", text, flags=re.MULTILINE)) > 40


def test_every_module_says_what_it_is_for() -> None:
    assert [relative(path) for path in SOURCES if not ast.get_docstring(parsed(path))] == []


def test_every_public_function_is_annotated() -> None:
    missing = [
        f"{relative(path)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is None
    ]
    assert missing == []


def test_tests_are_named_as_sentences() -> None:
    short = [
        name
        for path in TESTS
        if path.name.startswith("test_")
        for name, _ in functions(path)
        if name.rpartition(" ")[2].startswith("test_")
        and len(name.rpartition(" ")[2].split("_")) <= TEST_NAME_WORDS_MIN
    ]
    assert short == []


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "README.zh.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "DECISIONS.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "LICENSE",
    ],
)
def test_page_that_a_newcomer_looks_for_is_there(page: str) -> None:
    assert len((ROOT / page).read_text(encoding="utf-8")) > 400


def test_architecture_is_short_and_tells_of_every_room() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in (ROOT / "graph_api").glob("*/__init__.py")}
    assert len(text.splitlines()) <= ARCHITECTURE_LINES_MAX
    assert {room for room in rooms if f"`{room}/`" not in text} == set()


def test_links_between_the_pages_lead_somewhere() -> None:
    broken = [
        f"{relative(page)} -> {target}"
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
