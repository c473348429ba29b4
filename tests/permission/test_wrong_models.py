"""Every wrong model is refused with the kind of its problem, its line and its column; and all problems are told."""

import json

import pytest

from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.language.problems import PROBLEMS_MAX
from graph_api.permission.language.syntax import BRACKET_LEVELS_MAX
from graph_api.permission.language.text import JSON_BYTES_MAX, MODEL_BYTES_MAX
from graph_api.permission.language.writing import write_json
from graph_api.permission.parsing import parse_model
from tests.permission.cases import CONDITION, HEAD, Case, doc
from tests.permission.wrong_meaning import WRONG_MEANING
from tests.permission.wrong_syntax import WRONG_SYNTAX

CASES = [*WRONG_SYNTAX, *WRONG_MEANING]


def refusal(text: str) -> PermissionGraphError:
    with pytest.raises(PermissionGraphError) as caught:
        parse_model(text)
    return caught.value


def places(error: PermissionGraphError) -> list[tuple[str, int | None, int | None]]:
    return [(problem.name, problem.line, problem.column) for problem in error.problems]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_wrong_model_is_refused_with_line_and_column(case: Case) -> None:
    error = refusal(case.text)
    assert places(error) == [(case.name, case.line, case.column)]
    assert (error.line, error.column, error.code) == (case.line, case.column, Code.INVALID_AUTHORIZATION_MODEL)
    assert error.message.endswith((".", "?"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_line_ends_of_windows_change_no_place(case: Case) -> None:
    assert places(refusal(case.text.replace("\n", "\r\n"))) == [(case.name, case.line, case.column)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_comment_above_moves_the_place_by_its_lines(case: Case) -> None:
    moved = None if case.line is None else case.line + 2
    assert places(refusal(f"# what's [this\n  # and (that\n{case.text}")) in (
        [(case.name, moved, case.column)],
        # A text that is empty but for comments is wrong where it begins, which is its last line.
        [(case.name, 3, 1)],
    )


def test_every_kind_of_case_has_its_own_title() -> None:
    assert len({case.title for case in CASES}) == len(CASES) >= 60


def test_all_problems_of_a_model_are_told_together() -> None:
    text = doc(
        "define a: [users, user, user]",
        "define b: nobody or a or a",
        "define c: [user with soon] or c from a",
        "define d: x from parent",
    )
    assert places(refusal(text)) == [
        ("invalid-type", 6, 16),
        ("duplicated-error", 6, 29),
        ("missing-definition", 7, 15),
        ("duplicated-error", 7, 30),
        ("condition-not-defined", 8, 16),
        ("invalid-relation-type", 8, 35),
        ("invalid-relation-type", 9, 22),
    ]


def test_syntax_errors_of_several_definitions_are_told_together() -> None:
    text = doc("define a: [user", "define b: a or a and a", "define c: [user]", "define d: (a", "defin e: a")
    assert places(refusal(text)) == [
        ("invalid-syntax", 7, 5),
        ("mixed-operators", 7, 22),
        ("invalid-syntax", 9, 17),
        ("invalid-syntax", 10, 5),
    ]


@pytest.mark.parametrize("last", ["define b", "define b: [user]", "define b {", "x"])
def test_a_brace_that_is_never_closed_is_told_once_at_the_end(last: str) -> None:
    error = refusal(doc("define a: [user with c]") + f"condition c(x: int) {{\n  {last}")
    assert places(error) == [("invalid-syntax", 8, len(last) + 3)]


def test_impossible_relations_and_unused_conditions_are_told_together() -> None:
    text = doc("define a: [doc#a]", "define b: b", "define c: [doc#c] or b") + "condition late(x: int) { x < 3 }\n"
    assert places(refusal(text)) == [
        ("relation-no-entry-point", 6, 12),
        ("cyclic-relation", 7, 12),
        ("condition-not-used", 9, 11),
    ]


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        (HEAD + "typ doc\n", "Did you mean `type`?"),
        (doc("define a: [usr]"), "Did you mean `user`?"),
        (doc("define reader: [user]", "define a: raeder"), "Did you mean `reader`?"),
        (doc("define a: [user, doc#b]"), None),
        (doc("define parent: [doc]", "define a: [user] or a from parnt"), "Did you mean `parent`?"),
        (CONDITION + "condition cc(x: int) { x < 3 }\n", "Did you mean `cc`?"),
        (CONDITION + "condition c(until: int) { untl < 3 }\n", "Did you mean `until`?"),
        (CONDITION + "condition c(x: sting) { x == '' }\n", "Did you mean `string`?"),
        (doc("define a: [user]", "define b: a or a and a"), "Put parentheses around what belongs together."),
        (doc("define or: [user]"), "`or` is a word of the language; use another name."),
    ],
)
def test_wrong_name_comes_with_the_nearest_one(text: str, suggestion: str | None) -> None:
    assert refusal(text).problems[0].suggestion == suggestion


def test_message_counts_what_else_is_wrong() -> None:
    error = refusal(doc("define a: [users]", "define b: [users]"))
    assert str(error) == "The type `users` is not defined. (and 1 more) Did you mean `user`?"
    assert [str(each)[:5] for each in error.problems] == ["6:16:", "7:16:"]


def test_many_wrong_names_among_many_are_told_in_short_time() -> None:
    error = refusal(doc("define a: [user]", *(f"define r{number}: s{number}" for number in range(8_000))))
    assert len(error.problems) == PROBLEMS_MAX


def test_problems_beyond_the_limit_are_left_out() -> None:
    error = refusal(doc(*(f"define r{number}: [nothing]" for number in range(PROBLEMS_MAX + 20))))
    assert len(error.problems) == PROBLEMS_MAX


def test_model_beyond_its_limit_of_bytes_is_not_looked_at() -> None:
    error = refusal(HEAD + "# " + "a" * MODEL_BYTES_MAX)
    assert (error.code, error.line) == (Code.EXCEEDED_ENTITY_LIMIT, None)


def test_files_of_a_model_count_together_towards_its_limit_of_bytes() -> None:
    half = "type doc{}\n# " + "a" * (MODEL_BYTES_MAX // 2)
    with pytest.raises(PermissionGraphError, match="at most 262,144 are allowed") as caught:
        parse_model(modules={f"{number}.fga": f"module m{number}\n{half.format(number)}" for number in range(2)})
    assert caught.value.code == Code.EXCEEDED_ENTITY_LIMIT
    assert parse_model(modules={"one.fga": f"module m\n{half.format(1)}"}).model.types.keys() == {"doc1"}


def test_json_that_is_as_long_as_its_text_may_be_is_read() -> None:
    model = parse_model(doc(*(f"define r{number}: [user]" for number in range(5_000)))).model
    text = json.dumps(write_json(model))
    assert len(text) > MODEL_BYTES_MAX
    assert parse_model(text).model == model
    assert refusal(text + " " * JSON_BYTES_MAX).code == Code.EXCEEDED_ENTITY_LIMIT


@pytest.mark.parametrize("blank", ["\t", " "])
@pytest.mark.parametrize("sign", ["a", "é", "中", "\U0001f600"])
def test_a_tab_and_a_sign_of_several_bytes_are_one_column_each(blank: str, sign: str) -> None:
    text = doc("define a: [user with c]") + f'condition c(x: string) {{\n{blank}x == "{sign}" &&{blank}y\n}}\n'
    assert places(refusal(text)) == [("condition-not-valid", 8, 14)]


def test_parentheses_beyond_their_limit_are_not_parsed() -> None:
    text = doc("define a: " + "(" * (BRACKET_LEVELS_MAX + 1) + "[user]" + ")" * (BRACKET_LEVELS_MAX + 1))
    assert places(refusal(text)) == [("nested-too-deep", 6, 15 + BRACKET_LEVELS_MAX)]
    inside = doc("define a: " + "(" * BRACKET_LEVELS_MAX + "[user]" + ")" * BRACKET_LEVELS_MAX)
    assert parse_model(inside).model == parse_model(doc("define a: [user]")).model


def test_braces_beyond_their_limit_are_not_parsed() -> None:
    text = CONDITION + "condition c(x: int) " + "{\n" * (BRACKET_LEVELS_MAX + 1)
    assert places(refusal(text)) == [("nested-too-deep", 7 + BRACKET_LEVELS_MAX, 1)]
