"""What is written to a file is read as the same, in every format and from one to the other."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.files.store import CheckTest, Expected, Store, StoreTest
from graph_api.permission.files.store_reading import read_store
from graph_api.permission.files.store_writing import MOD_FILE, STORE_FILE, TUPLE_FILE, write_store, write_store_files
from graph_api.permission.files.tuple_reading import TupleFormat, read_tuples
from graph_api.permission.files.tuple_writing import write_tuples
from graph_api.permission.language.text import MODEL_BYTES_MAX
from graph_api.permission.parsing import parse_model
from graph_api.permission.tuples import Condition, RelationshipTuple
from tests.permission.cases import HEAD, doc
from tests.permission.files.broken import nothing
from tests.permission.files.made import contexts, in_order, stores, tuples
from tests.permission.models import models

FORMATS = list(TupleFormat)
SOME = [
    RelationshipTuple("user:b", "viewer", "doc:1"),
    RelationshipTuple("group:x#member", "viewer", "doc:1", Condition("soon", {"b": [1, None], "a": 'é, "x"'})),
    RelationshipTuple("user:*", "viewer", "doc:2"),
]


@pytest.mark.parametrize("form", FORMATS)
@given(found=tuples())
@settings(max_examples=60, deadline=None)
def test_written_tuples_are_read_as_the_same(form: TupleFormat, found: list[RelationshipTuple]) -> None:
    text = write_tuples(found, form)
    read = read_tuples(text, form)
    assert read == in_order(found) == read_tuples(text.encode(), form)
    assert write_tuples(read, form) == text == write_tuples(reversed(found), form)


@given(found=tuples())
@settings(max_examples=30, deadline=None)
def test_other_readers_find_in_the_files_what_ours_does(found: list[RelationshipTuple]) -> None:
    users = [each.user for each in in_order(found)]
    rows = list(csv.DictReader(io.StringIO(write_tuples(found, TupleFormat.CSV), newline="")))
    joined = [
        f"{row['user_type']}:{row['user_id']}{'#' * bool(row['user_relation'])}{row['user_relation']}" for row in rows
    ]
    assert joined == users
    assert [each["user"] for each in json.loads(write_tuples(found, TupleFormat.JSON))] == users
    lines = write_tuples(found, TupleFormat.JSONL).removesuffix("\n").split("\n")
    assert [json.loads(line)["user"] for line in lines if line] == users
    loaded: list[dict[str, Any]] = yaml.safe_load(write_tuples(found, TupleFormat.YAML))
    assert [each["user"] for each in loaded] == users


def test_column_of_ours_is_written_where_it_is_needed_only() -> None:
    plain = write_tuples(SOME, TupleFormat.CSV)
    assert plain.startswith(
        "user_type,user_id,user_relation,relation,object_type,object_id,condition_name,condition_context\n"
    )
    late = RelationshipTuple("user:c", "viewer", "doc:1", None, datetime(2026, 9, 1, 8, tzinfo=UTC))
    assert (
        write_tuples([*SOME, late], TupleFormat.CSV).splitlines()[-1] == "user,c,,viewer,doc,1,,,2026-09-01T08:00:00Z"
    )


def test_files_of_tuples_look_as_they_should() -> None:
    condition = '{"name": "soon", "context": {"a": "é, \\"x\\"", "b": [1, null]}}'
    lines = [
        f'{{"user": "group:x#member", "relation": "viewer", "object": "doc:1", "condition": {condition}}}',
        '{"user": "user:*", "relation": "viewer", "object": "doc:2"}',
        '{"user": "user:b", "relation": "viewer", "object": "doc:1"}',
    ]
    assert write_tuples(SOME, TupleFormat.JSONL) == "".join(f"{line}\n" for line in lines)
    assert write_tuples(SOME, TupleFormat.JSON) == "[\n  " + ",\n  ".join(lines) + "\n]\n"
    row = 'group,x,member,viewer,doc,1,soon,"{""a"": ""é, \\""x\\"""", ""b"": [1, null]}"'
    assert write_tuples(SOME, TupleFormat.CSV).splitlines()[1] == row
    assert write_tuples(SOME, TupleFormat.YAML).splitlines()[1] == "- {user: user:*, relation: viewer, object: doc:2}"


