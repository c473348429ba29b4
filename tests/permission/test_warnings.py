"""The two contested patterns are valid, and warned of with line and column."""

import pytest

from graph_api.permission.parsing import parse_model
from tests.permission.cases import HEAD, doc

FOLDER = HEAD + "type folder\n  relations\n    define viewer: [user]\ntype drive\ntype doc\n  relations\n"


def warned(text: str) -> list[tuple[str, int | None, int | None]]:
    return [(each.name, each.line, each.column) for each in parse_model(text).warnings]


def test_from_of_a_parent_that_lacks_the_relation_is_warned_of() -> None:
    text = FOLDER + "    define parent: [folder, drive]\n    define viewer: [user] or viewer from parent\n"
    assert warned(text) == [("parent-type-lacks-relation", 11, 30)]
    assert "`drive` has no relation `viewer`" in parse_model(text).warnings[0].message


def test_from_of_parents_that_all_have_the_relation_is_not_warned_of() -> None:
    assert warned(FOLDER + "    define parent: [folder]\n    define viewer: [user] or viewer from parent\n") == []


@pytest.mark.parametrize(
    ("definitions", "place"),
    [
        (("define a: [user] but not b", "define b: [user, doc#a]"), (6, 30)),
        (("define p: [doc]", "define a: [user] but not b", "define b: [user] or a from p"), (7, 30)),
        (
            ("define p: [doc]", "define e: [user]", "define a: [user] but not (e or c)", "define c: [user, doc#a]"),
            (8, 31),
        ),
    ],
)
def test_cycle_through_what_is_subtracted_is_warned_of(definitions: tuple[str, ...], place: tuple[int, int]) -> None:
    assert warned(doc(*definitions)) == [("cycle-through-exclusion", *place)]


def test_cycle_beside_what_is_subtracted_is_not_warned_of() -> None:
    assert warned(doc("define a: [user, doc#a] but not b", "define b: [user, doc#b]")) == []
