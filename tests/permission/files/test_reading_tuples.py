"""Tuples are read in every shape that OpenFGA's tools write, and nothing that is wrong gets in."""

from datetime import UTC, datetime

import pytest

from graph_api.permission.conditions import compile_condition
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.files.csv_text import csv_line
from graph_api.permission.files.source import FileLimits
from graph_api.permission.files.tuple_reading import TupleFormat, format_of, read_tuples
from graph_api.permission.files.values import json_text
from graph_api.permission.language.problems import PROBLEMS_MAX
from graph_api.permission.parsing import parse_model
from graph_api.permission.tuples import Condition, RelationshipTuple, TupleRules
from tests.permission.cases import doc
from tests.permission.files.broken import refusal, told

A = RelationshipTuple("user:a", "viewer", "doc:1")
B = RelationshipTuple("group:x#member", "viewer", "doc:1", Condition("soon", {"x": 1}))
JSON_A = '{"user": "user:a", "relation": "viewer", "object": "doc:1"}'
JSON_B = (
    '{"user": "group:x#member", "relation": "viewer", "object": "doc:1",'
    ' "condition": {"name": "soon", "context": {"x": 1}}}'
)
CSV_BOTH = (
    "user_type,user_id,user_relation,relation,object_type,object_id,condition_name,condition_context\n"
    "user,a,,viewer,doc,1,,\n"
    'group,x,member,viewer,doc,1,soon,"{""x"": 1}"\n'
)


NULLS_A = '{"user": "user:a", "relation": "viewer", "object": "doc:1", "condition": null, "expires_at": null}'
ESCAPED_A = r'{"user": "us\u0065r:a", "relation": "view\u0065r", "object": "doc:1"}'
STORED = f'{{"key": {JSON_A}}}, {{"key": {JSON_B}, "timestamp": "2026-01-01T00:00:00Z"}}'
JSON_SHAPES = {
    "a list": f"[{JSON_A}, {JSON_B}]",
    "keys": f'{{"tuple_keys": [{JSON_A}, {JSON_B}]}}',
    "an answer of the API": f'{{"tuples": [{STORED}], "continuation_token": ""}}',
    "a mark and line ends": f"\ufeff\r\n\t[\r\n\t{JSON_A},\r\n\t{JSON_B}\r\n]\r\n",
    "nulls": f"[{NULLS_A}, {JSON_B}]",
    "escapes": f"[{ESCAPED_A}, {JSON_B}]",
}
JSONL_SHAPES = {
    "plain": f"{JSON_A}\n{JSON_B}\n",
    "blank lines": f"{JSON_A}\r\n\r\n  \n{JSON_B}",
    "stored": f'\ufeff{{"key": {JSON_A}}}\n{JSON_B}\n',
}
WHOLE_CSV = """user,relation,object,condition_name,condition_context
user:a,viewer,doc:1,,
"group:x#member",viewer,doc:1,soon,"{""x"":
1}"
"""
TURNED_CSV = """object,condition_context,condition_name,user,relation
doc:1,,,user:a,viewer
doc:1,"{""x"":1}",soon,group:x#member,viewer
"""
CSV_SHAPES = {
    "plain": CSV_BOTH,
    "of Windows": "\ufeff" + CSV_BOTH.replace("\n", "\r\n"),
    "of old": CSV_BOTH.replace("\n", "\r"),
    "blank lines": CSV_BOTH.replace("\n", "\n\n \n").rstrip(),
    "blanks in the header": CSV_BOTH.replace("user_type,user_id", " user_type , user_id"),
    "whole": WHOLE_CSV,
    "another order": TURNED_CSV,
    "a userset in the id": CSV_BOTH.replace("group,x,member", "group,x#member,"),
}
BLOCK_YAML = """
- user: user:a
  relation: viewer
  object: doc:1
- user: group:x#member
  relation: viewer
  object: doc:1
  condition:
    name: soon
    context:
      x: 1
"""
QUOTED_YAML = """tuple_keys:
- {user: 'user:a', relation: !!str viewer, object: "doc:1", condition: ~}
- {user: group:x#member, relation: viewer, object: doc:1, condition: {name: soon, context: {x: 0x1}}}
"""
YAML_SHAPES = {"blocks": BLOCK_YAML, "JSON": JSON_SHAPES["a list"], "quotes": QUOTED_YAML}
SHAPES = [
    (form, title, text)
    for form, shapes in (
        (TupleFormat.JSON, JSON_SHAPES),
        (TupleFormat.JSONL, JSONL_SHAPES),
        (TupleFormat.CSV, CSV_SHAPES),
        (TupleFormat.YAML, YAML_SHAPES),
    )
    for title, text in shapes.items()
]


