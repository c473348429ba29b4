"""Conditions: compiled once, evaluated against a context; true, false, or what is missing to tell.

The expression is evaluated by the `cel` library alone. Unlike OpenFGA's, it does not check types beforehand; one trial
on a sample of each parameter's type finds most expressions that are no boolean.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import cel
import msgspec

from graph_api.permission.casting import cast_context, cast_parameter, in_cidr, ip_address
from graph_api.permission.cel_text import Token, loops, tokens_of, too_large, with_unsigned
from graph_api.permission.errors import Code, ModelProblem, PermissionGraphError, refused_model
from graph_api.permission.language.text import nearest
from graph_api.permission.model import ConditionDefinition, ParameterKind, ParameterType, Position

TYPES = frozenset({"bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type"})
TYPES_OF_TIME = frozenset({"timestamp", "duration"})
# What the library knows and OpenFGA allows; OpenFGA also has bool(), getters with a time zone, and times from numbers.
GETTERS = (
    "FullYear",
    "Month",
    "Date",
    "DayOfMonth",
    "DayOfWeek",
    "DayOfYear",
    "Hours",
    "Minutes",
    "Seconds",
    "Milliseconds",
)
FUNCTIONS = frozenset(
    [
        "size",
        "contains",
        "startsWith",
        "endsWith",
        "matches",
        "type",
        "dyn",
        "int",
        "uint",
        "double",
        "string",
        "bytes",
        "timestamp",
        "duration",
        "in_cidr",
        "ipaddress",
        *(f"get{part}" for part in GETTERS),
    ]
)
OUR_FUNCTIONS: dict[str, Callable[..., Any]] = {"in_cidr": in_cidr, "ipaddress": ip_address}
SAMPLES: dict[ParameterKind, Any] = {
    "bool": True,
    "string": "a",
    "int": 1,
    "uint": 1,
    "double": 1.5,
    "duration": timedelta(hours=1),
    "timestamp": datetime(2026, 1, 1, tzinfo=UTC),
    "ipaddress": "192.168.0.1",
}


class Missing(msgspec.Struct, frozen=True):
    """The outcome depends on parameters that nobody gave, in the order of their names."""

    names: tuple[str, ...]


Outcome: TypeAlias = bool | Missing


class CompiledCondition:
    """A condition that can be evaluated any number of times, by any thread."""

    def __init__(self, definition: ConditionDefinition, program: cel.Program) -> None:
        self.definition = definition
        self._program = program

    def evaluate(self, context: Mapping[str, Any]) -> Outcome:
        """Evaluate; raise 2000 where a value has not its type, or the expression fails or is no boolean."""
        values = cast_context(self.definition, context)
        result, error, wanted = run(self._program, values, frozenset(self.definition.parameters))
        if isinstance(result, bool):
            return result
        if error is not None and wanted:
            return Missing(tuple(sorted(wanted)))
        reason = told_error(error) if error is not None else f"it gives {result!r}, not true or false"
        raise PermissionGraphError(
            Code.VALIDATION_ERROR,
            f"The condition `{self.definition.name}` cannot be evaluated: {reason.splitlines()[0][:300]}.",
            suggestion="Look at the values of the context and at the expression.",
        )

    def check_context(self, context: Mapping[str, Any]) -> None:
        """Refuse a context to be stored with a tuple: each name must be a parameter, each value have its type."""
        unknown = next((name for name in context if name not in self.definition.parameters), None)
        if unknown is not None:
            message = f"The condition `{self.definition.name}` has no parameter `{unknown}`."
            suggestion = nearest(str(unknown), self.definition.parameters)
            raise PermissionGraphError(Code.VALIDATION_ERROR, message, suggestion=suggestion)
        cast_context(self.definition, context)

    def cast(self, name: str, value: object) -> Any:
        """Cast one value to the type of its parameter, or raise 2000."""
        return cast_parameter(self.definition, name, value)


def told_error(error: Exception) -> str:
    """Say in words why the library could not evaluate."""
    return f"there is no key {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__


def run(
    program: cel.Program, values: dict[str, Any], names: frozenset[str]
) -> tuple[object, Exception | None, set[str]]:
    """Return the result, or the error together with the parameters that were looked for in vain."""
    wanted: set[str] = set()

    def note(name: str) -> None:
        if name in names and name not in values:
            wanted.add(name)

    context = cel.Context(values, OUR_FUNCTIONS)
    if len(values) < len(names):
        context.set_variable_resolver(note)
    try:
        return program.execute(context), None, wanted
    except Exception as error:  # noqa: BLE001  # the library raises whatever kind fits: Key, Type, Value, Runtime ...
        return None, error, wanted


def compile_condition(definition: ConditionDefinition) -> CompiledCondition:
    """Compile a condition, or raise an error that tells line and column of what is wrong with it."""
    tokens = tokens_of(definition.expression)
    excess = too_large(definition.expression, tokens)
    if excess is not None:
        raise refused(definition, excess.message, excess.start, "Make it smaller, or split the condition.")
    program = compiled(definition, with_unsigned(definition.expression, tokens, unsigned_names(definition)))
    check_names(definition, program, tokens)
    check_boolean(definition, program)
    return CompiledCondition(definition, program)


def unsigned_names(definition: ConditionDefinition) -> frozenset[str]:
    """Return the parameters of type uint."""
    return frozenset(name for name, parameter in definition.parameters.items() if parameter.type.kind == "uint")


def compiled(definition: ConditionDefinition, expression: str) -> cel.Program:
    """Hand the expression to the library; the place of an error is where its text says."""
    try:
        # First as it was written, so that an error stands where its author looks for it.
        program = cel.compile(definition.expression)
        return program if expression == definition.expression else cel.compile(expression)
    except Exception as error:  # the library has no error of its own
        line, column, reason = place_in(str(error))
        lines = definition.expression.split("\n")
        start = sum(len(each) + 1 for each in lines[: line - 1]) + column - 1
        raise refused(definition, reason, min(start, len(definition.expression))) from error


def place_in(text: str) -> tuple[int, int, str]:
    """Find line, column and reason in the library's message."""
    _, found, rest = text.partition("ERROR: <input>:")
    parts = rest.split("\n")[0].split(":", 2)
    if not found or len(parts) < 3 or not parts[0].isdecimal() or not parts[1].isdecimal():
        return 1, 1, "The expression is no CEL."
    return int(parts[0]), int(parts[1]), f"The expression is no CEL: {parts[2].strip()[:200]}."


