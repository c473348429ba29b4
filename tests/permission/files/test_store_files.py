"""Store files are read as OpenFGA's command line reads them, with the files that they name."""

import os
from pathlib import Path

import pytest

from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.files.folder import read_store_at
from graph_api.permission.files.source import FileLimits
from graph_api.permission.files.store import CheckTest, Expected, ListObjectsTest, ListUsersTest, Store, StoreTest
from graph_api.permission.files.store_reading import read_store
from graph_api.permission.parsing import parse_model
from graph_api.permission.tuples import Condition, RelationshipTuple
from tests.permission.cases import HEAD, doc
from tests.permission.files.broken import MODEL, TUPLE, nothing, refusal, store, told, with_test

FREIGHT = Path(__file__).parent / "freight" / "store.fga.yaml"
A = RelationshipTuple("user:a", "viewer", "doc:1")
YES = Expected("viewer", answer=True)
DSL = doc("define viewer: [user, user with soon]") + "condition soon(x: int) {\n  x < 3\n}\n"


def test_store_is_read_with_all_its_parts() -> None:
    text = with_test(
        "description: who sees it",
        f"tuples: [{TUPLE}]",
        "check:",
        "  - {user: user:a, object: doc:1, context: {x: 1}, assertions: {viewer: true, owner: no}}",
        "  - {users: [user:a, user:b], objects: [doc:1, doc:2], assertions: {viewer: on}}",
        "list_objects:",
        "  - {user: user:a, type: doc, assertions: {viewer: [doc:1], owner: }}",
        "list_users:",
        "  - {object: doc:1, user_filter: [{type: user}, {type: group, relation: member}],",
        "     assertions: {viewer: {users: [user:a, 'user:*']}, owner: {users: }}}",
    )
    check = (
        CheckTest(("user:a",), ("doc:1",), (YES, Expected("owner", answer=False)), {"x": 1}),
        CheckTest(("user:a", "user:b"), ("doc:1", "doc:2"), (YES,)),
    )
    objects = ListObjectsTest("user:a", "doc", (Expected("viewer", ("doc:1",)), Expected("owner", ())))
    answers = (Expected("viewer", ("user:a", "user:*")), Expected("owner", ()))
    users = ListUsersTest("doc:1", ("user", "group#member"), answers)
    test = StoreTest("t", "who sees it", (A,), check, (objects,), (users,))
    assert read_store(text, "s.yaml", nothing).store == Store(parse_model(DSL).model, tests=(test,))


def test_assertions_know_their_places() -> None:
    text = with_test("check:", "  - user: user:a", "    object: doc:1", "    assertions:", "      viewer: true")
    (expected,) = read_store(text, "a/s.yaml", nothing).store.tests[0].check[0].assertions
    assert (expected.position.file, expected.position.line, expected.position.column) == ("a/s.yaml", 17, 11)


def test_store_in_json_is_read_too() -> None:
    text = (
        '{"name": "J", "model": "model\\n  schema 1.1\\ntype user\\n", "tuples": [], "tests": [{"name": "t", "check":'
        ' [{"user": "user:a", "object": "user:b", "assertions": {"viewer": true}}]}]}'
    )
    test = StoreTest("t", check=(CheckTest(("user:a",), ("user:b",), (YES,)),))
    assert read_store(text, "s.json", nothing).store == Store(parse_model(HEAD).model, "J", tests=(test,))


def test_test_without_name_is_called_by_its_number() -> None:
    text = store("tests:", "  - {}", "  - {name: , description: }")
    assert [test.name for test in read_store(text, "s.yaml", nothing).store.tests] == ["test 1", "test 2"]


def test_warnings_of_the_model_are_told_at_their_places() -> None:
    lines = ["define parent: [user, doc]", "define viewer: [user] or viewer from parent"]
    text = "model: |\n" + "".join(f"    {line}\n" for line in doc(*lines).splitlines())
    read = read_store(text, "s.yaml", nothing)
    assert [(each.line, each.column, each.file) for each in read.warnings] == [(8, 34, "s.yaml")]
    assert [(each.line, each.column) for each in parse_model(doc(*lines)).warnings] == [(7, 30)]


FILES = {
    "a/m/core.fga": b"module core\ntype user\ntype doc\n  relations\n    define viewer: [user]\n",
    "a/m/more file.fga": b"module more\nextend type doc\n  relations\n    define editor: [user]\n",
    "a/m/fga.mod": b"schema: '1.2'\ncontents:\n  - core.fga\n  - .\\more%20file.fga\n",
    "a/model.fga": DSL.encode(),
    "a/model.json": b'{"schema_version": "1.1", "type_definitions": [{"type": "user"}]}',
    "a/t.csv": b"user,relation,object\nuser:a,viewer,doc:1\n",
    "a/t.yaml": f"- {TUPLE}\n- {TUPLE.replace('user:a', 'user:b')}\n".encode(),
    "a/other.jsonl": b'{"user": "user:a", "relation": "viewer", "object": "doc:1", "condition": {"name": "soon"}}\n',
    "a/wrong.csv": b"user,relation,object\nuser:a,viewer,doc\n",
}


def fetch(name: str) -> bytes:
    return FILES[name]


def read(text: str) -> Store:
    return read_store(text, "a/s.yaml", fetch).store


def test_files_are_looked_for_beside_the_store_file() -> None:
    assert read("model_file: model.fga\ntuple_file: ./t.csv\n") == Store(parse_model(DSL).model, tuples=(A,))
    assert set(read("model_file: ./model.json\n").model.types) == {"user"}


