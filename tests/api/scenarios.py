"""What every service must do, whatever replica it stands on: each scenario is run on all of them."""

from collections.abc import Awaitable, Callable
from typing import Any

from graph_api.api.service import ApiService
from tests.api.organization import asked, data, errors, ids

Scenario = Callable[[ApiService], Awaitable[None]]


async def everything_of_a_person_is_shown(service: ApiService) -> None:
    found = await data(
        service,
        """{ node(id: "person:bo") { __typename id ... on Person {
        name city country timezone manager { id } units { id } absences { startsOn endsOn }
        skills { totalCount edges { node { level skill { id } person { id } } } }
        memberships { edges { node { roles { id } share leftAt days { startsOn endsOn } swarm { id } } } } } } }""",
    )
    assert found["node"] == {
        "__typename": "Person",
        "id": "person:bo",
        "name": "Bo",
        "city": "Chengdu",
        "country": None,
        "timezone": None,
        "manager": {"id": "person:ada"},
        "units": [],
        "absences": [{"startsOn": "2026-03-10", "endsOn": "2026-03-12"}],
        "skills": {
            "totalCount": 2,
            "edges": [
                {"node": {"level": 5, "skill": {"id": "skill:live"}, "person": {"id": "person:bo"}}},
                {"node": {"level": 2, "skill": {"id": "skill:tax"}, "person": {"id": "person:bo"}}},
            ],
        },
        "memberships": {
            "edges": [
                {
                    "node": {
                        "roles": [{"id": "skill:live"}],
                        "share": 1.0,
                        "leftAt": "2026-03-02T08:00:00+00:00",
                        "days": {"startsOn": "2026-03-01", "endsOn": "2026-03-02"},
                        "swarm": {"id": "swarm:1"},
                    }
                }
            ]
        },
    }


async def everything_of_a_task_is_shown(service: ApiService) -> None:
    found = await data(
        service,
        """{ node(id: "task:a") { ... on Task { id title state value { amount currency }
        effortDays regulations openedAt dueAt closedAt customer { id name country city }
        skills { skill { id } seats minimumLevel weight critical } swarms { totalCount edges { node { id
        state startsOn endsOn formedAt dissolvedAt task { id } members { person { id } }
        all: members(former: true) { person { id } } } } } } } }""",
    )
    task = found["node"]
    assert task["value"] == {"amount": "100.10", "currency": "USD"}
    assert (task["state"], task["effortDays"], task["regulations"]) == ("STAFFED", 12.5, ["mx:ley-aduanera"])
    assert (task["openedAt"], task["closedAt"]) == ("2026-03-01T08:00:00+00:00", None)
    assert task["customer"] == {"id": "customer:mx", "name": "Mercado", "country": "MX", "city": "Puebla"}
    assert task["skills"][1] == {
        "skill": {"id": "skill:tax"}, "seats": 2, "minimumLevel": 3, "weight": 3, "critical": True,
    }  # fmt: skip
    swarm = task["swarms"]["edges"][0]["node"]
    assert (swarm["state"], swarm["endsOn"], swarm["task"]) == ("ACTIVE", "2026-03-06", {"id": "task:a"})
    assert [one["person"]["id"] for one in swarm["members"]] == ["person:ada"]
    assert [one["person"]["id"] for one in swarm["all"]] == ["person:ada", "person:bo"]


async def skills_and_units_lead_to_people(service: ApiService) -> None:
    found = await data(
        service,
        """{ skill: node(id: "skill:tax") { ... on Skill { name zh: name(language: "zh-CN")
        th: name(language: "th") aliases kind holders { totalCount edges { node { person { id } } } }
        experts: holders(minimumLevel: 3) { edges { node { person { id } } } } } }
        unit: node(id: "unit:tax") { ... on Unit { kind parent { id kind } people { edges { node { id } } } } } }""",
    )
    skill, unit = found["skill"], found["unit"]
    assert (skill["name"], skill["zh"], skill["th"]) == ("Southeast Asia tax", "东南亚税务专家", "Southeast Asia tax")
    assert [edge["node"]["person"]["id"] for edge in skill["holders"]["edges"]] == ["person:ada", "person:bo"]
    assert [edge["node"]["person"]["id"] for edge in skill["experts"]["edges"]] == ["person:ada"]
    assert unit["parent"] == {"id": "unit:asia", "kind": "division"}
    assert ids(unit["people"]) == ["ada"]


