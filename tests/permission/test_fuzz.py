"""Whatever is given as a model or as a context: nothing comes out but an answer or a PermissionGraphError."""

import re
from collections.abc import Callable
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from graph_api.permission.conditions import Missing, compile_condition
from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.language.writing import write_dsl, write_json
from graph_api.permission.model import ConditionDefinition, ConditionParameter
from graph_api.permission.parsing import ParsedModel, parse_model
from tests.permission.cases import CONDITION, doc
from tests.permission.models import PARAMETERS

EVERYTHING = (
    doc("define p: [doc]", "define b: [user, user:*, doc#b with c]", "define a: (b or a from p) but not b")
    + 'condition c(x: map<string>, y: list<int>) {\n  x.a == "}" && [1].exists(z, z in y) // #\n}\n'
)
TEXT = (
    "model schema 1.1 1.2 module extend type relations define condition with from or and but not ( ) [ ] { } < > , : "
    "# * user doc a b c p int string list map x y && || ! ? == + - . .exists(z, //"
)
SIGNS = ['"', "'", '"""', "\n", "\n  ", " ", "\t", "\f", "\r", "\x00", "é", "\u2028", "\ud800"]
WORDS = [*re.split(" ", TEXT), *SIGNS]
texts = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join))


def caught(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except PermissionGraphError as error:
        return error


def outcome(source: Any, modules: Any = None) -> ParsedModel | PermissionGraphError:
    return caught(lambda: parse_model(source, modules))


@given(texts)
@settings(max_examples=300, deadline=None)
def test_random_text_is_read_or_refused(text: str) -> None:
    assert isinstance(outcome(text), ParsedModel | PermissionGraphError)


@given(st.lists(st.tuples(st.integers(0, len(EVERYTHING)), st.integers(0, 12), texts), min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_mutated_model_is_refused_or_written_again(mutations: list[tuple[int, int, str]]) -> None:
    text = EVERYTHING
    for start, removed, added in mutations:
        text = text[:start] + added[:12] + text[start + removed :]
    read = outcome(text)
    if isinstance(read, ParsedModel):
        assert parse_model(write_dsl(read.model)).model == read.model
    else:
        lines = text.count("\n") + text.count("\r") + 1
        assert all(problem.line is None or 1 <= problem.line <= lines for problem in read.problems)


@given(texts, texts)
@settings(max_examples=150, deadline=None)
def test_random_modules_are_read_or_refused(first: str, second: str) -> None:
    assert isinstance(outcome(f"module a\n{first}", {"b": f"module b\n{second}"}), ParsedModel | PermissionGraphError)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=3), st.sampled_from(["this", "child", "type"])), inner, max_size=3),
    ),
    max_leaves=8,
)


def parts(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(cast("dict[Any, Any]", value).items())
    return list(enumerate(cast("list[Any]", value))) if isinstance(value, list) else []


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    return [path, *(deeper for key, each in parts(value) for deeper in paths(each, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    inner = {key: changed(each, path[1:], new) if key == path[0] else each for key, each in parts(value)}
    return inner if isinstance(value, dict) else list(inner.values())


FORM = write_json(parse_model(EVERYTHING).model)


@given(st.sampled_from(paths(FORM)), values)
@settings(max_examples=300, deadline=None)
def test_mutated_json_is_refused_or_written_again(path: tuple[Any, ...], value: Any) -> None:
    read = outcome(changed(FORM, path, value)) if path else outcome({"type_definitions": value})
    if isinstance(read, ParsedModel):
        assert parse_model(write_json(read.model)).model == read.model


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_random_text_in_braces_is_no_json_or_refused(text: str) -> None:
    assert isinstance(outcome("{" + text), PermissionGraphError)
    assert isinstance(outcome(CONDITION + "condition c(x: int) {" + text), ParsedModel | PermissionGraphError)


def condition(expression: str) -> ConditionDefinition:
    return ConditionDefinition("c", {n: ConditionParameter(n, kind) for n, kind in PARAMETERS.items()}, expression)


SIGNS_OF_CEL = [
    *PARAMETERS,
    *re.split(" ", "1 2u 1.5 'a' true null && || == != < + - * / % ! ? : ( ) [ ] { } , . in size("),
]
CALLS = [
    ".exists(v, v",
    ".map(v, v",
    ".all(v,",
    "duration('1h')",
    "timestamp('2026-01-01T00:00:00Z')",
    "ipaddress('::1')",
]
contexts = st.dictionaries(st.sampled_from([*PARAMETERS, "other"]), values, max_size=5)


@given(st.lists(st.sampled_from([*SIGNS_OF_CEL, *CALLS]), max_size=25).map(" ".join), contexts)
@settings(max_examples=300, deadline=None)
def test_random_expression_is_refused_or_answers(expression: str, context: dict[str, Any]) -> None:
    answer = caught(lambda: compile_condition(condition(expression)).evaluate(context))
    assert isinstance(answer, bool | Missing) or answer.code in {
        Code.VALIDATION_ERROR,
        Code.INVALID_AUTHORIZATION_MODEL,
    }


WHOLE = (
    "flag && n < 3u && name == '' && size(m) > 0 && size(ips) > 0 && when > timestamp('2026-01-01T00:00:00Z')"
    " && how_long > duration('1h') && share > 1.0 && what == 1"
)


@given(contexts)
@settings(max_examples=150, deadline=None)
def test_random_context_is_refused_or_answered(context: dict[str, Any]) -> None:
    answer = caught(lambda: compile_condition(condition(WHOLE)).evaluate(context))
    assert isinstance(answer, bool | Missing) or answer.code == Code.VALIDATION_ERROR
