"""docs/import.md tells every file and column as the code reads them, the rule of levels, and the limits."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import pytest
from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from graph_api.exchange import cells
from graph_api.exchange.checking import FileKind
from graph_api.exchange.conversion import LEVEL_COUNTS, derived_level
from graph_api.exchange.export import SHEETS
from graph_api.exchange.rows import BASES, USER_KINDS, CsvRow
from graph_api.exchange.tables import FILES, TABLES
from graph_api.ops.settings import Settings, variable_of
from graph_api.organization.checks import BODY_CHARACTERS_MAX

PAGE: Final = (Path(__file__).resolve().parents[2] / "docs" / "import.md").read_text(encoding="utf-8")
WORDS: Final = (
    (cells.Identifier, "id"),
    (cells.Day, "day"),
    (cells.Instant, "time"),
    (cells.WritingDay, "time"),
    (cells.Amount, "amount"),
    (cells.Currency, "currency"),
    (cells.Timezone, "time zone"),
    (cells.Flag, "yes or no"),
    (cells.Share, "number, 0 to 1"),
    (cells.Effort, "number from 0"),
    (cells.Level, "whole number, 1 to 5"),
    (cells.Weight, "whole number, 1 to 3"),
    (cells.Permille, "whole number, 0 to 1000"),
    (cells.Positive, "whole number from 1"),
    (cells.Natural, "whole number from 0"),
    (cells.Items, "list"),
    (cells.Absences, "list of days"),
    (cells.DemandText, "JSON"),
    (cells.EvaluationText, "JSON"),
    (cells.QuotesText, "JSON"),
    (cells.ReorganizationStateCell, "word"),
    (cells.TaskStateCell, "word"),
    (cells.SwarmStateCell, "word"),
    (cells.LeaveReasonCell, "word"),
    (cells.KnowledgeStateCell, "word"),
    (cells.KnowledgeMethodCell, "word"),
    (cells.Text, "text"),
    (cells.Country, "country"),
    (cells.Regulations, "list of rules"),
    (str, "text"),
)
WORD_CELLS: Final = tuple(cell for cell, word in WORDS if word == "word")
KINDS: Final = {table.kind.file: table.kind for table in TABLES}


def section(title: str) -> str:
    """Return the text under a heading, up to the next one."""
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##+ |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def table(text: str) -> list[list[str]]:
    """Return the cells of the table in a text, without its header."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in cells_] for cells_ in lines[2:]]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def columns_of(row: type[CsvRow]) -> list[tuple[list[str], str, str]]:
    """Return the names, the type and what stands for an empty cell, of every field."""
    hints = get_type_hints(row, include_extras=True)
    return [(_names(name, info), _word(hints[name]), _empty(info)) for name, info in row.model_fields.items()]


def _names(field: str, info: FieldInfo) -> list[str]:
    alias = info.validation_alias
    return [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [field]


def _word(hint: Any) -> str:
    candidates: Sequence[Any] = (hint, *get_args(hint))
    return next(word for known, word in WORDS for candidate in candidates if candidate == known)


def _empty(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    match info.default:
        case None | ():
            return ""
        case bool():
            return "yes" if info.default else "no"
        case float():
            return f"{info.default:g}"
        case _:
            return str(info.default)


def test_files_stand_in_the_order_in_which_they_are_read() -> None:
    assert re.findall(r"^### (\w+\.csv)$", PAGE, flags=re.MULTILINE) == list(FILES)


@pytest.mark.parametrize("file", FILES)
def test_columns_of_the_page_are_those_that_are_read(file: str) -> None:
    told = [(names(name) + names(others), kind, empty) for name, others, kind, empty, _ in table(section(file))]
    assert sorted(told) == sorted(columns_of(KINDS[file].row))
    assert all(len(meaning) > 3 for *_, meaning in table(section(file)))


@pytest.mark.parametrize("file", FILES)
def test_page_says_what_tells_two_rows_apart(file: str) -> None:
    assert apart(KINDS[file]) in section(file)


def apart(kind: FileKind) -> str:
    match kind.key:
        case None:
            return "Several rows may be alike."
        case ():
            return "One row."
        case key:
            return f"One row for each {', '.join(f'`{name}`' for name in key)}."


def test_every_exported_column_stands_on_the_page() -> None:
    for sheet in SHEETS:
        told = [name for first, others, *_ in table(section(sheet.file)) for name in names(first) + names(others)]
        assert set(sheet.columns) <= set(told), sheet.file


def test_counts_become_levels_as_the_page_says() -> None:
    rows = [(int(least), int(level)) for least, level in table(section("How a count becomes a level"))]
    assert [least for least, _ in rows] == list(LEVEL_COUNTS)
    assert rows == [(least, derived_level(least)) for least in LEVEL_COUNTS]
    assert [derived_level(least - 1) for least, _ in rows] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("file", FILES)
def test_words_that_a_cell_may_hold_are_told(file: str) -> None:
    hints = get_type_hints(KINDS[file].row, include_extras=True)
    told = {names(name)[0]: set(names(meaning)) for name, _, kind, _, meaning in table(section(file)) if kind == "word"}
    assert told == {name: words_of(hints[name]) for name in told}


def words_of(hint: Any) -> set[str]:
    cell = next(candidate for candidate in (hint, *get_args(hint)) if candidate in WORD_CELLS)
    return {str(word) for word in get_args(cell)[0]}


def test_bases_of_levels_and_kinds_of_users_are_told() -> None:
    assert set(BASES) <= set(names(section("person_skill.csv")))
    assert set(USER_KINDS) <= set(names(section("knowledge_use.csv")))


def test_long_texts_are_as_long_as_the_page_says() -> None:
    assert f"at most {BODY_CHARACTERS_MAX:,} characters" in section("knowledge.csv")


def test_limits_are_the_settings_with_their_defaults() -> None:
    told = {names(variable)[0]: default for variable, default, _ in table(section("Limits"))}
    limits = {name: info for name, info in Settings.model_fields.items() if name.startswith("import_")}
    assert told == {variable_of(name): f"`{info.default}`" for name, info in limits.items()}
