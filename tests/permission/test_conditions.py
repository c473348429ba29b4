"""Conditions: values cast to the types of their parameters, three outcomes, and bounds on what the library is given."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph_api.permission.casting import CONTEXT_CHARACTERS_MAX, CONTEXT_VALUES_MAX
from graph_api.permission.cel_text import EXPRESSION_BYTES_MAX, NESTING_LEVELS_MAX, STEPS_MAX
from graph_api.permission.conditions import CompiledCondition, Missing, compile_condition
from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.parsing import parse_model
from tests.permission.cases import CONDITION


def compiled(expression: str, parameters: str) -> CompiledCondition:
    model = parse_model(f"{CONDITION}condition c({parameters}) {{\n  {expression}\n}}\n").model
    return compile_condition(model.conditions["c"])


def refusal(expression: str, parameters: str, context: dict[str, Any]) -> PermissionGraphError:
    condition = compiled(expression, parameters)
    with pytest.raises(PermissionGraphError) as caught:
        condition.evaluate(context)
    return caught.value


@pytest.mark.parametrize(
    ("expression", "parameters", "context", "expected"),
    [
        ("x", "x: bool", {"x": True}, True),
        ("x == 10", "x: int", {"x": 10}, True),
        ("x == 10", "x: int", {"x": 10.0}, True),
        ("x == 10", "x: int", {"x": "10"}, True),
        ("x == 1000", "x: int", {"x": "1e3"}, True),
        ("x == -9223372036854775808", "x: int", {"x": "-9223372036854775808"}, True),
        ("x / 2 == 1", "x: int", {"x": 3}, True),
        ("x + 1u == 4u", "x: uint", {"x": 3}, True),
        ("x + 1u == 4u", "x: uint", {"x": "3"}, True),
        ("m.x + x == 4u", "m: map<int>, x: uint", {"m": {"x": 1}, "x": 3}, "no such overload"),
        ("x > 9223372036854775807u", "x: uint", {"x": "18446744073709551615"}, True),
        ("x == 'x' || u > 1u", "x: string, u: uint", {"x": "x", "u": 0}, True),
        ("x / 2.0 == 1.5", "x: double", {"x": 3}, True),
        ("x == 0.25", "x: double", {"x": "25e-2"}, True),
        ("x.startsWith('a') && x.matches('^a.c$')", "x: string", {"x": "abc"}, True),
        ("x == duration('5400s')", "x: duration", {"x": "1h30m"}, True),
        ("x == duration('90m')", "x: duration", {"x": "1.5h"}, True),
        ("x < duration('0s')", "x: duration", {"x": "-3ms"}, True),
        ("x == duration('0s')", "x: duration", {"x": "0"}, True),
        ("x == duration('3us')", "x: duration", {"x": "2µs1us"}, True),
        ("x == duration('60s')", "x: duration", {"x": timedelta(minutes=1)}, True),
        ("now < granted + valid", "now: timestamp, granted: timestamp, valid: duration",
         {"now": "2026-01-01T00:59:59Z", "granted": "2026-01-01T01:00:00+01:00", "valid": "1h"}, True),
        ("now < granted + valid", "now: timestamp, granted: timestamp, valid: duration",
         {"now": "2026-01-01T01:00:00.000Z", "granted": "2026-01-01T00:00:00Z", "valid": "1h"}, False),
        ("x == timestamp('2026-01-01T00:00:00Z')", "x: timestamp", {"x": datetime(2026, 1, 1, tzinfo=UTC)}, True),
        ("x.getHours() == 23", "x: timestamp", {"x": "2026-01-01T00:00:00+01:00"}, True),
        ("ip.in_cidr('192.168.0.0/24')", "ip: ipaddress", {"ip": "192.168.0.255"}, True),
        ("ip.in_cidr('192.168.0.0/24')", "ip: ipaddress", {"ip": "192.168.1.0"}, False),
        ("ip.in_cidr('192.168.0.7/24')", "ip: ipaddress", {"ip": "192.168.0.1"}, True),
        ("ip.in_cidr('2001:db8::/32')", "ip: ipaddress", {"ip": "2001:db8:1::1"}, True),
        ("ip.in_cidr('2001:db8::/32')", "ip: ipaddress", {"ip": "10.0.0.1"}, False),
        ("ip == ipaddress('::1')", "ip: ipaddress", {"ip": "0:0:0:0:0:0:0:1"}, True),
        ("ips.exists(ip, ip.in_cidr('10.0.0.0/8'))", "ips: list<ipaddress>", {"ips": ["1.1.1.1", "10.1.1.1"]}, True),
        ("x in xs", "x: string, xs: list<string>", {"x": "b", "xs": ["a", "b"]}, True),
        ("xs.all(x, x < 3)", "xs: list<int>", {"xs": ["1", 2.0]}, True),
        ("m['a'] + m.b == 3", "m: map<int>", {"m": {"a": "1", "b": 2}}, True),
        ("has(m.a) && !has(m.b)", "m: map<int>", {"m": {"a": 1}}, True),
        ("x.deep[1].y == 2", "x: any", {"x": {"deep": [None, {"y": 2}]}}, True),
        ("x == null", "x: any", {"x": None}, True),
    ],
)  # fmt: skip
def test_context_is_cast_and_the_condition_evaluated(
    expression: str, parameters: str, context: dict[str, Any], expected: bool | str
) -> None:
    if isinstance(expected, str):
        assert expected in str(refusal(expression, parameters, context)).lower()
    else:
        assert compiled(expression, parameters).evaluate(context) is expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("bool", "true"),
        ("bool", 1),
        ("string", 3),
        ("string", None),
        ("string", "\ud800"),
        ("int", 1.5),
        ("int", "1.5"),
        ("int", True),
        ("int", "ten"),
        ("int", "0x10"),
        ("int", 2**63),
        ("int", "1e999999"),
        ("int", float("inf")),
        ("uint", -1),
        ("uint", 2**64),
        ("double", "1,5"),
        ("double", float("nan")),
        ("double", "1e400"),
        ("duration", "90"),
        ("duration", "1 h"),
        ("duration", "1d"),
        ("duration", 90),
        ("duration", "3000000h"),
        ("timestamp", "2026-01-01"),
        ("timestamp", "2026-01-01T00:00:00"),
        ("timestamp", "2026-13-01T00:00:00Z"),
        ("timestamp", "0001-01-01T00:00:00+10:00"),
        ("timestamp", 1767225600),
        ("timestamp", datetime(2026, 1, 1)),  # noqa: DTZ001  # a time without zone is what must be refused
        ("ipaddress", "192.168.0"),
        ("ipaddress", "192.168.0.1/24"),
        ("ipaddress", 3232235521),
        ("list<int>", 1),
        ("list<int>", [1, "b"]),
        ("list<string>", "ab"),
        ("map<bool>", [True]),
        ("map<bool>", {"a": 1}),
        ("map<bool>", {1: True}),
        ("any", object()),
        ("any", b"bytes"),
    ],
)
def test_value_of_another_type_is_refused_and_named(kind: str, value: object) -> None:
    error = refusal("x == x", f"x: {kind}", {"x": value})
    assert error.code == Code.VALIDATION_ERROR
    assert error.message.startswith(f"The parameter `x` of condition `c` is of type {kind}:")
    assert (error.line, error.column) == (None, None)


@pytest.mark.parametrize(
    ("expression", "context", "expected"),
    [
        ("x && y", {}, Missing(("x", "y"))),
        ("x && y", {"x": True}, Missing(("y",))),
        ("x && y", {"y": True}, Missing(("x",))),
        ("x && y", {"x": False}, False),
        ("x && y", {"y": False}, False),
        ("x || y", {"x": False}, Missing(("y",))),
        ("x || y", {"x": True}, True),
        ("x || y", {"y": True}, True),
        ("x ? y : z", {"x": True, "y": False}, False),
        ("x ? y : z", {"x": True, "z": False}, Missing(("y",))),
        ("!x", {}, Missing(("x",))),
        ("[1].exists(i, i == 1 && x)", {}, Missing(("x",))),
        ("[1].exists(i, i == 2 && x)", {}, False),
    ],
)
def test_missing_parameter_is_told_where_the_outcome_depends_on_it(
    expression: str, context: dict[str, Any], expected: bool | Missing
) -> None:
    assert compiled(expression, "x: bool, y: bool, z: bool").evaluate(context) == expected


def test_missing_parameter_of_each_type_is_told() -> None:
    kinds = "a: uint, b: map<int>, c: list<int>, d: ipaddress, e: timestamp, f: any"
    parts = ["a + 1u > 2u", "b.x > 1", "size(c) > 1", "d.in_cidr('::/0')", "e > e", "f.x == 1"]
    for name, part in zip("abcdef", parts, strict=True):
        assert compiled(part, kinds).evaluate({}) == Missing((name,))


def test_rest_of_the_context_belongs_to_others() -> None:
    assert compiled("x < 3", "x: int").evaluate({"x": 1, "other": object()}) is True


@pytest.mark.parametrize(
    ("expression", "parameters", "context", "reason"),
    [
        ("m.a == 1", "m: map<int>", {"m": {}}, "there is no key 'a'"),
        ("xs[1] == 1", "xs: list<int>", {"xs": [1]}, "index out of bounds"),
        ("1 / x == 1", "x: int", {"x": 0}, "division by zero"),
        ("x + 1 > 0", "x: int", {"x": 2**63 - 1}, "overflow"),
        ("x - 1u > 0u", "x: uint", {"x": 0}, "overflow"),
        ("x < 1", "x: any", {"x": "a"}, "overload"),
        ("x.y", "x: any", {"x": {"y": 3}}, "it gives 3.0, not true or false"),
        ("ip.in_cidr(net)", "ip: ipaddress, net: string", {"ip": "::1", "net": "::1"}, "it gives None"),
        ("s.matches(p)", "s: string, p: string", {"s": "a", "p": "("}, "not a valid regex"),
    ],
)
def test_expression_that_fails_is_an_error_and_no_denial(
    expression: str, parameters: str, context: dict[str, Any], reason: str
) -> None:
    error = refusal(expression, parameters, context)
    assert error.code == Code.VALIDATION_ERROR
    assert reason in error.message.replace("Arithmetic ", "")


def test_error_that_cannot_change_the_outcome_is_none() -> None:
    assert compiled("1 / x == 1 || y", "x: int, y: bool").evaluate({"x": 0, "y": True}) is True


def test_context_to_be_stored_names_parameters_only() -> None:
    condition = compiled("until > 3 && x", "until: int, x: bool")
    condition.check_context({"until": 3})
    with pytest.raises(PermissionGraphError) as caught:
        condition.check_context({"untl": 3})
    assert (caught.value.code, caught.value.suggestion) == (2000, "Did you mean `until`?")
    with pytest.raises(PermissionGraphError, match="is no number"):
        condition.check_context({"until": "x"})


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("x || '" + "a" * EXPRESSION_BYTES_MAX + "' == ''", "bytes"),
        ("(" * (NESTING_LEVELS_MAX + 1) + "x" + ")" * (NESTING_LEVELS_MAX + 1), "Brackets are nested"),
        ("x == " + "!" * STEPS_MAX + "x", "operators"),
        ("[1].all(a, [1].all(b, [1].all(c, x)))", "Loops are nested"),
        (" && ".join(["[1].all(a, x)"] * 5), "more than 4 loops"),
        ("[1].map(a, a).map(a, a + a) == [2]", "more than 1 `map`"),
    ],
)
def test_expression_beyond_a_limit_never_reaches_the_library(expression: str, reason: str) -> None:
    with pytest.raises(PermissionGraphError, match=reason) as caught:
        compiled(expression, "x: bool")
    assert (caught.value.code, caught.value.line) == (Code.INVALID_AUTHORIZATION_MODEL, 8)


def test_expression_at_its_limits_is_evaluated() -> None:
    deep = "(" * NESTING_LEVELS_MAX + "x" + ")" * NESTING_LEVELS_MAX
    assert compiled(deep, "x: bool").evaluate({"x": True}) is True
    long = " + ".join(["1"] * (STEPS_MAX - 20))
    assert compiled(f"{long} == x", "x: int").evaluate({"x": STEPS_MAX - 20}) is True


@pytest.mark.parametrize(
    "value", [["a"] * CONTEXT_VALUES_MAX, ["a" * (CONTEXT_CHARACTERS_MAX + 1)], [[["a"] * 400] * 2] * 2]
)
def test_context_beyond_its_limits_is_refused(value: object) -> None:
    assert "is too large" in refusal("x == x", "x: any", {"x": value}).message
