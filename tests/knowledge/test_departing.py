"""What leaving takes along: against a count by hand, and through GraphQL with the record of who asked."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_api.api.service import ApiService
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Record, removal, upsert
from graph_api.knowledge.departing.decisions import ASSESS_DEPARTURE, AssessDeparture
from graph_api.knowledge.departing.impact import departure, tasks_of
from graph_api.knowledge.departing.model import Assessed, DepartureAssessment
from graph_api.knowledge.flow.risk import Holding
from graph_api.knowledge.model import From, Knowledge, KnowledgeState, RecordedBy, Used
from graph_api.organization.model import HasSkill, Person, Skill, WorkedOn
from tests.api.guard_world import TODAY, YESTERDAY, codes, guarded_service, records, shown
from tests.api.organization import service_on
from tests.support.commands import PUT, Put
from tests.support.memory_replica import MemoryReplica
from tests.support.replicas import Site
from tests.support.state_permissions import StatePermissions

ASK = """mutation($people: [ID!]!, $reason: String, $key: String) {
    assessDeparture(input: {personIds: $people, reason: $reason, idempotencyKey: $key}) {
        ... on InputRejected { problems { path code } }
        ... on DepartureAssessed { revision assessment { id by reason askedAt people { edges { node { id } } } }
            skillsLost { totalCount edges { node { id } } } skillsAtOneHolder { totalCount edges { node { id } } }
            itemsLost { totalCount edges { node { id } } } tasksAffected { totalCount edges { node { id } } } } } }"""
LIST = """query($first: Int, $after: String) { departureAssessments(first: $first, after: $after) {
    totalCount pageInfo { endCursor } edges { node { id by reason people { totalCount edges { node { id } } } } } } }"""
SOLE, SHARED, WORK, OLD = (f"knowledge:{one}" for one in ("sole", "shared", "work", "old"))
MORE: tuple[Record, ...] = (
    Skill(id="skill:rare", name="Rare"),
    HasSkill(source="person:bo", target="skill:rare", level=3),
    Person(id="person:gone", name="Gone", last_day=date(2020, 1, 1)),
    HasSkill(source="person:gone", target="skill:rare", level=3),
    Knowledge(id=SOLE, title="Sole"),
    Knowledge(id=SHARED, title="Shared"),
    Knowledge(id=WORK, title="Of work with Sw"),
    Knowledge(id=OLD, title="Old", state=KnowledgeState.RETIRED),
    *(RecordedBy(source=one, target="person:bo") for one in (SOLE, SHARED, WORK, OLD)),
    Used(source="person:mem", target=SHARED),
    From(source=WORK, target="task:mx"),
)
HELD = st.dictionaries(
    st.sampled_from([f"{kind}:{number}" for kind in ("skill", "knowledge") for number in range(4)]),
    st.frozensets(st.sampled_from("abcd")),
)


def ids(page: Any) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]


async def asked(service: ApiService, role: str, *people: str, **more: Any) -> Any:
    return (await shown(service, role, ASK, people=list(people), **more))["assessDeparture"]


@settings(deadline=None)
@given(HELD, HELD, st.frozensets(st.sampled_from("abcd")), st.frozensets(st.sampled_from("abcd")))
def test_what_is_lost_is_what_a_count_by_hand_says(
    held: dict[str, frozenset[str]],
    more: dict[str, frozenset[str]],
    there: frozenset[str],
    leaving: frozenset[str],
) -> None:
    rows = [Holding(f"person:{one}", frozenset((f"person:{one}",))) for one in there]
    rows += [Holding(what, people_of(people)) for one in (held, more) for what, people in one.items()]
    found = departure(rows, people_of(leaving))
    left: dict[str, int] = {}
    for what in held.keys() | more.keys():
        before = (held.get(what, frozenset()) | more.get(what, frozenset())) & there
        if before & leaving:
            left[what] = len(before - leaving)
    assert found.skills_lost == tuple(sorted(one for one in left if one.startswith("s") and left[one] == 0))
    assert found.skills_at_one_holder == tuple(sorted(one for one in left if one.startswith("s") and left[one] == 1))
    assert found.items_lost == tuple(sorted(one for one in left if one.startswith("k") and left[one] == 0))


def people_of(keys: Iterable[str]) -> frozenset[str]:
    return frozenset(f"person:{key}" for key in keys)


def test_tasks_are_those_not_closed_that_somebody_works_on_from_today_on() -> None:
    graph = Graph()
    later = TODAY + timedelta(days=3)
    works = [
        WorkedOn(source="person:di", target="task:free", role="lead", until=later),
        WorkedOn(source="person:di", target="task:pe", role="lead", until=YESTERDAY),
        WorkedOn(source="person:di", target="task:past", role="lead"),
    ]
    graph.apply(upsert(each) for each in (*records(), *works))
    assert tasks_of(graph, ["person:di"], TODAY) == ("task:free",)
    assert tasks_of(graph, ["person:bo", "person:sw"], TODAY) == ("task:mx",)
    assert tasks_of(graph, ["person:rec"], TODAY) == (), "people of a swarm that closes are free"
    assert tasks_of(graph, ["person:bo"], TODAY + timedelta(days=30)) == ()


async def test_an_administrator_is_told_what_nobody_else_holds() -> None:
    told = await asked(guarded_service(*MORE), "administrator", "person:bo")
    assert ids(told["skillsLost"]) == ["skill:rare"]
    assert ids(told["skillsAtOneHolder"]) == ["skill:live"]
    assert ids(told["itemsLost"]) == [SOLE]
    assert ids(told["tasksAffected"]) == ["task:mx"]
    everybody = [f"person:{one}" for one in ("bo", "mem", "sw", "left")]
    told = await asked(guarded_service(*MORE), "administrator", *everybody)
    assert ids(told["itemsLost"]) == [SHARED, SOLE, WORK]
    assert told["itemsLost"]["totalCount"] == 3


async def test_a_manager_asks_about_the_own_people_and_of_what_is_seen() -> None:
    """Far holds the live skill too, and is not seen by Man."""
    service = guarded_service(*MORE)
    told = await asked(service, "manager", "person:bo", reason="Handing over")
    assert ids(told["skillsLost"]) == ["skill:live", "skill:rare"]
    assert told["assessment"]["by"] == "person:man"
    assert ids(told["assessment"]["people"]) == ["person:bo"]
    assert await codes(service, "manager", LIST) == {"FORBIDDEN"}


@pytest.mark.parametrize("role", ["dispatcher", "integrator", "member", "in swarm", "contact", "left"])
async def test_nobody_else_asks_and_nothing_of_it_is_recorded(role: str) -> None:
    service = guarded_service(*MORE)
    assert await codes(service, role, ASK, people=["person:bo"]) == {"FORBIDDEN"}
    assert (await shown(service, "administrator", LIST))["departureAssessments"]["totalCount"] == 0


@pytest.mark.parametrize("people", [["person:bo", "person:far"], ["person:nobody"], ["person:bo", "person:nobody"], []])
async def test_a_manager_asks_about_nobody_whom_he_does_not_manage(people: list[str]) -> None:
    assert await codes(guarded_service(*MORE), "manager", ASK, people=people) == {"FORBIDDEN"}


async def test_each_asking_is_one_commit_and_is_listed_newest_first() -> None:
    replica = MemoryReplica(*records(), *MORE)
    service = service_on(replica, permissions=StatePermissions(replica))
    first = await asked(service, "manager", "person:mem", "person:bo", "person:bo", reason="Handing over")
    again = await asked(service, "administrator", "person:far")
    assert replica.commits == [("assessDeparture", "person:man", 3), ("assessDeparture", "admin:local", 2)]
    assert first["revision"] < again["revision"] == replica.revision
    page = (await shown(service, "administrator", LIST, first=1))["departureAssessments"]
    assert (page["totalCount"], ids(page)) == (2, [again["assessment"]["id"]])
    rest = (await shown(service, "administrator", LIST, after=page["pageInfo"]["endCursor"]))["departureAssessments"]
    (row,) = (edge["node"] for edge in rest["edges"])
    assert (row["by"], row["reason"], ids(row["people"])) == (
        "person:man",
        "Handing over",
        ["person:bo", "person:mem"],
    )


async def test_the_same_key_records_once_and_answers_again() -> None:
    service = guarded_service(*MORE)
    one, same = [await asked(service, "administrator", "person:bo", key="k") for _ in range(2)]
    assert one == same
    assert (await shown(service, "administrator", LIST))["departureAssessments"]["totalCount"] == 1
    assert await codes(service, "administrator", ASK, people=["person:mem"], key="k") == {"CONFLICT"}


async def test_whoever_is_removed_is_in_no_record_any_more() -> None:
    replica = MemoryReplica(*records(), *MORE)
    service = service_on(replica, permissions=StatePermissions(replica))
    record = (await asked(service, "administrator", "person:far", "person:bo"))["assessment"]["id"]
    far = replica.graph.node(Person, "person:far")
    assert far is not None
    replica.graph.apply([removal(far), removal(Assessed(source=record, target="person:far"))])
    replica.number += 1
    (row,) = (edge["node"] for edge in (await shown(service, "administrator", LIST))["departureAssessments"]["edges"])
    assert ids(row["people"]) == ["person:bo"]


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"people": []}, {"path": ["personIds"], "code": "REQUIRED"}),
        ({"people": ["person:bo", "person:no"]}, {"path": ["personIds", "1"], "code": "UNKNOWN_REFERENCE"}),
        ({"people": ["skill:tax"]}, {"path": ["personIds", "0"], "code": "UNKNOWN_REFERENCE"}),
        ({"people": ["person:bo"], "reason": " "}, {"path": ["reason"], "code": "EMPTY"}),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_and_not_recorded(
    variables: dict[str, Any], problem: dict[str, Any]
) -> None:
    service = guarded_service(*MORE)
    told = (await shown(service, "administrator", ASK, **variables))["assessDeparture"]
    assert told == {"problems": [problem]}
    assert (await shown(service, "administrator", LIST))["departureAssessments"]["totalCount"] == 0


async def test_more_people_than_the_setting_allows_are_refused() -> None:
    replica = MemoryReplica(*records())
    service = service_on(replica, permissions=StatePermissions(replica), departure_people_max=1)
    people = ["person:bo", "person:mem"]
    assert await codes(service, "administrator", ASK, people=people) == {"QUERY_TOO_COSTLY"}


async def test_no_other_door_shows_a_record() -> None:
    service = guarded_service(*MORE)
    record = (await asked(service, "administrator", "person:bo"))["assessment"]["id"]
    for role in ("administrator", "dispatcher", "manager"):
        assert (await shown(service, role, "query($id: ID!) { node(id: $id) { id } }", id=record))["node"] is None


async def test_a_record_is_kept_in_the_graph_and_read_again(site: Site) -> None:
    command = AssessDeparture(assessment_id="assessment:a", person_ids=("person:bo",), reason="Why")
    async with site.replica() as replica:
        await replica.submit(
            PUT, Put(records=(Person(id="person:bo", name="Bo"),)), actor="system:test", timeout_seconds=60
        )
        await replica.submit(ASSESS_DEPARTURE, command, actor="person:man", timeout_seconds=60)
        kept = replica.graph.node(DepartureAssessment, "assessment:a")
    async with site.replica() as other:
        assert kept is not None
        assert other.graph.node(DepartureAssessment, "assessment:a") == kept
        assert (kept.by, kept.reason) == ("person:man", "Why")
        assert [link.target for link in other.graph.outgoing(Assessed, "assessment:a")] == ["person:bo"]