def refused(
    definition: ConditionDefinition, message: str, start: int = 0, suggestion: str | None = None
) -> PermissionGraphError:
    """Build the error of an expression, at the place of one of its characters."""
    place = position_in(definition, start)
    problem = ModelProblem(
        "condition-not-valid",
        f"Condition `{definition.name}`: {message}",
        suggestion,
        place.line or None,
        place.column or None,
        place.file,
    )
    return refused_model([problem])


def position_in(definition: ConditionDefinition, start: int) -> Position:
    """Return where a character of the expression stands in the model."""
    first = definition.expression_position
    if not first.line:
        return first
    before = definition.expression[:start]
    lines = before.count("\n")
    column = first.column + start if not lines else start - before.rfind("\n")
    return Position(first.line + lines, column, first.file)


def check_names(definition: ConditionDefinition, program: cel.Program, tokens: list[Token]) -> None:
    """Refuse an expression that names what is neither a parameter nor known to CEL."""
    found = program.references()
    known = {*definition.parameters, *(variable for _, variable, _ in loops(tokens)), *TYPES, *TYPES_OF_TIME}
    named = {token.text for token in tokens if token.kind == "name"}
    unknown = [(name, "parameter", definition.parameters) for name in found["variables"] if name not in known]
    unknown += [(name, "function", FUNCTIONS) for name in found["functions"] if name in named - FUNCTIONS]
    for name, what, others in unknown:
        start = next((token.start for token in tokens if token.text == name), 0)
        raise refused(definition, f"`{name}` is no {what}.", start, nearest(name, others))


def check_boolean(definition: ConditionDefinition, program: cel.Program) -> None:
    """Refuse an expression that is no boolean, or that joins what does not fit, on a sample of each type."""
    values = {name: sample(each.type) for name, each in definition.parameters.items() if is_definite(each.type)}
    result, error, wanted = run(program, values, frozenset(definition.parameters))
    if isinstance(error, RuntimeError) and not wanted and str(error).startswith("Undefined variable or function"):
        raise refused(definition, f"A function is called with what it cannot take: {str(error).split('. ')[0]}.")
    if isinstance(error, TypeError):
        raise refused(definition, f"The types do not fit: {str(error).split('. ')[0][:200]}.")
    if error is None and result is not None and not isinstance(result, bool):
        raise refused(definition, "The expression is no boolean.", 0, "Compare it with something.")


def is_definite(kind: ParameterType) -> bool:
    """Tell whether values of a type have one shape only."""
    return kind.kind != "any" and all(map(is_definite, kind.generics))


def sample(kind: ParameterType) -> Any:
    """Return a value of a type."""
    if kind.kind == "list":
        return [sample(kind.generics[0])]
    return {"a": sample(kind.generics[0])} if kind.kind == "map" else SAMPLES[kind.kind]
