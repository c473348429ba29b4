"""Every broken file is refused with the kind, the line, the column and the field of all that is wrong with it."""

import pytest

from graph_api.permission.errors import Code
from graph_api.permission.files.source import FileProblem
from graph_api.permission.files.store_reading import read_store
from graph_api.permission.files.tuple_reading import TupleFormat, format_of, read_tuples
from tests.permission.files.broken import Broken, nothing, refusal, told
from tests.permission.files.broken_stores import BROKEN_STORES
from tests.permission.files.broken_tuples import BROKEN_CSV, BROKEN_JSON
from tests.permission.files.broken_yaml import BROKEN_MODELS, BROKEN_YAML

TUPLES = [*BROKEN_CSV, *BROKEN_JSON]


def identity(case: Broken) -> str:
    return f"{case.name}: {case.title}"


@pytest.mark.parametrize("case", TUPLES, ids=identity)
def test_broken_file_of_tuples_is_told_with_every_place(case: Broken) -> None:
    error = refusal(lambda: read_tuples(case.content, format_of(case.name), case.name))
    assert told(error) == sorted(case.told, key=lambda each: each[1:3])
    assert {problem.file for problem in error.problems} == {case.name}
    assert (error.code, error.line, error.column) == (Code.VALIDATION_ERROR, *told(error)[0][1:3])
    assert all(problem.message.endswith((".", "?")) for problem in error.problems)


@pytest.mark.parametrize("case", [*BROKEN_YAML, *BROKEN_STORES, *BROKEN_MODELS], ids=identity)
def test_broken_store_is_told_with_every_place(case: Broken) -> None:
    error = refusal(lambda: read_store(case.content, case.name, nothing))
    assert told(error) == case.told
    assert {problem.file for problem in error.problems} == {case.name}
    assert (error.line, error.column) == case.told[0][1:3]
    of_the_model = not any(isinstance(problem, FileProblem) for problem in error.problems)
    assert error.code == (Code.INVALID_AUTHORIZATION_MODEL if of_the_model else Code.VALIDATION_ERROR)


@pytest.mark.parametrize("case", [case for case in BROKEN_YAML if case.told[0][3] is None][:-1], ids=identity)
def test_broken_yaml_is_told_alike_as_a_file_of_tuples(case: Broken) -> None:
    error = refusal(lambda: read_tuples(case.content, TupleFormat.YAML, case.name))
    assert told(error)[0][:3] == case.told[0][:3]


def test_there_are_many_kinds_of_broken_files() -> None:
    cases = [*TUPLES, *BROKEN_YAML, *BROKEN_STORES, *BROKEN_MODELS]
    assert len({(case.name, case.title) for case in cases}) == len(cases) > 140