async def the_organization_and_the_viewer_are_shown(service: ApiService) -> None:
    found = await asked(
        service,
        """{ viewer { id name person { id } } organization { name synthetic revision
        counts { people skills units tasks customers swarms } } }""",
    )
    organization = found.body["data"]["organization"]
    assert organization["revision"] == found.body["extensions"]["revision"] == service.replica.revision
    assert (organization["name"], organization["synthetic"]) == ("Seller", True)
    assert organization["counts"] == {
        "people": 4, "skills": 2, "units": 2, "tasks": 4, "customers": 1, "swarms": 3,
    }  # fmt: skip
    assert found.body["data"]["viewer"] == {"id": "admin:local", "name": "Local administrator", "person": None}


async def nodes_keep_the_order_of_their_ids(service: ApiService) -> None:
    query = '{ nodes(ids: ["swarm:1", "person:nobody", "customer:mx", "nonsense", "knowledge:x"]) { id } }'
    assert (await data(service, query))["nodes"] == [{"id": "swarm:1"}, None, {"id": "customer:mx"}, None, None]


PEOPLE: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["ada", "bo", "cy", "di"]),
    ({"skillIds": ["skill:tax"]}, ["ada", "bo"]),
    ({"skillIds": ["skill:tax", "skill:live"], "minimumLevel": 3}, ["ada", "bo", "cy"]),
    ({"minimumLevel": 4}, ["ada", "bo"]),
    ({"cities": ["Shenzhen"]}, ["ada", "cy"]),
    ({"cities": ["Shenzhen", "Chengdu"], "skillIds": ["skill:live"]}, ["bo", "cy"]),
    ({"cities": []}, []),
    ({"unitIds": ["unit:tax"]}, ["ada", "bo"]),
    ({"unitIds": ["unit:tax"], "skillIds": ["skill:live"]}, ["bo"]),
    ({"text": "LÜ"}, ["ada"]),
    ({"text": "straße"}, ["cy"]),
    ({"text": "  "}, ["ada", "bo", "cy", "di"]),
    ({"freeOn": {"startsOn": "2026-03-03", "endsOn": "2026-03-04"}}, ["bo", "cy", "di"]),
    ({"freeOn": {"startsOn": "2026-03-12", "endsOn": "2026-03-13"}}, ["ada", "cy", "di"]),
    ({"freeOn": {"startsOn": "2026-03-19", "endsOn": "2026-03-21"}}, ["ada", "bo", "di"]),
    ({"text": None, "cities": None, "freeOn": None}, ["ada", "bo", "cy", "di"]),
]


async def filters_of_people_let_the_right_ones_through(service: ApiService) -> None:
    for filter_, wanted in PEOPLE:
        query = "query($f: PersonFilter) { people(filter: $f) { totalCount edges { node { id } } } }"
        found = (await data(service, query, {"f": filter_}))["people"]
        assert (filter_, ids(found), found["totalCount"]) == (filter_, wanted, len(wanted))


TASKS: list[tuple[dict[str, Any] | None, dict[str, Any] | None, list[str]]] = [
    (None, None, ["a", "b", "c", "d"]),
    ({"states": ["OPEN"]}, None, ["b", "c"]),
    ({"states": ["OPEN", "CLOSED"], "text": "a"}, None, ["b", "d"]),
    ({"skillIds": ["skill:tax"]}, None, ["a", "b"]),
    ({"skillIds": ["skill:tax"], "customerIds": ["customer:mx"]}, None, ["a"]),
    (None, {"field": "OPENED_AT", "direction": "ASC"}, ["a", "d", "b", "c"]),
    (None, {"field": "OPENED_AT", "direction": "DESC"}, ["b", "d", "a", "c"]),
    (None, {"field": "DUE_AT", "direction": "ASC"}, ["c", "a", "b", "d"]),
    (None, {"field": "DUE_AT", "direction": "DESC"}, ["a", "c", "b", "d"]),
    (None, {"field": "VALUE", "direction": "ASC"}, ["b", "c", "a", "d"]),
    (None, {"field": "VALUE", "direction": "DESC"}, ["b", "a", "c", "d"]),
]