def test_instants_and_durations_of_a_context_become_texts() -> None:
    context = {"when": datetime(2026, 1, 1, tzinfo=UTC), "long": timedelta(hours=1, microseconds=1), "pair": (1, 2)}
    written = RelationshipTuple("user:a", "viewer", "doc:1", Condition("c", context))
    read = read_tuples(write_tuples([written], TupleFormat.JSON), TupleFormat.JSON)[0].condition
    assert read == Condition("c", {"when": "2026-01-01T00:00:00Z", "long": "3600000001us", "pair": [1, 2]})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"x", {1}, "a\0", "\ud800", datetime(2026, 1, 1)])  # noqa: DTZ001  # it has no offset on purpose
@pytest.mark.parametrize("form", FORMATS)
def test_value_that_no_file_can_hold_is_refused(form: TupleFormat, value: object) -> None:
    wrong = RelationshipTuple("user:a", "viewer", "doc:1", Condition("c", {"x": [value]}))
    with pytest.raises(PermissionGraphError, match="No file can hold the value"):
        write_tuples([wrong], form)


def test_context_nested_too_deep_to_be_read_is_not_written() -> None:
    value: Any = 1
    for _ in range(60):
        value = [value]
    with pytest.raises(PermissionGraphError, match="No file can hold"):
        write_tuples([RelationshipTuple("user:a", "viewer", "doc:1", Condition("c", {"x": value}))], TupleFormat.JSON)


def test_expiry_without_offset_is_not_written() -> None:
    expires_at = datetime(2026, 1, 1)  # noqa: DTZ001  # it has no offset on purpose
    with pytest.raises(PermissionGraphError, match="no offset"):
        write_tuples([RelationshipTuple("user:a", "viewer", "doc:1", None, expires_at)], TupleFormat.CSV)


@given(stores(models()))
@settings(max_examples=40, deadline=None)
def test_written_store_is_read_as_the_same(store: Store) -> None:
    text = write_store(store)
    read = read_store(text, STORE_FILE, nothing).store
    assert read == store
    assert write_store(read) == text
    assert write_store_files(store) == {STORE_FILE: text}


@given(stores(models(("core", "docs", "billing"))))
@settings(max_examples=20, deadline=None)
def test_store_of_modules_is_read_as_the_same_from_one_file_and_from_several(store: Store) -> None:
    assert read_store(write_store(store), STORE_FILE, nothing).store == store
    files = write_store_files(store)
    assert f"model_file: {MOD_FILE}\n" in files[STORE_FILE]
    assert read_store(files.pop(STORE_FILE), STORE_FILE, lambda name: files[name].encode()).store == store


@given(context=contexts)
@settings(max_examples=40, deadline=None)
def test_context_of_a_test_is_read_as_the_same(context: dict[str, Any]) -> None:
    asked = CheckTest(("user:a",), ("doc:1",), (Expected("viewer", answer=True),), context)
    store = Store(parse_model(HEAD).model, tests=(StoreTest("t", check=(asked,)),))
    assert read_store(write_store(store), STORE_FILE, nothing).store == store
    assert yaml.safe_load(write_store(store))["tests"][0]["check"][0]["user"] == "user:a"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("length", [990, 1010, 3000])
def test_key_of_a_context_may_be_long(form: TupleFormat, length: int) -> None:
    context = {"k" * length: {"é" * length: 1, "\u2028" * length: [2]}}
    written = RelationshipTuple("user:a", "viewer", "doc:1", Condition("c", context))
    assert read_tuples(write_tuples([written], form), form) == (written,)


