"""Wrong JSON is refused and names what is wrong; it has no lines, unless it is no JSON at all."""

from typing import Any

import pytest

from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.language.text import REWRITE_LEVELS_MAX
from graph_api.permission.parsing import parse_model

THIS: dict[str, Any] = {"this": {}}
USER = {"directly_related_user_types": [{"type": "user"}]}


def doc(rewrite: dict[str, Any], metadata: dict[str, Any] = USER) -> dict[str, Any]:
    definition = {"type": "doc", "relations": {"a": rewrite}, "metadata": {"relations": {"a": metadata}}}
    return {"schema_version": "1.1", "type_definitions": [{"type": "user"}, definition]}


def nested(levels: int) -> dict[str, Any]:
    rewrite = THIS
    for _ in range(levels):
        rewrite = {"difference": {"base": rewrite, "subtract": {"computedUserset": {"relation": "b"}}}}
    return rewrite


def with_condition(expression: str, parameters: dict[str, Any], name: str = "c") -> dict[str, Any]:
    used = {"directly_related_user_types": [{"type": "user", "condition": "c"}]}
    condition = {"name": name, "expression": expression, "parameters": parameters}
    return {**doc(THIS, used), "conditions": {"c": condition}}


NUMBER = {"type_name": "TYPE_NAME_INT"}
WRONG: list[tuple[str, Any]] = [
    ("schema-version-required", {"type_definitions": [{"type": "user"}]}),
    ("schema-version-unsupported", {"schema_version": "1.0", "type_definitions": [{"type": "user"}]}),
    ("type-definitions-required", {"schema_version": "1.1"}),
    ("invalid-syntax", {"schema_version": 1.1}),
    ("invalid-syntax", doc({})),
    ("invalid-syntax", doc({"this": {}, "union": {"child": [THIS]}})),
    ("invalid-syntax", doc({"union": {"child": []}})),
    ("invalid-syntax", doc({"difference": {"base": THIS}})),
    ("nested-too-deep", doc(nested(REWRITE_LEVELS_MAX))),
    ("duplicated-error", {"schema_version": "1.1", "type_definitions": [{"type": "user"}, {"type": "user"}]}),
    ("invalid-name", {"schema_version": "1.1", "type_definitions": [{"type": "a:b"}]}),
    ("invalid-name", {"schema_version": "1.1", "type_definitions": [{"type": ""}]}),
    ("assignable-relation-must-have-type", doc(THIS, {})),
    ("type-wildcard-relation", doc(THIS, {"directly_related_user_types": [
        {"type": "user"}, {"type": "doc", "relation": "a", "wildcard": {}}]})),
    ("undefined-relation", {"schema_version": "1.1", "type_definitions": [
        {"type": "user", "metadata": {"relations": {"ghost": USER}}}]}),
    ("different-nested-condition-name", with_condition("x < 3", {"x": NUMBER}, name="d")),
    ("invalid-parameter-type", with_condition("true", {"x": {"type_name": "int"}})),
    ("invalid-parameter-type", with_condition("true", {"x": {"type_name": "TYPE_NAME_LIST"}})),
    ("condition-not-valid", with_condition("x <", {"x": NUMBER})),
    ("invalid-name", with_condition("true", {"a b": NUMBER})),
]  # fmt: skip


@pytest.mark.parametrize(("name", "form"), WRONG)
def test_wrong_json_is_refused_without_a_place(name: str, form: dict[str, Any]) -> None:
    with pytest.raises(PermissionGraphError) as caught:
        parse_model(form)
    assert [(each.name, each.line, each.column) for each in caught.value.problems] == [(name, None, None)]
    assert caught.value.code == Code.INVALID_AUTHORIZATION_MODEL


def test_types_of_a_relation_that_is_never_assigned_are_refused() -> None:
    form = doc({"computedUserset": {"relation": "b"}})
    form["type_definitions"][1]["relations"]["b"] = THIS
    form["type_definitions"][1]["metadata"]["relations"]["b"] = USER
    with pytest.raises(PermissionGraphError, match="is never assigned directly"):
        parse_model(form)


@pytest.mark.parametrize(
    ("text", "line", "column"), [('{"a": 1,\n  }', 2, 3), ("{", 1, 2), ('{"a": 1}\n x', 2, 2), ("{" * 5000, 1, 2)]
)
def test_text_that_is_no_json_is_told_with_line_and_column(text: str, line: int, column: int) -> None:
    with pytest.raises(PermissionGraphError, match="no JSON") as caught:
        parse_model(text)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize("text", ['{"a": ' + "[" * 100_000, '{"schema_version": "1.1", "schema_version": "1.2"}'])
def test_json_that_cannot_be_taken_as_it_is_is_refused(text: str) -> None:
    with pytest.raises(PermissionGraphError, match=r"cannot be read|stands twice"):
        parse_model(text)


def test_operator_of_one_operand_is_that_operand() -> None:
    one = {"intersection": {"child": [{"union": {"child": [THIS]}}]}}
    assert parse_model(doc(one)).model == parse_model(doc(THIS)).model
