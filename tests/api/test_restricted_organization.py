"""What somebody is answered is what an administrator is answered of an organization that holds only what he sees.

Who sees what is asked of the permission graph one entity after the other, so that no shortcut of the door is trusted.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, cast

import pytest

from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.api.door import Question, answer
from graph_api.api.service import ApiService
from graph_api.kernel.records import Link, Record
from graph_api.organization.graphql.request import Identity
from graph_api.organization.model import Person, ReportsTo
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.records import Granted, Resource
from tests.api.organization import service_on
from tests.api.random_organization import DAY, TODAY, Chance
from tests.support.memory_replica import MemoryReplica
from tests.support.seeds import seeds
from tests.support.state_permissions import built

ALWAYS, WORLDS = 5, 12
VIEWERS = 4
PERSON = """id name city absences { startsOn } manager { id name } units { id }
    skills { totalCount edges { cursor node { level skill { id } person { id } } } }
    memberships { totalCount edges { cursor node { share swarm { id } person { id } roles { id } } } }"""
PAGE = "totalCount pageInfo { hasNextPage endCursor } edges { cursor node"
SHAPES = (
    "{ organization { counts { people skills units tasks customers swarms } } }",
    "{ people(first: 5) { <page> { <person> } } } }",
    "{ people(last: 3) { <page> { <person> } } } }",
    "{ skills { <page> { id holders(first: 4, minimumLevel: 2) { <page> { person { <person> } } } } } } } }",
    "{ units { <page> { id parent { id } people(first: 2) { <page> { <person> } } } } } } }",
    """{ tasks(orderBy: {field: VALUE, direction: DESC}) { <page> { id title customer { id } skills { skill { id } }
        swarms { <page> { id members(former: true) { person { id } } } } } } } } }""",
    "{ customers { <page> { id name } } } }",
    "{ swarms { <page> { id task { id } members { person { <person> } roles { id } leftAt } } } } }",
    '{ people(filter: {text: "a", unitIds: ["unit:0", "unit:1"]}) { <page> { id } } } }',
    '{ people(filter: {skillIds: ["skill:0"], minimumLevel: 3}) { <page> { id } } } }',
    '{ people(filter: {minimumLevel: 4, cities: ["Ada", "Bo"]}) { <page> { id } } } }',
    '{ tasks(filter: {skillIds: ["skill:0", "skill:1"], customerIds: ["customer:0"]}) { <page> { id } } } }',
    '{ swarms(filter: {personIds: ["person:01", "person:02", "person:03"]}) { <page> { id } } } }',
    "{ swarms(filter: {states: [ACTIVE, CLOSING]}) { <page> { id } } } }",
    "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Person { <person> } } }",
)
DAYS = f'{{startsOn: "{TODAY + DAY}", endsOn: "{TODAY + 2 * DAY}"}}'
FREE = f"{{ people(filter: {{freeOn: {DAYS}}}) {{ <page> {{ id }} }} }} }}"


class Sees(NamedTuple):
    """What one viewer sees of an organization, and whose availability."""

    entities: set[str]
    availability: set[str]


def seen_by(graph: PermissionGraph, viewer: str, entities: Sequence[str]) -> Sees:
    """Ask for each entity on its own."""
    availability = {
        one for one in entities if one.startswith("person:") and graph.check(viewer, "can_see_availability", one)
    }
    return Sees({one for one in entities if graph.check(viewer, "can_see", one)}, availability)


def restricted(records: Sequence[Record], sees: Sees, people: Collection[str]) -> list[Record]:
    """Keep what somebody sees, of people only some; who reports to whom takes the right to the availability."""

    def is_seen(one: str) -> bool:
        return one in sees.entities and (not one.startswith("person:") or one in people)

    def is_kept(record: Record) -> bool:
        if isinstance(record, Granted | Resource):
            return False
        if isinstance(record, Link):
            tells = not isinstance(record, ReportsTo) or record.source in sees.availability
            return is_seen(record.source) and is_seen(record.target) and tells
        return is_seen(record.id) or record.id == "organization:main"

    return [record for record in records if is_kept(record)]


async def told(service: ApiService, viewer: str, shape: str, ids: Sequence[str]) -> Any:
    query = shape.replace("<page>", PAGE).replace("<person>", PERSON)
    identity = LOCAL_ADMINISTRATOR if viewer == LOCAL_ADMINISTRATOR.id else Identity(viewer)
    return (await answer(service, Question(query, {"ids": list(ids)} if "$ids" in query else None), identity)).body


def without_absences(value: Any, known: Collection[str]) -> Any:
    """Return an answer as it is where the absences of people are null but for those of some."""
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [without_absences(item, known) for item in items]
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    shown = {name: without_absences(each, known) for name, each in fields.items()}
    return shown | {"absences": None} if "absences" in shown and shown["id"] not in known else shown


@pytest.mark.parametrize("seed", seeds(ALWAYS, WORLDS))
async def test_an_answer_is_that_of_the_organization_which_the_viewer_sees(seed: int) -> None:
    chance = Chance(seed)
    records = chance.records()
    service = service_on(MemoryReplica(*records))
    graph = built(MemoryReplica(*records).graph)
    people = [record.id for record in records if isinstance(record, Person)]
    for viewer in chance.viewers(VIEWERS):
        sees = seen_by(graph, viewer, ["organization:main", *chance.entities])
        part = service_on(MemoryReplica(*restricted(records, sees, people)))
        known = service_on(MemoryReplica(*restricted(records, sees, sees.availability)))
        for shape in (*SHAPES, FREE):
            if shape == SHAPES[0] and "organization:main" not in sees.entities:
                continue  # forbidden, as the matrix of root fields tells
            own = await told(service, viewer, shape, chance.entities)
            whole = await told(known if shape == FREE else part, LOCAL_ADMINISTRATOR.id, shape, chance.entities)
            assert "errors" not in whole, whole["errors"]
            assert own == without_absences(whole, sees.availability), (viewer, shape)


def test_random_organizations_show_some_to_some() -> None:
    """Else nothing would be proved: most viewers see more than nothing and less than everything."""
    parts: list[float] = []
    for seed in range(WORLDS):
        chance = Chance(seed)
        graph = built(MemoryReplica(*chance.records()).graph)
        for viewer in chance.viewers(VIEWERS):
            parts.append(len(seen_by(graph, viewer, chance.entities).entities) / len(chance.entities))
    assert sum(0 < part < 1 for part in parts) > len(parts) / 3
    assert sum(part == 1 for part in parts) > WORLDS
    assert min(parts) == 0