def test_modules_are_looked_for_beside_their_list() -> None:
    modular = read("model_file: m/fga.mod\n").model
    assert {name: each.module for name, each in modular.types["doc"].relations.items()} == {
        "viewer": None,
        "editor": "more",
    }
    assert modular == read_store(FILES["a/m/fga.mod"], "a/m/fga.mod", fetch).store.model


def test_model_file_alone_is_a_store_without_tests() -> None:
    assert read_store(DSL, "model.fga", nothing).store == Store(parse_model(DSL).model)


def test_tuples_of_several_files_are_joined_and_equal_ones_kept_once() -> None:
    lines = ["tuple_file: t.csv", "tuple_files: [t.yaml, t.csv]", f"tuples: [{TUPLE.replace('user:a', 'user:c')}]"]
    found = read("\n".join([MODEL, *lines])).tuples
    assert [each.user for each in found] == ["user:c", "user:a", "user:b"]


def test_tuple_that_two_files_tell_differently_is_refused() -> None:
    error = refusal(lambda: read("\n".join([MODEL, "tuple_files: [t.csv, other.jsonl]"])))
    assert [(each.file, each.line, each.column) for each in error.problems] == [("a/other.jsonl", 1, 1)]
    assert "stands in a/t.csv:2" in error.message


def test_tuples_of_a_test_may_tell_those_of_the_store_differently() -> None:
    found = read(with_test("tuple_file: other.jsonl") + f"tuples: [{TUPLE}]\n")
    assert (found.tuples, found.tests[0].tuples) == (
        (A,),
        (RelationshipTuple("user:a", "viewer", "doc:1", Condition("soon")),),
    )


def test_problems_of_named_files_are_told_with_their_names() -> None:
    text = "\n".join(["model_file: m/fga.mod", "tuple_files: [wrong.csv, none.csv, model.fga]"])
    error = refusal(lambda: read(text))
    assert [(each.file, each.line, each.column, each.name) for each in error.problems] == [
        ("a/s.yaml", 2, 26, "unreadable-file"),
        ("a/s.yaml", 2, 36, "wrong-value"),
        ("a/wrong.csv", 2, 15, "wrong-value"),
    ]


def test_problem_of_a_module_is_told_with_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, "a/m/core.fga", b"module core\ntype user\ntyp doc\n")
    error = refusal(lambda: read("model_file: m/fga.mod\n"))
    assert (error.problems[0].file, error.line, error.column) == ("a/m/core.fga", 3, 1)


def test_module_listed_twice_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, "a/m/fga.mod", b"schema: '1.2'\ncontents: [core.fga, ./core.fga]\n")
    assert told(refusal(lambda: read("model_file: m/fga.mod\n"))) == [("duplicated-error", 2, 22, "contents")]


def test_store_of_two_cities_is_read_from_its_folder() -> None:
    found = read_store_at(FREIGHT)
    assert (found.store.name, len(found.store.tuples), len(found.store.tests)) == ("Freight", 13, 4)
    assert found.warnings == ()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a store file, beside which lies what it may not name."""
    inner = tmp_path / "store"
    inner.mkdir()
    (tmp_path / "secret.csv").write_bytes(FILES["a/t.csv"])
    (inner / "t.csv").write_bytes(FILES["a/t.csv"])
    return inner


def naming(folder: Path, name: str) -> Path:
    path = folder / "s.fga.yaml"
    path.write_text(f"{MODEL}tuple_file: {name}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["t.csv", "./t.csv", "../store/t.csv", "sub/../t.csv"])
def test_file_of_the_folder_is_read(folder: Path, name: str) -> None:
    assert read_store_at(naming(folder, name)).store.tuples == (A,)


@pytest.mark.parametrize("name", ["../secret.csv", "sub/../../secret.csv", "{folder}/secret.csv", "link.csv"])
def test_file_outside_the_folder_is_refused_unless_it_is_allowed(folder: Path, name: str) -> None:
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    path = naming(folder, name.format(folder=folder.parent))
    error = refusal(lambda: read_store_at(path))
    assert told(error) == [("unreadable-file", 11, 13, "tuple_file")]
    assert "it lies outside the folder of the store file" in error.message
    assert read_store_at(path, anywhere=True).store.tuples == (A,)


def test_what_is_no_regular_file_is_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe.csv")
    for name in ("pipe.csv", "."):
        error = refusal(lambda name=name: read_store_at(naming(folder, name)))
        assert "no regular file" in error.message


def test_file_larger_than_allowed_is_not_read_to_its_end(folder: Path) -> None:
    path = naming(folder, "t.csv")
    limits = FileLimits(file_max_bytes=path.stat().st_size)
    (folder / "t.csv").write_bytes(b"x" * (limits.file_max_bytes + 1))
    assert "more than" in refusal(lambda: read_store_at(path, limits=limits)).message
    with pytest.raises(OSError, match="more than 5 bytes"):
        read_store_at(path, limits=FileLimits(file_max_bytes=5))


def test_store_file_that_is_not_there_is_an_error_of_the_system(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_store_at(folder / "none.fga.yaml")


def test_refusal_says_all_in_one_line() -> None:
    error = refusal(lambda: read_store("name: a\nmodle: b\n", "s.yaml", nothing))
    assert isinstance(error, PermissionGraphError)
    assert [str(problem) for problem in error.problems] == [
        "s.yaml:1:1: model: The store has no model. Add model or model_file.",
        "s.yaml:2:1: modle: There is no such field in a store. Did you mean `model`?",
    ]
