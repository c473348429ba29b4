"""What a query may cost before it runs: levels, fields, tokens, lists of variables. Rows are counted while it runs.

The depth of a fragment is computed once, however often it is spread, so fragments that spread each other twice over
and over cost no more than their text. Cycles count as nothing here: validation refuses them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from graph_api.kernel.errors import BadUserInput, QueryTooCostly
from graph_api.organization.graphql.request import Request

INTROSPECTION_DEPTH_MAX: Final = 20
_INTROSPECTION: Final = frozenset({"__schema", "__type"})


class DepthMeter:
    """Measures selections of one document; introspection is measured apart from everything else."""

    def __init__(self, document: DocumentNode, *, is_introspection: bool) -> None:
        self._is_introspection = is_introspection
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._depths: dict[str, int] = {}
        self._open: set[str] = set()

    def operation(self, operation: OperationDefinitionNode) -> int:
        """Return the number of levels of an operation."""
        return self._below(operation.selection_set, is_inside=not self._is_introspection)

    def _below(self, selections: SelectionSetNode | None, *, is_inside: bool) -> int:
        if selections is None:
            return 0
        return max((self._of(one, is_inside=is_inside) for one in selections.selections), default=0)

    def _of(self, selection: SelectionNode, *, is_inside: bool) -> int:
        if isinstance(selection, FieldNode):
            is_introspection = selection.name.value in _INTROSPECTION
            if is_introspection and not self._is_introspection:
                return 0
            return 1 + self._below(selection.selection_set, is_inside=True) if is_inside or is_introspection else 0
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value, is_inside=is_inside)
        assert isinstance(selection, InlineFragmentNode)
        return self._below(selection.selection_set, is_inside=is_inside)

    def _fragment(self, name: str, *, is_inside: bool) -> int:
        key = f"{name} {is_inside}"
        fragment = self._fragments.get(name)
        if fragment is None or key in self._open:
            return 0
        if key not in self._depths:
            self._open.add(key)
            self._depths[key] = self._below(fragment.selection_set, is_inside=is_inside)
            self._open.discard(key)
        return self._depths[key]


def count_fields(document: DocumentNode, operation: OperationDefinitionNode, most: int) -> int:
    """Return how many fields an operation has, those of one name at one place counted once; stop above `most`."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    count, waiting = 0, [[operation.selection_set]]
    while waiting and count <= most:
        below = _selected(waiting.pop(), fragments)
        count += len(below)
        waiting += [sets for sets in below.values() if sets]
    return count


def _selected(
    sets: list[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> dict[str, list[SelectionSetNode]]:
    """Return what is selected below each field of some selections that belong together, as an execution joins them."""
    found: dict[str, list[SelectionSetNode]] = {}
    waiting, seen = list(sets), set[str]()
    while waiting:
        for one in waiting.pop().selections:
            if isinstance(one, FieldNode):
                if one.name.value not in _INTROSPECTION:
                    key = one.alias.value if one.alias is not None else one.name.value
                    found.setdefault(key, []).extend([one.selection_set] if one.selection_set is not None else [])
            elif isinstance(one, InlineFragmentNode):
                waiting.append(one.selection_set)
            elif isinstance(one, FragmentSpreadNode) and one.name.value not in seen:
                seen.add(one.name.value)
                waiting += [fragments[one.name.value].selection_set] if one.name.value in fragments else []
    return found


class QueryLimits(NamedTuple):
    """What an operation may have: levels, fields, and entries of lists in its variables; and a document: tokens."""

    levels: int
    fields: int
    variable_entries: int
    tokens: int


def measuring_rule(limits: QueryLimits) -> type[ValidationRule]:
    """Return the validation rule that refuses operations of more levels or fields."""

    class MeasuringRule(ValidationRule):
        def enter_document(self, node: DocumentNode, *_: Any) -> None:
            assert isinstance(self.context, ValidationContext)
            for fault, definition in _too_large(node, limits):
                self.report_error(GraphQLError(fault.message, definition, original_error=fault))

    return MeasuringRule


def _too_large(document: DocumentNode, limits: QueryLimits) -> Iterator[tuple[QueryTooCostly, OperationDefinitionNode]]:
    queries = DepthMeter(document, is_introspection=False)
    introspection = DepthMeter(document, is_introspection=True)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            for meter, most in ((queries, limits.levels), (introspection, INTROSPECTION_DEPTH_MAX)):
                if (depth := meter.operation(definition)) > most:
                    yield QueryTooCostly(f"The query has {depth} levels; at most {most} are answered."), definition
            if count_fields(document, definition, limits.fields) > limits.fields:
                yield QueryTooCostly(f"The query has more than {limits.fields} fields."), definition


def limiting(limits: QueryLimits) -> Callable[[], SchemaExtension]:
    """Return a maker of the extension that sets the limits of one request; the rule itself is made once."""
    rule = measuring_rule(limits)

    class Limiting(SchemaExtension):
        def on_operation(self) -> Iterator[None]:  # pyright: ignore[reportIncompatibleMethodOverride]  # a plain generator is one of the documented forms
            self.execution_context.parse_options = {"max_tokens": limits.tokens}
            self.execution_context.validation_rules = (*self.execution_context.validation_rules, rule)
            yield

        def on_validate(self) -> Iterator[None]:  # pyright: ignore[reportIncompatibleMethodOverride]  # likewise
            context = self.execution_context
            if isinstance(context.context, Request) and not context.context.names_operation:
                _refuse_several(context)
            _refuse_long_variables(context, limits.variable_entries)
            yield

    return Limiting


def _refuse_long_variables(context: ExecutionContext, most: int) -> None:
    """Refuse variables with long lists that are used again and again: each use is read before anything is counted."""
    assert context.graphql_document is not None
    entries = {name: entries_of(value) for name, value in (context.variables or {}).items()}
    if sum(entries.values()) == 0:
        return
    uses = _Uses()
    visit(context.graphql_document, uses)
    count = sum(uses.by_name[name] * number for name, number in entries.items())
    if count > most:
        fault = QueryTooCostly(
            f"The lists of the variables have {count} entries, each counted as often as it is used.",
            suggestion=f"Send at most {most} at once.",
        )
        context.pre_execution_errors = [GraphQLError(fault.message, original_error=fault)]


class _Uses(Visitor):
    """Counts where variables are used; each definition names its variable once as well."""

    def __init__(self) -> None:
        super().__init__()
        self.by_name: Counter[str] = Counter()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.by_name[node.name.value] += 1

    def leave_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        self.by_name[node.variable.name.value] -= 1


def entries_of(value: object) -> int:
    """Return the number of entries of all lists in a JSON value."""
    count, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):  # JSON is read into these; asking whether it is any Mapping takes three times as long
            waiting += cast("dict[str, object]", one).values()
        elif isinstance(one, list):
            entries = cast("list[object]", one)
            count += len(entries)
            waiting += entries
    return count


def _refuse_several(context: ExecutionContext) -> None:
    """Refuse a document of several operations of which none is named: Strawberry would take the first."""
    assert context.graphql_document is not None
    if sum(isinstance(one, OperationDefinitionNode) for one in context.graphql_document.definitions) > 1:
        fault = BadUserInput("The document holds several operations.", suggestion="Name one by `operationName`.")
        context.pre_execution_errors = [GraphQLError(fault.message, original_error=fault)]
