"""Inputs that come by the thousand: their fields are worked out once a type; Strawberry does so for every value."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeVar

from strawberry.schema.config import StrawberryConfig
from strawberry.types import get_object_definition, has_object_definition
from strawberry.types.arguments import InputContext
from strawberry.types.base import StrawberryContainer, StrawberryOptional, StrawberryType
from strawberry.types.lazy_type import LazyType

InputT = TypeVar("InputT")


class _Field(NamedTuple):
    """Its name in GraphQL and in Python, and its type where a value of it has to be converted."""

    name: str
    python_name: str
    converted: StrawberryType | type | None


def by_plan(input_type: type[InputT]) -> type[InputT]:
    """Have values of an input type built by a plan; what comes out is what Strawberry would have built."""
    definition = get_object_definition(input_type, strict=True)
    plans: Final[dict[type, list[_Field]]] = {}

    def build(made: type, value: Mapping[str, Any], context: InputContext) -> Any:
        plan = plans.get(made)
        if plan is None:
            plan = plans[made] = _plan(made, context.config)
        arguments: dict[str, Any] = {}
        for name, python_name, converted in plan:
            if name in value:
                given = value[name]
                arguments[python_name] = given if converted is None else context.convert(given, converted, name)
        return made(**arguments)

    definition.from_input = build
    return input_type


def _plan(made: type, config: StrawberryConfig) -> list[_Field]:
    definition = get_object_definition(made, strict=True)
    resolved = ((field, field.resolve_type(type_definition=definition)) for field in definition.fields)
    return [
        _Field(config.name_converter.from_field(field), field.python_name, None if _is_leaf(found) else found)
        for field, found in resolved
    ]


def _is_leaf(found: StrawberryType | type) -> bool:
    """Say whether values of a type are taken as graphql-core made them: scalars and members of enums."""
    if isinstance(found, StrawberryOptional):
        return _is_leaf(found.of_type)
    return not (isinstance(found, StrawberryContainer | LazyType) or has_object_definition(found))
