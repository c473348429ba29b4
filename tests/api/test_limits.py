"""Limits of a query: levels, tokens, rows; never slower than the text is long."""

from time import perf_counter
from typing import Any

import pytest
from graphql import OperationDefinitionNode, get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st

from graph_api.api.limits import DepthMeter, count_fields, entries_of
from tests.api.organization import asked, data, errors, memory_service


def depth(query: str) -> int:
    document = parse(query)
    meter = DepthMeter(document, is_introspection=False)
    return max(meter.operation(one) for one in document.definitions if isinstance(one, OperationDefinitionNode))


@pytest.mark.parametrize(
    ("query", "levels"),
    [
        ("{ a }", 1),
        ("{ a { b { c } } d }", 3),
        ("{ a { ... { b { c } } } }", 3),
        ("{ ...F } fragment F on Query { a { ...G } } fragment G on A { b { c } }", 3),
        ("{ a { ...F } } fragment F on A { b ...F }", 2),
        ("{ ...Missing }", 0),
        ("{ __schema { types { fields { name } } } }", 0),
        ("query A { a } query B { a { b } }", 2),
    ],
)
def test_levels_are_counted_through_fragments(query: str, levels: int) -> None:
    assert depth(query) == levels


@given(st.lists(st.integers(1, 4), min_size=1, max_size=6))
def test_levels_of_a_chain_of_fragments_add_up(lengths: list[int]) -> None:
    parts = [
        f"fragment F{number} on T {{ {'a { ' * length} ...F{number + 1} {'}' * length} }}"
        for number, length in enumerate(lengths)
    ]
    query = "{ ...F0 } " + " ".join(parts) + f" fragment F{len(lengths)} on T {{ b }}"
    assert depth(query) == sum(lengths) + 1


def doubling(levels: int, leaf: str) -> str:
    """Fragments that each spread the next one twice: 2^levels paths."""
    parts = [
        f"fragment F{number} on Query {{ ...F{number + 1} ... on Query {{ ...F{number + 1} }} }}"
        for number in range(levels)
    ]
    return "{ ...F0 } " + " ".join(parts) + f" fragment F{levels} on Query {{ {leaf} }}"