@pytest.mark.parametrize(("form", "title", "text"), SHAPES, ids=[f"{form}: {title}" for form, title, _ in SHAPES])
def test_tuples_are_read_in_every_shape(form: TupleFormat, title: str, text: str) -> None:
    assert read_tuples(text, form, title) == (A, B)
    assert read_tuples(text.encode(), form, title) == (A, B)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("17", 17),
        ("-0x1F", "-0x1F"),
        ("0o17", 15),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("007", "007"),
        ("1:30", "1:30"),
        ("yes", "yes"),
        ("off", "off"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("'17'", "17"),
        ("!!str 17", "17"),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        ("9" * 401, "9" * 401),
        ("[1, {a: b}]", [1, {"a": "b"}]),
    ],
)
def test_words_of_yaml_mean_what_version_1_2_says(written: str, read: object) -> None:
    text = (
        f"- user: user:a\n  relation: viewer\n  object: doc:1\n  condition: {{name: c, context: {{x: {written} }}}}\n"
    )
    condition = read_tuples(text, TupleFormat.YAML)[0].condition
    assert condition is not None
    assert condition.context == {"x": read}
    assert type(condition.context["x"]) is type(read)


def test_alias_stands_for_what_it_names() -> None:
    text = (
        "- {user: user:a, relation: viewer, object: doc:1, condition: &soon {name: soon, context: {x: 1}}}\n"
        "- {user: user:b, relation: viewer, object: doc:1, condition: *soon}\n"
    )
    first, second = read_tuples(text, TupleFormat.YAML)
    assert first.condition == second.condition == Condition("soon", {"x": 1})


def test_expiry_is_read_as_an_instant() -> None:
    text = "user,relation,object,expires_at\nuser:a,viewer,doc:1,2026-09-01T08:00:00.5+08:00\nuser:b,viewer,doc:1,\n"
    first, second = read_tuples(text, TupleFormat.CSV)
    assert (first.expires_at, second.expires_at) == (datetime(2026, 9, 1, 0, 0, 0, 500_000, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (TupleFormat.CSV, "user,relation,object\n"),
        (TupleFormat.JSON, "[]"),
        (TupleFormat.JSONL, ""),
        (TupleFormat.YAML, "[]"),
    ],
)
def test_file_without_tuples_is_no_error(form: TupleFormat, text: str) -> None:
    assert read_tuples(text, form) == ()


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.csv", "csv"), ("a.b.JSON", "json"), ("a/b.jsonl", "jsonl"), ("a.yaml", "yaml"), ("a.fga.yml", "yaml")],
)
def test_format_is_told_by_the_end_of_the_name(name: str, form: str) -> None:
    assert format_of(name) == form


@pytest.mark.parametrize("name", ["a", "a.txt", "csv", ".", "", "a.csv.gz"])
def test_file_of_another_format_is_refused(name: str) -> None:
    if name == "csv":
        assert format_of(name) is TupleFormat.CSV
    else:
        with pytest.raises(PermissionGraphError, match="is no file of tuples"):
            format_of(name)


