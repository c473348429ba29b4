"""Every field and every operation is declared: what stands in no table is refused, and fails a test."""

from collections.abc import Iterator
from typing import Any

import pytest
import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema
from strawberry.types.base import StrawberryObjectDefinition

from graph_api.api import schema
from graph_api.api.guarding import ROOTS, guard_fields, guard_of, name_of
from graph_api.api.request import ApiInfo
from graph_api.api.rights import ENTITIES, FIELDS, PARTS, Asks, Open, operations
from graph_api.api.schema import Mutation, Query, Subscription, print_schema_text
from graph_api.api.service import SEEING
from graph_api.cli.composition import PERMISSION_DECLARED
from graph_api.organization.graphql.queries import SHOWN
from graph_api.permission.derivation import DerivedTable
from tests.support.state_permissions import CORE

SCHEMA = build_schema(print_schema_text())
OBJECTS = {
    name: kind
    for name, kind in SCHEMA.type_map.items()
    if isinstance(kind, GraphQLObjectType) and not name.startswith("__")
}
OPERATIONS = operations(CORE.types)
BEYOND_GRAPHQL = {"createToken", "revokeToken"}
"""Operations that are asked for on the command line alone."""


def root_fields() -> set[str]:
    return {f"{root}.{field}" for root in ROOTS for field in OBJECTS[root].fields}


def test_every_root_field_is_declared_and_every_declared_one_is_there() -> None:
    declared = {name for name in FIELDS if name.partition(".")[0] in ROOTS}
    later = {"Subscription.permissionChanges", "Subscription.accessChanges"} - root_fields()
    assert declared - later == root_fields()


def test_every_type_is_an_entity_or_part_of_what_gives_it() -> None:
    pages = {name for name in OBJECTS if name.endswith(("Connection", "Edge"))}
    assert set(OBJECTS) - ROOTS - set(ENTITIES) - PARTS - pages == set()


def test_entities_of_the_schema_are_those_that_a_room_says_who_sees() -> None:
    node = SCHEMA.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    assert {each.name for each in SCHEMA.get_possible_types(node)} == set(ENTITIES)
    assert set(ENTITIES.values()) == set(SHOWN) == set(SEEING.nodes) - {"organization"}


def test_rules_of_fields_that_take_more_are_those_of_fields_that_are_there() -> None:
    for name in set(FIELDS) - root_fields():
        kind, _, field = name.partition(".")
        assert kind in ROOTS or field in OBJECTS[kind].fields, name


def attached() -> Iterator[str]:
    for definition in _definitions():
        for field in definition.fields:
            if guard_of(field) is not None:
                yield f"{definition.name}.{name_of(field)}"


def _definitions() -> Iterator[StrawberryObjectDefinition]:
    for kind in schema.build_schema().schema_converter.type_map.values():
        if isinstance(kind.definition, StrawberryObjectDefinition):
            yield kind.definition


def test_the_guard_stands_before_every_field_of_the_table() -> None:
    later = set(FIELDS) - root_fields() - {"Viewer.permissions", "Person.absences"}
    assert set(attached()) == set(FIELDS) - later


def test_every_change_and_every_operation_has_its_needs() -> None:
    assert set(OPERATIONS) == set(OBJECTS["Mutation"].fields) | BEYOND_GRAPHQL


@pytest.mark.parametrize("root", [Query, Mutation, Subscription])
def test_no_root_field_is_open_but_those_that_show_what_the_viewer_may_see(root: type) -> None:
    definition: StrawberryObjectDefinition = getattr(root, "__strawberry_definition__")  # noqa: B009  # set by Strawberry, unknown to the type checker
    is_open = {
        name_of(field) for field in definition.fields if isinstance(FIELDS[f"{definition.name}.{name_of(field)}"], Open)
    }
    lists = {"people", "skills", "units", "tasks", "customers", "swarms", "knowledge"}
    assert is_open == ({"viewer", "node", "nodes"} | lists if root is Query else set())


def test_relations_that_the_tables_ask_for_are_defined_by_the_core() -> None:
    organization = CORE.model.types["organization"].relations
    asked = {
        right.relation for rule in FIELDS.values() if isinstance(rule, Asks) for each in rule.needed for right in each
    }
    assert asked <= set(organization)
    for kind, seen in (*SEEING.nodes.items(), *SEEING.aspects):
        assert seen.relation in CORE.model.types[kind].relations
        assert seen.relation_to_all in organization


def test_every_entity_is_fixed_to_the_organization_by_a_derived_tuple() -> None:
    """So that one right to the organization may stand for all of a kind, and the guard knows what exists."""
    shapes = DerivedTable(PERMISSION_DECLARED.rules, PERMISSION_DECLARED.fixed).shapes
    fixed = {shape.object_type for shape in shapes if (shape.user_type, shape.relation) == ("organization",) * 2}
    assert fixed >= set(ENTITIES.values())


def test_under_the_core_whoever_sees_all_of_a_kind_needs_no_question_an_entity() -> None:
    """Of drafts and notes, which are private, it does not hold; `follows` tells of the open ones there."""
    for kind, seen in (*SEEING.nodes.items(), *SEEING.aspects):
        assert SEEING.follows(CORE.model, kind, seen), (kind, seen)


async def test_a_root_field_that_stands_in_no_table_is_refused() -> None:
    calls: list[str] = []

    @strawberry.type(name="Query")
    class Undeclared:
        @strawberry.field
        def forgotten(self, info: ApiInfo) -> int:
            calls.append("sync")
            return 1

        @strawberry.field
        async def forgotten_later(self, info: ApiInfo) -> int:
            calls.append("async")
            return 1

    guard_fields(Undeclared)
    told: Any = await strawberry.Schema(Undeclared).execute("{ forgotten forgottenLater }")
    assert calls == []
    assert {error.message for error in told.errors} == {"Nobody may ask for this."}


def test_a_guard_is_attached_once_however_often_it_is_asked_for() -> None:
    guard_fields(Query)
    definition: StrawberryObjectDefinition = getattr(Query, "__strawberry_definition__")  # noqa: B009  # set by Strawberry, unknown to the type checker
    assert {len(field.extensions) for field in definition.fields} == {1}