def test_model_that_the_dsl_cannot_say_is_written_as_json() -> None:
    model = parse_model({"schema_version": "1.1", "type_definitions": [{"type": "übung!"}]}).model
    text = write_store(Store(model))
    assert text.startswith('model: |\n  {\n    "schema_version": "1.1",\n    "type_definitions": [\n')
    assert read_store(text, STORE_FILE, nothing).store == Store(model)


def test_store_of_a_large_model_of_modules_is_read_as_the_same() -> None:
    """Modules stand in one file as JSON, which says the same in more bytes than a text may have."""
    relations = "".join(f"    define r{number}: [user]\n" for number in range(5_000))
    model = parse_model(modules={"m.fga": f"module m\ntype user\ntype doc\n  relations\n{relations}"}).model
    text = write_store(Store(model))
    assert len(text) > MODEL_BYTES_MAX
    assert read_store(text, STORE_FILE, nothing).store == Store(model)


@pytest.mark.parametrize("sign", ["\t", "\u2028", "\x85", "\x7f", "\ufeff", "\U0001f600"])
def test_model_with_a_sign_that_no_block_can_hold_is_read_as_the_same(sign: str) -> None:
    text = doc("define a: [user with c]") + f'condition c(x: string) {{\n  x == "a{sign}b"\n}}\n'
    store = Store(parse_model(text).model)
    assert read_store(write_store(store), STORE_FILE, nothing).store == store
    assert sign in store.model.conditions["c"].expression


def test_tuples_too_many_for_one_file_are_written_beside_it() -> None:
    model = parse_model(doc("define viewer: [user]")).model
    many = tuple(RelationshipTuple(f"user:{number:06}", "viewer", "doc:1") for number in range(20_000))
    with pytest.raises(PermissionGraphError, match=r"The store has [0-9,]+ bytes as one file"):
        write_store(Store(model, tuples=many))
    files = write_store_files(Store(model, "Many", many))
    assert set(files) == {STORE_FILE, TUPLE_FILE}
    assert read_store(files[STORE_FILE], STORE_FILE, lambda name: files[name].encode()).store == Store(
        model, "Many", many
    )


def test_written_store_looks_as_one_writes_it() -> None:
    model = parse_model(doc("define viewer: [user, user with c]") + "condition c(x: int) {\n  x < 3\n}\n").model
    answers = (Expected("viewer", answer=True), Expected("owner", answer=False))
    check = CheckTest(("user:a", "user:b"), ("doc:1",), answers, {"x": 1, "y": ["yes", "é"]})
    test = StoreTest("who sees it", "", (RelationshipTuple("user:a", "viewer", "doc:1"),), (check,))
    conditional = RelationshipTuple("user:b", "viewer", "doc:1", Condition("c", {"x": 2}))
    assert write_store(Store(model, "Docs", (conditional,), (test,))) == (
        "name: Docs\n"
        "model: |\n"
        "  model\n"
        "    schema 1.1\n"
        "\n"
        "  type user\n"
        "\n"
        "  type doc\n"
        "    relations\n"
        "      define viewer: [user, user with c]\n"
        "\n"
        "  condition c(x: int) {\n"
        "    x < 3\n"
        "  }\n"
        "tuples:\n"
        "  - user: user:b\n"
        "    relation: viewer\n"
        "    object: doc:1\n"
        "    condition: {name: c, context: {x: 2}}\n"
        "tests:\n"
        '  - name: "who sees it"\n'
        "    tuples:\n"
        "      - user: user:a\n"
        "        relation: viewer\n"
        "        object: doc:1\n"
        "    check:\n"
        "      - users: [user:a, user:b]\n"
        "        object: doc:1\n"
        '        context: {x: 1, "y": ["yes", "\u00e9"]}\n'
        "        assertions: {viewer: true, owner: false}\n"
    )
