"""Every role and every entity, own and foreign, by every way that leads to it: exactly those are there that are seen.

What is expected follows from the sets written by hand in `guard_world` and from the records, and from no product code.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from graph_api.kernel.records import Link
from graph_api.organization.model import BelongsTo, For, HasSkill, PartOf, ReportsTo, Requires, Task
from graph_api.swarm.model import MemberOf, Staffs
from tests.api.guard_world import (
    AVAILABILITY,
    CUSTOMERS,
    ENTITIES,
    IDENTITIES,
    PEOPLE,
    SEEN,
    SKILLS,
    SWARMS,
    TASKS,
    TODAY,
    UNITS,
    codes,
    guarded_service,
    records,
    shown,
)

SERVICE = guarded_service()
RECORDS = records()
ROLES = list(IDENTITIES)
LISTS: Mapping[str, set[str]] = {
    "people": PEOPLE, "units": UNITS, "skills": SKILLS, "tasks": TASKS, "customers": CUSTOMERS, "swarms": SWARMS,
}  # fmt: skip
ABSENT_TODAY = PEOPLE - {"person:man", "person:sw"}
BUSY_NEXT_WEEK = {"person:bo", "person:sw"}
GONE = {"person:left"}
NESTED = """query($id: ID!) { node(id: $id) { id
    ... on Person { name city manager { id } units { id } absences { startsOn }
        skills { totalCount edges { node { skill { id } person { id } level } } }
        memberships { totalCount edges { node { swarm { id } person { id } roles { id } } } } }
    ... on Skill { name holders { totalCount edges { node { person { id } skill { id } } } } }
    ... on Unit { name parent { id } people { totalCount edges { node { id } } } }
    ... on Task { title customer { id } needs: skills { skill { id } seats }
        swarms { totalCount edges { node { id } } } }
    ... on Customer { name country }
    ... on Swarm { state task { id } members(former: true) { person { id } swarm { id } roles { id } } } } }"""


def ends(kind: type[Link], *, source: str | None = None, target: str | None = None) -> set[str]:
    """Return the other ends of the relationships of a kind."""
    found = [each for each in RECORDS if isinstance(each, kind)]
    return {each.target for each in found if each.source == source} | {
        each.source for each in found if each.target == target
    }


def ids(connection: Any) -> list[str]:
    return [edge["node"]["id"] for edge in connection["edges"]]


def named(several: Iterable[Any], field: str) -> list[str]:
    return [each[field]["id"] for each in several]


@pytest.mark.parametrize("role", ROLES)
async def test_an_entity_is_shown_by_its_id_to_those_only_who_see_it(role: str) -> None:
    wanted = [*sorted(ENTITIES), "person:nobody", "organization:main", "nonsense"]
    told = await shown(SERVICE, role, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=wanted)
    assert [each and each["id"] for each in told["nodes"]] == [one if one in SEEN[role] else None for one in wanted]
    for one in wanted:
        told = await shown(SERVICE, role, "query($id: ID!) { node(id: $id) { id } }", id=one)
        assert told["node"] == ({"id": one} if one in SEEN[role] else None)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("field", LISTS)
async def test_a_list_holds_and_counts_what_is_seen(role: str, field: str) -> None:
    seen = sorted(LISTS[field] & SEEN[role])
    page = "totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { id } }"
    whole = (await shown(SERVICE, role, f"{{ {field} {{ {page} }} }}"))[field]
    assert (ids(whole), whole["totalCount"]) == (seen, len(seen))
    walked: list[str] = []
    after, more = None, True
    while more:
        query = f"query($after: String) {{ {field}(first: 1, after: $after) {{ {page} }} }}"
        one = (await shown(SERVICE, role, query, after=after))[field]
        assert one["totalCount"] == len(seen)
        walked += ids(one)
        after, more = one["pageInfo"]["endCursor"], one["pageInfo"]["hasNextPage"]
    assert walked == seen


@pytest.mark.parametrize("role", ROLES)
async def test_cursors_of_one_viewer_lead_another_to_nothing_more(role: str) -> None:
    page = (await shown(SERVICE, "administrator", "{ people { edges { cursor } } }"))["people"]
    for edge in page["edges"]:
        query = "query($after: String) { people(after: $after) { totalCount edges { node { id } } } }"
        told = (await shown(SERVICE, role, query, after=edge["cursor"]))["people"]
        assert told["totalCount"] == len(PEOPLE & SEEN[role])
        assert set(ids(told)) <= SEEN[role]


@pytest.mark.parametrize("role", ROLES)
async def test_the_organization_counts_what_is_seen(role: str) -> None:
    query = f"{{ organization {{ counts {{ {' '.join(LISTS)} }} }} }}"
    if not SEEN[role] or role == "contact":
        assert await codes(SERVICE, role, query) == {"FORBIDDEN"}
        return
    counts = (await shown(SERVICE, role, query))["organization"]["counts"]
    assert counts == {field: len(of & SEEN[role]) for field, of in LISTS.items()}


@pytest.mark.parametrize("role", ROLES)
async def test_entities_are_reached_from_others_only_where_they_are_seen(role: str) -> None:
    seen = SEEN[role]
    expectations = {"person": _person, "skill": _skill, "unit": _unit, "task": _task, "swarm": _swarm}
    for one in sorted(seen):
        node = (await shown(SERVICE, role, NESTED, id=one))["node"]
        assert node.pop("id") == one
        expect = expectations.get(one.partition(":")[0])
        if expect is not None:
            expect(role, one, node)


def _person(role: str, one: str, node: Any) -> None:
    seen, knows = SEEN[role], one in AVAILABILITY[role]
    managers = ends(ReportsTo, source=one) & seen if knows else set[str]()
    skills, swarms = ends(HasSkill, source=one) & seen, ends(MemberOf, source=one) & seen
    assert node["city"] == "Shenzhen"
    assert node["manager"] == next(({"id": boss} for boss in managers), None)
    assert {unit["id"] for unit in node["units"]} == ends(BelongsTo, source=one) & seen
    assert (node["absences"] is not None) is knows
    assert bool(node["absences"]) is (knows and one in ABSENT_TODAY)
    assert node["skills"]["totalCount"] == len(skills)
    rows = [edge["node"] for edge in node["skills"]["edges"]]
    assert (set(named(rows, "skill")), set(named(rows, "person"))) == (skills, {one} if rows else set())
    assert node["memberships"]["totalCount"] == len(swarms)
    rows = [edge["node"] for edge in node["memberships"]["edges"]]
    assert set(named(rows, "swarm")) == swarms
    assert all({role["id"] for role in row["roles"]} == {"skill:tax"} & seen for row in rows)


def _skill(role: str, one: str, node: Any) -> None:
    holders = ends(HasSkill, target=one) & SEEN[role]
    assert node["holders"]["totalCount"] == len(holders)
    assert set(named([edge["node"] for edge in node["holders"]["edges"]], "person")) == holders


def _unit(role: str, one: str, node: Any) -> None:
    members, parents = ends(BelongsTo, target=one) & SEEN[role], ends(PartOf, source=one) & SEEN[role]
    assert node["people"]["totalCount"] == len(members)
    assert set(ids(node["people"])) == members
    assert node["parent"] == next(({"id": parent} for parent in parents), None)


def _task(role: str, one: str, node: Any) -> None:
    customers, swarms = ends(For, source=one) & SEEN[role], ends(Staffs, target=one) & SEEN[role]
    assert node["customer"] == next(({"id": customer} for customer in customers), None)
    assert set(named(node["needs"], "skill")) == ends(Requires, source=one) & SEEN[role]
    assert (set(ids(node["swarms"])), node["swarms"]["totalCount"]) == (swarms, len(swarms))


def _swarm(role: str, one: str, node: Any) -> None:
    tasks = ends(Staffs, source=one) & SEEN[role]
    assert node["task"] == next(({"id": task} for task in tasks), None)
    assert set(named(node["members"], "person")) == ends(MemberOf, target=one) & SEEN[role]
    assert all({role["id"] for role in row["roles"]} == {"skill:tax"} & SEEN[role] for row in node["members"])


FILTERS: Mapping[str, tuple[str, set[str]]] = {
    'people(filter: {skillIds: ["skill:live"]})': ("skill:live", {"person:far", "person:bo"}),
    'people(filter: {skillIds: ["skill:tax", "skill:live"], minimumLevel: 4})': ("skill:live", {"person:far"}),
    'people(filter: {unitIds: ["unit:team"]})': ("unit:team", ends(BelongsTo, target="unit:team")),
    'people(filter: {unitIds: ["unit:other"]})': ("unit:other", {"person:far"}),
    'people(filter: {text: "e"})': ("", {"person:mem", "person:rec", "person:left"}),
    'people(filter: {cities: ["Shenzhen"]})': ("", PEOPLE),
    'tasks(filter: {skillIds: ["skill:tax"]})': ("skill:tax", TASKS),
    'tasks(filter: {customerIds: ["customer:kep"]})': ("customer:kep", {"task:mx", "task:past"}),
    'tasks(filter: {customerIds: ["customer:zen"]})': ("customer:zen", {"task:pe"}),
    'tasks(filter: {text: "e"})': ("", {"task:mx", "task:pe", "task:free"}),
    "tasks(filter: {states: [STAFFED]})": ("", {"task:mx", "task:pe"}),
    'swarms(filter: {personIds: ["person:bo"]})': ("person:bo", {"swarm:s", "swarm:d"}),
    'swarms(filter: {personIds: ["person:far"]})': ("person:far", {"swarm:c"}),
    "swarms(filter: {states: [ACTIVE, CLOSING]})": ("", {"swarm:s", "swarm:c"}),
    'skills(filter: {text: "skill"})': ("", SKILLS),
}
"""What a filter lets through; where it names an entity, that has to be seen as well."""


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("asked", FILTERS)
async def test_a_filter_finds_nothing_that_is_not_seen(role: str, asked: str) -> None:
    through, matching = FILTERS[asked]
    expected = matching & SEEN[role] if not through or through in SEEN[role] else set[str]()
    told = (await shown(SERVICE, role, f"{{ found: {asked} {{ totalCount edges {{ node {{ id }} }} }} }}"))["found"]
    assert (ids(told), told["totalCount"]) == (sorted(expected), len(expected))


@pytest.mark.parametrize("role", ROLES)
async def test_who_is_free_is_told_of_those_only_whose_availability_is_seen(role: str) -> None:
    query = "query($on: DaysInput) { people(filter: {freeOn: $on}) { totalCount edges { node { id } } } }"
    later = TODAY.replace(year=2999, day=1)
    for day, free in ((TODAY, PEOPLE - ABSENT_TODAY - BUSY_NEXT_WEEK - GONE), (later, PEOPLE - GONE)):
        told = (await shown(SERVICE, role, query, on={"startsOn": f"{day}", "endsOn": f"{day}"}))["people"]
        expected = free & SEEN[role] & AVAILABILITY[role]
        assert (ids(told), told["totalCount"]) == (sorted(expected), len(expected)), day


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_an_order_holds_what_is_seen(role: str, direction: str) -> None:
    values = {each.id: each.value for each in RECORDS if isinstance(each, Task)}
    known = [one for one in TASKS & SEEN[role] if values[one] is not None]
    known.sort(key=lambda one: values[one] or Decimal(0), reverse=direction == "DESC")
    unknown = sorted(TASKS & SEEN[role] - set(known))
    query = f"{{ tasks(orderBy: {{field: VALUE, direction: {direction}}}) {{ totalCount edges {{ node {{ id }} }} }} }}"
    told = (await shown(SERVICE, role, query))["tasks"]
    assert (ids(told), told["totalCount"]) == ([*known, *unknown], len(known) + len(unknown))


@pytest.mark.parametrize("role", ROLES)
async def test_the_viewer_is_shown_to_himself_as_far_as_he_may_be_seen(role: str) -> None:
    viewer = (await shown(SERVICE, role, "{ viewer { id person { id name } } }"))["viewer"]
    person = IDENTITIES[role].person_id
    assert viewer["id"] == IDENTITIES[role].id
    assert (viewer["person"] and viewer["person"]["id"]) == (person if person in SEEN[role] else None)


@pytest.mark.parametrize("role", ROLES)
async def test_what_may_be_done_with_an_entity_is_told_of_those_only_that_are_seen(role: str) -> None:
    query = "query($id: ID!) { viewer { permissions(objectId: $id) } }"
    for one in sorted(ENTITIES | {"person:nobody"}):
        told = (await shown(SERVICE, role, query, id=one))["viewer"]["permissions"]
        assert ("can_see" in told) is (one in SEEN[role])
        assert ("can_see_availability" in told) is (one in AVAILABILITY[role])
        assert told == [] or one in SEEN[role]
