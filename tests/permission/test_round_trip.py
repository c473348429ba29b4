"""What is written is read as the same model: as one text, as modules, as JSON, and from one form to the other."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.language.writing import write_dsl, write_json, write_modules
from graph_api.permission.model import AuthorizationModel, ComputedUserset, Exclusion, This, Union
from graph_api.permission.parsing import parse_model
from tests.permission.cases import HEAD, doc
from tests.permission.models import models

MODULES = ("core", "docs", "billing")


@given(models())
@settings(max_examples=20, deadline=None)
def test_model_written_as_text_is_read_as_the_same(model: AuthorizationModel) -> None:
    text = write_dsl(model)
    read = parse_model(text).model
    assert read == model
    assert write_dsl(read) == text


@given(models())
@settings(max_examples=20, deadline=None)
def test_model_written_as_json_is_read_as_the_same(model: AuthorizationModel) -> None:
    form = write_json(model)
    read = parse_model(form).model
    assert read == model == parse_model(json.dumps(form)).model
    assert write_json(read) == form


@given(models())
@settings(max_examples=20, deadline=None)
def test_text_and_json_lead_to_each_other(model: AuthorizationModel) -> None:
    assert write_json(parse_model(write_dsl(model)).model) == write_json(model)
    assert write_dsl(parse_model(write_json(model)).model) == write_dsl(model)


@given(models(MODULES))
@settings(max_examples=20, deadline=None)
def test_model_written_as_modules_is_read_as_the_same(model: AuthorizationModel) -> None:
    files = write_modules(model)
    read = parse_model(modules=files).model
    assert read == model
    assert write_modules(read) == files
    assert parse_model(write_json(read)).model == model


@given(models(MODULES))
@settings(max_examples=20, deadline=None)
def test_order_of_the_modules_changes_no_meaning(model: AuthorizationModel) -> None:
    assert parse_model(modules=dict(reversed(write_modules(model).items()))).model == model


def rewrites(text: str) -> Any:
    return write_json(parse_model(text).model)["type_definitions"][1]["relations"]


def test_text_has_the_json_that_openfga_has_for_it() -> None:
    text = doc("define owner: [user]", "define p: [doc]", "define a: ([user] or owner) but not owner from p")
    this: dict[str, Any] = {"this": {}}
    owner = {"computedUserset": {"relation": "owner"}}
    from_p = {"tupleToUserset": {"tupleset": {"relation": "p"}, "computedUserset": {"relation": "owner"}}}
    assert rewrites(text) == {
        "owner": this,
        "p": this,
        "a": {"difference": {"base": {"union": {"child": [this, owner]}}, "subtract": from_p}},
    }


def test_metadata_and_conditions_have_the_json_that_openfga_has_for_them() -> None:
    text = doc("define a: [user, doc#a, user:* with c]") + "condition c(x: list<int>, y: any) {\n  1 in x\n}\n"
    form = write_json(parse_model(text).model)
    user_types = form["type_definitions"][1]["metadata"]["relations"]["a"]["directly_related_user_types"]
    assert user_types == [
        {"type": "user"},
        {"type": "doc", "relation": "a"},
        {"type": "user", "wildcard": {}, "condition": "c"},
    ]
    numbers = {"type_name": "TYPE_NAME_LIST", "generic_types": [{"type_name": "TYPE_NAME_INT"}]}
    parameters = {"x": numbers, "y": {"type_name": "TYPE_NAME_ANY"}}
    assert form["conditions"] == {"c": {"name": "c", "expression": "1 in x", "parameters": parameters}}


def test_comments_and_blank_lines_change_nothing() -> None:
    text = doc("define b: [user]", "define a: [user, doc#b] or b")
    noisy = text.replace("[user, doc#b]", "[ # who\n  user, # one's own\n\n  doc#b # their's\n ]").replace(
        "type doc", "\n# a type\n   # called doc\ntype doc   # it is"
    )
    assert parse_model(noisy).model == parse_model(text).model


def test_number_sign_in_a_string_is_no_comment() -> None:
    text = doc("define a: [user with c]") + 'condition c(x: string) {\n  x == " # no }" # yes "\n  // # }\n}\n'
    assert parse_model(text).model.conditions["c"].expression == 'x == " # no }"\n  // # }'


def test_last_line_needs_no_end() -> None:
    assert parse_model(HEAD.rstrip()).model == parse_model(HEAD).model


def test_operand_assigned_directly_is_written_first() -> None:
    form = write_json(parse_model(doc("define b: [user]", "define a: [user] or b")).model)
    form["type_definitions"][1]["relations"]["a"]["union"]["child"].reverse()
    model = parse_model(form).model
    assert model.types["doc"].relations["a"].rewrite == Union((ComputedUserset("b"), This()))
    assert "define a: [user] or b\n" in write_dsl(model)
    assert write_json(model) == form


def test_what_the_dsl_cannot_say_is_refused_and_json_says_it() -> None:
    form = write_json(parse_model(doc("define b: [user]", "define a: [user] but not b")).model)
    difference = form["type_definitions"][1]["relations"]["a"]["difference"]
    difference["base"], difference["subtract"] = difference["subtract"], difference["base"]
    model = parse_model(form).model
    assert model.types["doc"].relations["a"].rewrite == Exclusion(ComputedUserset("b"), This())
    assert write_json(model) == form
    with pytest.raises(PermissionGraphError, match="stands at the beginning"):
        write_dsl(model)


def test_name_with_signs_of_its_own_is_valid_in_json_only() -> None:
    form = {"schema_version": "1.1", "type_definitions": [{"type": "übung!"}, {"type": "and"}]}
    model = parse_model(form).model
    assert write_json(model) == form
    with pytest.raises(PermissionGraphError, match="cannot say the name `übung!`"):
        write_dsl(model)
