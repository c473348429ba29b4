"""What the tests of store files came to, for a reader and as JSON."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from graph_api.permission.errors import ModelProblem
from graph_api.permission.files.running import Answer, AssertionReport, StoreReport, TestReport
from graph_api.permission.files.values import json_text, json_value


class FileReport(msgspec.Struct, frozen=True):
    """One file: its tests, or what is wrong with it; and what is doubtful about its model."""

    file: str
    report: StoreReport | None = None
    problems: tuple[ModelProblem, ...] = ()
    warnings: tuple[ModelProblem, ...] = ()

    @property
    def passed(self) -> bool:
        """Tell whether it could be read and every test passed."""
        return self.report is not None and self.report.passed


def reports_as_json(reports: Iterable[FileReport]) -> str:
    """Return the reports of all files as JSON text."""
    files = [_form(each) for each in reports]
    whole = {"passed": all(file["passed"] for file in files), "files": files}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()


def _form(each: FileReport) -> dict[str, Any]:
    report = each.report
    form: dict[str, Any] = {"file": each.file, "passed": each.passed}
    if report is not None:
        form |= {"name": report.name, "tests": [_test_form(test) for test in report.tests]}
    form["problems"] = [_problem_form(problem) for problem in each.problems]
    form["warnings"] = [_problem_form(problem) for problem in each.warnings]
    return form


def _test_form(test: TestReport) -> dict[str, Any]:
    assertions = [msgspec.to_builtins(each) for each in test.assertions]
    form = {"name": test.name, "description": test.description, "passed": test.passed, "assertions": assertions}
    return form if test.error is None else {**form, "error": test.error}


def _problem_form(problem: ModelProblem) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(problem).items() if value is not None}


def report_as_text(each: FileReport) -> str:
    """Return the report of a file for a reader: a headline, then what failed and why."""
    if each.report is None:
        lines = [f"{each.file}: it cannot be read, {_plural(len(each.problems), 'problem')}:"]
        return "\n".join([*lines, *(f"  {problem}" for problem in each.problems)])
    failed = [test for test in each.report.tests if not test.passed]
    lines = [_headline(each.file, each.report), *(line for test in failed for line in _failed(test))]
    return "\n".join([*lines, *(f"  warning: {problem}" for problem in each.warnings)])


def _headline(file: str, report: StoreReport) -> str:
    name = f" ({report.name})" if report.name else ""
    if not report.tests:
        return f"{file}{name}: the model is valid; there is no test."
    assertions = [each.passed for test in report.tests for each in test.assertions]
    passed = sum(test.passed for test in report.tests)
    word = "passed" if report.passed else "FAILED"
    return (
        f"{file}{name}: {word}, {passed} of {_plural(len(report.tests), 'test')}, "
        f"{sum(assertions)} of {_plural(len(assertions), 'assertion')} passed."
    )


def _failed(test: TestReport) -> Iterator[str]:
    yield f"  FAILED {test.name}"
    if test.error is not None:
        yield f"    It cannot begin: {test.error}"
    for each in test.assertions:
        if not each.passed:
            yield from _told(each)


def _told(each: AssertionReport) -> Iterator[str]:
    place = f"line {each.line}: " if each.line is not None else ""
    yield f"    {place}{question(each)}: expected {_answer(each.expected)}, got {_got(each)}"
    if not isinstance(each.expected, bool) and isinstance(each.got, tuple):
        yield from _difference("missing", each.expected, each.got)
        yield from _difference("not expected", each.got, each.expected)
    if each.explanation is not None:
        yield from (f"      {line}" for line in each.explanation.splitlines())


def question(each: AssertionReport) -> str:
    """Say what was asked."""
    context = f" with {json_text(json_value(each.context))}" if each.context else ""
    if each.kind == "list_users":
        return f"{each.kind} {each.object} {each.relation} [{', '.join(each.filters)}]{context}"
    return f"{each.kind} {each.user} {each.relation} {each.object or each.type}{context}"


def _got(each: AssertionReport) -> str:
    return f"an error: {each.error}" if each.error is not None else _answer(each.got)


def _answer(answer: Answer | None) -> str:
    if answer is None or isinstance(answer, bool):
        return str(answer).lower()
    return f"[{', '.join(answer)}]"


def _difference(word: str, these: tuple[str, ...], those: tuple[str, ...]) -> Iterator[str]:
    only = sorted(set(these) - set(those))
    if only:
        yield f"      {word}: {', '.join(only)}"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"
