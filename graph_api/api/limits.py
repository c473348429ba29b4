"""What a query may cost before it runs: levels and tokens. Rows are counted while it runs.

The depth of a fragment is computed once, however often it is spread, so fragments that spread each other twice over
and over cost no more than their text. Cycles count as nothing here: validation refuses them.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

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


def depth_rule(depth_max: int) -> type[ValidationRule]:
    """Return the validation rule that refuses operations of more levels."""

    class DepthRule(ValidationRule):
        def enter_document(self, node: DocumentNode, *_: Any) -> None:
            assert isinstance(self.context, ValidationContext)
            for fault in _too_deep(node, depth_max):
                self.report_error(fault)

    return DepthRule


def _too_deep(document: DocumentNode, depth_max: int) -> Iterator[GraphQLError]:
    queries = DepthMeter(document, is_introspection=False)
    introspection = DepthMeter(document, is_introspection=True)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            for meter, most in ((queries, depth_max), (introspection, INTROSPECTION_DEPTH_MAX)):
                if (depth := meter.operation(definition)) > most:
                    fault = QueryTooCostly(f"The query has {depth} levels; at most {most} are answered.")
                    yield GraphQLError(fault.message, definition, original_error=fault)


def limiting(depth_max: int, tokens_max: int) -> Callable[[], SchemaExtension]:
    """Return a maker of the extension that sets the limits of one request; the rule itself is made once."""
    rule = depth_rule(depth_max)

    class Limiting(SchemaExtension):
        def on_operation(self) -> Iterator[None]:  # pyright: ignore[reportIncompatibleMethodOverride]  # a plain generator is one of the documented forms
            self.execution_context.parse_options = {"max_tokens": tokens_max}
            self.execution_context.validation_rules = (*self.execution_context.validation_rules, rule)
            yield

        def on_validate(self) -> Iterator[None]:  # pyright: ignore[reportIncompatibleMethodOverride]  # likewise
            context = self.execution_context
            if isinstance(context.context, Request) and not context.context.names_operation:
                _refuse_several(context)
            yield

    return Limiting


def _refuse_several(context: ExecutionContext) -> None:
    """Refuse a document of several operations of which none is named: Strawberry would take the first."""
    assert context.graphql_document is not None
    if sum(isinstance(one, OperationDefinitionNode) for one in context.graphql_document.definitions) > 1:
        fault = BadUserInput("The document holds several operations.", suggestion="Name one by `operationName`.")
        context.pre_execution_errors = [GraphQLError(fault.message, original_error=fault)]