async def tasks_are_filtered_and_ordered_with_the_unknown_last(service: ApiService) -> None:
    query = "query($f: TaskFilter, $o: TaskOrder) { tasks(filter: $f, orderBy: $o) { edges { node { id } } } }"
    for filter_, order, wanted in TASKS:
        assert (order, ids((await data(service, query, {"f": filter_, "o": order}))["tasks"])) == (order, wanted)


async def swarms_are_filtered(service: ApiService) -> None:
    query = "query($f: SwarmFilter) { swarms(filter: $f) { edges { node { id } } } }"
    for filter_, wanted in [
        (None, ["1", "2", "3"]),
        ({"states": ["CLOSING"]}, ["3"]),
        ({"overdue": True}, ["2"]),
        ({"overdue": False}, ["1", "3"]),
        ({"personIds": ["person:di", "person:ada"]}, ["1", "3"]),
        ({"personIds": ["person:ada"], "states": ["CLOSING"]}, []),
    ]:
        assert (filter_, ids((await data(service, query, {"f": filter_}))["swarms"])) == (filter_, wanted)


async def skills_are_found_by_any_of_their_names(service: ApiService) -> None:
    for text, wanted in [("TAX", ["tax"]), ("直播", ["live"]), ("税务", ["tax"]), ("zzz", [])]:
        query = "query($t: String) { skills(filter: {text: $t}) { edges { node { id } } } }"
        assert ids((await data(service, query, {"t": text}))["skills"]) == wanted


SAVE_PEOPLE = """mutation($input: SavePeopleInput!) { savePeople(input: $input) { __typename
    ... on Saved { created changed unchanged revision nodes { id ... on Person { name city } } }
    ... on InputRejected { message problems { path code message suggestion } } } }"""


async def what_is_saved_is_read_at_its_revision(service: ApiService) -> None:
    people = [{"id": "person:eve", "name": "Eve", "city": "Hangzhou", "skills": [{"skillId": "skill:tax", "level": 1}],
               "dayRate": {"amount": "800.25", "currency": "CNY"}}, {"id": "person:di", "city": "Wuhan"}]  # fmt: skip
    told = await asked(service, SAVE_PEOPLE, {"input": {"people": people}})
    saved = told.body["data"]["savePeople"]
    assert (saved["created"], saved["changed"], saved["unchanged"]) == (1, 1, 0)
    assert [node["city"] for node in saved["nodes"]] == ["Hangzhou", "Wuhan"]
    assert told.body["extensions"]["revision"] == saved["revision"]
    query = '{ node(id: "person:eve") { ... on Person { name skills { totalCount } } } }'
    read = await asked(service, query, extensions={"atLeast": saved["revision"]})
    assert read.body["data"]["node"] == {"name": "Eve", "skills": {"totalCount": 1}}
    assert read.body["extensions"]["revision"] >= saved["revision"]


async def null_clears_and_left_out_keeps(service: ApiService) -> None:
    await data(service, SAVE_PEOPLE, {"input": {"people": [{"id": "person:ada", "city": None}]}})
    found = await data(service, '{ node(id: "person:ada") { ... on Person { name city country units { id } } } }')
    assert found["node"] == {"name": "Ada Lü", "city": None, "country": "CN", "units": [{"id": "unit:tax"}]}


async def an_input_that_cannot_be_saved_is_an_outcome(service: ApiService) -> None:
    before = service.replica.revision
    people = [{"id": "person:x", "name": "X", "skills": [{"skillId": "skill:taxx", "level": 9}]}]
    told = await asked(service, SAVE_PEOPLE, {"input": {"people": people}})
    outcome = told.body["data"]["savePeople"]
    assert outcome["__typename"] == "InputRejected"
    assert outcome["problems"][0] == {
        "path": ["people", "0", "skills", "0", "skillId"],
        "code": "UNKNOWN_REFERENCE",
        "message": "There is no skill 'skill:taxx'.",
        "suggestion": "Did you mean skill:tax?",
    }
    assert outcome["problems"][1]["code"] == "OUT_OF_RANGE"
    assert service.replica.revision == before


