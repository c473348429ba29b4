"""The schema against the fixed part of the contract, against its printed form, and against silence."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)
from graphql.utilities import find_breaking_changes

from graph_api.api.schema import print_schema_text
from graph_api.ops.files import project_path

CONTRACT = Path(__file__).resolve().parents[3] / "shared" / "design" / "contract.graphql"
ADDED = {
    "AddNoteInput", "AddNoteOutcome", "AdoptionExposure", "AdoptionExposureConnection", "AdoptionExposureEdge",
    "AdoptionPeriod", "AssessDepartureInput", "AssessDepartureOutcome", "CapacityWeek", "CiteKnowledgeInput",
    "CiteKnowledgeOutcome", "ConfirmPersonSkillsInput", "ConfirmPersonSkillsOutcome", "DepartureAssessed",
    "DepartureAssessment", "DepartureAssessmentConnection", "DepartureAssessmentEdge", "EvidenceKind",
    "ExperienceWaiver", "FlowBalance", "GapWeek", "IdleShare", "IdleWeek", "KnowledgeBroker", "KnowledgeBrokers",
    "KnowledgeCited", "KnowledgeEvidence", "KnowledgeHolder", "KnowledgeMerged", "KnowledgeQuote", "KnowledgeReach",
    "KnowledgeTextField", "KnowledgeUse", "KnowledgeUseConnection", "KnowledgeUseEdge", "KnowledgeUsed",
    "MergeKnowledgeInput", "MergeKnowledgeOutcome", "Note", "NoteAdded", "NoteConnection", "NoteEdge",
    "PersonSkillsSet", "PossibleDuplicate", "ReachPoint", "SetPersonSkillsInput", "SetPersonSkillsOutcome",
    "SingleAuthorSkill", "SingleAuthorSkillConnection", "SingleAuthorSkillEdge", "SkillBasis", "SkillCapacity",
    "SkillGap", "SkillPrice", "SwarmPrices", "SwarmVerification", "TextSpan", "UseKnowledgeInput",
    "UseKnowledgeOutcome", "ValueDiffusion", "WhoKnows",
}  # fmt: skip
"""Additions: what dispatchers ask, people's own skills, what a seat is worth, notes, the knowledge base, departures."""
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}


def due_now() -> str:
    """The fixed part's head, and sections A to D."""
    return CONTRACT.read_text(encoding="utf-8").partition("# === E")[0]


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract lies beside the checkout, not in it")
def test_nothing_of_the_contract_is_missing_or_narrower() -> None:
    changes = find_breaking_changes(build_schema(due_now()), build_schema(print_schema_text()))
    assert [change.description for change in changes] == []


def taken(schema: GraphQLSchema) -> dict[str, str]:
    """Every field of an input and every argument, with its type and default."""
    found: dict[str, str] = {}
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLInputObjectType):
            found |= {f"{name}.{field}": f"{made.type} = {made.default_value}" for field, made in kind.fields.items()}
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__"):
            for field, made in kind.fields.items():
                found |= {
                    f"{name}.{field}({arg})": f"{one.type} = {one.default_value}" for arg, one in made.args.items()
                }
    return found


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract lies beside the checkout, not in it")
def test_inputs_and_arguments_are_exactly_those_of_the_contract() -> None:
    ours, fixed = taken(build_schema(print_schema_text())), taken(build_schema(due_now()))
    assert {place: ours.get(place) for place in fixed} == fixed


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract lies beside the checkout, not in it")
def test_nothing_of_a_later_section_is_there_yet() -> None:
    ours, fixed = build_schema(print_schema_text()), build_schema(due_now())
    assert set(ours.type_map) - ADDED == set(fixed.type_map)


def test_printed_schema_is_the_one_in_the_repository() -> None:
    assert project_path("schema.graphql").read_text(encoding="utf-8") == print_schema_text()


def undescribed() -> Iterator[str]:
    for name, kind in build_schema(print_schema_text()).type_map.items():
        if name.startswith("__") or name in BUILT_IN:
            continue
        if not kind.description:
            yield name
        if isinstance(kind, GraphQLEnumType):
            yield from (f"{name}.{value}" for value, made in kind.values.items() if not made.description)
        if isinstance(kind, GraphQLInputObjectType):
            yield from (f"{name}.{field}" for field, made in kind.fields.items() if not made.description)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, made in kind.fields.items():
                if not made.description:
                    yield f"{name}.{field}"
                yield from (f"{name}.{field}({arg})" for arg, value in made.args.items() if not value.description)


def test_every_type_field_argument_and_value_is_described() -> None:
    assert list(undescribed()) == []