async def test_fragments_that_double_cost_no_more_than_their_text() -> None:
    began = perf_counter()
    assert depth(doubling(60, "viewer { id }")) == 2
    told = await asked(memory_service(), doubling(60, "viewer { id }"))
    assert told.body["data"] == {"viewer": {"id": "admin:local"}}
    assert perf_counter() - began < 5


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("{ a }", 1),
        ("{ a { b c } b: a { b } }", 5),
        ("{ a a { b } a { c ...F } } fragment F on A { b d }", 4),
        ("{ a { ...F } b { ...F } } fragment F on A { x y z }", 8),
        ("{ ...Missing __schema { types { name } } }", 0),
    ],
)
def test_fields_are_counted_as_they_are_joined(query: str, count: int) -> None:
    document = parse(query)
    (operation,) = (one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    assert count_fields(document, operation, 100) == count


def branching(levels: int, names: int) -> str:
    """Fragments that each spread the next one below so many fields: names^levels of them."""
    parts: list[str] = []
    for number in range(levels):
        fields = " ".join(f"a{one}: manager {{ ...F{number + 1} }}" for one in range(names))
        parts.append(f"fragment F{number} on Person {{ {fields} }}")
    return (
        '{ node(id: "person:bo") { ... on Person { ...F0 } } } '
        + " ".join(parts)
        + f" fragment F{levels} on Person {{ id }}"
    )


async def test_fragments_that_branch_are_refused_for_their_fields_however_short_their_text_is() -> None:
    assert (await asked(memory_service(), branching(9, 2))).codes == frozenset()
    told = await asked(memory_service(), branching(9, 20))
    assert told.codes == {"QUERY_TOO_COSTLY"}
    assert told.body["errors"][0]["message"] == "The query has more than 2000 fields."


@pytest.mark.parametrize(
    ("value", "count"), [(None, 0), ("text", 0), ([1, 2], 2), ({"a": [{"b": [1]}, {}]}, 3), ([[], [[1]]], 4)]
)
def test_entries_of_lists_are_counted_at_every_level(value: object, count: int) -> None:
    assert entries_of(value) == count


async def test_long_list_that_many_fields_read_is_refused_before_any_of_them_reads_it() -> None:
    fields = " ".join(f"n{number}: nodes(ids: $i) {{ id }}" for number in range(20))
    query = f"query($i: [ID!]!) {{ {fields} }}"
    assert (await asked(memory_service(), query, {"i": ["person:ada"] * 10})).codes == frozenset()
    told = await asked(memory_service(variable_entries_max=199), query, {"i": ["person:ada"] * 10})
    assert told.codes == {"QUERY_TOO_COSTLY"}
    assert "200 entries" in told.body["errors"][0]["message"]


def nested(levels: int) -> str:
    return (
        '{ node(id: "person:bo") { ... on Person ' + "{ manager " * (levels - 1) + "{ id }" + "}" * (levels - 1) + "} }"
    )


async def test_a_query_of_thirteen_levels_is_refused() -> None:
    assert (await asked(memory_service(), nested(11))).codes == frozenset()
    told = await asked(memory_service(), nested(12))
    assert told.codes == {"QUERY_TOO_COSTLY"}
    assert told.body["errors"][0]["message"] == "The query has 13 levels; at most 12 are answered."


async def test_a_very_deep_query_is_refused_and_not_a_fault() -> None:
    for levels in (300, 5000):
        assert (await asked(memory_service(query_tokens_max=100_000), nested(levels))).codes == {"QUERY_TOO_COSTLY"}


async def test_a_query_of_too_many_tokens_is_refused_at_once() -> None:
    told = await asked(memory_service(), "{ viewer { " + "id " * 100_000 + "} }")
    assert told.codes == {"QUERY_TOO_COSTLY"}


async def test_a_field_named_over_and_over_is_merged_or_refused_in_no_time() -> None:
    began = perf_counter()
    await data(memory_service(), "{ viewer { " + "id " * 300 + "} }")
    assert (await asked(memory_service(), "{ viewer { " + "id " * 1990 + "} }")).codes == {"QUERY_TOO_COSTLY"}
    assert perf_counter() - began < 5


async def test_the_standard_introspection_is_answered() -> None:
    query = get_introspection_query(descriptions=True, input_value_deprecation=True)
    assert (await data(memory_service(), query))["__schema"]["queryType"]["name"] == "Query"


async def test_deeper_introspection_is_refused() -> None:
    query = '{ __type(name: "Person") { ' + "ofType { " * 25 + "name" + " }" * 25 + " } }"
    assert (await asked(memory_service(), query)).codes == {"QUERY_TOO_COSTLY"}


async def test_rows_of_nested_pages_are_counted_together() -> None:
    query = "{ people { edges { node { skills { totalCount } units { people { totalCount } } } } } }"
    assert (await asked(memory_service(answer_rows_max=100), query)).codes == frozenset()
    told = await asked(memory_service(answer_rows_max=5), query)
    assert {error["extensions"]["code"] for error in told.body["errors"]} == {"QUERY_TOO_COSTLY"}


async def test_entries_of_lists_are_rows_too() -> None:
    service = memory_service(answer_rows_max=3)
    asking = [f'n{number}: node(id: "task:a") {{ ... on Task {{ regulations }} }}' for number in range(4)]
    assert (await errors(service, f"{{ {' '.join(asking)} }}"))[0]["extensions"]["code"] == "QUERY_TOO_COSTLY"
    assert (await data(service, f"{{ {' '.join(asking[:3])} }}"))["n2"] == {"regulations": ["mx:ley-aduanera"]}


@pytest.mark.parametrize(
    ("mutation", "entity"),
    [
        ("saveSkills", {"skills": [{"id": "skill:x", "name": "X", "aliases": ["a", "b", "c"]}]}),
        ("savePeople", {"people": [{"id": "person:x", "name": "X", "unitIds": ["unit:tax"] * 3}]}),
        ("openTask", {"title": "X", "regulations": ["a:b", "a:c", "a:d"]}),
    ],
)
async def test_lists_of_what_is_saved_have_a_limit(mutation: str, entity: dict[str, Any]) -> None:
    kind = mutation[0].upper() + mutation[1:] + "Input"
    query = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ __typename }} }}"
    told = await errors(memory_service(list_entries_max=2), query, {"input": entity})
    assert told[0]["extensions"]["code"] == "QUERY_TOO_COSTLY"
    assert "more than 2 entries" in told[0]["message"]


@pytest.mark.parametrize(
    "query",
    [
        '{ people(filter: {freeOn: {startsOn: "2027-01-10", endsOn: "2026-01-01"}}) { totalCount } }',
        "{ people(filter: {minimumLevel: 9}) { totalCount } }",
        "{ people(filter: {minimumLevel: -3}) { totalCount } }",
        '{ node(id: "skill:tax") { ... on Skill { holders(minimumLevel: 0) { totalCount } } } }',
    ],
)
async def test_filters_that_make_no_sense_are_refused(query: str) -> None:
    told = await errors(memory_service(), query)
    assert told[0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_at_most_a_page_of_nodes_is_asked_by_id() -> None:
    query = "query($i: [ID!]!) { nodes(ids: $i) { id } }"
    told = await asked(memory_service(), query, {"i": ["person:ada"] * 201})
    assert {error["extensions"]["code"] for error in told.body["errors"]} == {"QUERY_TOO_COSTLY"}
