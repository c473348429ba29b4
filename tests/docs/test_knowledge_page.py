"""The pages on knowledge: their GraphQL is valid, and what they name is there, in both languages."""

import re
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, build_schema, parse, validate

from graph_api.api.announcements import KINDS
from graph_api.api.schema import print_schema_text
from graph_api.kernel.problems import PROBLEM_CODES
from graph_api.knowledge.extraction.validity import LEAST_CHARACTERS, LEAST_CJK_CHARACTERS
from graph_api.ops.settings import Settings, variable_of

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("knowledge.md", "knowledge.zh.md")
SCHEMA = build_schema(print_schema_text())


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def names() -> set[str]:
    """Everything that the schema calls by a name, and what else a page may set in code."""
    found = {*PROBLEM_CODES, *KINDS, *(variable_of(name) for name in Settings.model_fields)}
    for kind in SCHEMA.type_map.values():
        if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType):
            found |= set(kind.fields)
        if isinstance(kind, GraphQLEnumType):
            found |= set(kind.values)
    return found


@pytest.mark.parametrize("example", re.findall(r"```graphql\n(.*?)```", text_of("knowledge.md"), re.DOTALL))
def test_examples_are_valid(example: str) -> None:
    assert [fault.message for fault in validate(SCHEMA, parse(example))] == []


@pytest.mark.parametrize("page", PAGES)
def test_what_stands_in_code_is_there(page: str) -> None:
    plain = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    single = [word for word in re.findall(r"`([^`]+)`", plain) if re.fullmatch(r"[\w.]+", word)]
    known = names()
    assert [word for word in single if word.rpartition(".")[2] not in known and word not in known] == []
    assert len(single) > 20


@pytest.mark.parametrize("page", PAGES)
def test_lengths_are_those_of_the_rule(page: str) -> None:
    assert {str(LEAST_CHARACTERS), str(LEAST_CJK_CHARACTERS)} <= set(re.findall(r"\d+", text_of(page)))


def test_both_languages_name_the_same() -> None:
    def fields(page: str) -> set[str]:
        return {word for word in re.findall(r"`(\w+)`", text_of(page)) if word in names()}

    assert fields("knowledge.md") - fields("knowledge.zh.md") <= set()