def test_problems_are_told_up_to_a_hundred_and_the_first_first() -> None:
    rows = "".join(f"user{number},viewer,doc:1\n" for number in range(10_000))
    error = refusal(lambda: read_tuples(f"user,relation,object\n{rows}", TupleFormat.CSV, "t.csv"))
    assert len(error.problems) == PROBLEMS_MAX
    assert [problem.line for problem in error.problems] == list(range(2, PROBLEMS_MAX + 2))
    assert (error.line, error.column) == (2, 1)
    assert error.message == "`user0` is no user. (and 99 more)"
    assert str(error.problems[0]).startswith("t.csv:2:1: user: `user0` is no user. Write `type:id`")


@pytest.mark.parametrize("form", [TupleFormat.JSONL, TupleFormat.JSON, TupleFormat.YAML])
def test_problems_of_other_formats_are_bounded_too(form: TupleFormat) -> None:
    lines = ['{"user": 1}'] * 1000
    text = "\n".join(lines) if form is TupleFormat.JSONL else f"[{','.join(lines)}]"
    assert len(refusal(lambda: read_tuples(text, form)).problems) == PROBLEMS_MAX


def test_cell_of_ten_megabytes_is_told_with_its_place() -> None:
    cell = "{" + '""x"": ""' + "y" * 10_000_000 + '""}'
    text = f'user,relation,object,condition_name,condition_context\nuser:a,viewer,doc:1,c,"{cell}"\n'
    error = refusal(lambda: read_tuples(text, TupleFormat.CSV))
    assert told(error) == [("too-large", 2, 23, "condition_context")]
    assert "10,000,009 bytes; at most 1,000,000" in error.message


def test_cell_of_ten_megabytes_is_read_where_it_is_allowed() -> None:
    value = '"\\\n' * 100_000 + "y" * 10_000_000
    row = csv_line(["user:a", "viewer", "doc:1", "c", json_text({"x": value})])
    text = f"user,relation,object,condition_name,condition_context\n{row}"
    condition = read_tuples(text, TupleFormat.CSV, limits=FileLimits(cell_max_bytes=20_000_000))[0].condition
    assert condition == Condition("c", {"x": value})


@pytest.mark.parametrize("form", list(TupleFormat))
def test_file_beyond_its_limit_is_refused_before_it_is_read(form: TupleFormat) -> None:
    limits = FileLimits(file_max_bytes=10, yaml_max_bytes=10)
    for content in ("é" * 6, b"x" * 11):
        error = refusal(lambda content=content: read_tuples(content, form, limits=limits))
        assert told(error) == [("too-large", 1, 1, None)]


def test_tuples_that_a_model_forbids_are_told_with_their_places() -> None:
    model = parse_model(doc("define viewer: [user, user with c]") + "condition c(x: int) {\n  x < 3\n}\n").model
    rules = TupleRules(model, {name: compile_condition(each) for name, each in model.conditions.items()})
    rows = [
        "user:a,viewer,doc:1,,",
        "user:b,viewer,doc:1,d,",
        'user:c,viewer,doc:1,c,"{""y"": 1}"',
        "doc:1,viewer,doc:1,,",
    ]
    text = "\n".join(["user,relation,object,condition_name,condition_context", *rows])
    assert len(read_tuples(text, TupleFormat.CSV)) == 4
    error = refusal(lambda: read_tuples(text, TupleFormat.CSV, rules=rules))
    assert told(error) == [("not-allowed", line, 1, None) for line in (3, 4, 5)]


def test_one_wrong_row_keeps_all_the_others_out() -> None:
    rows = "".join(f"user:{number},viewer,doc:1\n" for number in range(1000))
    text = f"user,relation,object\n{rows}user:a,viewer,doc\n"
    assert told(refusal(lambda: read_tuples(text, TupleFormat.CSV))) == [("wrong-value", 1002, 15, "object")]
