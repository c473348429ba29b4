"""Tests of store files run on the permission graph, and every assertion is told with what came out and why."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from graph_api.permission import Condition, PermissionGraph, RelationshipTuple
from graph_api.permission.errors import ModelProblem
from graph_api.permission.files.folder import read_store_at
from graph_api.permission.files.report import FileReport, report_as_text, reports_as_json
from graph_api.permission.files.running import AssertionReport, StoreReport, run_store_tests
from graph_api.permission.files.store import CheckTest, Expected, ListUsersTest, Store, StoreTest
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.parsing import parse_model
from tests.permission.cases import doc

FREIGHT = Path(__file__).parent / "freight"
DOCS = parse_model(
    doc("define viewer: [user]", "define blocked: [user]", "define reader: viewer but not blocked")
).model
A = RelationshipTuple("user:a", "viewer", "doc:1")
BLOCKED = RelationshipTuple("user:a", "blocked", "doc:1")


def asks(relation: str, *, answer: bool, user: str = "user:a") -> CheckTest:
    return CheckTest((user,), ("doc:1",), (Expected(relation, answer),))


def run(*tests: StoreTest, tuples: tuple[RelationshipTuple, ...] = (A,)) -> StoreReport:
    return run_store_tests(Store(DOCS, "Docs", tuples, tests), PermissionGraph)


def assertions(report: StoreReport) -> list[AssertionReport]:
    return [each for test in report.tests for each in test.assertions]


@pytest.fixture(scope="module")
def failing() -> StoreReport:
    return run_store_tests(read_store_at(FREIGHT / "failing.fga.yaml").store, PermissionGraph)


def test_store_of_two_cities_passes() -> None:
    report = run_store_tests(read_store_at(FREIGHT / "store.fga.yaml").store, PermissionGraph)
    assert [(test.name, test.passed, len(test.assertions)) for test in report.tests] == [
        ("those who carry a shipment see it", True, 7),
        ("a hold stops the release", True, 2),
        ("without a hold the carrier of the owning office releases", True, 2),
        ("papers are read by network and by the hour", True, 7),
    ]
    assert report.passed


def test_each_assertion_is_reported_with_what_was_expected_and_got(failing: StoreReport) -> None:
    assert [(each.kind, each.line, each.column, each.passed) for each in assertions(failing)] == [
        ("check", 9, 60, True),
        ("check", 15, 11, False),
        ("check", 16, 11, False),
        ("check", 19, 22, False),
        ("list_objects", 23, 22, False),
        ("list_objects", 24, 51, False),
        ("list_objects", 25, 53, False),
        ("list_users", 29, 22, False),
    ]
    assert [(each.expected, each.got) for each in assertions(failing)] == [
        (True, True),
        (True, False),
        (False, None),
        (False, None),
        (("shipment:41", "shipment:42"), ("shipment:42",)),
        ((), None),
        ((), None),
        (("user:lin",), ("user:lin", "user:wei")),
    ]
    assert [test.passed for test in failing.tests] == [True, False]
    assert not failing.passed


def test_failed_check_is_explained(failing: StoreReport) -> None:
    _, denied, unknown, undecided = assertions(failing)[:4]
    graph = PermissionGraph(read_store_at(FREIGHT / "failing.fga.yaml").store.model)
    graph.write(add=read_store_at(FREIGHT / "failing.fga.yaml").store.tuples)
    assert denied.explanation == graph.explain("user:rosa", "see", "shipment:42").text
    assert (unknown.error, unknown.explanation) == (
        "The type `shipment` has no relation `owned`. Did you mean `owner`?",
        None,
    )
    assert undecided.error == "It depends on `now`, which the context does not give."
    assert undecided.explanation == graph.explain("user:rosa", "member", "swarm:customs").text


def test_list_that_has_no_answer_says_why(failing: StoreReport) -> None:
    _, unknown, undecided, _ = assertions(failing)[4:]
    assert unknown.error == "The model has no type `ship`. Did you mean `shipment`?"
    assert undecided.error is not None
    assert "now" in undecided.error


def test_passed_check_is_not_explained() -> None:
    assert [each.explanation for each in assertions(run(StoreTest("t", check=(asks("viewer", answer=True),))))] == [
        None
    ]


def test_check_that_depends_on_the_context_is_neither_true_nor_false() -> None:
    model = parse_model(doc("define viewer: [user with c]") + "condition c(x: int) {\n  x < 3\n}\n").model
    given = PermissionGraph(model)
    conditional = RelationshipTuple("user:a", "viewer", "doc:1", Condition("c"))
    for answer in (True, False):
        test = StoreTest("t", check=(asks("viewer", answer=answer),))
        (report,) = assertions(run_store_tests(Store(model, tuples=(conditional,), tests=(test,)), lambda _: given))
        assert (report.passed, report.got, report.error) == (
            False,
            None,
            "It depends on `x`, which the context does not give.",
        )


def test_every_user_is_checked_on_every_object() -> None:
    asked = CheckTest(
        ("user:a", "user:b"), ("doc:1", "doc:2"), (Expected("viewer", answer=True), Expected("reader", answer=True))
    )
    report = assertions(run(StoreTest("t", check=(asked,))))
    assert [(each.user, each.object, each.relation, each.passed) for each in report] == [
        (user, target, relation, (user, target) == ("user:a", "doc:1"))
        for user in asked.users
        for target in asked.objects
        for relation in ("viewer", "reader")
    ]


def test_tuples_of_a_test_count_in_it_alone() -> None:
    readers = [StoreTest(f"t{number}", check=(asks("reader", answer=True),)) for number in range(2)]
    blocked = StoreTest("blocked", tuples=(BLOCKED,), check=(asks("reader", answer=False),))
    assert run(readers[0], blocked, readers[1]).passed
    assert run(blocked, *readers).passed


def test_tuple_of_a_test_replaces_that_of_the_store() -> None:
    late = RelationshipTuple("user:a", "viewer", "doc:1", None, datetime(2026, 1, 1, tzinfo=UTC))
    ended = StoreTest("ended", tuples=(late,), check=(asks("viewer", answer=False),))
    lasting = StoreTest("lasting", check=(asks("viewer", answer=True),))
    assert run(ended, lasting).passed


def at(instant: datetime) -> Callable[[AuthorizationModel], PermissionGraph]:
    return lambda model: PermissionGraph(model, clock=lambda: instant)


@pytest.mark.parametrize(("second", "answer"), [(0, True), (1, False)])
def test_expiry_is_judged_by_the_clock_of_the_graph(second: int, *, answer: bool) -> None:
    late = RelationshipTuple("user:a", "viewer", "doc:1", None, datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC))
    test = StoreTest("t", check=(asks("viewer", answer=answer),))
    assert run_store_tests(
        Store(DOCS, tuples=(late,), tests=(test,)), at(datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC))
    ).passed


def test_list_is_the_same_in_any_order() -> None:
    both = (A, RelationshipTuple("user:b", "viewer", "doc:1"))
    asked = ListUsersTest("doc:1", ("user",), (Expected("viewer", ("user:b", "user:a")),))
    assert run(StoreTest("t", list_users=(asked,)), tuples=both).passed


def test_test_whose_tuples_the_model_forbids_says_so_and_the_others_run() -> None:
    forbidden = StoreTest(
        "t", tuples=(RelationshipTuple("user:a", "owner", "doc:1"),), check=(asks("viewer", answer=True),)
    )
    wrong, right = run(forbidden, StoreTest("u", check=(asks("viewer", answer=True),))).tests
    assert (wrong.passed, wrong.assertions, wrong.error) == (False, (), "The type `doc` has no relation `owner`.")
    assert right.passed


def test_report_for_a_reader_tells_what_failed_and_why(failing: StoreReport) -> None:
    denied, _, undecided = assertions(failing)[1:4]
    lines = report_as_text(FileReport("failing.fga.yaml", failing)).splitlines()
    assert lines[:3] == [
        "failing.fga.yaml (Freight, wrongly expected): FAILED, 1 of 2 tests, 1 of 8 assertions passed.",
        "  FAILED what is expected wrongly",
        "    line 15: check user:rosa see shipment:42: expected true, got false",
    ]
    assert f"      {denied.explanation}" in lines
    assert (
        f"    line 19: check user:rosa member swarm:customs: expected false, got an error: {undecided.error}" in lines
    )
    start = lines.index(
        "    line 23: list_objects user:wei see shipment: expected [shipment:41, shipment:42], got [shipment:42]"
    )
    assert lines[start + 1] == "      missing: shipment:41"
    assert lines[-2:] == [
        "    line 29: list_users shipment:42 see [user]: expected [user:lin], got [user:lin, user:wei]",
        "      not expected: user:wei",
    ]


def test_report_of_what_passed_is_one_line() -> None:
    report = run(StoreTest("t", check=(asks("viewer", answer=True),)))
    assert (
        report_as_text(FileReport("a.yaml", report)) == "a.yaml (Docs): passed, 1 of 1 test, 1 of 1 assertion passed."
    )
    model = run_store_tests(Store(DOCS), PermissionGraph)
    assert report_as_text(FileReport("a.fga", model)) == "a.fga: the model is valid; there is no test."


def test_report_of_a_file_that_cannot_be_read_lists_its_problems() -> None:
    problems = (ModelProblem("x", "Wrong.", "Mend it.", 3, 4, "a.yaml"), ModelProblem("y", "Worse.", file="b.csv"))
    report = FileReport("a.yaml", problems=problems)
    assert report_as_text(report).splitlines() == [
        "a.yaml: it cannot be read, 2 problems:",
        "  a.yaml:3:4: Wrong. Mend it.",
        "  b.csv: Worse.",
    ]
    assert not report.passed


def test_warnings_stand_at_the_end_of_the_report() -> None:
    report = FileReport("a.yaml", run(), warnings=(ModelProblem("w", "Doubtful.", line=7, column=2, file="a.yaml"),))
    assert report_as_text(report).splitlines()[-1] == "  warning: a.yaml:7:2: Doubtful."


def test_report_as_json_says_the_same(failing: StoreReport) -> None:
    good = FileReport("good.yaml", run(StoreTest("t", "why", check=(asks("viewer", answer=True),))))
    wrong = FileReport("wrong.yaml", problems=(ModelProblem("x", "Wrong.", None, 3, 4, "a.yaml"),))
    whole: dict[str, Any] = json.loads(reports_as_json([good, FileReport("failing.yaml", failing), wrong]))
    assert whole["passed"] is False
    assert [(file["file"], file["passed"]) for file in whole["files"]] == [
        ("good.yaml", True),
        ("failing.yaml", False),
        ("wrong.yaml", False),
    ]
    check = {
        "kind": "check",
        "relation": "viewer",
        "passed": True,
        "expected": True,
        "got": True,
        "user": "user:a",
        "object": "doc:1",
    }
    assert whole["files"][0]["tests"] == [{"name": "t", "description": "why", "passed": True, "assertions": [check]}]
    listed = whole["files"][1]["tests"][1]["assertions"][3]
    assert (listed["expected"], listed["got"], listed["line"]) == (["shipment:41", "shipment:42"], ["shipment:42"], 23)
    problem = {"name": "x", "message": "Wrong.", "line": 3, "column": 4, "file": "a.yaml"}
    assert whole["files"][2] == {"file": "wrong.yaml", "passed": False, "problems": [problem], "warnings": []}
    assert json.loads(reports_as_json([good]))["passed"] is True
