"""Inputs built by a plan are what Strawberry would have built from the same values."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull, GraphQLScalarType
from hypothesis import given
from hypothesis import strategies as st
from strawberry.types import get_object_definition
from strawberry.types.arguments import convert_argument

from graph_api.api.schema import build_schema
from graph_api.organization.graphql.common import DaysInput, MoneyInput
from graph_api.organization.graphql.mutations import CustomerInput, PersonInput, SkillInput, SkillLevelInput, UnitInput
from graph_api.permission.graphql.arguments import CheckInput, ConditionInput, TupleInput, TupleKeyInput

CONVERTER = build_schema().schema_converter
PLANNED = (
    CheckInput, ConditionInput, CustomerInput, DaysInput, MoneyInput, PersonInput, SkillInput, SkillLevelInput,
    TupleInput, TupleKeyInput, UnitInput,
)  # fmt: skip


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Make values of a type as graphql-core hands them on; what may be left out is left out at times."""
    match kind:
        case GraphQLNonNull():
            return values(inner(kind))
        case GraphQLList():
            return st.lists(values(inner(kind)), max_size=2)
        case GraphQLInputObjectType():
            fields = {name: nullable(field.type) for name, field in kind.fields.items()}
            asked = {name for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)}
            return st.fixed_dictionaries(
                {name: fields[name] for name in fields if name in asked},
                optional={name: fields[name] for name in fields if name not in asked},
            )
        case GraphQLEnumType():
            return st.sampled_from([each.value for each in kind.values.values()])
        case _:
            assert isinstance(kind, GraphQLScalarType)
            return st.text(max_size=3)  # whatever the scalar has made of it is handed on


def inner(kind: Any) -> Any:
    return kind.of_type


def nullable(kind: Any) -> st.SearchStrategy[Any]:
    found = values(kind)
    return found if isinstance(kind, GraphQLNonNull) else st.none() | found


@contextmanager
def strawberry_alone() -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for each in PLANNED:
            patch.setattr(get_object_definition(each, strict=True), "from_input", None)
        yield


def converted(input_type: type, value: Any) -> Any:
    return convert_argument(value, input_type, CONVERTER.scalar_registry, CONVERTER.config)


@pytest.mark.parametrize("input_type", PLANNED)
@given(data=st.data())
def test_an_input_built_by_a_plan_is_what_strawberry_would_build(input_type: type, data: st.DataObject) -> None:
    kind = CONVERTER.from_input_object(input_type)
    value = data.draw(values(kind))
    with strawberry_alone():
        expected = converted(input_type, value)
    assert converted(input_type, value) == expected