async def a_key_gets_the_first_outcome_again(service: ApiService) -> None:
    asking = {"input": {"people": [{"id": "person:new", "name": "New"}], "idempotencyKey": "k1"}}
    first = (await data(service, SAVE_PEOPLE, asking))["savePeople"]
    again = (await data(service, SAVE_PEOPLE, asking))["savePeople"]
    assert again == first
    other = {"input": {"people": [{"id": "person:new", "name": "Other"}], "idempotencyKey": "k1"}}
    assert (await errors(service, SAVE_PEOPLE, other))[0]["extensions"]["code"] == "CONFLICT"


async def a_key_that_is_blank_or_too_long_is_refused(service: ApiService) -> None:
    before, most = service.replica.revision, service.settings.idempotency_key_max_characters
    people = [{"id": "person:new", "name": "New"}]
    for key in ("", " \t\u3000", "k" * (most + 1)):
        error = (await errors(service, SAVE_PEOPLE, {"input": {"people": people, "idempotencyKey": key}}))[0]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert f"1 to {most} characters" in error["extensions"]["suggestion"]
    assert service.replica.revision == before
    longest = {"input": {"people": people, "idempotencyKey": "钥" * most}}
    assert (await data(service, SAVE_PEOPLE, longest))["savePeople"]["created"] == 1


async def skills_units_and_customers_are_saved(service: ApiService) -> None:
    query = """mutation { a: saveSkills(input: {skills: [{id: "skill:vat", name: "VAT", broaderIds: ["skill:tax"]}]})
          { ... on Saved { created } }
        b: saveUnits(input: {units: [{id: "unit:vn", name: "Vietnam", parentId: "unit:asia"}]})
          { ... on Saved { created } }
        c: saveCustomers(input: {customers: [{id: "customer:mx", tier: "gold", city: null}]})
          { ... on Saved { changed } } }"""
    assert await data(service, query) == {"a": {"created": 1}, "b": {"created": 1}, "c": {"changed": 1}}
    found = await data(service, '{ node(id: "unit:vn") { ... on Unit { name parent { id } } } }')
    assert found["node"] == {"name": "Vietnam", "parent": {"id": "unit:asia"}}


async def a_revision_of_the_future_times_out(service: ApiService) -> None:
    prefix, _, digits = service.replica.revision.partition("-")
    ahead = f"{prefix}-{int(digits) + 1000:012d}"
    assert (await asked(service, "{ viewer { id } }", at_least=ahead)).codes == {"REVISION_TIMEOUT"}
    told = await asked(service, "{ viewer { id } }", extensions={"atLeast": ahead})
    assert told.codes == {"REVISION_TIMEOUT"}
    assert (await asked(service, "{ viewer { id } }", at_least="other-000000000001")).codes == {"REVISION_GONE"}
    assert (await asked(service, "{ viewer { id } }", at_least="nonsense")).codes == {"BAD_USER_INPUT"}
    assert (await asked(service, "{ viewer { id } }", extensions={"atLeast": 7})).codes == {"BAD_USER_INPUT"}


SCENARIOS: list[Scenario] = [
    everything_of_a_person_is_shown,
    everything_of_a_task_is_shown,
    skills_and_units_lead_to_people,
    the_organization_and_the_viewer_are_shown,
    nodes_keep_the_order_of_their_ids,
    filters_of_people_let_the_right_ones_through,
    tasks_are_filtered_and_ordered_with_the_unknown_last,
    swarms_are_filtered,
    skills_are_found_by_any_of_their_names,
    what_is_saved_is_read_at_its_revision,
    null_clears_and_left_out_keeps,
    an_input_that_cannot_be_saved_is_an_outcome,
    a_key_gets_the_first_outcome_again,
    a_key_that_is_blank_or_too_long_is_refused,
    skills_units_and_customers_are_saved,
    a_revision_of_the_future_times_out,
]
