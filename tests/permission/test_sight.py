"""A sight holds what its viewer may see, and asks no more than it has to."""

from datetime import UTC, datetime

import pytest

from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Record, upsert
from graph_api.knowledge.model import Knowledge
from graph_api.organization.model import BelongsTo, Person, ReportsTo, Unit
from graph_api.permission.answers import Decision
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.holding import Rights
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.seeing import AVAILABILITY, ORGANIZATION_SEEING
from graph_api.permission.sight import ASKED_SINGLY_MAX, Seeing, Sight
from graph_api.swarm.model import Swarm
from graph_api.swarm.seeing import PLANNING, SWARM_SEEING
from tests.support.state_permissions import built

AT = datetime.now(UTC)
OWN, OTHERS = 3 * ASKED_SINGLY_MAX, 2 * ASKED_SINGLY_MAX
SEEING = ORGANIZATION_SEEING | SWARM_SEEING


def records() -> list[Record]:
    """Boss leads a large unit; another large one has nothing to do with it."""
    people = [(f"person:{number:03}", "unit:own" if number < OWN else "unit:other") for number in range(OWN + OTHERS)]
    return [
        Unit(id="unit:own", name="Own"),
        Unit(id="unit:other", name="Other"),
        Person(id="person:boss", name="Boss"),
        BelongsTo(source="person:boss", target="unit:own", roles=("lead",)),
        *(Person(id=person, name=person) for person, _ in people),
        *(BelongsTo(source=person, target=unit) for person, unit in people),
        *(ReportsTo(source=person, target="person:boss") for person, unit in people if unit == "unit:own"),
        Knowledge(id="knowledge:a", title="A"),
        Swarm(id="swarm:s", formed_at=AT, starts_on=AT.date(), ends_on=AT.date()),
    ]


STATE = Graph()
STATE.apply(map(upsert, records()))
PERMISSIONS = built(STATE)


class Counting:
    """Counts what is asked of a permission graph; `lists` tells whether it gives lists."""

    def __init__(self, graph: PermissionGraph, *, lists: bool = True) -> None:
        self._graph = graph
        self._lists = lists
        self.checks = self.listed = 0

    @property
    def model(self) -> AuthorizationModel:
        return self._graph.model

    def check(self, user: str, relation: str, object: str, *, at: datetime | None = None) -> Decision:
        self.checks += 1
        return self._graph.check(user, relation, object, at=at)

    def list_objects(self, user: str, relation: str, type: str, *, at: datetime | None = None) -> list[str]:
        self.listed += 1
        if not self._lists:
            raise PermissionGraphError(Code.VALIDATION_ERROR, "The list depends on context that is missing.")
        return self._graph.list_objects(user, relation, type, at=at)


def sight(viewer: str, asked: Counting, seeing: Seeing = SEEING) -> Sight:
    return Sight(STATE, Rights(asked, viewer, AT), seeing)


@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize("viewer", ["person:boss", "person:001", f"person:{OWN}", "contact:nobody", "admin:local"])
def test_each_entity_is_seen_as_a_check_says_however_many_are_asked_for(viewer: str, lists: bool) -> None:
    asked = Counting(PERMISSIONS, lists=lists)
    seen = sight(viewer, asked)
    expected = {one.id for one in STATE.nodes(Person) if PERMISSIONS.check(viewer, "can_see", one.id, at=AT)}
    assert {one.id for one in STATE.nodes(Person) if seen.sees(one.id)} == expected
    assert [one.id for one in seen.sorted_nodes(Person)] == sorted(expected)
    assert [one.id for one in sight(viewer, Counting(PERMISSIONS, lists=lists)).sorted_nodes(Person)] == sorted(
        expected
    )


def test_many_entities_are_listed_once_and_few_are_asked_for_one_by_one() -> None:
    asked = Counting(PERMISSIONS)
    seen = sight("person:boss", asked)
    assert all(seen.node(Person, f"person:{number:03}") for number in range(10))
    assert (asked.checks, asked.listed) == (11, 0), "one of them whether all are seen"
    assert sum(seen.sees(one.id) for one in STATE.nodes(Person)) == OWN + 1
    assert asked.listed == 1
    assert asked.checks <= ASKED_SINGLY_MAX + 1


def test_whoever_sees_all_is_asked_about_once_a_kind() -> None:
    asked = Counting(PERMISSIONS)
    seen = sight("admin:local", asked)
    assert seen.sees_everything()
    assert seen.count(Person) == OWN + OTHERS + 1
    assert sum(1 for one in STATE.nodes(Person) for _ in seen.outgoing(ReportsTo, one.id)) == OWN
    assert asked.listed == 0
    assert asked.checks <= len(SEEING.nodes) + len(SEEING.aspects)


def test_whom_somebody_reports_to_is_told_to_those_who_may_know_when_he_is_free() -> None:
    link = ReportsTo(source="person:001", target="person:boss")
    for viewer, told in (("person:boss", True), ("person:001", True), ("person:002", False), ("contact:nobody", False)):
        seen = sight(viewer, Counting(PERMISSIONS))
        assert (seen.link(ReportsTo, "person:001", "person:boss") is not None) is told, viewer
        assert (seen.record(link.key) is not None) is told
        assert seen.sees_of("person:001", AVAILABILITY) is told
    assert sight("person:002", Counting(PERMISSIONS)).node(Person, "person:001") is not None


def test_a_kind_that_no_room_declares_is_hidden_from_who_does_not_see_everything() -> None:
    seen = sight("person:boss", Counting(PERMISSIONS))
    assert seen.node(Knowledge, "knowledge:a") is None
    assert (seen.count(Knowledge), list(seen.nodes(Knowledge))) == (0, [])
    assert seen.record(("Knowledge", "knowledge:a")) is None


def test_plans_know_every_booking_and_only_people_whose_availability_is_seen() -> None:
    planned = sight("person:001", Counting(PERMISSIONS), PLANNING)
    assert [one.id for one in planned.nodes(Person)] == ["person:001"]
    assert planned.count(Swarm) == 1
    assert sight("person:001", Counting(PERMISSIONS)).count(Swarm) == 0
    assert sight("admin:local", Counting(PERMISSIONS), PLANNING).sees_everything()
