"""What follows from what is read off a model only where it holds whatever the tuples are."""

import pytest

from graph_api.permission.implying import Place, follows, follows_for_good
from graph_api.permission.parsing import parse_model

MODEL = """
model
  schema 1.1
type person
type organization
  relations
    define administrator: [person]
    define office: [person] or administrator
    define kept: administrator but not banned
    define both: administrator and office
    define banned: [person]
type task
  relations
    define organization: [organization]
    define other: [organization]
    define reader: [person]
    define whole: reader or office from organization
    define through: whole
    define all: office from organization and through
    define one: office from organization and reader
    define excepted: whole but not reader
    define elsewhere: office from other
    define banned_ones: kept from organization
"""
PARSED = parse_model(MODEL).model


@pytest.mark.parametrize(
    ("relation", "from_relation", "expected"),
    [
        ("whole", "office", True),
        ("whole", "administrator", True),
        ("through", "administrator", True),
        ("all", "administrator", True),
        ("one", "administrator", False),
        ("excepted", "administrator", False),
        ("elsewhere", "office", False),
        ("banned_ones", "administrator", False),
        ("banned_ones", "kept", True),
        ("reader", "administrator", False),
        ("unknown", "administrator", False),
    ],
)
def test_a_right_to_all_is_read_off_the_model(relation: str, from_relation: str, expected: bool) -> None:
    assert follows(PARSED, Place("task", relation), from_relation) is expected


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ("administrator", True),
        ("office", True),
        ("both", True),
        ("kept", False),
        ("banned", False),
    ],
)
def test_what_an_assignment_gives_for_good_is_read_off_the_model(relation: str, expected: bool) -> None:
    assert follows_for_good(PARSED, Place("organization", relation), Place("organization", "administrator")) is expected
