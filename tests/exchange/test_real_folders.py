"""Folders with real data: nothing of them is dropped without a word, and what is written imports to the same state."""

import csv
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import pytest

from graph_api.exchange.difference import diff
from graph_api.exchange.export import export_texts
from graph_api.exchange.plan import ImportPlan, plan_import
from graph_api.exchange.reading import ImportLimits, RawFile, RawFolder, read_folder
from graph_api.exchange.tables import FILES
from graph_api.kernel.graph import Graph
from graph_api.projection.state import digest
from tests.support.data import shared_data
from tests.support.folders import graph_of, loaded, plan_of

SETS: Final = ("kubernetes", "carpentries", "nsf", "adopters", "diffusion")
ROWS: Final = 200
VALUES: Final = 40


class Real(NamedTuple):
    """A set as it was read, what it becomes, and the state with it."""

    folder: Path
    raw: RawFolder
    plan: ImportPlan
    graph: Graph


@pytest.fixture(scope="module", params=SETS)
def real(request: pytest.FixtureRequest) -> Real:
    folder = shared_data(request.param)
    raw = read_folder(folder, FILES, ImportLimits())
    plan = plan_import(raw)
    return Real(folder, raw, plan, loaded(plan))


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_every_file_and_every_row_is_read_or_the_file_is_told_as_not_used(real: Real) -> None:
    there = {path.name: len(rows_of(path)) - 1 for path in real.folder.glob("*.csv")}
    read = real.plan.report.rows_read
    assert {name: rows for name, rows in there.items() if name in read} == read
    assert sorted(there.keys() - read.keys()) == sorted(real.plan.report.not_used_files)


def test_every_column_changes_what_is_planned_or_is_told_as_not_used(real: Real) -> None:
    for file in real.raw.files.values():
        assert file.columns == rows_of(real.folder / file.name)[0]
        not_used = real.plan.report.not_used_columns.get(file.name, ())
        assert set(not_used) <= set(file.columns)
        for place, column in enumerate(file.columns):
            part = some_rows(file, place)
            if column in not_used or any(row.cells[place] for row in part.rows):
                assert counts(part, place, real.graph) == (column not in not_used), (file.name, column)


def some_rows(file: RawFile, place: int) -> RawFile:
    """Return the file with its first rows, and a row for each value of a column as far as there are not too many."""
    by_value = {row.cells[place]: row for row in reversed(file.rows)}
    chosen = {row.line: row for row in (*file.rows[:ROWS], *list(by_value.values())[:VALUES])}
    return msgspec.structs.replace(file, rows=list(chosen.values()))


def counts(file: RawFile, place: int, view: Graph) -> bool:
    """Say whether anything is planned otherwise where a column has a name that nobody knows."""
    columns = list(file.columns)
    columns[place] = "unheard-of"
    return planned(file, view) != planned(msgspec.structs.replace(file, columns=columns), view)


def planned(file: RawFile, view: Graph) -> tuple[object, ...]:
    plan = plan_import(RawFolder("one file", {file.name: file}), view, skip_invalid=True)
    return plan.records, plan.rejects, plan.report.warnings


def test_written_files_import_to_the_same_state(real: Real) -> None:
    plan = plan_of(export_texts(real.graph))
    assert (plan.report.error_count, plan.report.warning_count) == (0, 0)
    assert digest(loaded(plan)) == digest(real.graph)
    assert diff(real.graph, plan.records).changes == ()


def test_folder_without_people_or_customers_is_refused_and_all_its_files_are_told() -> None:
    folder = shared_data("taxonomies")
    plan = plan_import(read_folder(folder, FILES, ImportLimits()))
    assert not plan.acceptable
    assert set(plan.report.not_used_files) == {path.name for path in folder.glob("*.csv")}


def test_file_whose_name_ends_in_capitals_is_told_as_not_used(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id\nada\n", encoding="utf-8")
    (tmp_path / "TASKS.CSV").write_text("id\nt1\n", encoding="utf-8")
    assert plan_import(read_folder(tmp_path, FILES, ImportLimits())).report.not_used_files == ("TASKS.CSV",)


def test_report_names_the_folder_that_was_given_as_a_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "people.csv").write_text("id\nada\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert plan_import(read_folder(Path(), FILES, ImportLimits())).report.folder == tmp_path.name


def test_amount_with_an_exponent_is_stored_as_it_is_exported() -> None:
    graph = graph_of({"tasks.csv": "id,value,currency\na,1E+3,USD\nb,1e-3,USD\nc,1.50,USD\n"})
    assert digest(graph_of(export_texts(graph))) == digest(graph)
