"""What the schema says in words: formulas with the numbers of the code, settings by names that exist."""

import re

import pytest
from graphql import GraphQLObjectType, build_schema

from graph_api.api.schema import print_schema_text
from graph_api.ops.settings import Settings, variable_of
from graph_api.swarm.candidates import UNKNOWN_HOURS
from graph_api.swarm.facts import HALF_LIFE_DAYS, HISTORY_DAYS, SEATS_MAX
from graph_api.swarm.problem import POINTS_A_LEVEL, POINTS_AN_HOUR

SCHEMA = build_schema(print_schema_text())


def described(kind: str, field: str) -> str:
    found = SCHEMA.type_map[kind]
    assert isinstance(found, GraphQLObjectType)
    return found.fields[field].description or ""


def test_settings_that_the_schema_names_exist() -> None:
    named = set(re.findall(r"SWARMGRAPH_[A-Z_]+", print_schema_text()))
    assert named <= {variable_of(name) for name in Settings.model_fields}
    assert len(named) > 7


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("skill", f"{POINTS_A_LEVEL / 1000} x weight x level"),
        ("collaboration", f"2^(-days/{HALF_LIFE_DAYS})"),
        ("collaboration", "SWARMGRAPH_COLLABORATION_POINTS"),
        ("load", f"{SEATS_MAX} at most"),
        ("load", f"last {HISTORY_DAYS} days"),
        ("load", "SWARMGRAPH_LOAD_BASE_POINTS"),
        ("load", "SWARMGRAPH_LOAD_GROWTH"),
        ("distance", f"{POINTS_AN_HOUR / 1000} an hour"),
        ("distance", f"{UNKNOWN_HOURS:g} hours where the member's is unknown"),
        ("move", "; 0,"),
    ],
)
def test_points_of_a_seat_are_told_with_their_formula(field: str, said: str) -> None:
    assert said in described("SeatPoints", field)


def test_objective_is_told_as_the_sum_of_every_term() -> None:
    points = SCHEMA.type_map["SeatPoints"]
    assert isinstance(points, GraphQLObjectType)
    assert all(term in described("SwarmProposal", "objective") for term in points.fields)


@pytest.mark.parametrize("stale", ["1 to 200", "default 50", "At most 1,000", "at most 1,000", "so many days as set"])
def test_no_default_of_a_setting_is_told_as_if_it_were_fixed(stale: str) -> None:
    assert stale not in print_schema_text()
