"""Questions that are asked wrongly, and previews of what lies very deep."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from graph_api.permission import PermissionGraph, PermissionGraphError, RelationshipTuple
from graph_api.permission.errors import Code
from tests.permission.engine.conformance.table import model

MODEL = model("user", "group", "banned: [user]", "member: [user, group#member]", "allowed: member but not banned")
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001  # an instant without offset is what is refused
ANNE = RelationshipTuple("user:anne", "member", "group:0")
DEEP = 1_000
Question = Callable[[PermissionGraph, datetime], Any]
QUESTIONS: dict[str, Question] = {
    "check": lambda graph, at: graph.check("user:anne", "member", "group:0", at=at),
    "list_objects": lambda graph, at: graph.list_objects("user:anne", "member", "group", at=at),
    "list_users": lambda graph, at: graph.list_users("group:0", "member", filters=["user"], at=at),
    "expand": lambda graph, at: graph.expand("group:0", "member", at=at),
    "explain": lambda graph, at: graph.explain("user:anne", "member", "group:0", at=at),
    "preview": lambda graph, at: graph.preview(remove=[ANNE], at=at),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_instant_without_offset_from_utc_is_refused(question: str) -> None:
    graph = PermissionGraph(MODEL)
    graph.write([RelationshipTuple("user:anne", "member", "group:0", expires_at=NAIVE.replace(tzinfo=UTC))])
    with pytest.raises(PermissionGraphError) as raised:
        QUESTIONS[question](graph, NAIVE)
    assert raised.value.code == Code.VALIDATION_ERROR
    QUESTIONS[question](graph, NAIVE.replace(tzinfo=UTC))


def test_contextual_tuple_that_is_given_twice_is_to_be_given_once() -> None:
    with pytest.raises(PermissionGraphError) as raised:
        PermissionGraph(MODEL).check("user:anne", "member", "group:0", contextual_tuples=[ANNE, ANNE])
    assert (raised.value.code, raised.value.suggestion) == (Code.DUPLICATE_CONTEXTUAL_TUPLE, "Give each tuple once.")


@pytest.mark.parametrize("closed", [False, True], ids=["a chain", "a circle"])
def test_preview_tells_every_group_however_deep_they_are_nested(closed: bool) -> None:
    graph = PermissionGraph(MODEL)
    nested = [RelationshipTuple(f"group:{each}#member", "member", f"group:{each + 1}") for each in range(DEEP)]
    graph.write([ANNE, *nested])
    if closed:
        graph.write([RelationshipTuple(f"group:{DEEP}#member", "member", "group:0")])
    found = graph.preview(remove=[ANNE])
    assert {each.user for each in found.changes} == {"user:anne"}
    assert {each.relation for each in found.changes} == {"member", "allowed"}
    assert (found.gains, found.losses, len({each.object for each in found.changes})) == (0, 2 * (DEEP + 1), DEEP + 1)
