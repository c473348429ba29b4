"""Modules extend each other's types; a wrong file is told with its name, its line and its column."""

import pytest

from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.language.writing import write_dsl, write_json
from graph_api.permission.parsing import parse_model

CORE = "module core\ntype user\ntype org\n  relations\n    define member: [user]\n"
DOCS = "module docs\nextend type org\n  relations\n    define editor: [user] or member\ntype doc\n"


def test_modules_beside_the_core_extend_its_types() -> None:
    model = parse_model(CORE, {"docs.fga": DOCS}).model
    assert model.schema_version == "1.2"
    assert {name: each.module for name, each in model.types.items()} == {"user": "core", "org": "core", "doc": "docs"}
    relations = model.types["org"].relations.values()
    assert [(each.name, each.module, each.position.file, each.line, each.column) for each in relations] == [
        ("member", None, None, 5, 12),
        ("editor", "docs", "docs.fga", 4, 12),
    ]


def test_json_of_modules_names_module_and_file() -> None:
    form = write_json(parse_model(CORE, {"docs.fga": DOCS}).model)
    org = form["type_definitions"][1]["metadata"]
    assert (org["module"], "module" in org["relations"]["member"]) == ("core", False)
    assert org["relations"]["editor"]["module"] == "docs"
    assert org["relations"]["editor"]["source_info"] == {"file": "docs.fga"}
    assert write_json(parse_model(form).model) == form


def test_single_module_is_a_model_and_text_leaves_modules_out() -> None:
    model = parse_model(CORE).model
    assert model == parse_model(modules={"core.fga": CORE}).model
    assert write_dsl(model).startswith("model\n  schema 1.2\n\ntype user\n")


@pytest.mark.parametrize(
    ("name", "line", "column", "text"),
    [
        ("module-required", 1, 1, "type doc\n"),
        ("module-required", 2, 3, "\n  model\n  schema 1.1\ntype doc\n"),
        ("duplicated-error", 2, 6, "module docs\ntype user\n"),
        ("duplicated-error", 4, 12, "module docs\nextend type org\n  relations\n    define member: [user]\n"),
        (
            "duplicated-error",
            5,
            13,
            "module docs\nextend type org\n  relations\n    define a: [user]\nextend type org\n",
        ),
        ("undefined-type", 2, 13, "module docs\nextend type orgs\n  relations\n    define a: [user]\n"),
        ("invalid-type", 4, 16, "module docs\ntype doc\n  relations\n    define a: [users]\n"),
        ("missing-definition", 4, 25, "module docs\nextend type org\n  relations\n    define a: [user] or b\n"),
        ("invalid-syntax", 3, 6, "module docs\ntype doc\ntype 1\n"),
        ("condition-not-used", 2, 11, "module docs\ncondition c(x: int) { x < 3 }\n"),
    ],
)
def test_wrong_module_is_told_with_file_line_and_column(name: str, line: int, column: int, text: str) -> None:
    with pytest.raises(PermissionGraphError) as caught:
        parse_model(CORE, {"docs.fga": text})
    assert [(each.name, each.file, each.line, each.column) for each in caught.value.problems] == [
        (name, "docs.fga", line, column)
    ]
    assert str(caught.value.problems[0]).startswith(f"docs.fga:{line}:{column}: ")


def test_condition_of_two_modules_is_told_once() -> None:
    with_condition = "\ncondition c(x: int) { x < 3 }\n"
    first = CORE.replace("[user]", "[user with c]") + with_condition
    with pytest.raises(PermissionGraphError, match="The condition `c` is defined twice") as caught:
        parse_model(modules={"a.fga": first, "b.fga": "module b" + with_condition})
    assert [(each.file, each.line) for each in caught.value.problems] == [("b.fga", 2)]
